//! What a sweep may hold: more would not fit into memory, and is told before it is made.

use super::sweep::Dim;
use crate::yaml::{Node, Problem};

/// Most cells of a sweep, and candidates of a selection: more is a slip of the pen.
pub(super) const MAX_CELLS: usize = 20_000;

/// Most cells and candidates in all, each a config of its own, and most values in all of them.
const MAX_CONFIGS: usize = 100_000;
const MAX_VALUES: usize = 5_000_000;

/// How many choices of one row per dimension there are.
pub(super) fn choices(dims: &[&Dim]) -> usize {
    dims.iter().fold(1, |n, dim| n.saturating_mul(dim.rows.len()))
}

/// Refuses so many cells of one root, each with one candidate for each choice among `over`; the largest dimension is to
/// blame.
pub(super) fn too_many(root: &Node, cells: usize, dims: &[&Dim], over: &[&Dim]) -> Option<Problem> {
    let (candidates, size) = (choices(over), root.size());
    let title = if cells.max(candidates) > MAX_CELLS {
        format!("more than {MAX_CELLS} combinations")
    } else if cells.saturating_mul(candidates) > MAX_CONFIGS {
        format!("{cells} cells with {candidates} candidates each are more than {MAX_CONFIGS} configs")
    } else if cells.saturating_mul(size) > MAX_VALUES {
        format!("{cells} cells of {size} values each are more than {MAX_VALUES} values")
    } else {
        return None;
    };
    let largest = dims.iter().chain(over).rev().max_by_key(|dim| dim.rows.len());
    Some(Problem::new("value", title, largest.map_or(root.span, |dim| dim.at)))
}
