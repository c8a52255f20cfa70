//! A record: what came of a run. A failure is a result.

use crate::{Number, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use surprisal_data::AnyDataset;

/// One line of a store. Two computations of one run must agree in all but `made`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Hash of the run.
    pub id: String,
    /// Stamp of the code's bits.
    pub bits: u32,
    /// What was trained.
    pub run: Run,
    /// What came of it.
    pub outcome: Outcome,
    /// By what, where and how long; no part of the result.
    pub made: Made,
}

/// Scores by name; a score that is not defined there is absent.
pub type Scores = BTreeMap<String, Number>;

/// What came of a run: scores and fit, or why not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The optimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// On the test rows, in original units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: Scores,
    /// Test scores of the constant model under the same likelihood, its parameters learned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constant: Scores,
    /// Test scores of the density that made the data; generators only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub truth: Scores,
    /// Rows that test.
    #[serde(default)]
    pub test_rows: usize,
    /// Remarks on the data: constant columns, a target on a lattice, duplicate rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why there is no fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Of a failed run, or of a fit that is not finite: where the search last was with a finite objective.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
}

/// Where a search last was with a finite objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    /// The step or iteration, counted from 0 in each search of a run.
    pub step: usize,
    /// The objective there: of all rows (L-BFGS), or its mean per row over a batch.
    pub value: Number,
    /// By name, in the network's coordinates; linear models up to 256.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Number>,
}

/// Sums over the training rows, every constant kept, in nats and the target's original units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Σ −ln p(yᵢ | xᵢ, θ).
    pub nll: Number,
    /// −ln p(θ), of weights and of learned parameters.
    pub neg_log_prior: Number,
    /// Their sum.
    pub objective: Number,
    /// Largest component of the objective's gradient (of its smallest subgradient at kinks).
    pub gradient_norm: Number,
    /// Of the optimiser: iterations, or epochs.
    pub iterations: usize,
    /// What kind of end it was.
    pub status: Status,
    /// Rows that gave gradients: N.
    pub rows: usize,
    /// How many parameters.
    pub size: usize,
    /// By name, in the network's coordinates; linear models up to 256.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Number>,
    /// By name, in original units; linear models, where the coordinates differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters_original: BTreeMap<String, Number>,
    /// What `select:` chose, and among how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<Selected>,
}

/// The winner of a selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    /// Keys and values.
    pub values: Vec<(String, String)>,
    /// How many candidates were tried.
    pub candidates: usize,
    /// Validation score of each candidate, in order.
    pub scores: Vec<Number>,
}

/// How an optimisation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Stationary, to the stated tolerance.
    Converged,
    /// Iterations or epochs are used up; the gradient norm says how far it is.
    BudgetSpent,
    /// A score on held-out rows no longer improved.
    EarlyStopped,
    /// Stationary, the best of the stated starts.
    LocalOptimum {
        /// How many starts.
        starts: usize,
    },
    /// Stationary, and other parameters give the same objective.
    NotUnique,
    /// A parameter ran to the edge of its domain, where the family becomes another.
    Boundary {
        /// Which.
        parameter: String,
        /// Where it ran to.
        limit: Number,
        /// What the family becomes there.
        reduces_to: String,
    },
    /// The infimum is not attained: separable classes.
    NoMinimiser,
    /// The objective has no lower bound: a scale runs to 0.
    Unbounded,
    /// A number was not finite.
    NonFinite {
        /// Row of the data, if it was one row's doing.
        row: Option<usize>,
        /// Iteration or step.
        step: usize,
        /// First parameter that was not finite, if any was.
        parameter: Option<String>,
    },
}

impl Status {
    /// One word, for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Converged => "converged",
            Status::BudgetSpent => "budget_spent",
            Status::EarlyStopped => "early_stopped",
            Status::LocalOptimum { .. } => "local_optimum",
            Status::NotUnique => "not_unique",
            Status::Boundary { .. } => "boundary",
            Status::NoMinimiser => "no_minimiser",
            Status::Unbounded => "unbounded",
            Status::NonFinite { .. } => "non_finite",
        }
    }
    /// Whether the objective is stationary: only then a row may be called MLE or MAP without a mark.
    pub fn is_stationary(&self) -> bool {
        matches!(self, Status::Converged | Status::LocalOptimum { .. } | Status::NotUnique | Status::Boundary { .. })
    }
    /// Whether the optimum the run asks for does not exist.
    pub fn is_degenerate(&self) -> bool {
        matches!(self, Status::NoMinimiser | Status::Unbounded)
    }
}

/// By what a record was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Version of the program.
    pub version: String,
    /// Revision of its code, where it was built from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Operating system and architecture.
    pub platform: String,
    /// CPU model.
    pub cpu: String,
    /// Wall-clock time of the fit; in lanes, its share of the time beside others.
    pub seconds: f64,
    /// When it was made, as UTC.
    pub at: String,
    /// Where its rows came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Name of the file beside the records that says in which environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// Where rows come from: with it a run can be done again from its record alone. What the rows *are* is in the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// The data set, with its keys.
    pub dataset: AnyDataset,
    /// The folder of the YAML file, from the root of the project: paths of the data set start there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
}
