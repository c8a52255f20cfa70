//! Sizes of the arrays that a formula takes and gives: the build script prints for them.

/// Most heads and learned numbers together.
pub const TRAINED: usize = 3;
/// Most numbers that are the same in each row.
pub const UNIFORMS: usize = 8;
/// Most functions of the data that rows look at.
pub const COLUMNS: usize = 2;
