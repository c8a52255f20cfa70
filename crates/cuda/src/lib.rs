//! The CUDA kernels of `surprisal-kernel` on a machine: what they are given as bytes, how far they are from the reference,
//! and how they are launched on a GPU.
//!
//! Nothing of CUDA is needed to build or to test this crate: the driver and NVRTC are loaded when a GPU is asked for.

pub mod agreement;
pub mod bench;
pub mod gpu;
mod packed;

pub use packed::{Found, Given, Packed};
