//! Linear models with piecewise-linear likelihoods: an active set for the weights, a search for the scale.

use crate::checkpoint::State;
use crate::objective::Objective;
use crate::optimise::{self, Kinked, Lbfgs, Smooth};
use crate::solve::{Solution, search, spread};
use crate::status;
use crate::{Control, TrainError};
use surprisal_kernel::Penalty;
use surprisal_spec::Status;

/// A linear model whose likelihood is piecewise linear in η: gradients stall there, an active set does not.
pub struct Exact<'a> {
    objective: &'a Objective,
    x: Vec<f64>,
    y: Vec<f64>,
    /// Place in θ of each column: a feature that is constant, and so kept at 0, has none.
    columns: Vec<usize>,
    /// Weights and biases of the model.
    len: usize,
}

/// The exact problem of an objective, where it is one.
pub fn kinked(objective: &Objective) -> Option<Exact<'_>> {
    let layout = objective.layout();
    let bound = &objective.assumption.bound;
    if !(bound.family.kinked() && layout.is_linear() && bound.heads() == 1 && objective.assumption.predicts_location())
    {
        return None;
    }
    let layer = &layout.layers[0];
    let (inputs, bias) = (layer.weight.as_ref().map_or(0, |w| w.inputs), layer.bias.is_some());
    let len = inputs + usize::from(bias);
    let moves = |&j: &usize| {
        j >= inputs || objective.scale.x_sd[j] > 0.0 || objective.priors.iter().any(|(range, _)| range.contains(&j))
    };
    let columns: Vec<usize> = (0..len).filter(moves).collect();
    let mut x = Vec::with_capacity(objective.rows.len() * columns.len());
    for i in 0..objective.rows.len() {
        x.extend(columns.iter().map(|&j| if j < inputs { objective.x[i * inputs + j] } else { 1.0 }));
    }
    let offset = objective.targets.offset.as_ref();
    let y = objective.targets.y.iter().enumerate().map(|(i, y)| y - offset.map_or(0.0, |o| o[i])).collect();
    (!columns.is_empty()).then_some(Exact { objective, x, y, columns, len })
}

impl Exact<'_> {
    /// The weights at given learned numbers.
    fn weights(&self, learned: &[f64]) -> Result<optimise::Solved, TrainError> {
        let bound = &self.objective.assumption.bound;
        let mut at = Vec::new();
        bound.values(&[0.0], learned, &mut at);
        // The energy looks at y − location only: its slopes in y are those of the residual.
        let (below, above) = Penalty { family: bound.family, at }.slopes();
        type Term<'t> = Box<dyn Fn(f64) -> (f64, f64, f64) + 't>;
        // Of a kinked prior only the tilt is smooth; its |θ| is the solver's.
        let term = |j: &usize| -> Option<Term<'_>> {
            let (_, penalty) = self.objective.priors.iter().find(|(range, _)| range.contains(j))?;
            if !penalty.family.kinked() {
                return Some(Box::new(|t: f64| penalty.derivatives(t)));
            }
            let (below, above) = penalty.slopes();
            let tilt = 0.5 * (below + above);
            (tilt != 0.0).then(|| Box::new(move |t: f64| (tilt * t, tilt, 0.0)) as Term<'_>)
        };
        let terms: Vec<Option<Term>> = self.columns.iter().map(term).collect();
        let smooth: Vec<Option<Smooth>> = terms.iter().map(|term| term.as_deref().map(|f| f as Smooth)).collect();
        let l1 = self.objective.l1().map(|mut l1| {
            let pick = |xs: &[f64]| self.columns.iter().map(|&j| xs[j]).collect();
            (l1.weight, l1.centre) = (pick(&l1.weight), pick(&l1.centre));
            l1
        });
        let weight = self.objective.targets.weight.as_deref();
        let problem = Kinked {
            x: &self.x,
            y: &self.y,
            dim: self.columns.len(),
            weight,
            up: above,
            down: -below,
            smooth: &smooth,
            l1: l1.as_ref(),
        };
        problem.minimise().map_err(|error| TrainError::Invalid(error.to_string()))
    }

    /// The weights at the scale eᵘ, and the slope of the objective in u there.
    fn at(
        &self,
        theta: &mut [f64],
        scale: Option<usize>,
        u: f64,
        control: &Control,
    ) -> Result<(optimise::Solved, f64, f64), TrainError> {
        if let Some(j) = scale {
            theta[j] = u;
        }
        let solved = match control.begin().as_ref().and_then(optimise::Solved::restore) {
            Some(kept) => kept,
            None => {
                control.pause(State::new)?;
                let solved = self.weights(&theta[self.objective.layout().learned.clone()])?;
                control.step(solved.iterations, solved.value, &solved.x);
                solved
            }
        };
        control.end(|| solved.state());
        self.columns.iter().zip(&solved.x).for_each(|(&j, x)| theta[j] = *x);
        let mut gradient = vec![0.0; theta.len()];
        let value = self.objective.evaluate(theta, &mut gradient, true)?.objective();
        Ok((solved, value, scale.map_or(0.0, |j| gradient[j])))
    }

    /// Under a flat weight prior the weights do not depend on the scale, and one search over it is the optimum. Under
    /// another, weights and scale meet in the kinks, where a search in turns may stall: the scale is sought over the
    /// objective at the best weights for it, whose slope is the partial one (the envelope theorem).
    pub fn solve(&self, control: &Control) -> Result<Solution, TrainError> {
        let layout = self.objective.layout();
        let scale = layout.learned.clone().next();
        let mut theta = vec![0.0; layout.len()];
        let start = libm::log(spread(&self.y));
        let (mut solved, ..) = self.at(&mut theta, scale, start, control)?;
        let mut iterations = solved.iterations;
        let perfect = status::collapsed_residuals(self.objective, &theta)?;
        if scale.is_some() && !perfect {
            if self.objective.priors.is_empty() {
                let newton = Lbfgs { max_iterations: 200, tolerance: 1e-13, memory: 5 };
                theta = search(self.objective, &newton, &theta, (0..self.len).collect(), control)?.x;
            } else {
                let mut ask = |u: f64| -> Result<(f64, f64), TrainError> {
                    let (found, value, slope) = self.at(&mut theta, scale, u, control)?;
                    iterations += found.iterations;
                    solved = found;
                    Ok((value, slope))
                };
                let best = profile(&mut ask, start)?;
                ask(best)?;
            }
        }
        let mut gradient = vec![0.0; theta.len()];
        self.objective.evaluate(&theta, &mut gradient, true)?;
        let slope = scale.map_or(0.0, |j| gradient[j].abs());
        let status = match () {
            () if scale.is_some() && (perfect || status::collapsed_residuals(self.objective, &theta)?) => {
                Status::Unbounded
            }
            // A prior that is not convex: one of perhaps several optima.
            () if !self.objective.priors.iter().all(|(_, it)| it.family.log_concave()) => {
                Status::LocalOptimum { starts: 1 }
            }
            // Weights and scale together are not convex: the best of the grid over the scale.
            () if scale.is_some() && !self.objective.priors.is_empty() => Status::LocalOptimum { starts: GRID },
            () if solved.unique => Status::Converged,
            () => Status::NotUnique,
        };
        Ok(Solution { theta, gradient_norm: solved.certificate.max(slope), iterations, status })
    }
}

