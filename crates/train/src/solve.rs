//! Full-batch optima: L-BFGS where the objective is smooth, orthant-wise under a Laplace prior, exact where it is kinked.

use crate::objective::Objective;
use crate::optimise::{self, End, Found, Lbfgs, Pause};
use crate::status;
use crate::{Control, TrainError};
use crate::{edge, exact};
use std::ops::ControlFlow;
use surprisal_density::{Binding, Likelihood, Prior, Support, family::Gaussian};
use surprisal_spec::{DType, Run, Status};

/// Where a search ended.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The parameter vector.
    pub theta: Vec<f64>,
    /// Largest component of the gradient, or of the smallest subgradient.
    pub gradient_norm: f64,
    /// Iterations, or epochs.
    pub iterations: usize,
    /// How it ended.
    pub status: Status,
}

/// The objective as the optimiser sees it; an error of candle ends the search and is kept.
struct Function<'a> {
    objective: &'a Objective,
    /// Kinked priors are left to the solver.
    kinks: bool,
    /// Coordinates that do not move.
    frozen: Vec<usize>,
    error: Option<TrainError>,
}

impl optimise::Objective for Function<'_> {
    fn dim(&self) -> usize {
        self.objective.layout().len()
    }
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        match self.objective.evaluate(x, gradient, self.kinks) {
            Ok(parts) => {
                self.frozen.iter().for_each(|&j| gradient[j] = 0.0);
                parts.objective()
            }
            Err(error) => {
                self.error = Some(error);
                f64::NAN
            }
        }
    }
}

/// Minimises the objective of a run with L-BFGS or, where it has kinks, exactly.
pub fn solve(
    objective: &Objective,
    run: &Run,
    how: &surprisal_spec::Lbfgs,
    control: &Control,
) -> Result<Solution, TrainError> {
    if let Some(problem) = exact::kinked(objective) {
        return problem.solve(control);
    }
    let lbfgs =
        Lbfgs { max_iterations: how.max_iterations.get(), tolerance: how.tolerance.0, memory: how.memory.get() };
    let starts = starts(objective, run, &lbfgs, control)?;
    let mut best: Option<Found> = None;
    let mut iterations = 0;
    for start in &starts {
        let found = search(objective, &lbfgs, start, vec![], control)?;
        iterations += found.iterations;
        let better = best.as_ref().is_none_or(|best| found.value < best.value || best.value.is_nan());
        if better {
            best = Some(found);
        }
    }
    let mut found = best.expect("there is at least one start");
    let several = starts.len();
    let (collapsed, edge) = match found.end {
        End::NonFinite | End::Unbounded => (false, None),
        _ => (edge::collapsed(objective, &found.x)?, edge::boundary(objective, run, &found)?),
    };
    let status = match found.end {
        End::NonFinite => status::non_finite(objective, &found.x, found.iterations)?,
        End::Unbounded => Status::Unbounded,
        _ if collapsed => Status::Unbounded,
        _ if let Some(edge) = edge => {
            if let Some((start, frozen)) = edge.beyond {
                // The rest of the optimum, with the parameter at its edge.
                found = search(objective, &lbfgs, &start, frozen, control)?;
            }
            edge.status
        }
        // Single precision ends earlier: the gradient is rounded to 1 part in 10⁷ of its terms.
        End::Stalled
            if run.dtype == DType::F32 && found.gradient_norm <= F32_STATIONARY * slope(objective, &starts[0])? =>
        {
            if several > 1 {
                Status::LocalOptimum { starts: several }
            } else {
                Status::Converged
            }
        }
        End::BudgetSpent | End::Stalled => Status::BudgetSpent,
        End::Converged if several > 1 => Status::LocalOptimum { starts: several },
        End::Converged => Status::Converged,
    };
    let status = status::refine(objective, run, &found.x, status)?;
    Ok(Solution { theta: found.x, gradient_norm: found.gradient_norm, iterations, status })
}

/// Of the largest component of the gradient at the start: as far as f32 can go.
const F32_STATIONARY: f64 = 1e-4;

/// Largest component of the gradient of the objective.
fn slope(objective: &Objective, theta: &[f64]) -> Result<f64, TrainError> {
    let mut gradient = vec![0.0; theta.len()];
    objective.evaluate(theta, &mut gradient, true)?;
    Ok(gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs())))
}

