//! The formulas of the families as the build script prints them: straight lines over vectors.

use crate::elementary;
use crate::simd::Simd;
pub(crate) use crate::sizes::{COLUMNS, TRAINED, UNIFORMS};
use surprisal_density::AnyFamily;
use surprisal_tape::{Bound, Slot};

/// −ln p of a row and its slopes, without what is computed once per data set or once per call.
pub(crate) trait Formula: Copy + Send + Sync + 'static {
    /// Columns of η.
    const HEADS: usize;
    /// Learned numbers.
    const LEARNED: usize;
    /// Numbers that are the same in each row.
    const UNIFORMS: usize;
    /// Functions of the data.
    const COLUMNS: usize;
    /// Whether it looks at the target itself.
    const READS_Y: bool;
    /// Whether it is computed in double whatever the dtype: ln Γ and its like, which are long too.
    const SPECIAL: bool;
    /// The value and its slopes, heads first; a column is given as the sum of two numbers.
    fn row<S: Simd>(head: [S; TRAINED], y: S, uniform: [S; UNIFORMS], column: [[S; 2]; COLUMNS]) -> (S, [S; TRAINED]);
}

/// Work that is compiled for each formula.
pub(crate) trait Make {
    /// What it gives.
    type Output;
    /// For one formula.
    fn call<F: Formula>(self, formula: F) -> Self::Output;
}

#[allow(clippy::all, missing_docs)]
mod text {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/formulas.rs"));
}
pub(crate) use text::{choose, choose_prior};
