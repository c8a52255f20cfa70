//! Optimisers and their defaults; none of them hides a prior.

use crate::experiment::{NonNegative, Positive, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// How the objective is minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Optimiser {
    /// L-BFGS with strong Wolfe line search on full batches; exact methods where the objective has kinks.
    Lbfgs(Lbfgs),
    /// Stochastic gradient descent with momentum.
    Sgd(Sgd),
    /// Adam (Kingma & Ba 2015) on the gradient of the whole objective, prior included.
    Adam(Adam),
    /// Adam with decoupled decay (Loshchilov & Hutter 2019), which is not the gradient of any prior.
    Adamw(Adamw),
}

/// See [`Optimiser::Lbfgs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lbfgs {
    /// Iterations after which the status is `budget_spent`.
    pub max_iterations: NonZeroUsize,
    /// Of the largest component of the gradient, relative to the largest seen.
    pub tolerance: Positive,
    /// Pairs of steps and gradient changes that are kept.
    pub memory: NonZeroUsize,
}

impl Default for Lbfgs {
    fn default() -> Lbfgs {
        Lbfgs { max_iterations: at_least_one(2000), tolerance: Positive(1e-10), memory: at_least_one(30) }
    }
}

/// A count that 0 would make nonsense of.
const fn at_least_one(n: usize) -> NonZeroUsize {
    match NonZeroUsize::new(n) {
        Some(n) => n,
        None => NonZeroUsize::MIN,
    }
}

macro_rules! first_order { ($(#[$doc:meta])* $Name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty = $default:expr),* $(,)? }) => {
    $(#[$doc])*
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, default)]
    pub struct $Name {
        /// Step size.
        pub lr: Positive,
        /// Passes over the rows.
        pub epochs: NonZeroUsize,
        /// Rows per step; the last batch of an epoch may be shorter and then weighs less.
        pub batch: NonZeroUsize,
        $($(#[$fdoc])* pub $field: $ty,)*
    }
    impl Default for $Name {
        fn default() -> $Name {
            $Name { lr: Positive(1e-3), epochs: at_least_one(100), batch: at_least_one(32), $($field: $default,)* }
        }
    }
} }

first_order!(
    /// See [`Optimiser::Sgd`].
    Sgd {
        /// Heavy ball, v ← m v + g.
        momentum: Share = Share(0.0),
    }
);
first_order!(
    /// See [`Optimiser::Adam`].
    Adam {
        /// Decay of the mean gradient.
        beta1: Share = Share(0.9),
        /// Decay of the mean squared gradient.
        beta2: Share = Share(0.999),
        /// Added to the root of the mean squared gradient.
        eps: Positive = Positive(1e-8),
    }
);
first_order!(
    /// See [`Optimiser::Adamw`].
    Adamw {
        /// Decay of the mean gradient.
        beta1: Share = Share(0.9),
        /// Decay of the mean squared gradient.
        beta2: Share = Share(0.999),
        /// Added to the root of the mean squared gradient.
        eps: Positive = Positive(1e-8),
        /// Decoupled: θ ← θ − lr · decay · θ beside the step. 0 unless stated; it is not a prior.
        weight_decay: NonNegative = NonNegative(0.0),
    }
);

impl Default for Optimiser {
    fn default() -> Optimiser {
        Optimiser::Lbfgs(Lbfgs::default())
    }
}

impl Optimiser {
    /// The YAML key.
    pub fn name(&self) -> &'static str {
        match self {
            Optimiser::Lbfgs(_) => "lbfgs",
            Optimiser::Sgd(_) => "sgd",
            Optimiser::Adam(_) => "adam",
            Optimiser::Adamw(_) => "adamw",
        }
    }
    /// Rows of a step; none for a search over all rows.
    pub fn batch(&self) -> Option<usize> {
        match self {
            Optimiser::Lbfgs(_) => None,
            Optimiser::Sgd(it) => Some(it.batch.get()),
            Optimiser::Adam(it) => Some(it.batch.get()),
            Optimiser::Adamw(it) => Some(it.batch.get()),
        }
    }
    /// Passes over the rows; none for a search that ends when it is there.
    pub fn epochs(&self) -> Option<usize> {
        match self {
            Optimiser::Lbfgs(_) => None,
            Optimiser::Sgd(it) => Some(it.epochs.get()),
            Optimiser::Adam(it) => Some(it.epochs.get()),
            Optimiser::Adamw(it) => Some(it.epochs.get()),
        }
    }
    /// Sets the number of epochs, which a refit carries over from its selection.
    pub fn set_epochs(&mut self, n: NonZeroUsize) {
        match self {
            Optimiser::Lbfgs(_) => {}
            Optimiser::Sgd(it) => it.epochs = n,
            Optimiser::Adam(it) => it.epochs = n,
            Optimiser::Adamw(it) => it.epochs = n,
        }
    }
}
