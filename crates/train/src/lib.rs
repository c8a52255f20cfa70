//! From a run to its outcome: the only crate that knows candle.

mod activation;
mod assume;
mod constant;
#[cfg(feature = "cuda")]
mod cuda;
mod edge;
mod eval;
mod exact;
mod first_order;
mod fit;
mod layout;
mod loss;
mod network;
mod objective;
pub mod optimise;
mod parameters;
mod queue;
mod score;
mod select;
mod solve;
mod status;

pub use assume::Assumption;
pub use constant::Constants;
#[cfg(feature = "cuda")]
pub use cuda::CudaNll;
pub use eval::{At, evaluate};
pub use fit::{Fitted, Job, Side, fit_one};
pub use layout::{Layout, Tensor};
pub use loss::Nll;
pub use network::Network;
pub use objective::{Objective, Parts};
pub use queue::{Event, fit};

/// What can go wrong while training; a sentence.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// From candle.
    #[error("candle: {0}")]
    Candle(#[from] candle_core::Error),
    /// A run asks for what does not fit.
    #[error("{0}")]
    Invalid(String),
}
