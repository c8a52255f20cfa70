//! The entries of a mapping, the items of a list and the content of a variant, as serde asks for them.

use super::decode::{Content, De};
use super::node::{Entry, Kind, Node};
use super::read::{Error, What};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use std::cell::Cell;

/// What a visitor of a mapping did last; an error of its own is about that.
#[derive(Clone, Copy)]
pub(super) enum Last<'a> {
    Nothing,
    Key(&'a Entry),
    Value(&'a Entry),
}

/// The entries of a mapping, then the keys that are taken as given.
pub(super) struct Entries<'a> {
    rest: &'a [Entry],
    given: Vec<&'static str>,
    fields: Option<&'static [&'static str]>,
    last: &'a Cell<Last<'a>>,
    de: De<'a>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(de: De<'a>, fields: Option<&'static [&'static str]>, last: &'a Cell<Last<'a>>) -> Self {
        let given = match (de.content, fields) {
            (Content::MadeUp, fields) => fields.unwrap_or_default().to_vec(),
            (_, Some(fields)) => {
                let assumed = de.pass.assumed(de.node);
                fields.iter().copied().filter(|field| assumed.contains(field)).collect()
            }
            (_, None) => de.pass.assumed(de.node),
        };
        let rest = if de.content == Content::Given { de.node.entries() } else { &[] };
        Entries { rest, given, fields, last, de }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.last.set(Last::Nothing);
        while let Some((entry, rest)) = self.rest.split_first() {
            self.rest = rest;
            if let Some(fields) = self.fields.filter(|fields| !fields.contains(&&*entry.key)) {
                self.de.pass.tell(self.de.unknown_key(&entry.key, entry.at, fields));
            } else if !self.de.pass.is_bad(&entry.value) {
                self.last.set(Last::Key(entry));
                if self.fields.is_some() {
                    let key: StrDeserializer<'_, Error> = entry.key.as_str().into_deserializer();
                    return seed.deserialize(key).map(Some);
                }
                // A key may be read as a number or a variant, so it is read as a value.
                let node = Node::new(Kind::Scalar { text: entry.key.clone(), plain: true }, entry.at);
                let key = De { node: &node, key: Some(entry.at), content: Content::Key, ..self.de };
                return seed.deserialize(key).map(Some).map_err(|error| match error.at(key) {
                    Error(mut failure) => {
                        if let Some(place) = &mut failure.place {
                            place.node = &entry.value;
                        }
                        Error(failure)
                    }
                });
            }
        }
        let Some(field) = self.given.first() else { return Ok(None) };
        let key: StrDeserializer<'_, Error> = (*field).into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Last::Key(entry) = self.last.get() else {
            if !self.given.is_empty() {
                self.given.remove(0);
            }
            let de = De { content: Content::MadeUp, ..self.de };
            return seed.deserialize(de).map_err(|error| error.at(de));
        };
        let path = self.de.path_to(&entry.key);
        let de = De { node: &entry.value, key: Some(entry.at), path: &path, ..self.de };
        let value = seed.deserialize(de).map_err(|error| error.at(de))?;
        self.last.set(Last::Value(entry));
        Ok(value)
    }
}

/// The items of a list.
pub(super) struct Items<'a> {
    pub(super) rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    pub(super) de: De<'a>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some((i, node)) = self.rest.by_ref().find(|(_, node)| !self.de.pass.is_bad(node)) else { return Ok(None) };
        let path = format!("{}[{i}]", self.de.path);
        let de = De { node, key: None, path: &path, ..self.de };
        seed.deserialize(de).map(Some).map_err(|error| error.at(de))
    }
}

/// A variant's name and what it holds.
pub(super) struct Choice<'a> {
    pub(super) tag: &'a str,
    pub(super) content: De<'a>,
}

impl<'de, 'a> de::EnumAccess<'de> for Choice<'a> {
    type Error = Error;
    type Variant = De<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, De<'a>), Error> {
        let tag: StrDeserializer<'_, Error> = self.tag.into_deserializer();
        Ok((seed.deserialize(tag)?, self.content))
    }
}

impl<'de> de::VariantAccess<'de> for De<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let nothing = self.content != Content::Given || matches!(&self.node.kind, Kind::Map(m) if m.is_empty());
        if nothing { Ok(()) } else { Err(Error::from(What::TakesNothing).at(self)) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self).map_err(|error| error.at(self))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.map(Some(fields), visitor)
    }
}
