//! Roles of a family: a likelihood binds its parameters, a prior fixes them.

use crate::{AnyFamily, Domain, Parameter, Support};
use std::collections::BTreeMap;

mod read;
mod schema;
mod write;

/// Where the value of a likelihood's parameter comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// A number, in the target's original units.
    Fixed(f64),
    /// A number, in the network's (standardised) coordinates.
    Standardised(f64),
    /// One number for all rows, trained, with a prior of its own; flat in the named parameter if none.
    Learned(Option<Box<Density>>),
    /// A head of the network.
    Predicted,
    /// Trained as 1, then replaced by √(RSS/N): what squared error assumes. Only the estimator `mse` says it.
    PlugIn,
}

/// A family with every parameter a number: the prior of one learned parameter, or of a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    /// The family.
    pub family: AnyFamily,
    /// The values of its parameters.
    pub at: Vec<f64>,
}

/// A family as the density of targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Likelihood {
    /// The family.
    pub family: AnyFamily,
    /// One for each parameter of the family's list.
    pub bindings: Vec<Binding>,
}

/// A parameter of a weight prior: how it depends on the layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Strength {
    /// One number.
    Same(f64),
    /// One number per layer, first layer first.
    PerLayer(Vec<f64>),
    /// The number over √(inputs of the layer).
    FanIn(f64),
    /// By the weight's name, for transfer; weights not named get the family's default.
    ByName(BTreeMap<String, f64>),
}

/// A family as the density of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The family; `flat` for none.
    pub family: AnyFamily,
    /// One for each parameter of the family's list.
    pub at: Vec<Strength>,
    /// Of the biases of the output layer; flat if none.
    pub bias: Option<Density>,
    /// Of the biases of hidden layers; `None` shares the weights' prior.
    pub hidden_bias: Option<Density>,
}

/// A family cannot play that role.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RoleError {
    /// Only `flat` is refused: it has no probability to give.
    #[error("`{0}` is no likelihood: it gives no density to a target; it is a prior only")]
    NoLikelihood(&'static str),
    /// A prior over weights needs the whole line.
    #[error("`{0}` is no prior on weights: {1}")]
    NoWeightPrior(&'static str, &'static str),
}

impl Density {
    /// Without any preference: density 1 everywhere.
    pub fn flat() -> Density {
        Density { family: crate::family::Flat.into(), at: vec![] }
    }
    /// Whether it has no preference.
    pub fn is_flat(&self) -> bool {
        matches!(self.family, AnyFamily::Flat(_))
    }
}

impl Likelihood {
    /// The family, its location predicted, its other parameters bound in order.
    pub fn new(family: impl Into<AnyFamily>, shapes: &[Binding]) -> Likelihood {
        let family = family.into();
        let mut rest = shapes.iter().cloned();
        let bind = |p: &Parameter| if p.location { Some(Binding::Predicted) } else { rest.next() };
        Likelihood { family, bindings: family.parameters().iter().map_while(bind).collect() }
    }
}

impl Likelihood {
    /// Whether a family can give densities to targets.
    pub fn may_be(family: AnyFamily) -> bool {
        !matches!(family, AnyFamily::Flat(_))
    }
}

impl Prior {
    /// Whether a family can be the density of weights.
    pub fn may_be(family: AnyFamily) -> bool {
        weight_prior(family).is_ok()
    }
    /// No preference at all: MAP under it is MLE.
    pub fn flat() -> Prior {
        Prior { family: crate::family::Flat.into(), at: vec![], bias: None, hidden_bias: None }
    }
    /// Whether no weight and no bias has a prior.
    pub fn is_flat(&self) -> bool {
        let none = |bias: &Option<Density>| bias.as_ref().is_none_or(Density::is_flat);
        matches!(self.family, AnyFamily::Flat(_)) && none(&self.bias) && none(&self.hidden_bias)
    }
}

fn weight_prior(family: AnyFamily) -> Result<(), RoleError> {
    match (family, family.support()) {
        (AnyFamily::Flat(_), _) | (_, Support::Real) => Ok(()),
        (_, Support::Positive) => {
            Err(RoleError::NoWeightPrior(family.name(), "weights may be negative, and it lives on y > 0"))
        }
        _ => Err(RoleError::NoWeightPrior(family.name(), "weights are real numbers, and it counts or classifies")),
    }
}

/// The default of a parameter of a prior: a location at 0.
fn default_at(parameter: &Parameter) -> Option<f64> {
    (parameter.location && parameter.domain == Domain::Real).then_some(0.0)
}
