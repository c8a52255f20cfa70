//! serde's `Deserializer` over a `Node`: the type that asks decides what a scalar means.

use super::access::{Choice, Entries, Items, Last};
use super::explain::list;
use super::node::{Kind, Node};
use super::read::{Error, Pass, What};
use super::scalar::{Scalar, number};
use super::source::Span;
use serde::de::{Deserializer, Visitor};
use std::cell::Cell;

/// How a node is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// As it is.
    Given,
    /// As the key of a mapping.
    Key,
    /// As the absent content of a variant written as a word: `gaussian` is `gaussian: {}`.
    Empty,
    /// As the mapping that lacks the value; any value will do, to find out what else it lacks.
    MadeUp,
}

/// A node, how it was reached, and what is known of the tree.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    pub(super) node: &'a Node,
    pub(super) key: Option<Span>,
    pub(super) path: &'a str,
    pub(super) pass: &'a Pass,
    pub(super) content: Content,
}

impl<'a> De<'a> {
    pub(super) fn root(node: &'a Node, pass: &'a Pass) -> Self {
        De { node, key: None, path: "", pass, content: Content::Given }
    }

    pub(super) fn path_to(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn wrong<T>(self, expected: &str) -> Result<T, Error> {
        Err(Error::from(What::Type { expected: expected.to_owned(), range: false }).at(self))
    }

    fn scalar(&self) -> Option<Scalar<'a>> {
        if matches!(self.content, Content::Given | Content::Key) { self.node.scalar() } else { None }
    }

    fn number(&self) -> Option<Scalar<'static>> {
        match &self.node.kind {
            _ if self.content == Content::MadeUp => Some(Scalar::Unsigned(1)),
            Kind::Scalar { text, plain: true } if self.content != Content::Empty => number(text),
            _ => None,
        }
    }

    fn whole<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.number() {
            Some(Scalar::Unsigned(n)) => visitor.visit_u64(n),
            Some(Scalar::Signed(n)) => visitor.visit_i64(n),
            // `1e4` is a count; below 2⁵³ the conversion is exact.
            Some(Scalar::Float(x)) if x.fract() == 0.0 && x.abs() < 9e15 => {
                if x < 0.0 {
                    visitor.visit_i64(x as i64)
                } else {
                    visitor.visit_u64(x as u64)
                }
            }
            _ => self.wrong("a whole number"),
        }
    }

    fn real<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.number() {
            Some(Scalar::Unsigned(n)) => visitor.visit_f64(n as f64),
            Some(Scalar::Signed(n)) => visitor.visit_f64(n as f64),
            Some(Scalar::Float(x)) => visitor.visit_f64(x),
            _ => self.wrong("a number"),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match (&self.node.kind, self.content) {
            (_, Content::MadeUp) => visitor.visit_str("x"),
            (Kind::Scalar { text, .. }, Content::Key) => visitor.visit_str(text),
            (Kind::Scalar { text, .. }, Content::Given) if !self.node.is_null() => visitor.visit_str(text),
            _ => self.wrong("text"),
        }
    }

    /// A mapping, `fields` being its known keys, or the empty content of a variant.
    pub(super) fn map<'de, V>(self, fields: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Error>
    where
        V: Visitor<'de>,
    {
        if self.content == Content::Given && !matches!(self.node.kind, Kind::Map(_)) {
            return match fields {
                Some(fields) if (1..12).contains(&fields.len()) => {
                    self.wrong(&format!("a mapping with {}", list(fields)))
                }
                _ => self.wrong("a mapping"),
            };
        }
        let last = Cell::new(Last::Nothing);
        let value = visitor.visit_map(Entries::new(self, fields, &last));
        value.map_err(|error| match (&error.0.what, last.get()) {
            (What::Key { found, .. }, _) if let Some(entry) = self.node.get(found) => error.at_key(self, entry),
            (What::Missing(_), _) | (_, Last::Nothing) => error.at(self),
            (_, Last::Key(entry)) => error.at_key(self, entry),
            (_, Last::Value(entry)) => {
                let path = self.path_to(&entry.key);
                error.at(De { node: &entry.value, key: Some(entry.at), path: &path, ..self })
            }
        })
    }
}

