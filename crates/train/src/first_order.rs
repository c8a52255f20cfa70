//! Descent in small steps: sgd, adam and adamw on batches, with early stopping.

use crate::TrainError;
use crate::layout::Layout;
use crate::objective::Objective;
use crate::solve::Solution;
use crate::status;
use surprisal_density::{Purpose, Stream};
use surprisal_spec::{Optimiser, Run, Status};

/// A learning curve: epoch, mean objective of its steps per row, score on the held-out rows.
pub type Curve = Vec<(usize, f64, Option<f64>)>;

/// Watches a score on held-out rows (lower is better) and remembers the best weights.
pub struct Watch<'a> {
    /// The score at θ.
    pub score: &'a dyn Fn(&[f64]) -> Result<f64, TrainError>,
    /// Epochs without improvement.
    pub patience: usize,
}

/// One rule that turns gradients into steps.
enum Rule {
    Sgd {
        lr: f64,
        momentum: f64,
        velocity: Vec<f64>,
    },
    Adam {
        lr: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        /// Of weights; biases and learned numbers do not decay.
        decay: Vec<f64>,
        mean: Vec<f64>,
        square: Vec<f64>,
        power1: f64,
        power2: f64,
    },
}

impl Rule {
    fn new(optimiser: &Optimiser, layout: &Layout) -> Option<(Rule, usize, usize)> {
        let zero = vec![0.0; layout.len()];
        let adam = |lr: f64, beta1: f64, beta2: f64, eps: f64, decay: Vec<f64>| Rule::Adam {
            lr,
            beta1,
            beta2,
            eps,
            decay,
            mean: zero.clone(),
            square: zero.clone(),
            power1: 1.0,
            power2: 1.0,
        };
        match optimiser {
            Optimiser::Lbfgs(_) => None,
            Optimiser::Sgd(it) => Some((
                Rule::Sgd { lr: it.lr.0, momentum: it.momentum.0, velocity: zero },
                it.epochs.get(),
                it.batch.get(),
            )),
            Optimiser::Adam(it) => {
                Some((adam(it.lr.0, it.beta1.0, it.beta2.0, it.eps.0, zero.clone()), it.epochs.get(), it.batch.get()))
            }
            Optimiser::Adamw(it) => {
                let mut decay = zero.clone();
                for weight in layout.layers.iter().filter_map(|layer| layer.weight.as_ref()) {
                    decay[weight.range()].fill(it.weight_decay.0);
                }
                Some((adam(it.lr.0, it.beta1.0, it.beta2.0, it.eps.0, decay), it.epochs.get(), it.batch.get()))
            }
        }
    }
    fn step(&mut self, theta: &mut [f64], gradient: &[f64]) {
        match self {
            Rule::Sgd { lr, momentum, velocity } => {
                for ((theta, g), v) in theta.iter_mut().zip(gradient).zip(velocity) {
                    *v = *momentum * *v + g;
                    *theta -= *lr * *v;
                }
            }
            Rule::Adam { lr, beta1, beta2, eps, decay, mean, square, power1, power2 } => {
                // β^t by repeated products: no power function whose bits belong to a platform.
                *power1 *= *beta1;
                *power2 *= *beta2;
                let (c1, c2) = (1.0 - *power1, 1.0 - *power2);
                for ((((theta, g), m), v), decay) in theta.iter_mut().zip(gradient).zip(mean).zip(square).zip(decay) {
                    *m = *beta1 * *m + (1.0 - *beta1) * g;
                    *v = *beta2 * *v + (1.0 - *beta2) * g * g;
                    *theta -= *lr * *decay * *theta;
                    *theta -= *lr * (*m / c1) / ((*v / c2).sqrt() + *eps);
                }
            }
        }
    }
}

/// Gradient below this share of the first one: stationary, as far as first-order steps go.
const STATIONARY: f64 = 1e-6;

/// Trains by batches; the gradient of the whole objective is taken once more at the end.
pub fn descend(
    objective: &Objective,
    run: &Run,
    watch: Option<&Watch>,
    stop: &dyn Fn() -> bool,
) -> Result<(Solution, Curve), TrainError> {
    let layout = objective.layout();
    let mut theta = layout.start(run.seed, run.data.unit);
    let Some((mut rule, epochs, batch)) = Rule::new(&run.optimiser, layout) else {
        return Err(TrainError::Invalid("L-BFGS does not descend by batches".into()));
    };
    let rows = objective.rows.len();
    let size = batch.clamp(1, rows.max(1));
    let mut gradient = vec![0.0; theta.len()];
    let first = {
        objective.evaluate(&theta, &mut gradient, true)?;
        sup(&gradient)
    };
    let (mut curve, mut steps, mut end, mut done) = (Curve::new(), 0, None, 0);
    let mut best: Option<(f64, usize, Vec<f64>)> = None;
    'epochs: for epoch in 0..epochs {
        let mut order: Vec<usize> = (0..rows).collect();
        Stream::new(Purpose::Shuffle, &[run.seed, run.data.unit as u64, epoch as u64]).shuffle(&mut order);
        let mut mean = 0.0;
        for batch in order.chunks(size) {
            let value = objective.step(&theta, batch, size, &mut gradient)?;
            if !value.is_finite() || !sup(&gradient).is_finite() {
                end = Some(status::non_finite(objective, &theta, steps)?);
                break 'epochs;
            }
            mean += value * size as f64 / rows as f64;
            rule.step(&mut theta, &gradient);
            steps += 1;
        }
        done = epoch + 1;
        let score = watch.map(|watch| (watch.score)(&theta)).transpose()?;
        curve.push((done, mean, score));
        if let (Some(watch), Some(score)) = (watch, score) {
            if best.as_ref().is_none_or(|(known, ..)| score < *known) {
                best = Some((score, done, theta.clone()));
            } else if best.as_ref().is_some_and(|(_, at, _)| done - at >= watch.patience) {
                end = Some(Status::EarlyStopped);
                break;
            }
        }
        if stop() {
            return Err(TrainError::Invalid("stopped".into()));
        }
    }
    if let Some((_, at, weights)) = best {
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
    Ok((Solution { theta, gradient_norm, iterations: done, status }, curve))
}

fn sup(xs: &[f64]) -> f64 {
    xs.iter().fold(0.0, |m: f64, x| if x.is_nan() { f64::INFINITY } else { m.max(x.abs()) })
}
