//! How an optimisation ended, as a type: what is degenerate is said, never hidden.

use crate::TrainError;
use crate::objective::Objective;
use crate::optimise::{Separation, rank, separation};
use surprisal_density::{AnyFamily, Support};
use surprisal_kernel::Rows;
use surprisal_spec::{Run, Status};

/// Rows up to which separation of classes is always decided; beyond, only where the fit suggests it.
const SEPARATION_ROWS: usize = 4000;

/// A scale that is this small beside the spread of the target has collapsed: the objective has no lower bound.
pub const COLLAPSED: f64 = 1e-9;

/// Whether a scale is nothing beside the spread of the targets (beside their size, where they are all equal).
pub fn vanishes(objective: &Objective, scale: f64) -> bool {
    let y = &objective.targets.y;
    let largest = |from: f64| y.iter().fold(0.0, |m: f64, y| m.max((y - from).abs()));
    let unit = [largest(y.first().copied().unwrap_or(0.0)), largest(0.0), 1.0].into_iter().find(|size| *size > 0.0);
    scale <= COLLAPSED * unit.unwrap_or(1.0)
}

/// Whether a small scale of squared error is none at all: the targets lie in the span of the columns.
///
/// The search stops where ½r² is lost beside the constants of the value, at some 1e-6 of the spread.
pub fn interpolates(objective: &Objective, scale: f64) -> bool {
    let inputs = objective.layout().features.len();
    let bias = objective.layout().layers[0].bias.is_some();
    if !objective.layout().is_linear() || !vanishes(objective, 1e-5 * scale) {
        return false;
    }
    let rows: Vec<usize> = (0..objective.rows.len()).filter(|&i| counts(objective, i)).collect();
    let row = |i: usize| &objective.x[i * inputs..(i + 1) * inputs];
    let x: Vec<f64> = rows.iter().flat_map(|&i| row(i)).copied().collect();
    let with_y: Vec<f64> =
        rows.iter().flat_map(|&i| row(i).iter().chain(&objective.targets.y[i..=i])).copied().collect();
    rank(&x, rows.len(), inputs, bias).rank == rank(&with_y, rows.len(), inputs + 1, bias).rank
}

/// Whether a row says anything: one of weight 0 does not.
pub fn counts(objective: &Objective, i: usize) -> bool {
    objective.targets.weight.as_ref().is_none_or(|w| w[i] > 0.0)
}

