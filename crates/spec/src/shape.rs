//! Which runs can be trained side by side.

use crate::{Engine, Optimiser, Run, canonical};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use surprisal_density::{AnyFamily, Binding, Likelihood};

/// What the runs of a cohort have in common: the sizes of the model and of a step. All else may differ from lane to lane:
/// rows, seeds, families, what is fixed and at which value, priors, learning rates, epochs, early stopping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape(String);

impl Shape {
    /// Of a run in lanes; candle trains one run after another, and knows no shapes.
    pub fn of(run: &Run) -> Option<Shape> {
        if run.engine != Engine::Lanes {
            return None;
        }
        let own = run.select.is_none().then_some((&run.likelihood, &run.optimiser));
        let candidates = run.select.iter().flat_map(|select| &select.candidates);
        let trained = own.into_iter().chain(candidates.map(|it| (&it.likelihood, &it.optimiser)));
        let trained: BTreeSet<String> = trained.map(|(likelihood, how)| step(likelihood, how).to_string()).collect();
        let (features, model) = (run.data.features.len(), canonical::sparse(&run.model));
        Some(Shape(json!([features, model, run.dtype, trained]).to_string()))
    }
}

/// Outputs of the model, learned numbers, rows of a step, and what the optimiser remembers.
fn step(likelihood: &Likelihood, optimiser: &Optimiser) -> Value {
    let count = |wanted: fn(&Binding) -> bool| likelihood.bindings.iter().filter(|it| wanted(it)).count();
    let heads = match likelihood.family {
        AnyFamily::Categorical(it) => it.classes.unwrap_or_default() - usize::from(it.reference.is_some()),
        _ => count(|it| *it == Binding::Predicted),
    };
    let learned = count(|it| matches!(it, Binding::Learned(_)));
    let moments = if matches!(optimiser, Optimiser::Sgd(_)) { 1 } else { 2 };
    json!([heads, learned, optimiser.batch(), moments])
}
