//! Arms and records by hand: what a planner and a store would give.

use std::collections::BTreeMap;
use surprisal_data::TargetKind;
use surprisal_density::{AnyFamily, AnyScore, Binding, Density, Likelihood, Prior, Strength};
pub use surprisal_spec::Records;
use surprisal_spec::{
    Arm, BITS, DType, Data, Engine, Estimator, Fit, Made, Model, Number, Optimiser, Outcome, Record, Run, Scores,
    Status, Unit,
};

pub fn scores(names: &[&str]) -> Vec<AnyScore> {
    names.iter().map(|name| AnyScore::named(name).expect("a score")).collect()
}

pub fn likelihood(family: &str, shapes: &[Binding]) -> Likelihood {
    Likelihood::new(AnyFamily::named(family).expect("a family"), shapes)
}

pub fn gaussian() -> Likelihood {
    likelihood("gaussian", &[Binding::Learned(None)])
}

pub fn student() -> Likelihood {
    likelihood("student_t", &[Binding::Fixed(4.0), Binding::Learned(None)])
}

/// Gaussian weights; a log-normal prior on a learned scale.
pub fn normal(scale: f64) -> Prior {
    let family = AnyFamily::named("gaussian").expect("a family");
    Prior { family, at: vec![Strength::Same(0.0), Strength::Same(scale)], bias: None, hidden_bias: None }
}

pub fn log_normal() -> Binding {
    let family = AnyFamily::named("log_normal").expect("a family");
    Binding::Learned(Some(Box::new(Density { family, at: vec![0.0, 1.0] })))
}

/// An arm over overlapping splits 90/10, one seed.
pub fn arm(name: &str, estimator: Estimator, likelihood: &Likelihood, prior: &Prior, units: usize) -> Arm {
    let unit = |index| Unit { index, train: 90, test: 10, runs: vec![format!("{name}-{index}")] };
    Arm {
        dataset: "diabetes".into(),
        model: Model::default(),
        estimator,
        likelihood: likelihood.clone(),
        prior: prior.clone(),
        varied: vec![],
        kind: TargetKind::Real,
        lattice: false,
        overlapping: true,
        units: (0..units).map(unit).collect(),
        candidates: 1,
    }
}

pub fn mse(name: &str, units: usize) -> Arm {
    arm(name, Estimator::Mse, &likelihood("gaussian", &[Binding::PlugIn]), &Prior::flat(), units)
}

pub fn mle(name: &str, likelihood: &Likelihood, units: usize) -> Arm {
    arm(name, Estimator::Mle, likelihood, &Prior::flat(), units)
}

pub fn map(name: &str, likelihood: &Likelihood, prior: &Prior, units: usize) -> Arm {
    arm(name, Estimator::Map, likelihood, prior, units)
}

pub fn fit(status: Status) -> Fit {
    Fit {
        nll: Number(100.0),
        neg_log_prior: Number(0.0),
        objective: Number(100.0),
        gradient_norm: Number(if status.is_stationary() { 1e-9 } else { 0.25 }),
        iterations: 17,
        status,
        rows: 90,
        size: 3,
        parameters: BTreeMap::new(),
        parameters_original: BTreeMap::new(),
        selected: None,
    }
}

/// Scores by name.
pub fn named(values: &[(&str, f64)]) -> Scores {
    values.iter().map(|(name, x)| (name.to_string(), Number(*x))).collect()
}

/// A run that converged to these scores.
pub fn converged(values: &[(&str, f64)]) -> Outcome {
    Outcome { fit: Some(fit(Status::Converged)), scores: named(values), test_rows: 10, ..Outcome::default() }
}

/// A run that ended like that, with these scores.
pub fn ended(status: Status, values: &[(&str, f64)]) -> Outcome {
    Outcome { fit: Some(fit(status)), ..converged(values) }
}

pub fn failed(why: &str) -> Outcome {
    Outcome { failure: Some(why.into()), ..Outcome::default() }
}

/// Adds the records of an arm: one outcome per unit.
pub fn put(records: &mut Records, arm: &Arm, outcomes: Vec<Outcome>) {
    for (unit, outcome) in arm.units.iter().zip(outcomes) {
        put_run(records, arm, unit, &unit.runs[0], outcome);
    }
}

pub fn put_run(records: &mut Records, arm: &Arm, unit: &Unit, id: &str, outcome: Outcome) {
    let data = Data {
        table: format!("table of {}", arm.dataset),
        split: format!("split {}", unit.index),
        unit: unit.index,
        kind: arm.kind,
        standardise: true,
        features: vec!["x".into()],
    };
    let run = Run {
        schema: 1,
        data,
        model: arm.model.clone(),
        likelihood: arm.likelihood.clone(),
        prior: arm.prior.clone(),
        optimiser: Optimiser::default(),
        dtype: DType::F64,
        engine: Engine::Candle,
        seed: 0,
        early_stopping: None,
        select: None,
    };
    records.insert(Record { id: id.into(), bits: BITS, run, outcome, made: Made::default() });
}

/// An arm whose runs converged to these values of one score.
pub fn put_nll(records: &mut Records, arm: &Arm, values: &[f64]) {
    put(records, arm, values.iter().map(|&x| converged(&[("nll", x)])).collect());
}
