//! A bound family, written down: its formula is run on a number that records what is done to it.
//!
//! The record is printed as Rust over vectors (by the build script of `surprisal-kernel`) and as CUDA. It knows the
//! slopes, shares what is computed twice, and says how often each line has to be computed.

mod bound;
mod recording;
mod tape;
mod when;

pub use bound::{Bound, Slot};
pub use recording::{Recording, RowParts};
pub use tape::{Expr, Input, Line, Op, Tape};
pub use when::When;
