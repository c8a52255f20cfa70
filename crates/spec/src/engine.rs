//! Engines, and which of them trains a run: a pure function of the run, for its name is in the run's id.

use crate::{Candidate, Model, Run};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use surprisal_density::Support;

/// What trains a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Chosen from the resolved run alone: lanes where they serve it, else candle.
    #[default]
    Auto,
    /// Tensors of candle: any run; the reference.
    Candle,
    /// Models of one shape side by side, one in each SIMD lane: linear models and MLPs of at most 512 units a layer,
    /// trained by sgd, adam or adamw in batches of at most 1,024 rows.
    Lanes,
}

/// Widest layer in lanes, the features among them: candle's blocked products overtake them on wider ones.
const UNITS: usize = 512;
/// Largest batch in lanes, for the same reason.
const ROWS: usize = 1024;
/// Most classes in lanes.
const CLASSES: usize = 512;

impl Engine {
    /// The key's word.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Auto => "auto",
            Engine::Candle => "candle",
            Engine::Lanes => "lanes",
        }
    }

    /// The engine of a run that asks for this one, and why it is that; the error says why it cannot be. What the run
    /// itself names is not looked at.
    pub fn resolve(self, run: &Run) -> Result<(Engine, String), String> {
        match (self, lanes(run)) {
            (Engine::Candle, _) => Ok((Engine::Candle, "`engine: candle` asks for it".into())),
            (Engine::Lanes, Ok(_)) => Ok((Engine::Lanes, "`engine: lanes` asks for it".into())),
            (Engine::Lanes, Err(why)) => Err(format!("lanes cannot train this: {why}; `auto` takes candle here")),
            (Engine::Auto, Ok(why)) => Ok((Engine::Lanes, why)),
            (Engine::Auto, Err(why)) => Ok((Engine::Candle, why)),
        }
    }
}

/// Why lanes train a run, or why they do not.
fn lanes(run: &Run) -> Result<String, String> {
    let candidates = run.select.iter().flat_map(|select| &select.candidates);
    let own = run.select.is_none().then_some((&run.optimiser, &run.likelihood));
    let trained: Vec<_> = own
        .into_iter()
        .chain(candidates.map(|Candidate { optimiser, likelihood, .. }| (optimiser, likelihood)))
        .collect();
    let mut widest = if matches!(run.model, Model::Constant(_)) { 0 } else { run.data.features.len() };
    if widest > UNITS {
        return Err(format!("{widest} features are more than the {UNITS} up to which lanes are faster"));
    }
    if let Model::Mlp(it) = &run.model {
        widest = it.widths.iter().map(|width| width.0).max().unwrap_or(0);
        if widest > UNITS {
            return Err(format!("a layer of {widest} units is wider than the {UNITS} up to which lanes are faster"));
        }
    }
    for (optimiser, likelihood) in &trained {
        let Some(batch) = optimiser.batch() else {
            return Err(format!("`{}` looks at all rows at once, lanes at batches", optimiser.name()));
        };
        if batch > ROWS {
            return Err(format!("batches of {batch} rows are larger than the {ROWS} up to which lanes are faster"));
        }
        if let Support::Classes(Some(classes)) = likelihood.family.support()
            && classes > CLASSES
        {
            return Err(format!("{classes} classes are more than the {CLASSES} that lanes serve"));
        }
    }
    let names: std::collections::BTreeSet<&str> = trained.iter().map(|(optimiser, _)| optimiser.name()).collect();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    Ok(format!("{names} on a small model, many side by side"))
}
