//! Models: what turns x into η.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use surprisal_density::Range;

/// η = f(x; θ).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// η = b: no features. What every table compares with.
    Constant(Constant),
    /// η = W x + b, started at 0, so that a rank-deficient fit ends at the minimum norm.
    Linear(Linear),
    /// Fully connected hidden layers with one activation, then a linear layer.
    Mlp(Mlp),
}

/// See [`Model::Constant`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

/// See [`Model::Linear`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Linear {
    /// Whether there is a bias b.
    pub bias: bool,
}

impl Default for Linear {
    fn default() -> Linear {
        Linear { bias: true }
    }
}

/// See [`Model::Mlp`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mlp {
    /// Units of each hidden layer, first layer first; at least one layer.
    #[serde(deserialize_with = "at_least_one")]
    #[schemars(length(min = 1))]
    pub widths: Vec<Width>,
    /// Between the layers.
    pub activation: Activation,
}

impl Default for Mlp {
    fn default() -> Mlp {
        Mlp { widths: vec![Width(50)], activation: Activation::Relu }
    }
}

fn at_least_one<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<Width>, D::Error> {
    let widths = Vec::<Width>::deserialize(d)?;
    if widths.is_empty() {
        return Err(serde::de::Error::custom(
            "`widths` needs at least one hidden layer; without any the model is `linear`",
        ));
    }
    Ok(widths)
}

/// Units of a layer.
const WIDTHS: Range = Range::whole(1, 65_536);

/// Units of a layer: 1 to 65,536.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u64", into = "u64")]
#[schemars(inline, transform = Width::limit)]
pub struct Width(pub usize);

impl Width {
    fn limit(schema: &mut schemars::Schema) {
        WIDTHS.limit(schema);
    }
}

impl TryFrom<u64> for Width {
    type Error = String;
    fn try_from(n: u64) -> Result<Width, String> {
        match WIDTHS.contains(n as f64) {
            true => Ok(Width(n as usize)),
            false => Err(format!("a width must be {}, found {n}", WIDTHS.expected())),
        }
    }
}

impl From<Width> for u64 {
    fn from(width: Width) -> u64 {
        width.0 as u64
    }
}

/// A function between layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// max(0, x).
    #[default]
    Relu,
    /// tanh x.
    Tanh,
    /// ln(1 + eˣ).
    Softplus,
}

impl Default for Model {
    fn default() -> Model {
        Model::Linear(Linear::default())
    }
}

impl Model {
    /// Whether η is linear in θ.
    pub fn is_linear(&self) -> bool {
        !matches!(self, Model::Mlp(_))
    }
}
