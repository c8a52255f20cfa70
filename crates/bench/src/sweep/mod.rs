//! A sweep of small models: model-steps of 13-50-1, ReLU, Gaussian loss and prior, Adam, in every engine.

mod crossover;
mod ours;
mod stock;

use crate::child::Child;
use crate::engine::{Absent, Engine};
use crate::kernels::{Header, SCHEMA, lines, read};
use crate::roof::Chains;
use crate::rounds::{Settings, Timing, measure};
use crate::statistics::Estimate;
pub use crossover::{Crossover, Grid, crossover};
use ours::Ours;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use stock::Stock;
use surprisal_kernel::Isa;
use surprisal_report::text;

/// Rows of the data.
pub const ROWS: usize = 512;
/// Columns.
const FEATURES: usize = 13;
/// Hidden units.
const WIDTH: usize = 50;

/// The network and the rows that it learns.
#[derive(Clone, Copy, Debug)]
struct Net {
    rows: usize,
    features: usize,
    width: usize,
    depth: usize,
}
/// 13-50-1.
const NET: Net = Net { rows: ROWS, features: FEATURES, width: WIDTH, depth: 1 };
/// Known scale of the noise.
const SIGMA: f64 = 0.5;
/// Scale of the prior.
const TAU: f64 = 1.0;

/// Who trains, and epochs of a call: enough that what a run does once does not count (ours draw weights, score and report
/// in every call, a millisecond of each model; the others begin with their weights in place).
pub const ENGINES: [(&str, usize); 6] = [
    ("lanes", 1600),
    ("candle", 40),
    ("candle_nn", 2),
    ("jax_scan_vmap", 20),
    ("torch_eager", 1),
    ("torch_func_stacked", 1),
];

/// FLOP of a step of one model, per row and once: products forward and backward (no slope in the inputs), Adam.
pub fn flop_per_step(batch: usize) -> f64 {
    let weights = (FEATURES * WIDTH + WIDTH) as f64;
    let parameters = weights + (WIDTH + 1) as f64;
    let products = 2.0 * batch as f64 * (2.0 * weights + WIDTH as f64);
    products + 14.0 * parameters
}

/// `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The schema.
    pub schema: u32,
    /// Where and how it was measured.
    #[serde(flatten)]
    pub header: Header,
    /// What was measured.
    pub rows: Vec<SweepRow>,
}

/// One engine at one shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Who trains.
    pub engine: String,
    /// Models, trained at once where the engine can.
    pub models: usize,
    /// Rows of a step.
    pub batch: usize,
    /// Epochs of what was timed: what a run does once is shared by so many.
    pub epochs: usize,
    /// Microseconds of a step of one model.
    pub us_per_model_step: Option<f64>,
    /// Its interval of 95 %.
    pub us_interval: Option<[f64; 2]>,
    /// Model-steps in a second.
    pub model_steps_per_second: Option<f64>,
    /// Its time over that of the first row of its shape, in the same rounds.
    pub ratio: Option<Estimate>,
    /// Share of the core's peak of fused multiply-adds, timed in the same rounds.
    pub peak_share: Option<f64>,
    /// Why there is less than asked for.
    pub note: Option<String>,
}

/// A closure that trains.
struct Call<F>(F);

impl<'a, F: FnMut() -> Result<f64, Absent> + 'a> Call<F> {
    fn of(train: F) -> Box<dyn Engine + 'a> {
        Box::new(Call(train))
    }
}

impl<F: FnMut() -> Result<f64, Absent>> Engine for Call<F> {
    fn time(&mut self, calls: u64) -> Result<f64, Absent> {
        let start = Instant::now();
        for _ in 0..calls {
            if !(self.0)()?.is_finite() {
                return Err(Absent::Failed("its loss is not finite".into()));
            }
        }
        Ok(start.elapsed().as_secs_f64())
    }
    fn value(&mut self) -> Option<f64> {
        None
    }
}

