//! What the data sets inside the binary share.

use crate::{DataError, Folder, Loaded, Roots, SplitRule, Table, TargetKind};

/// A data set of `linfa-datasets` as one table, split.
pub(super) struct Bundled<'a> {
    pub name: &'a str,
    pub features: &'a [&'a str],
    pub target: &'a str,
    /// Labels of the classes 0, 1, …; empty where the target is a number.
    pub classes: &'a [&'a str],
    pub kind: Option<TargetKind>,
}

impl Bundled<'_> {
    /// Rows of features, and targets, as they are stored.
    pub fn load(
        self,
        x: impl Iterator<Item = f64>,
        y: impl Iterator<Item = f64>,
        split: &SplitRule,
        roots: &Roots,
    ) -> Result<Loaded, DataError> {
        let features = self.features.iter().map(|name| name.to_string()).collect();
        let mut table = Table::new(self.name, features, x.collect(), self.target, y.collect(), None);
        table.kind = self.kind;
        if self.kind.is_some_and(TargetKind::is_labelled) {
            table.classes = self.classes.iter().map(|label| label.to_string()).collect();
        }
        split.split(table.seal().check_kind()?, roots, Folder::Here)
    }
}
