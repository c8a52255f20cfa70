//! Optimisers that go to the optimum and say how they know: smooth, with an absolute-value penalty, and piecewise linear.
//!
//! Everything here works on plain slices of `f64`, in one thread, with a fixed order of summation: equal input, equal bits.

mod edge;
mod face;
mod floor;
mod kinked;
mod lbfgs;
mod line;
mod memory;
mod nnls;
mod orthant;
mod rank;
mod separable;
mod state;
mod unique;

pub use kinked::{Kinked, KinkedError, Smooth, Solved};
pub use lbfgs::{End, Found, L1, Lbfgs, Objective};
pub use rank::{Rank, rank};
pub use separable::{Separation, SeparationError, separation};
pub use state::Pause;

/// Σ aᵢ bᵢ in eight interleaved partial sums: a fixed order that vectorises.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (mut acc, (a8, ar), (b8, br)) = ([0.0; 8], a.as_chunks::<8>(), b.as_chunks::<8>());
    for (u, v) in a8.iter().zip(b8) {
        for l in 0..8 {
            acc[l] += u[l] * v[l];
        }
    }
    let rest: f64 = ar.iter().zip(br).map(|(u, v)| u * v).sum();
    ((acc[0] + acc[4]) + (acc[1] + acc[5])) + ((acc[2] + acc[6]) + (acc[3] + acc[7])) + rest
}

/// y += a x.
pub(crate) fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// max |aᵢ|; a NaN anywhere gives infinity.
pub(crate) fn sup(a: &[f64]) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::INFINITY } else { m.max(v.abs()) })
}
