//! From a run to its outcome: the only crate that knows candle.

mod activation;
mod assume;
mod attempt;
mod checkpoint;
mod constant;
mod control;
#[cfg(feature = "cuda")]
mod cuda;
mod edge;
mod eval;
mod exact;
mod fault;
mod first_order;
mod fit;
mod hall;
mod lanes;
mod layout;
mod loss;
mod network;
mod objective;
pub mod optimise;
mod parameters;
mod prior;
mod rule;
mod score;
mod select;
mod solve;
mod status;
mod trained;

pub use assume::Assumption;
pub use attempt::{attempt, attempt_all, last};
pub use checkpoint::{Checkpoint, Keep, State};
pub use constant::Constants;
pub use control::{Control, Seen};
pub use eval::{At, evaluate};
pub use fault::Fault;
pub use fit::{Fitted, Job, Side};
pub use lanes::{Task, cohort};
pub use layout::{Layout, Tensor};
pub use loss::Nll;
pub use network::Network;
pub use objective::{Objective, Parts};
pub use prior::NegLogPrior;
pub use trained::{Inputs, Trained};

/// The Rust of the documentation is executed with the examples.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/how-to/candle.md")]
struct Candle;

/// What can go wrong while training; a sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// From candle.
    #[error("candle: {0}")]
    Candle(#[from] candle_core::Error),
    /// It was asked to stop: no result.
    #[error("stopped")]
    Stopped,
    /// A run asks for what does not fit.
    #[error("{0}")]
    Invalid(String),
}
