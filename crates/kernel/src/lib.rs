//! A family over slices: value and gradient in one pass, sums of one fixed shape; and the same as CUDA text.

mod aligned;
mod classes;
pub mod cuda;
mod data;
pub mod elementary;
mod formula;
mod functions;
mod fused;
mod isa;
mod kernel;
mod located;
mod pass;
mod penalty;
pub mod program;
mod schedule;
mod simd;
mod sizes;
mod sum;
mod tile;

pub use aligned::Aligned;
pub use data::Data;
pub use functions::Function;
pub use fused::{Batch, Fused, Layout, fused, prior};
pub use isa::{Isa, Job, Vectors};
pub use kernel::{Kernel, Rows, Targets, kernel};
pub use penalty::Penalty;
pub use simd::{Element, Simd};
pub use sum::Sum;
pub use surprisal_tape::{Bound, Slot};
