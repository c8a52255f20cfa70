//! An error and the place it passed, in words.

use super::decode::{Content, De};
use super::nearest::{did_you_mean, suggestion};
use super::node::{Entry, Kind};
use super::problem::Problem;
use super::read::{Error, Located, What};
use super::scalar::{Scalar, has_leading_zero, number};
use super::source::Span;

impl Error {
    /// Places the error at a value, unless it has a place.
    ///
    /// A type that speaks of one of its keys (`` `low` must be below `high` ``) is placed at what that key holds.
    pub(super) fn at(self, de: De<'_>) -> Self {
        if let What::Said(message) = &self.0.what
            && de.content == Content::Given
            && let Some((key, _)) = message.strip_prefix('`').and_then(|rest| rest.split_once('`'))
            && let Some(entry) = de.node.get(key)
            && !de.pass.is_broken(de.node)
        {
            let path = de.path_to(key);
            let at = if entry.value.entries().is_empty() { entry.value.span } else { entry.at };
            let value = De { node: &entry.value, key: Some(entry.at), path: &path, ..de };
            return self.place(value, |de, what| de.explain(what, at));
        }
        self.place(de, |de, what| de.explain(what, de.node.caret()))
    }

    /// Places the error at a key of a mapping, unless it has a place; the entry is what counts as absent.
    pub(super) fn at_key(self, mapping: De<'_>, entry: &Entry) -> Self {
        self.place(De { node: &entry.value, ..mapping }, |de, what| de.explain(what, entry.at))
    }

    fn place(mut self, de: De<'_>, explain: impl FnOnce(De<'_>, &What) -> (Problem, bool)) -> Self {
        if self.0.place.is_none() {
            let made_up = de.content == Content::MadeUp;
            let (problem, consequence) = explain(de, &self.0.what);
            let missing = if let What::Missing(field) = self.0.what { Some(field) } else { None };
            let (missing, consequence) = (missing.filter(|_| !made_up), consequence || made_up);
            self.0.place = Some(Located { node: de.node, missing, consequence, problem });
        }
        self
    }
}

pub(super) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl De<'_> {
    /// An unknown key of this mapping.
    pub(super) fn unknown_key(&self, key: &str, at: Span, known: &[&str]) -> Problem {
        let title = format!("unknown key `{}`", self.path_to(key));
        let keys =
            if known.is_empty() { "no keys are known here".into() } else { format!("known keys: {}", list(known)) };
        let problem = Problem::new("unknown-key", title, at).note(keys);
        match suggestion(key, known) {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    /// The problem, and whether it is only the consequence of one already told.
    fn explain(self, what: &What, at: Span) -> (Problem, bool) {
        let path = if self.path.is_empty() { "the config" } else { &format!("`{}`", self.path) };
        let with = |code, title: String, help: Option<String>| {
            let problem = Problem::new(code, title, at);
            let problem = self.node.before.as_ref().map_or(problem.clone(), |old| problem.replaced(old.caret()));
            help.map_or(problem.clone(), |help| problem.help(help))
        };
        let broken = self.pass.is_broken(self.node);
        match what {
            What::Said(message) => (with("value", self.said(path, message), None), broken),
            What::Type { expected, range } => {
                let expected = whole(expected).unwrap_or(expected);
                let (found, help) = self.found(expected);
                let known = help.as_ref().is_some_and(|help| help.starts_with("did you mean"));
                let code = match (known, range) {
                    (true, _) => "unknown-value",
                    (_, true) => "value",
                    (_, false) => "type",
                };
                (with(code, format!("{path}: expected {expected}, found {found}"), help), broken)
            }
            What::Missing(field) => {
                let told = self.pass.found.borrow();
                let question = did_you_mean(field);
                let typo = |entry: &Entry| told.iter().any(|p| p.at() == entry.at && p.advice() == Some(&question));
                let caused = self.node.entries().iter().any(|entry| entry.key == *field || typo(entry));
                let keyed = self.content == Content::Given || self.node.is_null();
                let at = self.key.filter(|_| keyed).unwrap_or(at);
                (Problem::new("missing-key", format!("{path} needs `{field}`"), at), caused)
            }
            What::Key { found, expected } => (self.unknown_key(found, at, expected), false),
            What::Variant { found, expected } => {
                let problem =
                    with("unknown-value", format!("{path}: there is no `{found}`"), suggestion(found, expected));
                (problem.note(format!("expected one of {}", list(expected))), false)
            }
            What::TakesNothing => (with("type", format!("{path} takes no settings"), None), broken),
            What::OneOf(expected) => {
                let keys = self.node.entries();
                let title = format!("{path} must hold exactly one of {}", list(expected));
                // The key to blame is the one that came last, in the text or by an override.
                let last = keys.iter().map(|entry| entry.at).max_by_key(|at| at.source).unwrap_or(at);
                let problem = Problem::new("type", title, last);
                let others = keys.iter().filter(|entry| entry.at != last);
                (others.fold(problem, |problem, entry| problem.also(entry.at, "set here too")), broken)
            }
            What::Incomplete => (with("value", format!("{path} is incomplete"), None), true),
        }
    }

    /// A type's own words after the path; a message that begins with the key's name has it completed to the path.
    fn said(&self, path: &str, message: &str) -> String {
        let key = self.path.rsplit('.').next().unwrap_or_default();
        match message.strip_prefix(&format!("`{key}` ")) {
            Some(rest) if !key.is_empty() => format!("{path} {rest}"),
            _ => format!("{path}: {message}"),
        }
    }

    /// What stands here, and advice.
    fn found(&self, expected: &str) -> (String, Option<String>) {
        let (text, plain) = match &self.node.kind {
            _ if self.content == Content::Empty => return ("nothing".into(), None),
            Kind::Scalar { text, plain } => (text, *plain),
            Kind::Seq(items) => return (format!("a list of {}", items.len()), None),
            Kind::Map(_) => return ("a mapping".into(), None),
        };
        match self.node.scalar() {
            Some(Scalar::Null) => ("nothing (null)".into(), None),
            Some(Scalar::Text(_)) => {
                let meaning = number(text).is_some() || ["true", "false"].contains(&&**text);
                let quoted = expected.split('`').skip(1).step_by(2);
                let words: Vec<_> = quoted.map(|words| words.split(':').next().unwrap_or_default()).collect();
                let help = match &**text {
                    _ if !plain && meaning => Some("remove the quotes".into()),
                    "yes" | "on" if words.contains(&"true") => Some("write `true`".into()),
                    "no" | "off" if words.contains(&"true") => Some("write `false`".into()),
                    _ if has_leading_zero(text) => Some("write it without the leading zero".into()),
                    _ => suggestion(text, &words),
                };
                (
                    if plain || help.is_none() {
                        format!("the text `{text}`")
                    } else {
                        format!("the quoted text `{text}`")
                    },
                    help,
                )
            }
            _ => (format!("`{text}`"), None),
        }
    }
}

/// serde's names of whole numbers, with their ranges.
fn whole(name: &str) -> Option<&'static str> {
    Some(match name {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number of at least 0",
        "a nonzero u64" | "a nonzero usize" => "a whole number of at least 1",
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "text",
        "a boolean" => "`true` or `false`",
        _ => return None,
    })
}
