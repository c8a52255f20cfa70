//! An arm: the runs that differ only in split and seed, and what they are called.

use crate::{Estimator, Model};
use surprisal_data::TargetKind;
use surprisal_density::{AnyFamily, Binding, Likelihood, Prior, Strength};

/// One row of a table: one cell of the sweep, over all its splits (or replicates) and seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The data set, as the file calls it.
    pub dataset: String,
    /// η = f(x; θ).
    pub model: Model,
    /// What was asked for …
    pub estimator: Estimator,
    /// … and what it lowered to.
    pub likelihood: Likelihood,
    /// … and what it lowered to.
    pub prior: Prior,
    /// Keys that the sweep varies, with this arm's values as text, in the order of the file.
    pub varied: Vec<(String, String)>,
    /// What the target is.
    pub kind: TargetKind,
    /// Whether the target lies on few values: a density can be arbitrarily good there.
    pub lattice: bool,
    /// Whether the units share rows (random splits, folds): their standard error is corrected.
    pub overlapping: bool,
    /// The units of replication.
    pub units: Vec<Unit>,
    /// How many candidates a selection tries; 1 without.
    pub candidates: usize,
}

/// A split or replicate: seeds are averaged within it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its index.
    pub index: usize,
    /// Train rows.
    pub train: usize,
    /// Test rows.
    pub test: usize,
    /// Ids of the runs, one per seed.
    pub runs: Vec<String>,
}

/// `gaussian(scale=0.5)`: a likelihood on one line.
pub fn likelihood_text(it: &Likelihood) -> String {
    let shapes =
        it.family.parameters().iter().zip(&it.bindings).filter(|(p, b)| !p.location || **b != Binding::Predicted);
    call(it.family, shapes.map(|(p, b)| format!("{}={}", p.name, binding_text(b))).collect())
}

/// `gaussian(scale=2)`: a prior on one line.
pub fn prior_text(it: &Prior) -> String {
    let zero = Strength::Same(0.0);
    let shapes = it.family.parameters().iter().zip(&it.at).filter(|(p, s)| !(p.location && **s == zero));
    let mut parts: Vec<String> = shapes.map(|(p, s)| format!("{}={}", p.name, strength_text(s))).collect();
    for (key, bias) in [("bias", &it.bias), ("hidden_bias", &it.hidden_bias)] {
        if let Some(bias) = bias {
            let at = bias.family.parameters().iter().zip(&bias.at).map(|(p, x)| format!("{}={x}", p.name));
            parts.push(format!("{key}={}", call(bias.family, at.collect())));
        }
    }
    call(it.family, parts)
}

fn call(family: AnyFamily, parts: Vec<String>) -> String {
    let name = family.name();
    if parts.is_empty() { name.into() } else { format!("{name}({})", parts.join(", ")) }
}

fn binding_text(binding: &Binding) -> String {
    match binding {
        Binding::Fixed(x) => format!("{x}"),
        Binding::Standardised(x) => format!("{x} standardised"),
        Binding::Learned(None) => "learned".into(),
        Binding::Learned(Some(prior)) => {
            let at = prior.family.parameters().iter().zip(&prior.at).map(|(p, x)| format!("{}={x}", p.name));
            format!("learned ~ {}", call(prior.family, at.collect()))
        }
        Binding::Predicted => "predicted".into(),
        Binding::PlugIn => "plug-in".into(),
    }
}

fn strength_text(strength: &Strength) -> String {
    match strength {
        Strength::Same(x) => format!("{x}"),
        Strength::PerLayer(xs) => format!("{xs:?}"),
        Strength::FanIn(x) => format!("{x}/√fan_in"),
        Strength::ByName(xs) => format!("by name of {}", xs.len()),
    }
}