macro_rules! same {
    ($how:ident: $($name:ident)*) => { $(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$how(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for De<'_> {
    type Error = Error;

    same! { whole: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }
    same! { whole: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }
    same! { real: deserialize_f32 deserialize_f64 }
    same! { text: deserialize_str deserialize_string deserialize_char deserialize_identifier }
    same! { text: deserialize_bytes deserialize_byte_buf }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = match (&self.node.kind, self.scalar()) {
            _ if self.content == Content::MadeUp => visitor.visit_f64(1.0),
            (Kind::Scalar { text, .. }, _) if self.content == Content::Key => visitor.visit_str(text),
            _ if self.content == Content::Empty && !self.node.is_null() => return self.map(None, visitor),
            (Kind::Map(_), _) => return self.map(None, visitor),
            (Kind::Seq(_), _) => return self.deserialize_seq(visitor),
            (_, Some(Scalar::Bool(v))) => visitor.visit_bool(v),
            (_, Some(Scalar::Unsigned(v))) => visitor.visit_u64(v),
            (_, Some(Scalar::Signed(v))) => visitor.visit_i64(v),
            (_, Some(Scalar::Float(v))) => visitor.visit_f64(v),
            (_, Some(Scalar::Text(v))) => visitor.visit_str(v),
            (_, Some(Scalar::Null) | None) => visitor.visit_unit(),
        };
        value.map_err(|error: Error| error.at(self))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar() {
            Some(Scalar::Bool(v)) => visitor.visit_bool(v),
            _ if self.content == Content::MadeUp => visitor.visit_bool(true),
            _ => self.wrong("`true` or `false`"),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let nothing = matches!(self.content, Content::Empty | Content::MadeUp) || self.scalar() == Some(Scalar::Null);
        if nothing { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let nothing = matches!(self.content, Content::Empty | Content::MadeUp) || self.scalar() == Some(Scalar::Null);
        if nothing { visitor.visit_unit() } else { self.wrong("nothing (null)") }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items: &[Node] = match (&self.node.kind, self.content) {
            (_, Content::MadeUp) => &[],
            (Kind::Seq(items), _) => items,
            _ => return self.wrong("a list"),
        };
        visitor.visit_seq(Items { rest: items.iter().enumerate(), de: self }).map_err(|error| error.at(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Error>
    where
        V: Visitor<'de>,
    {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.map(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let fail = |what: What| Err(Error::from(what).at(self));
        let path;
        let (tag, content) = match (&self.node.kind, self.content) {
            (_, Content::MadeUp) => (variants.first().copied().unwrap_or_default(), self),
            (_, Content::Empty) => return fail(What::OneOf(variants)),
            (Kind::Scalar { text, .. }, _) if !self.node.is_null() || variants.contains(&&**text) => {
                path = self.path_to(text);
                (&**text, De { content: Content::Empty, path: &path, ..self })
            }
            (Kind::Map(entries), _) if let [entry] = &entries[..] => {
                path = self.path_to(&entry.key);
                let content = if entry.value.is_null() { Content::Empty } else { Content::Given };
                (&*entry.key, De { node: &entry.value, key: Some(entry.at), path: &path, content, ..self })
            }
            _ => return fail(What::OneOf(variants)),
        };
        if !variants.contains(&tag) {
            return fail(What::Variant { found: tag.into(), expected: variants });
        }
        if !std::ptr::eq(content.node, self.node) && self.pass.is_bad(content.node) {
            return fail(What::Incomplete);
        }
        visitor.visit_enum(Choice { tag, content }).map_err(|error| error.at(self))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}
