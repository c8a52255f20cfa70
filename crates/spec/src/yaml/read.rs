//! `Node` to a type, with every problem of the tree at once: read, set the bad value aside, read again.

use super::decode::De;
use super::node::{Kind, Node};
use super::problem::Problem;
use serde::de::{self, DeserializeOwned, Unexpected};
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

const MAX_PROBLEMS: usize = 100;

/// Reads `root` as a `T`, or reports all that is wrong with it, in the order of the sources.
///
/// A pass stops at its first bad value. That value then counts as absent (a missing key: as given) and the pass is
/// repeated, until it succeeds or the root itself cannot be made. What fails only *because* of such a value, say a check
/// across fields, is not reported. Unknown keys never stop a pass; every key that a struct does not have is one,
/// `deny_unknown_fields` or not. More than 100 problems are not told.
///
/// An error that a type raises itself (`TryFrom`, `de::Error::custom`) is told at the value that it was made from, or, if
/// its text begins with one of the value's keys in backticks, at what that key holds. One that a hand-written visitor of
/// mappings raises is told at the key or value that it read last.
pub fn read<T: DeserializeOwned>(root: &Node) -> Result<T, Vec<Problem>> {
    let pass = Pass::default();
    let de = De::root(root, &pass);
    loop {
        match T::deserialize(de).map_err(|error| error.at(de)) {
            Ok(value) if pass.found.borrow().is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => {
                if !pass.goes_on(root, error) {
                    break;
                }
            }
        }
    }
    let mut found = pass.found.into_inner();
    found.sort_by_key(Problem::at);
    Err(found)
}

/// What the passes so far have found.
#[derive(Default)]
pub(super) struct Pass {
    pub(super) found: RefCell<Vec<Problem>>,
    /// Values that count as absent.
    bad: RefCell<HashSet<*const Node>>,
    /// Keys that mappings lack and that count as given.
    assumed: RefCell<HashSet<(*const Node, &'static str)>>,
}

impl Pass {
    /// Notes an error; whether another pass can find more.
    fn goes_on(&self, root: &Node, error: Error) -> bool {
        let Some(place) = error.0.place else { return false };
        let mut found = self.found.borrow_mut();
        if !place.consequence || found.is_empty() {
            found.push(place.problem);
        }
        if found.len() >= MAX_PROBLEMS {
            return false;
        }
        if let Some(field) = place.missing
            && self.assumed.borrow_mut().insert((place.node, field))
        {
            return true;
        }
        self.bad.borrow_mut().insert(place.node) && place.node != std::ptr::from_ref(root)
    }

    pub(super) fn is_bad(&self, node: &Node) -> bool {
        self.bad.borrow().contains(&std::ptr::from_ref(node))
    }

    /// Whether anything in `node` counts as absent or as given when it is not.
    pub(super) fn is_broken(&self, node: &Node) -> bool {
        self.is_bad(node)
            || self.assumed.borrow().iter().any(|(mapping, _)| *mapping == std::ptr::from_ref(node))
            || match &node.kind {
                Kind::Scalar { .. } => false,
                Kind::Seq(items) => items.iter().any(|item| self.is_broken(item)),
                Kind::Map(entries) => entries.iter().any(|entry| self.is_broken(&entry.value)),
            }
    }

    /// The keys that count as given in a mapping.
    pub(super) fn assumed(&self, node: &Node) -> Vec<&'static str> {
        let assumed = self.assumed.borrow();
        let here = assumed.iter().filter(|(mapping, _)| *mapping == std::ptr::from_ref(node));
        here.map(|(_, field)| *field).collect()
    }

    /// Tells a problem that does not stop the pass, once.
    pub(super) fn tell(&self, problem: Problem) {
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_PROBLEMS && !found.contains(&problem) {
            found.push(problem);
        }
    }
}

/// serde's error, given its place by the innermost node that sees it pass.
#[derive(Debug)]
pub(super) struct Error(pub(super) Box<Failure>);

#[derive(Debug)]
pub(super) struct Failure {
    pub(super) what: What,
    pub(super) place: Option<Located>,
}

#[derive(Debug)]
pub(super) struct Located {
    /// The value to set aside.
    pub(super) node: *const Node,
    /// The key to take as given instead.
    pub(super) missing: Option<&'static str>,
    /// It would not be there but for a problem already told.
    pub(super) consequence: bool,
    pub(super) problem: Problem,
}

/// What serde or a type said.
#[derive(Debug)]
pub(super) enum What {
    /// A type's own words: `must be greater than 0`.
    Said(String),
    /// Another type, or (`range`) a value out of the type's range.
    Type {
        expected: String,
        range: bool,
    },
    Missing(&'static str),
    Key {
        found: String,
        expected: &'static [&'static str],
    },
    Variant {
        found: String,
        expected: &'static [&'static str],
    },
    /// A variant without content was given some.
    TakesNothing,
    /// An enum needs a word or a mapping with one key.
    OneOf(&'static [&'static str]),
    /// The content of a variant counts as absent.
    Incomplete,
}

impl From<What> for Error {
    fn from(what: What) -> Self {
        Error(Box::new(Failure { what, place: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.place, &self.0.what) {
            (Some(place), _) => f.write_str(place.problem.title()),
            (None, What::Said(message)) => f.write_str(message),
            (None, what) => write!(f, "{what:?}"),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        What::Said(message.to_string()).into()
    }
    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        What::Type { expected: expected.to_string(), range: false }.into()
    }
    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        What::Type { expected: expected.to_string(), range: true }.into()
    }
    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        What::Type { expected: expected.to_string(), range: true }.into()
    }
    fn missing_field(field: &'static str) -> Self {
        What::Missing(field).into()
    }
    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        What::Key { found: found.into(), expected }.into()
    }
    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        What::Variant { found: found.into(), expected }.into()
    }
}