#[derive(Serialize)]
struct Task<'a> {
    variant: &'a str,
    models: usize,
    batch: usize,
    epochs: usize,
    rows: usize,
    features: usize,
    width: usize,
    x: PathBuf,
    y: PathBuf,
}

/// Calls of a sample of the core's peak: some tenths of a second.
const PEAK_CALLS: u64 = 400;

const SCRIPT: &str = include_str!("../../../../bench/peers/sweep.py");

/// Measures engines, of [`ENGINES`], at every shape, models at once and rows of a step; peers where a Python is named. The
/// first engine is what the others are compared with. The core's peak is timed in the same rounds, with the vectors of `isa`.
///
/// # Errors
/// Of temporary files.
pub fn sweep(
    engines: &[(&str, usize)],
    shapes: &[(usize, usize)],
    settings: &Settings,
    peers: Option<&Path>,
    isa: Isa,
    tell: &mut dyn FnMut(&SweepRow),
) -> std::io::Result<Vec<SweepRow>> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("peers.py"), crate::bench::PEERS)?;
    std::fs::write(path("sweep.py"), SCRIPT)?;
    let mut rows = Vec::new();
    for &(models, batch) in shapes {
        let data = Ours::new("candle", NET, 1, batch, 1).map_err(std::io::Error::other)?.rows();
        let bytes = |xs: &[f32]| xs.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
        std::fs::write(path("x"), bytes(&data.0))?;
        std::fs::write(path("y"), bytes(&data.1))?;
        let start = |name: &str| {
            let python = peers.ok_or_else(|| Absent::Failed("no Python was named".into()))?;
            let mut command = Command::new(python);
            command.arg(path("sweep.py")).arg(name).stderr(Stdio::null());
            Child::start(command).map_err(|e| Absent::Failed(format!("`{}` does not start: {e}", python.display())))
        };
        // Peers are processes, which live as long as what asks them.
        let child = |&(name, _): &(&str, usize)| match name {
            "lanes" | "candle" | "candle_nn" => None,
            peer => Some(start(peer)),
        };
        let mut children: Vec<_> = engines.iter().map(child).collect();
        let mut ready: Vec<Box<dyn Engine>> = Vec::new();
        for (&(name, epochs), child) in engines.iter().zip(&mut children) {
            let engine: Result<Box<dyn Engine>, Absent> = match child {
                Some(child) => child.as_mut().map_err(|absent| absent.clone()).and_then(|child| {
                    let (x, y) = (path("x"), path("y"));
                    let (rows, features, width) = (ROWS, FEATURES, WIDTH);
                    let task = Task { variant: name, models, batch, epochs, rows, features, width, x, y };
                    Ok(Box::new(child.prepare(&task)?) as Box<dyn Engine>)
                }),
                None if name == "candle_nn" => {
                    Stock::new(&data.0, &data.1, models, batch).map_err(Absent::from).map(|mut stock| {
                        Call::of(move || (0..epochs).try_fold(0.0, |_, _| stock.epoch()).map_err(Absent::from))
                    })
                }
                None => Ours::new(name, NET, models, batch, epochs)
                    .map_err(Absent::Failed)
                    .map(|ours| Call::of(move || Ok(ours.train()))),
            };
            ready.push(engine.unwrap_or_else(|absent| Call::of(move || Err(absent.clone()))));
        }
        // Last, and a reference beside the first.
        let (mut chains, peak) = (Chains::new(isa), ready.len());
        let peak_flop = chains.flop() * PEAK_CALLS as f64;
        ready.push(Call::of(move || chains.time(PEAK_CALLS)));
        let timings = measure(&mut ready, &[0, peak], settings);
        let shape = engines.iter().zip(&timings);
        let shape = shape.map(|(&engine, it)| SweepRow::of(engine, engines[0], (models, batch), it, peak_flop));
        rows.extend(shape.inspect(&mut *tell));
    }
    Ok(rows)
}

