//! What must hold of every record: `fit` is the objective at its own parameters, by an independent sum over the rows.

use super::algebra::moments;
use super::{Done, close};
use std::collections::BTreeMap;
use surprisal_data::TargetKind;
use surprisal_density::{AnyFamily, Binding, Density, Domain, Strength, Support};
use surprisal_spec::{Model, Number, Status};
use surprisal_train::evaluate;

type Named = BTreeMap<String, Number>;

pub fn check(done: &Done) {
    let Some(fit) = &done.outcome.fit else { return };
    assert!(!fit.objective.0.is_nan(), "{fit:?}");
    if fit.parameters.is_empty() || matches!(fit.status, Status::Unbounded | Status::NonFinite { .. }) {
        return;
    }
    if done.run.select.is_some() || done.run.early_stopping.is_some() {
        return;
    }
    close(
        fit.objective.0,
        fit.nll.0 + fit.neg_log_prior.0,
        1e-9 * (1.0 + fit.nll.0.abs()),
        "objective = nll + neg_log_prior",
    );
    let parts = evaluate(done.job(), &done.parameters()).unwrap_or_else(|error| panic!("{error}"));
    let tolerance = 1e-10 * (1.0 + fit.nll.0.abs());
    close(parts.nll, fit.nll.0, tolerance, "nll that `eval` finds");
    close(parts.neg_log_prior, fit.neg_log_prior.0, tolerance, "prior that `eval` finds");
    close(
        nll(done, &fit.parameters, true),
        fit.nll.0,
        10.0 * tolerance,
        &format!("sum of −ln p over the rows, {fit:?}"),
    );
    if !fit.parameters_original.is_empty() {
        close(nll(done, &fit.parameters_original, false), fit.nll.0, 10.0 * tolerance, "the same in original units");
    }
    close(neg_log_prior(done, &fit.parameters), fit.neg_log_prior.0, 10.0 * tolerance, "sum of −ln p over the weights");
}

/// Σ wᵢ −ln p(yᵢ), every parameter brought to original units first.
fn nll(done: &Done, at: &Named, network: bool) -> f64 {
    let rows = predictions(done, at, network);
    let weight = |i: usize| done.table.weight.as_ref().map_or(1.0, |w| w[i]);
    done.split
        .train
        .iter()
        .zip(rows)
        .map(|(&i, p)| weight(i) * done.run.likelihood.family.nll(&p, done.table.y[i]))
        .sum()
}

/// Parameter values of each train row in original units.
pub fn predictions(done: &Done, at: &Named, network: bool) -> Vec<Vec<f64>> {
    let (table, rows, run) = (&done.table, &done.split.train, &done.run);
    let family = run.likelihood.family;
    let standardised = network && run.data.standardise;
    let column = |j: usize| moments(&rows.iter().map(|&i| table.row(i)[j]).collect::<Vec<_>>());
    let constant = |j: usize| rows.iter().all(|&i| table.row(i)[j] == table.row(rows[0])[j]);
    let x_scale: Vec<(f64, f64)> = (0..table.dim()).map(column).collect();
    let is_constant: Vec<bool> = (0..table.dim()).map(constant).collect();
    let real = family.support() == Support::Real;
    let y_scale = if standardised && real && run.data.kind == TargetKind::Real {
        let (mean, sd) = moments(&rows.iter().map(|&i| table.y[i]).collect::<Vec<_>>());
        (mean, if sd > 0.0 { sd } else { 1.0 })
    } else {
        (0.0, 1.0)
    };
    // A fixed scale is stated in original units, or in standardised ones of the whole target.
    let whole = if run.data.standardise && real && run.data.kind == TargetKind::Real {
        moments(&rows.iter().map(|&i| table.y[i]).collect::<Vec<_>>()).1
    } else {
        1.0
    };
    let features: &[String] = if matches!(run.model, Model::Constant(_)) { &[] } else { &table.features };
    let several = matches!(family, AnyFamily::Categorical(_))
        || run.likelihood.bindings.iter().filter(|b| **b == Binding::Predicted).count() > 1;
    let eta = |i: usize, head: &str| {
        let prefix = if several { format!("{head}.") } else { String::new() };
        let mut eta = at.get(&format!("{prefix}bias")).map_or(0.0, |b| b.0);
        for (j, feature) in features.iter().enumerate() {
            let (mean, sd) = x_scale[j];
            let x = match standardised {
                true if is_constant[j] => 0.0,
                true => (table.row(i)[j] - mean) / sd,
                false => table.row(i)[j],
            };
            eta += at[&format!("{prefix}w.{feature}")].0 * x;
        }
        eta
    };
    let row = |&i: &usize| -> Vec<f64> {
        if let AnyFamily::Categorical(it) = family {
            let classes = it.classes.unwrap_or(2);
            let label = |k: usize| table.classes.get(k).cloned().unwrap_or_else(|| k.to_string());
            return (0..classes)
                .filter(|k| Some(*k) != it.reference)
                .map(|k| eta(i, &format!("logit.{}", label(k))))
                .collect();
        }
        let bindings = run.likelihood.bindings.iter().zip(family.parameters());
        bindings
            .map(|(binding, parameter)| {
                let to_original = |x: f64| match (real, parameter.location, parameter.name) {
                    (true, true, _) => x * y_scale.1 + y_scale.0,
                    (true, _, "scale") => x * y_scale.1,
                    _ => x,
                };
                match binding {
                    Binding::Fixed(x) => *x,
                    Binding::Standardised(x) => x * whole,
                    Binding::Learned(_) | Binding::PlugIn => to_original(at[parameter.name].0),
                    Binding::Predicted => {
                        let head = if parameter.location { "location" } else { parameter.name };
                        let offset = if parameter.location { table.offset.as_ref().map_or(0.0, |o| o[i]) } else { 0.0 };
                        to_original(link(parameter.domain, eta(i, head) + offset))
                    }
                }
            })
            .collect()
    };
    rows.iter().map(row).collect()
}

fn link(domain: Domain, u: f64) -> f64 {
    match domain {
        Domain::Real => u,
        Domain::Positive => libm::exp(u),
        Domain::Above(bound) => bound + libm::exp(u),
        Domain::Unit => 1.0 / (1.0 + libm::exp(-u)),
    }
}

fn neg_log_prior(done: &Done, at: &Named) -> f64 {
    let prior = &done.run.prior;
    let one = |it: &Density, x: f64| it.family.nll(&it.at, x);
    let features = done.table.dim() as f64;
    let mut total = 0.0;
    for (name, x) in at {
        let parameters = done.run.likelihood.family.parameters();
        let shape = parameters.iter().position(|p| p.name == name && !p.location);
        if let Some(j) = shape {
            if let Binding::Learned(Some(own)) = &done.run.likelihood.bindings[j] {
                total += one(own, x.0);
            }
        } else if name == "bias" || name.ends_with(".bias") {
            total += prior.bias.as_ref().map_or(0.0, |own| one(own, x.0));
        } else if !matches!(prior.family, AnyFamily::Flat(_)) {
            let strength = |(it, p): (&Strength, &surprisal_density::Parameter)| match it {
                Strength::Same(x) => *x,
                Strength::FanIn(x) => x / features.sqrt(),
                Strength::PerLayer(xs) => xs[0],
                Strength::ByName(xs) => xs.get(name).copied().unwrap_or(if p.location { 0.0 } else { 1.0 }),
            };
            let values: Vec<f64> = prior.at.iter().zip(prior.family.parameters()).map(strength).collect();
            total += prior.family.nll(&values, x.0);
        }
    }
    total
}