pub(crate) fn search(
    objective: &Objective,
    lbfgs: &Lbfgs,
    start: &[f64],
    frozen: Vec<usize>,
    control: &Control,
) -> Result<Found, TrainError> {
    let l1 = objective.l1().map(|mut l1| {
        // What does not move has no kink to be pulled to.
        frozen.iter().for_each(|&j| l1.weight[j] = 0.0);
        l1
    });
    let mut function = Function { objective, kinks: l1.is_none(), frozen, error: None };
    let saved = control.begin();
    if let Some(found) = saved.as_ref().and_then(Found::restore) {
        control.end(|| found.state());
        return Ok(found);
    }
    let mut stopped = Ok(());
    let mut pause = |at: Pause| {
        stopped = control.pause(at.state);
        control.step(at.iteration, at.value, at.x);
        if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let found = lbfgs.resume(&mut function, start, l1.as_ref(), saved.as_ref(), &mut pause);
    stopped?;
    if let Some(error) = function.error {
        return Err(error);
    }
    control.end(|| found.state());
    Ok(found)
}

/// Degrees of freedom from which a learned ν sets out: heavy, middling and nearly Gaussian tails.
const NU_STARTS: [f64; 3] = [1.5, 6.0, 40.0];

/// The points from which the search sets out: one, unless the objective may have several optima.
///
/// A linear model with a learned or predicted scale sets out from least squares, with the scale that they leave: from
/// far away the scale would grow first, and weights under a large scale look stationary. Where −ln p or a prior is not
/// convex, the search sets out from 0 as well, and from several ν where that is learned.
fn starts(objective: &Objective, run: &Run, lbfgs: &Lbfgs, control: &Control) -> Result<Vec<Vec<f64>>, TrainError> {
    let layout = objective.layout();
    let family = objective.assumption.bound.family;
    let mut theta = layout.start(run.seed, run.data.unit);
    let learned = |theta: &mut Vec<f64>, scale: f64| {
        for (k, at) in layout.learned.clone().enumerate() {
            let j = objective.parameter(k);
            let is_scale = family.parameters()[j].name == "scale" && family.support() == Support::Real;
            theta[at] = family.domain(j).unlink(if is_scale { scale } else { 1.0 });
        }
    };
    let spread = spread(&objective.targets.y);
    learned(&mut theta, spread);
    let convex = family.log_concave() && objective.priors.iter().all(|(_, prior)| prior.family.log_concave());
    let trained = |binding: &Binding| matches!(binding, Binding::Learned(_) | Binding::Predicted);
    let scaled = family.support() == Support::Real && run.likelihood.bindings.iter().skip(1).any(trained);
    let mut starts = vec![];
    let located = objective.assumption.predicts_location();
    if layout.is_linear() && located && family.support() == Support::Real && (scaled || !convex) {
        let (mut least, rms) = least_squares(objective, run, lbfgs, control)?;
        let rms = if status::vanishes(objective, rms) { spread } else { rms };
        learned(&mut least, rms);
        if let (Some(bias), Some(head)) = (&layout.layers[0].bias, layout.heads.iter().position(|head| head == "scale"))
        {
            least[bias.start + head] = libm::log(rms);
        }
        starts.push(least);
    }
    if starts.is_empty() || !convex {
        starts.push(theta);
    }
    let nu =
        layout.learned.clone().enumerate().find(|(k, _)| family.parameters()[objective.parameter(*k)].name == "nu");
    if let Some((k, at)) = nu {
        let domain = family.domain(objective.parameter(k));
        let with = |start: &Vec<f64>, nu: f64| {
            let mut start = start.clone();
            start[at] = domain.unlink(nu);
            start
        };
        starts = starts.iter().flat_map(|start| NU_STARTS.map(|nu| with(start, nu))).collect();
    }
    Ok(starts)
}

/// The parameter vector with its location head at least squares, and the root mean square of what they leave.
fn least_squares(
    objective: &Objective,
    run: &Run,
    lbfgs: &Lbfgs,
    control: &Control,
) -> Result<(Vec<f64>, f64), TrainError> {
    let layout = objective.layout();
    let likelihood = Likelihood::new(Gaussian, &[Binding::Standardised(1.0)]);
    let least = objective.relaxed(&Run { likelihood, prior: Prior::flat(), ..run.clone() })?;
    let found = search(&least, lbfgs, &vec![0.0; least.layout().len()], vec![], control)?;
    let (from, to) = (&least.layout().layers[0], &layout.layers[0]);
    let mut theta = vec![0.0; layout.len()];
    for (from, to) in [(&from.weight, &to.weight), (&from.bias, &to.bias)] {
        if let (Some(from), Some(to)) = (from, to) {
            for i in 0..from.len() {
                theta[to.start + i * to.outputs] = found.x[from.start + i];
            }
        }
    }
    Ok((theta, least.plug_in(&found.x)?))
}

/// Standard deviation of the targets, 1 where they are all equal.
pub(crate) fn spread(y: &[f64]) -> f64 {
    let n = y.len().max(1) as f64;
    let mean = y.iter().sum::<f64>() / n;
    let sd = (y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n).sqrt();
    if sd > 0.0 && sd.is_finite() { sd } else { 1.0 }
}
