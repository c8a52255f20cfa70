//! Misspelt keys that composition meets before a type does.

use super::told::{Told, list};
use crate::yaml::{Kind, Node, Problem, nearest};

macro_rules! keys {
    ($($key:literal),* $(,)?) => {
        /// Keys of an experiment file: those of [`crate::Experiment`], and those that composition takes out.
        pub(crate) const KEYS: &[&str] = &[$($key),*];
        /// Keys of an entry of `defaults`: those, and a file of them.
        pub(crate) const LAYERS: &[&str] = &[$($key,)* "experiment"];
    };
}

keys! {
    "schema", "name", "question", "dataset", "model", "likelihood", "prior", "estimator", "optimiser", "dtype", "engine",
    "seeds", "early_stopping", "select", "sweep", "defaults",
}

/// Tells the unknown keys of a mapping, and blames them for what reading says there. One that was meant to be one of
/// `taken` goes on under that name, so that nothing else is said because of it.
pub(super) fn correct(node: &mut Node, known: &[&str], taken: &[&str], path: &str, told: &mut Told) {
    let Kind::Map(entries) = &mut node.kind else { return };
    let given: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in entries.iter_mut().filter(|entry| !known.contains(&entry.key.as_str())) {
        let problem = Problem::new("unknown-key", format!("unknown key `{path}{}`", entry.key), entry.at)
            .note(format!("known keys: {}", list(known)));
        let near = nearest(&entry.key, known.iter().copied());
        told.blame(near.into_iter().fold(problem, |problem, near| problem.help(format!("did you mean `{near}`?"))));
        if let Some(meant) = near.filter(|near| taken.contains(near) && !given.iter().any(|key| key == near)) {
            entry.key = meant.into();
        }
    }
}
