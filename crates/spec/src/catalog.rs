//! The data sets that an experiment names, as they were read.

use crate::canonical;
use std::collections::BTreeMap;
use surprisal_data::{AnyDataset, Loaded};

/// Data sets that were read, by [`Catalog::key`]: all that planning looks at.
#[derive(Default)]
pub struct Catalog(BTreeMap<String, Loaded>);

impl Catalog {
    /// What distinguishes one data set of an experiment from another.
    pub fn key(dataset: &AnyDataset) -> String {
        canonical::hash(&serde_json::to_string(dataset).expect("plain data becomes JSON"))
    }
    /// Adds a data set that was read.
    pub fn insert(&mut self, dataset: &AnyDataset, loaded: Loaded) {
        self.0.insert(Catalog::key(dataset), loaded);
    }
    /// Whether it was read.
    pub fn contains(&self, dataset: &AnyDataset) -> bool {
        self.0.contains_key(&Catalog::key(dataset))
    }
    /// By key.
    pub fn get(&self, key: &str) -> Option<&Loaded> {
        self.0.get(key)
    }
}
