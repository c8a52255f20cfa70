//! What a reader of a table must know about its data.

use crate::{Table, TargetKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// A property of the data that changes how numbers made from it are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The target takes few values, or whole numbers only: a density can be arbitrarily good on it.
    Lattice {
        /// How many different values.
        levels: usize,
    },
    /// Rows that repeat an earlier one exactly, target included: a random split tests on train rows.
    DuplicateRows {
        /// How many.
        rows: usize,
    },
    /// A feature with one value over all rows.
    ConstantColumn {
        /// Its name.
        name: String,
    },
    /// Rows of the file that are not in the table, for a missing value.
    DroppedRows {
        /// How many.
        rows: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Note::Lattice { levels } => {
                write!(f, "the target is on a lattice of {levels} values: a density can be arbitrarily good on it")
            }
            Note::DuplicateRows { rows } => {
                write!(f, "{rows} rows repeat an earlier one: a split may keep them together (`groups: duplicates`)")
            }
            Note::ConstantColumn { name } => write!(f, "the feature `{name}` is constant and kept at 0"),
            Note::DroppedRows { rows } => write!(f, "{rows} rows were dropped for a missing value"),
        }
    }
}

/// What can be seen from the numbers.
pub(crate) fn seen(table: &Table) -> Vec<Note> {
    let mut notes = Vec::new();
    let numbers = matches!(table.kind, None | Some(TargetKind::Real | TargetKind::Positive));
    if numbers && table.rows() > 0 {
        let levels = table.y.iter().map(|y| (y + 0.0).to_bits()).collect::<BTreeSet<_>>().len();
        if 10 * levels <= table.rows() || table.y.iter().all(|y| *y == y.trunc()) {
            notes.push(Note::Lattice { levels });
        }
    }
    let firsts = duplicates(table, &(0..table.rows()).collect::<Vec<_>>());
    let rows = firsts.iter().enumerate().filter(|(i, first)| *i as u64 != **first).count();
    if rows > 0 {
        notes.push(Note::DuplicateRows { rows });
    }
    for (j, name) in table.features.iter().enumerate() {
        if table.rows() > 1 && (1..table.rows()).all(|i| table.row(i)[j] == table.row(0)[j]) {
            notes.push(Note::ConstantColumn { name: name.clone() });
        }
    }
    notes
}

/// For each of the rows, the first row with the same features and target.
pub(crate) fn duplicates(table: &Table, rows: &[usize]) -> Vec<u64> {
    let mut first: HashMap<Vec<u64>, u64> = HashMap::new();
    let same = rows.iter().map(|&i| {
        let key = table.row(i).iter().chain([&table.y[i]]).map(|x| (x + 0.0).to_bits()).collect();
        *first.entry(key).or_insert(i as u64)
    });
    same.collect()
}
