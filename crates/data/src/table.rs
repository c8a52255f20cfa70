//! A table: features, a target of a declared kind, and a hash that is its identity.

use crate::{DataError, Note, hash, note};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use surprisal_density::{AnyFamily, Support};

/// What a target is; declared, never inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A number.
    Real,
    /// A number greater than 0.
    Positive,
    /// 0, 1, 2, …
    Count,
    /// A label.
    Class,
    /// A label, and labels have an order.
    Ordinal,
}

impl TargetKind {
    /// The word in YAML and in records.
    pub fn name(self) -> &'static str {
        match self {
            TargetKind::Real => "real",
            TargetKind::Positive => "positive",
            TargetKind::Count => "count",
            TargetKind::Class => "class",
            TargetKind::Ordinal => "ordinal",
        }
    }
    /// Whether the target is an index into labels.
    pub fn is_labelled(self) -> bool {
        matches!(self, TargetKind::Class | TargetKind::Ordinal)
    }
    /// Where targets of the kind live.
    pub fn support(self) -> Support {
        match self {
            TargetKind::Real => Support::Real,
            TargetKind::Positive => Support::Positive,
            TargetKind::Count => Support::Counts,
            TargetKind::Class | TargetKind::Ordinal => Support::Classes(None),
        }
    }
}

/// The density that made a row's target.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The family.
    pub family: AnyFamily,
    /// The values of its parameters, in original units.
    pub at: Vec<f64>,
}

/// Where the rows of a table stand in a file, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The file.
    pub file: String,
    /// The line of each row, counted from 1.
    pub lines: Vec<u64>,
}

/// A data set as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What people call it; no part of its identity.
    pub name: String,
    /// Names of the feature columns.
    pub features: Vec<String>,
    /// n × d, row by row.
    pub x: Vec<f64>,
    /// Name of the target column.
    pub target: String,
    /// The targets; an index into `classes` where there are any.
    pub y: Vec<f64>,
    /// What the target is; `None`: the likelihood's support declares it.
    pub kind: Option<TargetKind>,
    /// Labels of a class or ordinal target.
    pub classes: Vec<String>,
    /// Columns of labels that became indicators, with all their levels; no part of the identity.
    pub levels: BTreeMap<String, Vec<String>>,
    /// How much each row counts.
    pub weight: Option<Vec<f64>>,
    /// Added to the location head of each row: the log exposure of a count.
    pub offset: Option<Vec<f64>>,
    /// Rows of one group are never on both sides of a split.
    pub group: Option<Vec<u64>>,
    /// What each row was drawn from; generators only.
    pub truth: Option<Vec<Truth>>,
    /// sha256 of the content: names of columns, kind, labels and the bits of all numbers.
    pub hash: String,
    /// What a reader must know.
    pub notes: Vec<Note>,
    /// Where the rows come from; no part of the identity.
    pub places: Option<Places>,
}

impl Table {
    /// A table of features (row by row) and targets, sealed; labels are found for class and ordinal targets.
    pub fn new(
        name: impl Into<String>,
        features: Vec<String>,
        x: Vec<f64>,
        target: impl Into<String>,
        y: Vec<f64>,
        kind: Option<TargetKind>,
    ) -> Table {
        assert_eq!(x.len(), features.len() * y.len(), "x must be n × d");
        let table = Table {
            name: name.into(),
            features,
            x,
            target: target.into(),
            y,
            kind,
            classes: vec![],
            levels: BTreeMap::new(),
            weight: None,
            offset: None,
            group: None,
            truth: None,
            hash: String::new(),
            notes: vec![],
            places: None,
        };
        table.seal()
    }
    /// Computes labels (where missing), hash and notes; to be called after a change.
    pub fn seal(mut self) -> Table {
        if self.classes.is_empty() && self.kind.is_some_and(TargetKind::is_labelled) {
            self.y.iter_mut().for_each(|y| *y += 0.0); // no −0 beside 0
            let mut levels = self.y.clone();
            levels.sort_by(f64::total_cmp);
            levels.dedup();
            let index = |y: &f64| levels.partition_point(|level| level.total_cmp(y).is_lt()) as f64;
            self.y = self.y.iter().map(index).collect();
            self.classes = levels.iter().map(f64::to_string).collect();
        }
        self.notes.retain(|note| matches!(note, Note::DroppedRows { .. }));
        self.notes.extend(note::seen(&self));
        self.hash = hash::content(&self);
        self
    }
    /// n.
    pub fn rows(&self) -> usize {
        self.y.len()
    }
    /// d.
    pub fn dim(&self) -> usize {
        self.features.len()
    }
    /// The features of row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.dim()..(i + 1) * self.dim()]
    }
    /// Whether every target can come from a density on `expected`; the error names the first that can't.
    ///
    /// A labelled target has no numbers, and a number is no label: such a pair is refused whatever the rows.
    pub fn check_support(&self, expected: Support) -> Result<(), DataError> {
        let labels = matches!(expected, Support::Classes(_));
        if let Some(kind) = self.kind.filter(|kind| kind.is_labelled() != labels) {
            let what = if labels {
                format!("is declared `{}`, and the likelihood is for classes: declare `kind: class`", kind.name())
            } else {
                format!("is declared `{}`: a label is no number, take a likelihood for classes", kind.name())
            };
            return Err(DataError::Kind { table: self.name.clone(), target: self.target.clone(), what });
        }
        match self.y.iter().position(|&y| !expected.contains(y)) {
            None => Ok(()),
            Some(row) => Err(self.at(row, format!("expected {}, found {}", expected.expected(), self.label(row)))),
        }
    }
    /// Whether the targets are what the declared kind says.
    pub(crate) fn check_kind(self) -> Result<Table, DataError> {
        if let Some(kind) = self.kind.filter(|kind| !kind.is_labelled())
            && let Some(row) = self.y.iter().position(|&y| !kind.support().contains(y))
        {
            let expected = kind.support().expected();
            let what = format!("declared `kind: {}`, so expected {expected}, found {}", kind.name(), self.y[row]);
            return Err(self.at(row, what));
        }
        Ok(self)
    }
    /// The target of a row as a person wrote it.
    fn label(&self, row: usize) -> String {
        match self.classes.get(self.y[row] as usize) {
            Some(label) => format!("class {} (`{label}`)", self.y[row]),
            None => self.y[row].to_string(),
        }
    }
    /// An error at the target of a row.
    fn at(&self, row: usize, what: String) -> DataError {
        match &self.places {
            Some(Places { file, lines }) => {
                DataError::Cell { file: file.clone(), line: lines[row], column: self.target.clone(), what }
            }
            None => DataError::Row { table: self.name.clone(), row, target: self.target.clone(), what },
        }
    }
}
