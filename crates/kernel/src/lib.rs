//! A family over slices: value and gradient in one pass, sums of one fixed shape.

mod bound;
mod kernel;
mod penalty;
mod sum;

pub use bound::{Bound, Slot};
pub use kernel::{Kernel, Rows, Targets, kernel};
pub use penalty::Penalty;
pub use sum::Sum;
