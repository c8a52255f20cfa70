//! A config of the shape experiments have: roles read by hand-written visitors, validated numbers, enums, defaults.
#![allow(dead_code, unreachable_pub, missing_docs)]

use serde::de::{self, Deserialize, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use surprisal_spec::yaml::{Node, Place, Sources, read, render, render_short};

#[derive(Clone, Copy, PartialEq, Debug, Serialize, serde::Deserialize)]
#[serde(try_from = "f64")]
pub struct Positive(pub f64);

impl TryFrom<f64> for Positive {
    type Error = &'static str;
    fn try_from(x: f64) -> Result<Self, &'static str> {
        if x > 0.0 && x.is_finite() { Ok(Positive(x)) } else { Err("must be greater than 0 and finite") }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Setting {
    Fixed(f64),
    Standardised(f64),
    Learned(Option<Box<Family>>),
}

fn positive<E: de::Error>(x: f64) -> Result<f64, E> {
    if x > 0.0 { Ok(x) } else { Err(E::custom(format!("must be greater than 0, found {x}"))) }
}

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Setting;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, `learned` or `predicted`")
            }
            fn visit_f64<E: de::Error>(self, x: f64) -> Result<Setting, E> {
                positive(x).map(Setting::Fixed)
            }
            fn visit_u64<E: de::Error>(self, x: u64) -> Result<Setting, E> {
                self.visit_f64(x as f64)
            }
            fn visit_i64<E: de::Error>(self, x: i64) -> Result<Setting, E> {
                self.visit_f64(x as f64)
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<Setting, E> {
                match word {
                    "learned" => Ok(Setting::Learned(None)),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Setting, A::Error> {
                #[derive(serde::Deserialize)]
                struct Own {
                    #[serde(default)]
                    prior: Option<Box<Family>>,
                }
                const WORDS: &[&str] = &["learned", "standardised"];
                let setting = match map.next_key::<String>()?.as_deref() {
                    Some("learned") => Setting::Learned(map.next_value::<Own>()?.prior),
                    Some("standardised") => Setting::Standardised(positive(map.next_value()?)?),
                    Some(other) => return Err(de::Error::unknown_field(other, WORDS)),
                    None => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
                };
                match map.next_key::<String>()? {
                    None => Ok(setting),
                    Some(second) => Err(de::Error::custom(format!("one of {WORDS:?}, and `{second}` beside it"))),
                }
            }
        }
        de.deserialize_any(V)
    }
}

impl Serialize for Setting {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Setting::Fixed(x) => out.serialize_f64(*x),
            Setting::Standardised(x) => out.collect_map([("standardised", x)]),
            Setting::Learned(None) => out.serialize_str("learned"),
            Setting::Learned(Some(prior)) => out.collect_map([("learned", BTreeMap::from([("prior", prior)]))]),
        }
    }
}

/// A family by its name, with as many settings as it has parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Family(pub &'static str, pub Vec<Setting>);

pub const FAMILIES: &[(&str, &[&str])] = &[
    ("gaussian", &["scale"]),
    ("student_t", &["nu", "scale"]),
    ("categorical", &[]),
    ("flat", &[]),
    ("half_normal", &["sd"]),
];
pub const NAMES: &[&str] = &["gaussian", "student_t", "categorical", "flat", "half_normal"];

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Family;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a family and its parameters")
            }
            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Family, A::Error> {
                let (name, content) = data.variant::<String>()?;
                let family = FAMILIES.iter().find(|(family, _)| *family == name);
                let (name, fields) = family.ok_or_else(|| de::Error::unknown_variant(&name, NAMES))?;
                let leaked: &'static [&'static str] = fields.to_vec().leak();
                content.struct_variant(leaked, Content(name, leaked))
            }
        }
        struct Content(&'static str, &'static [&'static str]);
        impl<'de> Visitor<'de> for Content {
            type Value = Family;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "the parameters of {}", self.0)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Family, A::Error> {
                let mut settings: Vec<Option<Setting>> = vec![None; self.1.len()];
                while let Some(key) = map.next_key::<String>()? {
                    match self.1.iter().position(|field| *field == key) {
                        Some(i) => settings[i] = Some(map.next_value()?),
                        None => return Err(de::Error::unknown_field(&key, self.1)),
                    }
                }
                let given = settings.into_iter().zip(self.1);
                let settings = given.map(|(setting, field)| match (setting, *field) {
                    (Some(setting), _) => Ok(setting),
                    (None, "scale") if self.0 == "gaussian" => Ok(Setting::Learned(None)),
                    (None, field) => Err(de::Error::missing_field(field)),
                });
                Ok(Family(self.0, settings.collect::<Result<_, _>>()?))
            }
        }
        de.deserialize_enum("Family", NAMES, V)
    }
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let fields = FAMILIES.iter().find(|(name, _)| *name == self.0).map_or(&[][..], |(_, fields)| fields);
        let settings: BTreeMap<_, _> = fields.iter().zip(&self.1).collect();
        if settings.is_empty() { out.serialize_str(self.0) } else { out.collect_map([(self.0, settings)]) }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    Normal {
        #[serde(default = "one")]
        sd: Positive,
    },
    HalfCauchy(Cauchy),
    PerLayer(Vec<Positive>),
    Flat,
}

#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Cauchy {
    pub scale: Positive,
    pub shift: f64,
}

fn one() -> Positive {
    Positive(1.0)
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    Map,
    Mle,
    Mse,
}

#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Train {
    pub n: u32,
    pub max_steps: u64,
    pub lr: Positive,
    pub shuffle: bool,
    pub rates: Vec<Positive>,
    pub by: String,
}

impl Default for Train {
    fn default() -> Self {
        Train { n: 256, max_steps: 500, lr: Positive(1e-3), shuffle: true, rates: vec![], by: "row".into() }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize)]
pub struct Config {
    pub schema: u8,
    pub name: String,
    #[serde(default)]
    pub description: Option<String>,
    pub likelihood: Family,
    pub prior: Prior,
    pub estimator: Estimator,
    #[serde(default)]
    pub train: Train,
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// One document as a type, or its problems by `show`.
pub fn parse_with<T, R>(yaml: &str, show: R) -> Result<T, String>
where
    T: de::DeserializeOwned,
    R: Fn(&Sources, &surprisal_spec::yaml::Problem) -> String,
{
    let mut sources = Sources::default();
    let source = sources.add(Place::File("x.yaml".into()), yaml);
    let all = |problems: Vec<_>| problems.iter().map(|p| show(&sources, p)).collect::<Vec<_>>().join("\n");
    let node = Node::parse(&sources, source).map_err(|problem| all(vec![problem]))?;
    read(&node).map_err(all)
}

/// One document as a type, or its problems as people see them.
pub fn parse<T: de::DeserializeOwned>(yaml: &str) -> Result<T, String> {
    parse_with(yaml, |sources, problem| render(sources, problem, false))
}

/// The problems of a document, one a line.
#[track_caller]
pub fn short<T: de::DeserializeOwned + fmt::Debug>(yaml: &str) -> String {
    parse_with::<T, _>(yaml, render_short).expect_err("a mistake")
}

/// A document as it is written to records.
pub fn write<T: Serialize>(value: &T) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_yaml::Serializer::new(&mut out);
    serde_yaml::with::singleton_map_recursive::serialize(value, &mut serializer).expect("serialises");
    String::from_utf8(out).expect("UTF-8")
}
