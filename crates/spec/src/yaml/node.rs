//! The tree between text and types: YAML with a span on every key and value.

use super::scalar::{Scalar, resolve};
use super::source::Span;
use serde::ser::{Serialize, Serializer};

/// A value and where it stands.
///
/// It serialises as what its scalars mean, so a text spelt `1e-3` becomes a number: to write a config, write the type.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it holds.
    pub kind: Kind,
    /// Where it stands.
    pub span: Span,
    /// What stood here before an override replaced it.
    pub before: Option<Box<Node>>,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// The text, decoded, and whether it was unquoted; the type that reads it decides what it means.
    Scalar {
        /// What it says.
        text: String,
        /// Whether it was unquoted.
        plain: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in order; no key occurs twice.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A node without history.
    pub fn new(kind: Kind, span: Span) -> Self {
        Node { kind, span, before: None }
    }

    /// What a scalar means; `None` for lists and mappings.
    pub fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.kind {
            Kind::Scalar { text, plain } => Some(resolve(text, *plain)),
            _ => None,
        }
    }

    /// Whether it is `~`, `null` or nothing.
    pub fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// How many values it holds, itself included.
    pub fn size(&self) -> usize {
        let inner = match &self.kind {
            Kind::Scalar { .. } => 0,
            Kind::Seq(items) => items.iter().map(Node::size).sum(),
            Kind::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
        };
        1 + inner
    }

    /// Where a caret goes: the value; for a mapping, its first key.
    pub fn caret(&self) -> Span {
        self.entries().first().map_or(self.span, |first| first.at)
    }

    /// On one line, for people; scalars as they were written.
    pub fn flow(&self) -> String {
        match &self.kind {
            Kind::Scalar { text, plain: true } if text.is_empty() => "~".to_owned(),
            Kind::Scalar { text, plain: true } => text.clone(),
            Kind::Scalar { text, .. } => format!("{text:?}"),
            Kind::Seq(items) => format!("[{}]", items.iter().map(Node::flow).collect::<Vec<_>>().join(", ")),
            Kind::Map(entries) => {
                let entry = |entry: &Entry| format!("{}: {}", entry.key, entry.value.flow());
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Equal as values: places, history and spelling (`1e-3`, `0.001`) do not count; the order of keys does.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar { .. }, Kind::Scalar { .. }) => match (self.scalar(), other.scalar()) {
                (Some(Scalar::Float(a)), Some(Scalar::Float(b))) => {
                    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
                }
                (a, b) => a == b,
            },
            (Kind::Seq(a), Kind::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Kind::Map(a), Kind::Map(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key == b.key && a.value.same(&b.value))
            }
            _ => false,
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Scalar { text, plain } => match resolve(text, *plain) {
                Scalar::Null => out.serialize_unit(),
                Scalar::Bool(v) => out.serialize_bool(v),
                Scalar::Unsigned(v) => out.serialize_u64(v),
                Scalar::Signed(v) => out.serialize_i64(v),
                Scalar::Float(v) => out.serialize_f64(v),
                Scalar::Text(v) => out.serialize_str(v),
            },
            Kind::Seq(items) => out.collect_seq(items),
            Kind::Map(entries) => out.collect_map(entries.iter().map(|entry| (&entry.key, &entry.value))),
        }
    }
}
