//! The experiment file as types: what a person writes, with every default stated.

use crate::{Engine, Estimator, Model, Optimiser};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use surprisal_data::{AnyDataset, InnerRule};
use surprisal_density::{Likelihood, Prior, Range};

/// One cell of an experiment: a data set, a model, an assumption, and how it is trained.
///
/// `sweep:` and `select:` vary its keys and are taken out before it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Version of this schema: 1.
    pub schema: Schema,
    /// Names the folder of results.
    pub name: Name,
    /// What is asked, for reports.
    #[serde(default)]
    pub question: Option<String>,
    /// The rows.
    pub dataset: AnyDataset,
    /// η = f(x; θ). Default: linear.
    #[serde(default)]
    pub model: Model,
    /// The density of targets. Not needed for `mse`.
    #[serde(default)]
    pub likelihood: Option<Likelihood>,
    /// The density of weights. Default: flat.
    #[serde(default = "Prior::flat")]
    pub prior: Prior,
    /// Which part of it is believed. Default: map.
    #[serde(default)]
    pub estimator: Estimator,
    /// How the objective is minimised. Default: lbfgs.
    #[serde(default)]
    pub optimiser: Optimiser,
    /// Numbers of the network. Default: f64.
    #[serde(default)]
    pub dtype: DType,
    /// What trains. Default: auto.
    #[serde(default)]
    pub engine: Engine,
    /// Of initial weights and the order of rows. Default: `[0]`.
    #[serde(default = "first_seed")]
    pub seeds: Vec<u64>,
    /// Stop when a score on held-out train rows no longer improves. Default: none.
    #[serde(default)]
    pub early_stopping: Option<EarlyStopping>,
}

fn first_seed() -> Vec<u64> {
    vec![0]
}

/// The version of the schema: 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64", into = "u64")]
#[schemars(inline, extend("const" = 1))]
pub struct Schema;

impl From<Schema> for u64 {
    fn from(_: Schema) -> u64 {
        1
    }
}

impl TryFrom<u64> for Schema {
    type Error = String;
    fn try_from(n: u64) -> Result<Schema, String> {
        if n == 1 { Ok(Schema) } else { Err(format!("this program reads `schema: 1`, found {n}")) }
    }
}

/// A name that can be a folder: letters, digits, `-`, `_`; at most 64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("pattern" = "^[A-Za-z0-9_-]{1,64}$"))]
pub struct Name(pub String);

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(text: String) -> Result<Name, String> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(fine) {
            Ok(Name(text))
        } else {
            Err(format!("a name has 1 to 64 letters, digits, `-` or `_`, found `{text}`"))
        }
    }
}

/// A number of a range, refused where it stands if it is out of it.
macro_rules! numbers { ($($(#[$doc:meta])* $Name:ident: $range:expr;)+) => { $(
    $(#[$doc])*
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(try_from = "f64", into = "f64")]
    #[schemars(inline, transform = $Name::limit)]
    pub struct $Name(pub f64);

    impl $Name {
        fn limit(schema: &mut schemars::Schema) {
            $range.limit(schema);
        }
    }
    impl TryFrom<f64> for $Name {
        type Error = String;
        fn try_from(x: f64) -> Result<$Name, String> {
            $range.check(x).map(|()| $Name(x))
        }
    }
    impl From<$Name> for f64 {
        fn from(x: $Name) -> f64 {
            x.0
        }
    }
)+ } }
numbers! {
    /// A finite number greater than 0.
    Positive: Range::POSITIVE;
    /// A finite number of at least 0.
    NonNegative: Range::NOT_NEGATIVE;
    /// A number from 0 to 1, 1 excluded.
    Share: Range::FRACTION;
}

/// Numbers of the network: weights and sums are f64 either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DType {
    /// Single precision.
    F32,
    /// Double precision.
    #[default]
    F64,
}

/// Stop when a score on held-out train rows no longer improves, and go back to the best weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Of the train rows, held out; they give no gradient and are not in N.
    #[serde(default = "tenth")]
    pub share: Share,
    /// A score; by default the arm's own: its NLL (mse: squared error).
    #[serde(default)]
    pub score: Option<ScoreName>,
    /// Epochs without improvement.
    #[serde(default = "twenty")]
    pub patience: NonZeroUsize,
}

fn tenth() -> Share {
    Share(0.1)
}
fn twenty() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(19)
}

/// The name of a registered score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("enum" = surprisal_density::AnyScore::NAMES))]
pub struct ScoreName(pub String);

impl TryFrom<String> for ScoreName {
    type Error = String;
    fn try_from(text: String) -> Result<ScoreName, String> {
        if surprisal_density::AnyScore::named(&text).is_some() {
            return Ok(ScoreName(text));
        }
        let near = crate::yaml::nearest(&text, surprisal_density::AnyScore::NAMES.iter().copied());
        let near = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        Err(format!("`{text}` is no score; known: {}{near}", surprisal_density::AnyScore::NAMES.join(", ")))
    }
}

/// `select:` without `over:`: how a candidate is chosen inside the train rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// The score that decides. Default: nll.
    #[serde(default = "nll")]
    pub by: ScoreName,
    /// Which train rows judge. Default: a share of 0.2.
    #[serde(default = "fifth")]
    pub rows: InnerRule,
    /// Whether the winner is trained again on all train rows. Default: true.
    #[serde(default = "yes")]
    pub refit: bool,
}

fn nll() -> ScoreName {
    ScoreName("nll".into())
}
fn fifth() -> InnerRule {
    InnerRule::Share(0.2)
}
fn yes() -> bool {
    true
}
