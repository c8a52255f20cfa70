//! Descent in small steps: sgd, adam and adamw on batches, with early stopping.

use crate::checkpoint::{State, state};
use crate::lanes::Engine;
use crate::objective::Objective;
use crate::rule::Rule;
use crate::solve::Solution;
use crate::status;
use crate::{Control, TrainError};
use surprisal_density::{Purpose, Stream};
use surprisal_spec::{Run, Status};

/// A learning curve: epoch, mean objective of its steps per row, score on the held-out rows.
pub type Curve = Vec<(usize, f64, Option<f64>)>;

/// Watches a score on held-out rows (lower is better) and remembers the best weights.
pub struct Watch<'a> {
    /// The score at θ.
    pub score: &'a dyn Fn(&[f64]) -> Result<f64, TrainError>,
    /// Epochs without improvement.
    pub patience: usize,
}

/// Gradient below this share of the first one: stationary, as far as first-order steps go.
const STATIONARY: f64 = 1e-6;

/// Where a descent is.
pub(crate) struct Walk {
    pub theta: Vec<f64>,
    pub rule: Rule,
    /// The epoch, and the first row of its next batch.
    pub epoch: usize,
    pub row: usize,
    pub steps: usize,
    /// Of the steps of this epoch.
    pub mean: f64,
    /// Least score on held-out rows, after how many epochs, and the weights there.
    best: Option<(f64, usize, Vec<f64>)>,
    curve: Curve,
    /// Why it ended before its last epoch.
    pub end: Option<End>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    NonFinite,
    EarlyStopped,
}

impl Walk {
    /// All that it needs to go on.
    pub fn state(&self) -> State {
        let end = match self.end {
            None => 0.0,
            Some(End::NonFinite) => 1.0,
            Some(End::EarlyStopped) => 2.0,
        };
        let mut kept = state([
            ("theta", self.theta.clone()),
            ("walk", vec![self.epoch as f64, self.row as f64, self.steps as f64, self.mean, end]),
            ("curve", self.curve.iter().flat_map(|(at, mean, _)| [*at as f64, *mean]).collect()),
            ("scores", self.curve.iter().filter_map(|(.., score)| *score).collect()),
        ]);
        if let Some((score, at, weights)) = &self.best {
            kept.append(&mut state([("best.theta", weights.clone()), ("best", vec![*score, *at as f64])]));
        }
        kept.extend(self.rule.parts().into_iter().map(|(name, numbers)| (format!("rule.{name}"), numbers.to_vec())));
        kept
    }

    /// Goes on from a state; whether it fits.
    fn put(&mut self, kept: &State) -> Option<()> {
        let &[epoch, row, steps, mean, end] = &kept.get("walk")?[..] else { return None };
        let theta = kept.get("theta").filter(|theta| theta.len() == self.theta.len())?.clone();
        for (name, numbers) in self.rule.parts_mut() {
            let kept = kept.get(&format!("rule.{name}")).filter(|kept| kept.len() == numbers.len())?;
            numbers.copy_from_slice(kept);
        }
        let scores = kept.get("scores")?;
        let points = kept.get("curve")?.as_chunks::<2>().0.iter().enumerate();
        self.curve = points.map(|(i, [at, mean])| (*at as usize, *mean, scores.get(i).copied())).collect();
        self.best = match (kept.get("best").map(Vec::as_slice), kept.get("best.theta")) {
            (Some([score, at]), Some(weights)) => Some((*score, *at as usize, weights.clone())),
            _ => None,
        };
        self.end = [None, Some(End::NonFinite), Some(End::EarlyStopped)].get(end as usize).copied().flatten();
        (self.theta, self.epoch, self.row, self.steps, self.mean) =
            (theta, epoch as usize, row as usize, steps as usize, mean);
        Some(())
    }
}

