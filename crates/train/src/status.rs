//! How an optimisation ended, as a type: what is degenerate is said, never hidden.

use crate::TrainError;
use crate::objective::Objective;
use crate::optimise::{Found, Separation, rank, separation};
use surprisal_density::{AnyFamily, Support};
use surprisal_kernel::{Rows, Slot};
use surprisal_spec::{Number, Run, Status};

/// Rows up to which separation of classes is always decided; beyond, only where the fit suggests it.
const SEPARATION_ROWS: usize = 4000;

/// A learned scale that is this small beside the spread of the target has collapsed: the objective has no lower bound.
const COLLAPSED: f64 = 1e-9;

/// Whether a learned scale runs to 0.
pub fn collapsed(objective: &Objective, theta: &[f64]) -> bool {
    let bound = &objective.assumption.bound;
    let size = objective.targets.y.iter().fold(0.0, |m: f64, y| m.max(y.abs()));
    bound.family.support() == Support::Real
        && bound.slots.iter().enumerate().any(|(j, slot)| match slot {
            Slot::Learned(k) if bound.family.parameters()[j].name == "scale" => {
                let value = bound.family.domain(j).link(theta[objective.layout().learned.start + k]);
                value < COLLAPSED * size
            }
            _ => false,
        })
}

/// Whether every residual of the location head is 0 to rounding: a scale that is learned or plugged in has no optimum.
pub fn collapsed_residuals(objective: &Objective, theta: &[f64]) -> Result<bool, TrainError> {
    let eta = objective.eta(theta)?;
    let heads = objective.layout().heads.len().max(1);
    let size = objective.targets.y.iter().fold(0.0, |m: f64, y| m.max(y.abs()));
    let worst = objective.targets.y.iter().enumerate().map(|(i, y)| {
        let offset = objective.targets.offset.as_ref().map_or(0.0, |o| o[i]);
        (y - eta[i * heads] - offset).abs()
    });
    Ok(worst.fold(0.0, f64::max) <= 1e-13 * size)
}

/// A learned parameter whose edge is at least as good as where the search ended: its place, a value far out, the status.
pub fn boundary(objective: &Objective, found: &Found) -> Result<Option<(usize, f64, Status)>, TrainError> {
    let bound = &objective.assumption.bound;
    for (k, at) in objective.layout().learned.clone().enumerate() {
        let j = objective.parameter(k);
        for limit in bound.family.limits().iter().filter(|limit| limit.parameter == j) {
            let far = if limit.at > 0.0 { found.x[at].max(0.0) + 30.0 } else { found.x[at].min(0.0) - 30.0 };
            let mut x = found.x.clone();
            x[at] = far;
            let mut gradient = vec![0.0; x.len()];
            let value = objective.evaluate(&x, &mut gradient, true)?.objective();
            if value <= found.value + 1e-10 * (1.0 + found.value.abs()) {
                let parameter = bound.family.parameters()[j].name.to_string();
                let status =
                    Status::Boundary { parameter, limit: Number(limit.at), reduces_to: limit.reduces_to.into() };
                return Ok(Some((at, far, status)));
            }
        }
    }
    Ok(None)
}

/// The row and the parameter that were not finite.
pub fn non_finite(objective: &Objective, theta: &[f64], step: usize) -> Result<Status, TrainError> {
    let names = objective.layout().names();
    let parameter = theta.iter().position(|x| !x.is_finite()).map(|j| names[j].clone());
    let eta = objective.eta(theta)?;
    let mut values = vec![0.0; objective.rows.len()];
    let learned = &theta[objective.layout().learned.clone()];
    objective.kernel.values(&eta, learned, &objective.targets, Rows::All, &mut values);
    let row = values.iter().position(|value| !value.is_finite()).map(|i| objective.rows[i]);
    Ok(Status::NonFinite { row, step, parameter })
}

/// What a stationary point (or the lack of one) of a linear model really is.
pub fn refine(objective: &Objective, run: &Run, theta: &[f64], status: Status) -> Result<Status, TrainError> {
    let layout = objective.layout();
    if !layout.is_linear() || matches!(status, Status::Unbounded | Status::NonFinite { .. }) {
        return Ok(status);
    }
    let family = run.likelihood.family;
    let weights_flat = matches!(run.prior.family, AnyFamily::Flat(_));
    let bias = layout.layers[0].bias.is_some();
    let bias_flat = bias && run.prior.bias.is_none();
    let inputs = layout.features.len();
    let n = objective.rows.len();
    if let Support::Classes(classes) = family.support() {
        let classes = classes.unwrap_or(2);
        let labels: Vec<usize> = objective.targets.y.iter().map(|&y| y as usize).collect();
        let absent = bias_flat && (0..classes).any(|k| !labels.contains(&k));
        let suspicious = !status.is_stationary() || theta.iter().any(|t| t.abs() > 10.0);
        let ask = weights_flat && (!bias || bias_flat) && (n <= SEPARATION_ROWS || suspicious);
        if absent
            || ask
                && matches!(
                    separation(&objective.x, inputs, &labels, classes, bias),
                    Ok(Separation::Quasi | Separation::Complete)
                )
        {
            return Ok(Status::NoMinimiser);
        }
    }
    if family.support() == Support::Counts && bias_flat && objective.targets.y.iter().all(|y| *y == 0.0) {
        return Ok(Status::NoMinimiser);
    }
    if !matches!(status, Status::Converged | Status::LocalOptimum { .. }) {
        return Ok(status);
    }
    // All logits may be shifted together, unless a prior holds the biases.
    let shift = matches!(family, AnyFamily::Categorical(it) if it.reference.is_none()) && (bias_flat || weights_flat);
    let moving: Vec<usize> = (0..inputs).filter(|&j| objective.scale.x_sd[j] > 0.0).collect();
    let dependent = || {
        let x: Vec<f64> = (0..n)
            .flat_map(|i| moving.iter().map(move |&j| (i, j)))
            .map(|(i, j)| objective.x[i * inputs + j])
            .collect();
        !rank(&x, n, moving.len(), bias && bias_flat).unique()
    };
    if shift || weights_flat && inputs > 0 && dependent() {
        return Ok(Status::NotUnique);
    }
    Ok(status)
}