impl SweepRow {
    fn of(
        (engine, epochs): (&str, usize),
        first: (&str, usize),
        (models, batch): (usize, usize),
        timing: &Timing,
        peak_flop: f64,
    ) -> SweepRow {
        let steps = (epochs * models * ROWS.div_ceil(batch)) as f64;
        let us = timing.seconds.map(|it| it.times(1e6 / steps));
        // A call is another number of steps in each engine.
        let calls = first.1 as f64 / epochs as f64;
        let beside = |reference: usize| timing.ratios.get(reference).copied().flatten();
        let why = match (timing.ambiguous, beside(0), beside(1)) {
            (true, ..) => Some("ambiguous".to_string()),
            (_, None, _) => Some(format!("no sure time of {}", first.0)),
            (_, _, None) => Some("no sure time of the peak".to_string()),
            _ => None,
        };
        SweepRow {
            engine: engine.into(),
            models,
            batch,
            epochs,
            us_per_model_step: us.map(|it| it.value),
            us_interval: us.map(|it| [it.low, it.high]),
            model_steps_per_second: us.map(|it| 1e6 / it.value),
            ratio: beside(0).map(|it| it.times(calls)),
            peak_share: beside(1).map(|it| steps * flop_per_step(batch) / peak_flop / it.value),
            note: timing.absent.as_ref().map(Absent::to_string).or(why),
        }
    }
}

impl Sweep {
    /// A file.
    pub fn new(header: Header, rows: Vec<SweepRow>) -> Sweep {
        Sweep { schema: SCHEMA, header, rows }
    }
    /// From the text of a file.
    ///
    /// # Errors
    /// A sentence, if it is no such file.
    pub fn read(text: &str) -> Result<Sweep, String> {
        read(text)
    }
    /// As the text of a file.
    pub fn write(&self) -> String {
        lines(self.schema, &self.header, &self.rows)
    }
    /// As a table.
    pub fn render(&self, width: usize) -> String {
        let head = ["engine", "models", "batch", "µs/model-step", "model-steps/s", "× first", "% of peak"];
        let number = |x: Option<f64>, digits: usize| x.map_or("–".into(), |x| format!("{x:.digits$}"));
        let rows = self.rows.iter().map(|row| {
            let us = number(row.us_per_model_step, 2);
            vec![
                row.engine.clone(),
                row.models.to_string(),
                row.batch.to_string(),
                row.note.as_ref().map_or(us.clone(), |note| format!("{us} {note}")),
                number(row.model_steps_per_second, 0),
                number(row.ratio.map(|it| it.value), 2),
                number(row.peak_share.map(|it| 100.0 * it), 1),
            ]
        });
        let right = vec![false, true, true, true, true, true, true];
        text::plain_table(head.map(String::from).to_vec(), right, rows.collect(), width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ratios_are_per_step_however_many_epochs_a_call_has() {
        let exact = |value| Estimate { value, low: value, high: value };
        // The peak is 100 GFLOP/s: 1 GFLOP in 10 ms.
        let row = |engine: (&str, usize), seconds: f64, ratio: f64| {
            let ratios = vec![Some(exact(ratio)), Some(exact(seconds / 0.01))];
            let timing = Timing { seconds: Some(exact(seconds)), ratios, ..Timing::default() };
            SweepRow::of(engine, ENGINES[0], (2, 128), &timing, 1e9)
        };
        // 1600 epochs of 4 steps of 2 models in 128 ms are 10 µs a step; a tenth of the epochs in as long is ten times that.
        let (first, other) = (row(ENGINES[0], 0.128, 1.0), row(("other", ENGINES[0].1 / 10), 0.128, 1.0));
        let us = |row: &SweepRow| row.us_per_model_step.expect("timed");
        assert!((us(&first) - 10.0).abs() < 1e-9, "{first:?}");
        assert!((us(&other) / us(&first) - other.ratio.expect("compared").value).abs() < 1e-9, "{other:?}");
        let share = flop_per_step(128) / 10e-6 / 100e9;
        assert!((first.peak_share.expect("timed") - share).abs() < 1e-12, "{first:?}");
    }
}
