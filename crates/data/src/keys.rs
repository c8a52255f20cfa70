//! A mapping of keys, each with its type, default and range, declared once.
//!
//! serde's `flatten` would share keys between structs but loses the places of errors; so a macro writes them out.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error};

/// `pub struct Name { key: Type = default, check; … }`: the struct, and reading and writing it.
///
/// A key without a default must be given; one equal to its default is not written; an unknown one is refused.
macro_rules! keys {
    ($(#[$doc:meta])* pub struct $Name:ident {
        $($(#[$about:meta])* $key:ident: $Type:ty $(= $default:expr)? $(, $check:expr)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Name { $($(#[$about])* pub $key: $Type),* }

        impl $Name {
            /// The YAML keys, in order.
            pub const KEYS: &'static [&'static str] = &[$(stringify!($key)),*];
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
                                    $key = Some(map.next_value_seed($crate::keys::Checked(check_of!($($check)?)))?);
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
        |_| Ok(())
    };
    ($check:expr) => {
        $check
    };
}

/// Reads a value and refuses it at its own place if it is out of range.
pub(crate) struct Checked<T>(pub fn(&T) -> Result<(), String>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Checked<T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
        let value = T::deserialize(d)?;
        (self.0)(&value).map_err(D::Error::custom)?;
        Ok(value)
    }
}

/// From `MIN` to `MAX`.
pub(crate) fn within<const MIN: usize, const MAX: usize>(&x: &usize) -> Result<(), String> {
    if (MIN..=MAX).contains(&x) {
        Ok(())
    } else if x < MIN {
        Err(format!("expected a whole number of at least {MIN}, found {x}"))
    } else {
        Err(format!("expected a whole number of at most {MAX}, found {x}"))
    }
}

/// At least `MIN`.
pub(crate) fn at_least<const MIN: usize>(&x: &usize) -> Result<(), String> {
    if x >= MIN { Ok(()) } else { Err(format!("expected a whole number of at least {MIN}, found {x}")) }
}

/// x > 0.
pub(crate) fn positive(&x: &f64) -> Result<(), String> {
    if x > 0.0 && x.is_finite() { Ok(()) } else { Err(format!("expected a number greater than 0, found {x}")) }
}

/// x ≥ 0.
pub(crate) fn not_negative(&x: &f64) -> Result<(), String> {
    if x >= 0.0 && x.is_finite() { Ok(()) } else { Err(format!("expected a number of at least 0, found {x}")) }
}

/// 0 < x < 1.
pub(crate) fn share(&x: &f64) -> Result<(), String> {
    if x > 0.0 && x < 1.0 { Ok(()) } else { Err(format!("expected a share between 0 and 1, found {x}")) }
}

/// 64 hexadecimal digits, if given.
pub(crate) fn is_sha256(text: &Option<String>) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if hex { Ok(()) } else { Err(format!("expected a sha256 of 64 hexadecimal digits, found `{text}`")) }
}
