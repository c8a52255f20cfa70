//! A mapping of keys, each with its type, default and range, declared once.
//!
//! serde's `flatten` would share keys between structs but loses the places of errors; so a macro writes them out.

use schemars::Schema;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error};
use std::marker::PhantomData;
use surprisal_density::Range;

/// `pub struct Name { key: Type = default, check; … }`: the struct, reading and writing it, and its schema.
///
/// A key without a default must be given; one equal to its default is not written; an unknown one is refused.
macro_rules! keys {
    ($(#[$doc:meta])* pub struct $Name:ident {
        $($(#[doc = $about:literal])* $key:ident: $Type:ty $(= $default:expr)? $(, $check:expr)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name { $($(#[doc = $about])* pub $key: $Type),* }

        impl $Name {
            /// The YAML keys, in order.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];
        }

        impl schemars::JsonSchema for $Name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }
            fn json_schema(all: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut keys = surprisal_density::Properties::default();
                $(
                    #[allow(unused_mut)]
                    let mut schema = all.subschema_for::<$Type>();
                    $($crate::keys::Check::<$Type>::limit(&$check, &mut schema);)?
                    let default: Option<$Type> = default_of!($($default)?);
                    keys.add(stringify!($key), concat!($($about),*), schema, default.map(|it| serde_json::to_value(it).unwrap_or_default()));
                )*
                keys.schema()
            }
        }

        impl serde::Serialize for $Name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = s.serialize_map(None)?;
                $(
                    let default: Option<$Type> = default_of!($($default)?);
                    if default.as_ref() != Some(&self.$key) {
                        map.serialize_entry(stringify!($key), &self.$key)?;
                    }
                )*
                map.end()
            }
        }

        impl<'de> serde::Deserialize<'de> for $Name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Keys;
                impl<'de> serde::de::Visitor<'de> for Keys {
                    type Value = $Name;
                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        write!(f, "a mapping with keys of {}", $Name::KEYS.join(", "))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$Name, A::Error> {
                        use serde::de::Error;
                        $(let mut $key: Option<$Type> = None;)*
                        while let Some(key) = map.next_key::<String>()? {
                            match key.as_str() {
                                $(it if it == stringify!($key) => {
                                    if $key.is_some() {
                                        return Err(A::Error::duplicate_field(stringify!($key)));
                                    }
                                    $key = Some(map.next_value_seed($crate::keys::Checked::new(check_of!($($check)?)))?);
                                })*
                                other => return Err(A::Error::unknown_field(other, $Name::KEYS)),
                            }
                        }
                        Ok($Name { $(
                            $key: match $key.or_else(|| default_of!($($default)?)) {
                                Some(value) => value,
                                None => return Err(A::Error::missing_field(stringify!($key))),
                            }
                        ),* })
                    }
                }
                d.deserialize_struct(stringify!($Name), $Name::KEYS, Keys)
            }
        }
    };
}

/// A key's default, if it has one.
macro_rules! default_of {
    () => {
        None
    };
    ($default:expr) => {
        Some($default)
    };
}

/// A key's range; everything if none is stated.
macro_rules! check_of {
    () => {
        $crate::keys::Anything
    };
    ($check:expr) => {
        $check
    };
}

/// What a key's value must be beside its type: checked when it is read, and said in the schema.
pub(crate) trait Check<T> {
    /// The error is a sentence.
    fn check(&self, value: &T) -> Result<(), String>;
    /// Adds it to the schema of the type.
    fn limit(&self, schema: &mut Schema);
}

/// Nothing more.
pub(crate) struct Anything;

impl<T> Check<T> for Anything {
    fn check(&self, _: &T) -> Result<(), String> {
        Ok(())
    }
    fn limit(&self, _: &mut Schema) {}
}

impl Check<usize> for Range {
    fn check(&self, &x: &usize) -> Result<(), String> {
        Range::check(*self, x as f64)
    }
    fn limit(&self, schema: &mut Schema) {
        Range::limit(*self, schema);
    }
}

impl Check<f64> for Range {
    fn check(&self, &x: &f64) -> Result<(), String> {
        Range::check(*self, x)
    }
    fn limit(&self, schema: &mut Schema) {
        Range::limit(*self, schema);
    }
}

/// 64 hexadecimal digits, if given.
pub(crate) struct Sha256;

impl Check<Option<String>> for Sha256 {
    fn check(&self, text: &Option<String>) -> Result<(), String> {
        let Some(text) = text else { return Ok(()) };
        let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if hex { Ok(()) } else { Err(format!("expected a sha256 of 64 hexadecimal digits, found `{text}`")) }
    }
    fn limit(&self, schema: &mut Schema) {
        schema.insert("pattern".into(), "^[0-9a-fA-F]{64}$".into());
    }
}

/// Reads a value and refuses it at its own place if it is not what was asked for.
pub(crate) struct Checked<T, C>(C, PhantomData<T>);

impl<T, C: Check<T>> Checked<T, C> {
    /// A value of that type under that check.
    pub(crate) fn new(check: C) -> Self {
        Checked(check, PhantomData)
    }
}

impl<'de, T: Deserialize<'de>, C: Check<T>> DeserializeSeed<'de> for Checked<T, C> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        let value = T::deserialize(d)?;
        self.0.check(&value).map_err(D::Error::custom)?;
        Ok(value)
    }
}
