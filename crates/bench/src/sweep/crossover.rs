//! Where lanes and candle cross: both over a grid of shapes, a full cohort of models and one alone.

use super::{Net, ours::Ours};
use std::cmp::Ordering;
use std::time::Instant;

/// Steps of an epoch.
const EPOCH: usize = 4;

/// Shapes that are timed.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Columns of the data.
    pub features: Vec<usize>,
    /// Units of each hidden layer.
    pub widths: Vec<usize>,
    /// Hidden layers.
    pub depths: Vec<usize>,
    /// Rows of a step.
    pub batches: Vec<usize>,
    /// Models side by side: 1, and the lanes of a vector.
    pub models: Vec<usize>,
    /// Multiply-adds of the first layer in a sample, which say how many epochs it has: 1 to 100. Twice as many are timed
    /// too, and what a run does once falls out of the difference.
    pub work: usize,
    /// Samples, of which the fastest counts; up to four times as many where they do not agree.
    pub samples: usize,
}

/// One shape: a row of `crossover.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossover {
    /// Columns, units of a layer, hidden layers, rows of a step, models.
    pub shape: [usize; 5],
    /// Microseconds of a step of one model on candle.
    pub candle_us: f64,
    /// The same in lanes.
    pub lanes_us: f64,
    /// Which `auto` takes.
    pub auto: &'static str,
}

impl Crossover {
    /// The names of the columns.
    pub const HEAD: &'static str = "features,width,depth,batch,models,candle_us,lanes_us,faster,auto";
    /// The engine that took less time, where both times are known.
    pub fn faster(&self) -> &'static str {
        match self.lanes_us.partial_cmp(&self.candle_us) {
            Some(Ordering::Greater) => "candle",
            Some(_) => "lanes",
            None => "ambiguous",
        }
    }
    /// A line of the file.
    pub fn line(&self) -> String {
        let shape = self.shape.map(|x| x.to_string()).join(",");
        format!("{shape},{:.2},{:.2},{},{}", self.candle_us, self.lanes_us, self.faster(), self.auto)
    }
}

/// Times both engines at each shape of the grid.
///
/// # Errors
/// What the planner says.
pub fn crossover(grid: &Grid, tell: &mut dyn FnMut(&Crossover)) -> Result<Vec<Crossover>, String> {
    let mut found = Vec::new();
    for &features in &grid.features {
        for &width in &grid.widths {
            for &depth in &grid.depths {
                for &batch in &grid.batches {
                    for &models in &grid.models {
                        let net = Net { rows: EPOCH * batch, features, width, depth };
                        let us = |engine| microseconds(engine, (net, batch), models, grid);
                        let auto = Ours::new("auto", net, 1, batch, 1)?.engine();
                        let shape = [features, width, depth, batch, models];
                        let row = Crossover { shape, candle_us: us("candle")?, lanes_us: us("lanes")?, auto };
                        tell(&row);
                        found.push(row);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Of a step of one model: the fastest long run less the fastest short one.
///
/// Twice the steps take up to twice as long, and a fifth more at least: where that is not what was timed, something else had
/// the machine, and more samples are taken. NaN where they do not agree either.
fn microseconds(engine: &str, (net, batch): (Net, usize), models: usize, grid: &Grid) -> Result<f64, String> {
    let of = |epochs| Ours::new(engine, net, models, batch, epochs);
    let epochs = (grid.work / (net.rows * net.features * net.width)).clamp(1, 100);
    let (short, long) = (of(epochs)?, of(2 * epochs)?);
    let (mut low, mut high) = (f64::INFINITY, f64::INFINITY);
    for sample in 1.. {
        for (ours, best) in [(&short, &mut low), (&long, &mut high)] {
            let start = Instant::now();
            if !ours.train().is_finite() {
                return Err(format!("{engine}, {net:?}: its loss is not finite"));
            }
            *best = best.min(start.elapsed().as_secs_f64());
        }
        let sound = (1.2..=2.1).contains(&(high / low));
        if sample >= grid.samples && sound {
            break;
        }
        if sample >= 4 * grid.samples {
            return Ok(f64::NAN);
        }
    }
    Ok((high - low) * 1e6 / (EPOCH * epochs * models) as f64)
}
