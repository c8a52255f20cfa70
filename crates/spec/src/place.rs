//! Where in the files of an experiment a problem of one of its cells was written.

use crate::compose::Cell;
use crate::yaml::{Kind, Node, Span};
use std::path::Path;
use surprisal_data::DataError;

impl Cell {
    /// Where a dotted key of this cell was written, or its first word, or where the experiment begins.
    pub fn place(&self, key: &str) -> Span {
        if let Some(at) = self.select_at.filter(|_| key == "select") {
            return at;
        }
        let first = key.split('.').next().unwrap_or_default();
        self.node.at(key).or_else(|| self.node.at(first)).unwrap_or(&self.node).caret()
    }
    /// Where what the data are blamed for was written: the file, its checksum, the column.
    pub fn data_place(&self, error: &DataError) -> Span {
        let named = |text: &str| match error {
            DataError::Checksum { declared, .. } => text.eq_ignore_ascii_case(declared),
            DataError::NoColumn { name, .. } => text == name,
            DataError::MissingFile { path, .. }
            | DataError::Outside { path, .. }
            | DataError::NoDataDir { path, .. }
            | DataError::Unreadable { path, .. }
            | DataError::File { file: path, .. }
            | DataError::Line { file: path, .. }
            | DataError::Cell { file: path, .. } => Path::new(path).ends_with(text),
            _ => false,
        };
        let written = self.node.get("dataset").and_then(|entry| scalar(&entry.value, &named));
        written.unwrap_or_else(|| self.place("dataset"))
    }
}

/// The place of the first scalar that is meant.
fn scalar(node: &Node, meant: &dyn Fn(&str) -> bool) -> Option<Span> {
    match &node.kind {
        Kind::Scalar { text, .. } => (!text.is_empty() && meant(text)).then_some(node.span),
        Kind::Seq(items) => items.iter().find_map(|item| scalar(item, meant)),
        Kind::Map(entries) => entries.iter().find_map(|entry| scalar(&entry.value, meant)),
    }
}
