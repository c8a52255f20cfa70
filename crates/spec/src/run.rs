//! A run: everything that changes a result, resolved, and nothing else.

use crate::{DType, EarlyStopping, Engine, Model, Optimiser, canonical};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use surprisal_data::{InnerRule, TargetKind};
use surprisal_density::{Likelihood, Prior};

/// Stamp of the code's bits: bumped when the golden-bits test changes. A record with another stamp is stale.
pub const BITS: u32 = 7;

/// What is trained: its id is the hash of its canonical JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Schema number.
    pub schema: u32,
    /// The rows, by content.
    pub data: Data,
    /// η = f(x; θ).
    pub model: Model,
    /// Lowered: the estimator is gone.
    pub likelihood: Likelihood,
    /// Lowered.
    pub prior: Prior,
    /// How the objective is minimised.
    pub optimiser: Optimiser,
    /// Numbers of the network.
    pub dtype: DType,
    /// Resolved: never `auto`.
    pub engine: Engine,
    /// Of initial weights and the order of rows.
    pub seed: u64,
    /// If any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// If any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
}

/// Rows by content: never by path or name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Data {
    /// Hash of the table.
    pub table: String,
    /// Hash of the split's rows.
    pub split: String,
    /// Index of the split or replicate, which seeds what is drawn for it.
    pub unit: usize,
    /// What the target is.
    pub kind: TargetKind,
    /// Whether x (and a real y) are standardised on train rows.
    pub standardise: bool,
    /// Names of the features: weights are named by them.
    pub features: Vec<String>,
}

/// A choice among candidates inside the train rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// Each with all it changes.
    pub candidates: Vec<Candidate>,
    /// The score that decides.
    pub by: String,
    /// Which train rows judge.
    pub rows: InnerRule,
    /// Whether the winner is trained again on all train rows.
    pub refit: bool,
}

/// One candidate: the run's own values of these are replaced by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The keys that were varied, with their values as text; for people.
    pub values: Vec<(String, String)>,
    /// See [`Run::likelihood`].
    pub likelihood: Likelihood,
    /// See [`Run::prior`].
    pub prior: Prior,
    /// See [`Run::optimiser`].
    pub optimiser: Optimiser,
}

impl Run {
    /// Canonical JSON.
    pub fn canonical(&self) -> Value {
        let mut json = serde_json::to_value(self).expect("plain data becomes JSON");
        json["model"] = canonical::sparse(&self.model);
        json["optimiser"] = canonical::sparse(&self.optimiser);
        if let Some(stopping) = &self.early_stopping {
            json["early_stopping"] = canonical::sparse(stopping);
        }
        if let Some(select) = &self.select {
            for (out, candidate) in
                json["select"]["candidates"].as_array_mut().into_iter().flatten().zip(&select.candidates)
            {
                *out = json!({
                    "likelihood": candidate.likelihood, "prior": candidate.prior,
                    "optimiser": canonical::sparse(&candidate.optimiser),
                });
            }
        }
        json
    }
    /// 32 hexadecimal digits.
    pub fn id(&self) -> String {
        canonical::hash(&self.canonical().to_string())
    }
    /// The run of one candidate of its selection.
    pub fn with(&self, candidate: &Candidate) -> Run {
        Run {
            likelihood: candidate.likelihood.clone(),
            prior: candidate.prior.clone(),
            optimiser: candidate.optimiser.clone(),
            select: None,
            ..self.clone()
        }
    }
}