/// Whether every residual of the location head is 0 to rounding: a scale that is learned or plugged in has no optimum.
pub fn collapsed_residuals(objective: &Objective, theta: &[f64]) -> Result<bool, TrainError> {
    if !objective.assumption.predicts_location() {
        return Ok(false);
    }
    let eta = objective.eta(theta)?;
    let heads = objective.layout().heads.len().max(1);
    let largest = objective.targets.y.iter().fold(0.0, |m: f64, y| m.max(y.abs()));
    let size = if largest > 0.0 { largest } else { 1.0 };
    let worst = objective.targets.y.iter().enumerate().map(|(i, y)| {
        let offset = objective.targets.offset.as_ref().map_or(0.0, |o| o[i]);
        (y - eta[i * heads] - offset).abs()
    });
    Ok(worst.fold(0.0, f64::max) <= 1e-13 * size)
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

/// Whether every row's own class has the largest logit: then larger weights of a last layer that is flat do better still.
fn separated(objective: &Objective, theta: &[f64], classes: usize) -> Result<bool, TrainError> {
    let (eta, heads) = (objective.eta(theta)?, objective.layout().heads.len());
    let reference = match objective.assumption.bound.family {
        AnyFamily::Categorical(it) => it.reference,
        _ => Some(0), // bernoulli: the logit of class 1 against 0
    };
    let own = |i: usize, label: usize| {
        let row = &eta[i * heads..(i + 1) * heads];
        let logit = |k: usize| match reference {
            Some(r) if k == r => 0.0,
            Some(r) if k > r => row[k - 1],
            _ => row[k],
        };
        (0..classes).filter(|&k| k != label).all(|k| logit(label) > logit(k))
    };
    Ok((0..objective.rows.len()).all(|i| !counts(objective, i) || own(i, objective.targets.y[i] as usize)))
}

/// Whether the means of some rows without counts run to 0 in a direction that no other row objects to.
fn vanishing_means(objective: &Objective, theta: &[f64]) -> Result<bool, TrainError> {
    let (eta, heads) = (objective.eta(theta)?, objective.layout().heads.len().max(1));
    // e⁻¹²: only a fit that is on its way there is asked.
    if !objective.assumption.predicts_location() || !eta.iter().step_by(heads).any(|eta| *eta < -12.0) {
        return Ok(false);
    }
    // The direction separates rows without counts from the others, which it leaves alone: they are in both classes.
    let inputs = objective.layout().features.len();
    let (mut x, mut labels) = (Vec::new(), Vec::new());
    for (i, y) in objective.targets.y.iter().enumerate().filter(|(i, _)| counts(objective, *i)) {
        for label in 0..=usize::from(*y > 0.0) {
            x.extend_from_slice(&objective.x[i * inputs..(i + 1) * inputs]);
            labels.push(label);
        }
    }
    let bias = objective.layout().layers[0].bias.is_some();
    Ok(matches!(separation(&x, inputs, &labels, 2, bias), Ok(Separation::Quasi | Separation::Complete)))
}

/// What a stationary point (or the lack of one) really is.
pub fn refine(objective: &Objective, run: &Run, theta: &[f64], status: Status) -> Result<Status, TrainError> {
    let layout = objective.layout();
    if let Support::Classes(classes) = run.likelihood.family.support()
        && run.prior.is_flat()
        && !matches!(status, Status::NonFinite { .. } | Status::EarlyStopped)
        && separated(objective, theta, classes.unwrap_or(2))?
    {
        return Ok(Status::NoMinimiser);
    }
    if !layout.is_linear() || matches!(status, Status::Unbounded | Status::NonFinite { .. }) {
        return Ok(status);
    }
    let family = run.likelihood.family;
    let weights_flat = matches!(run.prior.family, AnyFamily::Flat(_));
    let bias = layout.layers[0].bias.is_some();
    let bias_flat = bias && run.prior.bias.is_none();
    let inputs = layout.features.len();
    // A row of weight 0 says nothing.
    let rows: Vec<usize> = (0..objective.rows.len()).filter(|&i| counts(objective, i)).collect();
    let (n, y) = (rows.len(), |i: usize| objective.targets.y[rows[i]]);
    let design = |columns: &[usize]| -> Vec<f64> {
        rows.iter()
            .flat_map(|&i| columns.iter().map(move |&j| (i, j)))
            .map(|(i, j)| objective.x[i * inputs + j])
            .collect()
    };
    if let Support::Classes(classes) = family.support() {
        let classes = classes.unwrap_or(2);
        let labels: Vec<usize> = (0..n).map(|i| y(i) as usize).collect();
        let absent = bias_flat && (0..classes).any(|k| !labels.contains(&k));
        let suspicious = !status.is_stationary() || theta.iter().any(|t| t.abs() > 10.0);
        let ask = weights_flat
            && (!bias || bias_flat)
            && (n * (classes - 1) <= SEPARATION_ROWS || suspicious && n * classes <= 20 * SEPARATION_ROWS);
        if absent
            || ask
                && matches!(
                    separation(&design(&(0..inputs).collect::<Vec<_>>()), inputs, &labels, classes, bias),
                    Ok(Separation::Quasi | Separation::Complete)
                )
        {
            return Ok(Status::NoMinimiser);
        }
    }
    if family.support() == Support::Counts {
        let absent = bias_flat && (0..n).all(|i| y(i) == 0.0);
        if absent || weights_flat && (!bias || bias_flat) && vanishing_means(objective, theta)? {
            return Ok(Status::NoMinimiser);
        }
    }
    if !matches!(status, Status::Converged | Status::LocalOptimum { .. }) {
        return Ok(status);
    }
    // All logits may be shifted together, unless a prior holds the biases.
    let shift = matches!(family, AnyFamily::Categorical(it) if it.reference.is_none()) && (bias_flat || weights_flat);
    let moving: Vec<usize> = (0..inputs).filter(|&j| objective.scale.x_sd[j] > 0.0).collect();
    let dependent = || !rank(&design(&moving), n, moving.len(), bias && bias_flat).unique();
    if shift || weights_flat && inputs > 0 && dependent() {
        return Ok(Status::NotUnique);
    }
    Ok(status)
}