/// The least point of a function with this value and slope: the best of a grid over e⁻⁸ … e³ times the start, the grid
/// made finer around it until the slope changes sign beside it, and the zero of the slope there (regula falsi, Illinois).
/// A minimum of a lower envelope has no kink, so that zero exists.
fn profile(ask: &mut dyn FnMut(f64) -> Result<(f64, f64), TrainError>, start: f64) -> Result<f64, TrainError> {
    let (mut low, mut step, mut points) = (start - 8.0, 11.0 / (GRID - 1) as f64, GRID);
    for _ in 0..12 {
        let mut seen = Vec::with_capacity(points);
        for i in 0..points {
            let u = low + step * i as f64;
            let (value, slope) = ask(u)?;
            seen.push((u, value, slope));
        }
        let best = (0..points).min_by(|&a, &b| seen[a].1.total_cmp(&seen[b].1)).unwrap_or(0);
        let (u, _, slope) = seen[best];
        let other = if slope > 0.0 { best.checked_sub(1) } else { Some(best + 1).filter(|i| *i < points) };
        let Some((beyond, _, opposite)) = other.map(|i| seen[i]) else { return Ok(u) };
        if slope == 0.0 {
            return Ok(u);
        }
        if slope * opposite < 0.0 {
            return root(ask, (u, slope), (beyond, opposite));
        }
        // Another hump lies between: look closer.
        (low, step, points) = (u.min(beyond), (u - beyond).abs() / 8.0, 9);
    }
    Ok(low)
}

/// Points of the first grid.
const GRID: usize = 45;

/// The zero of a slope between two points where its signs differ.
fn root(
    ask: &mut dyn FnMut(f64) -> Result<(f64, f64), TrainError>,
    mut a: (f64, f64),
    mut b: (f64, f64),
) -> Result<f64, TrainError> {
    let mut last = 0;
    for _ in 0..200 {
        if (a.0 - b.0).abs() <= 2e-15 * a.0.abs().max(1.0) {
            break;
        }
        let u = (a.0 * b.1 - b.0 * a.1) / (b.1 - a.1);
        // Rounding may put it on an end: then the middle.
        let u = if u > a.0.min(b.0) && u < a.0.max(b.0) { u } else { 0.5 * (a.0 + b.0) };
        if u == a.0 || u == b.0 {
            break;
        }
        let slope = ask(u)?.1;
        if slope == 0.0 {
            return Ok(u);
        }
        // The end of the same sign is replaced; the other's slope is halved when it stays twice.
        if (slope > 0.0) == (a.1 > 0.0) {
            a = (u, slope);
            b.1 *= if last == 1 { 0.5 } else { 1.0 };
            last = 1;
        } else {
            b = (u, slope);
            a.1 *= if last == 2 { 0.5 } else { 1.0 };
            last = 2;
        }
    }
    Ok(if last == 2 { b.0 } else { a.0 })
}