/// Trains by batches; the gradient of the whole objective is taken once more at the end.
pub async fn descend<'a>(
    objective: &Objective,
    run: &Run,
    watch: Option<&Watch<'_>>,
    control: &Control<'a>,
    engine: &Engine<'a>,
) -> Result<(Solution, Curve), TrainError> {
    let layout = objective.layout();
    let theta = layout.start(run.seed, run.data.unit);
    let Some((rule, epochs, batch)) = Rule::new(&run.optimiser, layout) else {
        return Err(TrainError::Invalid("L-BFGS does not descend by batches".into()));
    };
    let rows = objective.rows.len();
    let size = batch.clamp(1, rows.max(1));
    let mut gradient = vec![0.0; theta.len()];
    objective.evaluate(&theta, &mut gradient, true)?;
    let first = sup(&gradient);
    let (best, curve) = (None, Curve::new());
    let mut walk = Walk { theta, rule, epoch: 0, row: 0, steps: 0, mean: 0.0, best, curve, end: None };
    if let Some(kept) = control.begin() {
        walk.put(&kept);
    }
    let lane = engine.lane(objective, run, &walk, (size, batch), control);
    while walk.epoch < epochs && walk.end.is_none() {
        let mut order: Vec<usize> = (0..rows).collect();
        Stream::new(Purpose::Shuffle, &[run.seed, run.data.unit as u64, walk.epoch as u64]).shuffle(&mut order);
        match &lane {
            None => epoch(objective, &mut walk, &order, size, &mut gradient, control)?,
            Some(lane) => lane.epoch(&mut walk, order).await?,
        }
        if walk.end.is_some() {
            break;
        }
        walk.epoch += 1;
        if let (Some(lane), Some(_)) = (&lane, watch) {
            lane.read(&mut walk);
        }
        let score = watch.map(|watch| (watch.score)(&walk.theta)).transpose()?;
        walk.curve.push((walk.epoch, walk.mean, score));
        (walk.row, walk.mean) = (0, 0.0);
        if let (Some(watch), Some(score)) = (watch, score) {
            if walk.best.as_ref().is_none_or(|(known, ..)| score < *known) {
                walk.best = Some((score, walk.epoch, walk.theta.clone()));
            } else if walk.best.as_ref().is_some_and(|(_, at, _)| walk.epoch - at >= watch.patience) {
                walk.end = Some(End::EarlyStopped);
            }
        }
    }
    if let Some(lane) = lane {
        lane.read(&mut walk);
    }
    control.end(|| walk.state());
    let (mut theta, mut done, steps) = (walk.theta, walk.epoch, walk.steps);
    let mut end = match walk.end {
        Some(End::NonFinite) => Some(status::non_finite(objective, &theta, steps)?),
        Some(End::EarlyStopped) => Some(Status::EarlyStopped),
        None => None,
    };
    if let Some((_, at, weights)) = walk.best {
        (theta, done) = (weights, at);
    }
    let parts = objective.evaluate(&theta, &mut gradient, true)?;
    let gradient_norm = sup(&gradient);
    let finite = parts.objective().is_finite() && gradient_norm.is_finite() && theta.iter().all(|t| t.is_finite());
    if end.is_none() && !finite {
        end = Some(status::non_finite(objective, &theta, steps)?);
    }
    let status =
        end.unwrap_or(if gradient_norm <= STATIONARY * first { Status::Converged } else { Status::BudgetSpent });
    let status = status::refine(objective, run, &theta, status)?;
    Ok((Solution { theta, gradient_norm, iterations: done, status }, walk.curve))
}

/// The steps of an epoch that are left.
fn epoch(
    objective: &Objective,
    walk: &mut Walk,
    order: &[usize],
    size: usize,
    gradient: &mut [f64],
    control: &Control,
) -> Result<(), TrainError> {
    let rows = order.len();
    while walk.row < rows {
        control.pause(|| walk.state())?;
        let batch = &order[walk.row..(walk.row + size).min(rows)];
        let value = objective.step(&walk.theta, batch, size, gradient)?;
        let value = control.step(walk.steps, value, &walk.theta);
        if !value.is_finite() || !sup(gradient).is_finite() {
            walk.end = Some(End::NonFinite);
            return Ok(());
        }
        walk.mean += value * size as f64 / rows as f64;
        walk.rule.step(&mut walk.theta, gradient);
        walk.steps += 1;
        walk.row += batch.len();
    }
    Ok(())
}

fn sup(xs: &[f64]) -> f64 {
    xs.iter().fold(0.0, |m: f64, x| if x.is_nan() { f64::INFINITY } else { m.max(x.abs()) })
}
