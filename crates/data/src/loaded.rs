//! A loaded data set: its table and splits, or a table for each replicate.

use crate::Table;

/// Which rows train and which test; both ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Rows that give gradients.
    pub train: Vec<usize>,
    /// Rows that are scored.
    pub test: Vec<usize>,
}

impl Split {
    /// The split whose test rows are those marked.
    pub(crate) fn marked(rows: &[usize], tests: impl Fn(usize) -> bool) -> Split {
        let (test, train) = rows.iter().partition(|&&row| tests(row));
        Split { train, test }
    }
}

/// What [`Dataset::load`](crate::Dataset::load) gives; a *unit* is a split of the table, or a replicate.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// One, or one for each replicate.
    pub tables: Vec<Table>,
    /// One for each unit.
    pub splits: Vec<Split>,
    /// Whether units share rows (splits of one table: Nadeau–Bengio applies) or are independent (replicates).
    pub overlapping: bool,
}

impl Loaded {
    /// How many units.
    pub fn units(&self) -> usize {
        self.splits.len()
    }
    /// About how many numbers it holds: of tables, and places in splits.
    pub fn numbers(&self) -> usize {
        let tables: usize = self.tables.iter().map(|table| table.x.len() + table.y.len()).sum();
        tables + self.splits.iter().map(|split| split.train.len() + split.test.len()).sum::<usize>()
    }
    /// Table and split of unit `k`.
    pub fn unit(&self, k: usize) -> (&Table, &Split) {
        (&self.tables[if self.tables.len() == 1 { 0 } else { k }], &self.splits[k])
    }
}
