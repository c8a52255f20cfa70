//! What is wrong so far: each problem once, and the words to blame for what reading says about them.

use crate::yaml::{Node, Problem, Span, nearest, read};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Problems in the order in which they were found.
#[derive(Default)]
pub(super) struct Told {
    problems: Vec<Problem>,
    known: BTreeSet<(Span, &'static str, String)>,
    blamed: BTreeSet<Span>,
    /// Whether a layer or a dimension could not be read: what it would have set is not missed then.
    pub(super) lost: bool,
}

impl Told {
    /// Tells a problem, unless it was told.
    pub(super) fn tell(&mut self, problem: Problem) {
        let (at, code) = (problem.at(), problem.code());
        // One expression may give many values that are wrong in one way: the first will do.
        let more = code == "value" && self.known.iter().any(|(there, known, _)| (*there, *known) == (at, code));
        if !more && self.known.insert((at, code, problem.title().to_string())) {
            self.problems.push(problem);
        }
    }

    /// Adds to problems what is only known later.
    pub(super) fn annotate(&mut self, note: impl Fn(Problem) -> Problem) {
        self.problems = std::mem::take(&mut self.problems).into_iter().map(note).collect();
    }

    /// Tells a problem of a word; nothing that reading says about that word is told after it.
    pub(super) fn blame(&mut self, problem: Problem) {
        self.blame_quietly(problem.at());
        self.tell(problem);
    }

    /// Nothing that reading says about a word is told from now on.
    pub(super) fn blame_quietly(&mut self, at: Span) {
        self.blamed.insert(at);
    }

    /// Reads a value; what is wrong with it is told, unless a word is to blame that was told already.
    pub(super) fn read<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        let found = match read::<T>(node) {
            Ok(value) => return Some(value),
            Err(found) => found,
        };
        found.into_iter().for_each(|problem| self.tell_of_reading(problem));
        None
    }

    /// Tells what reading says, unless a word is to blame that was told already.
    pub(super) fn tell_of_reading(&mut self, problem: Problem) {
        let missed = self.lost && problem.code() == "missing-key" && problem.title().starts_with("the config needs");
        if !missed && !self.blamed.contains(&problem.at()) {
            self.tell(problem);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

/// A word that is none of those known, with the nearest of them.
pub(super) fn unknown(code: &'static str, title: String, at: Span, word: &str, known: &[&str]) -> Problem {
    let problem = Problem::new(code, title, at);
    let problem = match nearest(word, known.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.note(format!("known: {}", list(known)))
}

pub(super) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
