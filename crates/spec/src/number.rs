//! A number that JSON can hold also when it is not finite.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An `f64`; NaN and the infinities are written as the texts `"NaN"`, `"inf"`, `"-inf"`, so that nothing is hidden.
#[derive(Clone, Copy, Debug, Default)]
pub struct Number(pub f64);

impl PartialEq for Number {
    /// Equal bits: NaN equals itself, and −0 is not 0. Two computations of one run are compared with it.
    fn eq(&self, other: &Number) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl From<f64> for Number {
    fn from(x: f64) -> Number {
        Number(x)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            x if x.is_nan() => s.serialize_str("NaN"),
            x if x.is_infinite() => s.serialize_str(if x > 0.0 { "inf" } else { "-inf" }),
            x => s.serialize_f64(x),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Number, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Number;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a number, \"NaN\", \"inf\" or \"-inf\"")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Number, E> {
                Ok(Number(x))
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Number, E> {
                Ok(Number(x as f64))
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Number, E> {
                Ok(Number(x as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
                match text {
                    "NaN" => Ok(Number(f64::NAN)),
                    "inf" => Ok(Number(f64::INFINITY)),
                    "-inf" => Ok(Number(f64::NEG_INFINITY)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        d.deserialize_any(Text)
    }
}
