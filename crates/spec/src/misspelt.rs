//! Misspelt keys that composition meets before a type does.

use crate::compose::{GROUPS, variants};
use crate::yaml::{Entry, Kind, Node, Problem, Span, nearest};
use std::collections::BTreeSet;

/// Keys of an experiment file: those of [`crate::Experiment`], and those that composition takes out.
pub(crate) const KEYS: &[&str] = &[
    "schema",
    "name",
    "question",
    "dataset",
    "model",
    "likelihood",
    "prior",
    "estimator",
    "optimiser",
    "dtype",
    "engine",
    "seeds",
    "early_stopping",
    "select",
    "sweep",
];

/// Tells the unknown keys of a mapping, and blames them for what reading says there. One that was meant to be one of
/// `taken` goes on under that name, so that nothing else is said because of it.
pub(crate) fn correct(
    node: &mut Node,
    known: &[&str],
    taken: &[&str],
    path: &str,
    problems: &mut Vec<Problem>,
    blamed: &mut BTreeSet<Span>,
) {
    let Kind::Map(entries) = &mut node.kind else { return };
    let given: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in entries.iter_mut().filter(|entry| !known.contains(&entry.key.as_str())) {
        let problem = Problem::new("unknown-key", format!("unknown key `{path}{}`", entry.key), entry.at)
            .note(format!("known keys: {}", list(known)));
        let near = nearest(&entry.key, known.iter().copied());
        problems.push(near.into_iter().fold(problem, |problem, near| problem.help(format!("did you mean `{near}`?"))));
        blamed.insert(entry.at);
        if let Some(meant) = near.filter(|near| taken.contains(near) && !given.iter().any(|key| key == near)) {
            entry.key = meant.into();
        }
    }
}

/// Without those at places that are told of already.
pub(crate) fn beyond(found: Vec<Problem>, blamed: &BTreeSet<Span>) -> Vec<Problem> {
    found.into_iter().filter(|problem| !blamed.contains(&problem.at())).collect()
}

pub(crate) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What is wrong with `group.option.key` if the group has no such option.
pub(crate) fn no_option(axis: &Entry) -> Option<Problem> {
    let mut words = axis.key.split('.');
    let (group, option) = (words.next()?, words.next()?);
    let known = variants(group);
    if !GROUPS.contains(&group) || known.contains(&option) {
        return None;
    }
    let mut at = axis.at;
    if (at.end - at.start) as usize == axis.key.len() {
        at.start += group.len() as u32 + 1;
        at.end = at.start + option.len() as u32;
    }
    let problem = Problem::new("unknown-value", format!("unknown {group} `{option}`"), at);
    let near = nearest(option, known.iter().copied());
    let problem = near.into_iter().fold(problem, |problem, near| problem.help(format!("did you mean `{near}`?")));
    Some(problem.note(format!("known: {}", list(&known))))
}
