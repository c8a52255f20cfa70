//! Records by the id of their run.

use crate::Record;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

/// One record of each run.
///
/// A sweep may have a hundred thousand, and each command looks all of them up several times: a set of boxes does neither
/// move them about nor compare ids on the way.
#[derive(Clone, Debug, Default)]
pub struct Records(HashSet<ById>);

/// A record that is equal to others of its id.
#[derive(Clone, Debug)]
struct ById(Box<Record>);

impl Borrow<str> for ById {
    fn borrow(&self) -> &str {
        &self.0.id
    }
}
impl PartialEq for ById {
    fn eq(&self, o: &ById) -> bool {
        self.0.id == o.0.id
    }
}
impl Eq for ById {}
impl Hash for ById {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl Records {
    /// The record of a run.
    pub fn get(&self, id: &str) -> Option<&Record> {
        self.0.get(id).map(|it| &*it.0)
    }
    /// Whether a run has one.
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }
    /// Takes the place of another of the same run.
    pub fn insert(&mut self, record: impl Into<Box<Record>>) {
        self.0.replace(ById(record.into()));
    }
    /// Room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }
    /// Forgets the others.
    pub fn retain(&mut self, keep: impl Fn(&Record) -> bool) {
        self.0.retain(|it| keep(&it.0));
    }
    /// How many runs have one.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// In the order of ids.
    pub fn sorted(&self) -> Vec<&Record> {
        let mut all: Vec<&Record> = self.0.iter().map(|it| &*it.0).collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }
}
