//! Roles of a family: a likelihood binds its parameters, a prior fixes them.

use crate::{AnyFamily, Domain, Family, Parameter, Support};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Where the value of a likelihood's parameter comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// A number, in the target's original units.
    Fixed(f64),
    /// A number, in the network's (standardised) coordinates.
    Standardised(f64),
    /// One number for all rows, trained, with a prior of its own; flat in the named parameter if none.
    Learned(Option<Box<Density>>),
    /// A head of the network.
    Predicted,
    /// Trained as 1, then replaced by √(RSS/N): what squared error assumes. Only the estimator `mse` says it.
    PlugIn,
}

/// A family with every parameter a number: the prior of one learned parameter, or of a bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    /// The family.
    pub family: AnyFamily,
    /// The values of its parameters.
    pub at: Vec<f64>,
}

/// A family as the density of targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Likelihood {
    /// The family.
    pub family: AnyFamily,
    /// One for each parameter of the family's list.
    pub bindings: Vec<Binding>,
}

/// A parameter of a weight prior: how it depends on the layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Strength {
    /// One number.
    Same(f64),
    /// One number per layer, first layer first.
    PerLayer(Vec<f64>),
    /// The number over √(inputs of the layer).
    FanIn(f64),
    /// By the weight's name, for transfer; weights not named get the family's default.
    ByName(BTreeMap<String, f64>),
}

/// A family as the density of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Prior {
    /// The family; `flat` for none.
    pub family: AnyFamily,
    /// One for each parameter of the family's list.
    pub at: Vec<Strength>,
    /// Of the biases of the output layer; flat if none.
    pub bias: Option<Density>,
    /// Of the biases of hidden layers; `None` shares the weights' prior.
    pub hidden_bias: Option<Density>,
}

/// A family cannot play that role.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RoleError {
    /// Only `flat` is refused: it has no probability to give.
    #[error("`{0}` is no likelihood: it gives no density to a target; it is a prior only")]
    NoLikelihood(&'static str),
    /// A prior over weights needs the whole line.
    #[error("`{0}` is no prior on weights: {1}")]
    NoWeightPrior(&'static str, &'static str),
}

impl Density {
    /// Without any preference: density 1 everywhere.
    pub fn flat() -> Density {
        Density { family: crate::family::Flat.into(), at: vec![] }
    }
    /// Whether it has no preference.
    pub fn is_flat(&self) -> bool {
        matches!(self.family, AnyFamily::Flat(_))
    }
}

impl Likelihood {
    /// The family, its location predicted, its other parameters bound in order.
    pub fn new(family: impl Into<AnyFamily>, shapes: &[Binding]) -> Likelihood {
        let family = family.into();
        let mut rest = shapes.iter().cloned();
        let bind = |p: &Parameter| if p.location { Some(Binding::Predicted) } else { rest.next() };
        Likelihood { family, bindings: family.parameters().iter().map_while(bind).collect() }
    }
}

impl Prior {
    /// No preference at all: MAP under it is MLE.
    pub fn flat() -> Prior {
        Prior { family: crate::family::Flat.into(), at: vec![], bias: None, hidden_bias: None }
    }
    /// Whether no weight and no bias has a prior.
    pub fn is_flat(&self) -> bool {
        let none = |bias: &Option<Density>| bias.as_ref().is_none_or(Density::is_flat);
        matches!(self.family, AnyFamily::Flat(_)) && none(&self.bias) && none(&self.hidden_bias)
    }
}

fn weight_prior(family: AnyFamily) -> Result<(), RoleError> {
    match (family, family.support()) {
        (AnyFamily::Flat(_), _) | (_, Support::Real) => Ok(()),
        (_, Support::Positive) => Err(RoleError::NoWeightPrior(family.name(), "weights may be negative, and it lives on y > 0")),
        _ => Err(RoleError::NoWeightPrior(family.name(), "weights are real numbers, and it counts or classifies")),
    }
}

/// The default of a parameter of a prior: a location at 0.
fn default_at(parameter: &Parameter) -> Option<f64> {
    (parameter.location && parameter.domain == Domain::Real).then_some(0.0)
}

// ---------------------------------------------------------------- reading

/// Reads `{ family: { parameter: value, … } }`; `read` is told each value's parameter, or the extra key.
trait Role: Sized {
    type Value;
    const EXPECTING: &'static str;
    const EXTRA: &'static [&'static str];
    fn accepts(family: AnyFamily) -> Result<(), RoleError>;
    fn value<'de, A: MapAccess<'de>>(map: &mut A, parameter: &'static Parameter) -> Result<Self::Value, A::Error>;
    fn extra<'de, A: MapAccess<'de>>(&mut self, map: &mut A, key: &str) -> Result<(), A::Error>;
    fn default(parameter: &Parameter) -> Option<Self::Value>;
    fn start() -> Self;
    fn finish(self, family: AnyFamily, values: Vec<Self::Value>) -> Self;
}

struct RoleVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Role> Visitor<'de> for RoleVisitor<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(T::EXPECTING)
    }
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<T, A::Error> {
        let (name, content) = data.variant::<String>()?;
        let family = AnyFamily::named(&name).ok_or_else(|| de::Error::unknown_variant(&name, AnyFamily::NAMES))?;
        T::accepts(family).map_err(de::Error::custom)?;
        content.struct_variant(keys(family, T::EXTRA), FamilyVisitor::<T>(family, self.0))
    }
}

struct FamilyVisitor<T>(AnyFamily, std::marker::PhantomData<T>);

impl<'de, T: Role> Visitor<'de> for FamilyVisitor<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the parameters of {}", self.0.name())
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
        let parameters = self.0.parameters();
        let mut values: Vec<Option<T::Value>> = parameters.iter().map(|_| None).collect();
        let mut role = T::start();
        while let Some(key) = map.next_key::<String>()? {
            if let Some(j) = parameters.iter().position(|p| p.name == key) {
                values[j] = Some(T::value(&mut map, &parameters[j])?);
            } else if let AnyFamily::Categorical(it) = &mut self.0
                && (key == "classes" || key == "reference")
            {
                let number = Some(map.next_value::<usize>()?);
                *(if key == "classes" { &mut it.classes } else { &mut it.reference }) = number;
            } else if T::EXTRA.contains(&key.as_str()) {
                role.extra(&mut map, &key)?;
            } else {
                return Err(de::Error::unknown_field(&key, keys(self.0, T::EXTRA)));
            }
        }
        if let AnyFamily::Categorical(it) = self.0 {
            it.check().map_err(de::Error::custom)?;
        }
        let given = values.into_iter().zip(parameters);
        let values = given.map(|(v, p)| v.or_else(|| T::default(p)).ok_or_else(|| de::Error::missing_field(p.name)));
        Ok(role.finish(self.0, values.collect::<Result<_, _>>()?))
    }
}

/// The keys a family takes in a role: a `'static` list, as serde asks; made once per family and role.
fn keys(family: AnyFamily, extra: &'static [&'static str]) -> &'static [&'static str] {
    use std::sync::{LazyLock, Mutex};
    type Known = BTreeMap<(&'static str, usize), &'static [&'static str]>;
    static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(|| Mutex::new(BTreeMap::new()));
    let mut known = KNOWN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    known.entry((family.name(), extra.len())).or_insert_with(|| {
        let own: &[&str] = if matches!(family, AnyFamily::Categorical(_)) { &["classes", "reference"] } else { &[] };
        let names = family.parameters().iter().filter(|_| own.is_empty()).map(|p| p.name);
        names.chain(own.iter().copied()).chain(extra.iter().copied()).collect::<Vec<_>>().leak()
    })
}

/// A number of a parameter's domain, or the error that says what was expected.
fn number<E: de::Error>(parameter: &Parameter, x: f64) -> Result<f64, E> {
    let Parameter { name, domain, .. } = parameter;
    if domain.contains(x) { Ok(x) } else { Err(E::custom(format!("`{name}` must be {}, found {x}", domain.expected()))) }
}

struct BindingSeed(&'static Parameter);

impl<'de> DeserializeSeed<'de> for BindingSeed {
    type Value = Binding;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Binding, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BindingSeed {
    type Value = Binding;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.0.trainable { "a number, `learned` or `predicted`" } else { self.0.domain.expected() })
    }
    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Binding, E> {
        number(self.0, x).map(Binding::Fixed)
    }
    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Binding, E> {
        self.visit_f64(x as f64)
    }
    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Binding, E> {
        self.visit_f64(x as f64)
    }
    fn visit_str<E: de::Error>(self, word: &str) -> Result<Binding, E> {
        match word {
            "learned" if self.0.trainable => Ok(Binding::Learned(None)),
            "predicted" if self.0.trainable => Ok(Binding::Predicted),
            "plug_in" if self.0.trainable => Ok(Binding::PlugIn),
            _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Binding, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Own {
            #[serde(default)]
            prior: Option<Density>,
        }
        const WORDS: &[&str] = &["learned", "standardised"];
        let binding = match map.next_key::<String>()?.as_deref() {
            Some("learned") if self.0.trainable => {
                let prior = map.next_value::<Own>()?.prior.filter(|prior| !prior.is_flat());
                if let Some(prior) = &prior {
                    let fits = match self.0.domain {
                        Domain::Real => prior.family.support() == Support::Real,
                        _ => matches!(prior.family.support(), Support::Positive | Support::Real),
                    };
                    if !fits {
                        let name = prior.family.name();
                        return Err(de::Error::custom(format!("`{name}` is no prior on `{}`: it counts or classifies", self.0.name)));
                    }
                }
                Binding::Learned(prior.map(Box::new))
            }
            Some("standardised") => Binding::Standardised(number(self.0, map.next_value()?)?),
            Some(other) => return Err(de::Error::unknown_field(other, WORDS)),
            None => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        };
        match map.next_key::<String>()? {
            None => Ok(binding),
            Some(second) => Err(de::Error::custom(format!("one of {WORDS:?}, and `{second}` beside it"))),
        }
    }
}

impl Role for Likelihood {
    type Value = Binding;
    const EXPECTING: &'static str = "a likelihood: a family and its parameters";
    const EXTRA: &'static [&'static str] = &[];
    fn accepts(family: AnyFamily) -> Result<(), RoleError> {
        if matches!(family, AnyFamily::Flat(_)) { Err(RoleError::NoLikelihood(family.name())) } else { Ok(()) }
    }
    fn value<'de, A: MapAccess<'de>>(map: &mut A, parameter: &'static Parameter) -> Result<Binding, A::Error> {
        map.next_value_seed(BindingSeed(parameter))
    }
    fn extra<'de, A: MapAccess<'de>>(&mut self, _: &mut A, _: &str) -> Result<(), A::Error> {
        Ok(())
    }
    fn default(parameter: &Parameter) -> Option<Binding> {
        parameter.location.then_some(Binding::Predicted)
    }
    fn start() -> Self {
        Likelihood { family: crate::family::Gaussian.into(), bindings: vec![] }
    }
    fn finish(self, family: AnyFamily, bindings: Vec<Binding>) -> Self {
        Likelihood { family, bindings }
    }
}

impl Role for Density {
    type Value = f64;
    const EXPECTING: &'static str = "a family with a number for each parameter";
    const EXTRA: &'static [&'static str] = &[];
    fn accepts(_: AnyFamily) -> Result<(), RoleError> {
        Ok(())
    }
    fn value<'de, A: MapAccess<'de>>(map: &mut A, parameter: &'static Parameter) -> Result<f64, A::Error> {
        map.next_value_seed(StrengthSeed(parameter, false)).map(|s| match s {
            Strength::Same(x) => x,
            _ => f64::NAN,
        })
    }
    fn extra<'de, A: MapAccess<'de>>(&mut self, _: &mut A, _: &str) -> Result<(), A::Error> {
        Ok(())
    }
    fn default(parameter: &Parameter) -> Option<f64> {
        default_at(parameter)
    }
    fn start() -> Self {
        Density::flat()
    }
    fn finish(self, family: AnyFamily, at: Vec<f64>) -> Self {
        Density { family, at }
    }
}

impl Role for Prior {
    type Value = Strength;
    const EXPECTING: &'static str = "a prior: a family and a number for each parameter";
    const EXTRA: &'static [&'static str] = &["bias", "hidden_bias"];
    fn accepts(family: AnyFamily) -> Result<(), RoleError> {
        weight_prior(family)
    }
    fn value<'de, A: MapAccess<'de>>(map: &mut A, parameter: &'static Parameter) -> Result<Strength, A::Error> {
        map.next_value_seed(StrengthSeed(parameter, true))
    }
    fn extra<'de, A: MapAccess<'de>>(&mut self, map: &mut A, key: &str) -> Result<(), A::Error> {
        let density: Density = map.next_value()?;
        weight_prior(density.family).map_err(de::Error::custom)?;
        // A stated flat hidden bias differs from the default, which shares the weights' prior.
        *(if key == "bias" { &mut self.bias } else { &mut self.hidden_bias }) = Some(density);
        self.bias = self.bias.take().filter(|bias| !bias.is_flat());
        Ok(())
    }
    fn default(parameter: &Parameter) -> Option<Strength> {
        default_at(parameter).map(Strength::Same)
    }
    fn start() -> Self {
        Prior::flat()
    }
    fn finish(self, family: AnyFamily, at: Vec<Strength>) -> Self {
        Prior { family, at, ..self }
    }
}

/// A number, or (for a weight prior) how it depends on the layer.
struct StrengthSeed(&'static Parameter, bool);

impl<'de> DeserializeSeed<'de> for StrengthSeed {
    type Value = Strength;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Strength, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrengthSeed {
    type Value = Strength;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.0.domain.expected())?;
        f.write_str(if self.1 { ", `per_layer: […]`, `fan_in: …` or `by_name: {…}`" } else { "" })
    }
    fn visit_f64<E: de::Error>(self, x: f64) -> Result<Strength, E> {
        number(self.0, x).map(Strength::Same)
    }
    fn visit_i64<E: de::Error>(self, x: i64) -> Result<Strength, E> {
        self.visit_f64(x as f64)
    }
    fn visit_u64<E: de::Error>(self, x: u64) -> Result<Strength, E> {
        self.visit_f64(x as f64)
    }
    fn visit_str<E: de::Error>(self, word: &str) -> Result<Strength, E> {
        if word == "learned" {
            return Err(E::custom(format!(
                "`{}` of a weight prior can't be learned: the joint maximum over weights and their prior scale is unbounded; give a number, or choose one with `select:`",
                self.0.name
            )));
        }
        Err(E::invalid_value(de::Unexpected::Str(word), &self))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strength, A::Error> {
        const WORDS: &[&str] = &["per_layer", "fan_in", "by_name"];
        let parameter = self.0;
        let all = |xs: &mut dyn Iterator<Item = f64>| xs.try_for_each(|x| number(parameter, x).map(|_| ()));
        let strength = match map.next_key::<String>()?.as_deref() {
            Some("per_layer") if self.1 => Strength::PerLayer(map.next_value()?),
            Some("fan_in") if self.1 => Strength::FanIn(map.next_value()?),
            Some("by_name") if self.1 => Strength::ByName(map.next_value()?),
            Some("learned") => return self.visit_str("learned"),
            Some(other) => return Err(de::Error::unknown_field(other, if self.1 { WORDS } else { &[] })),
            None => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        };
        match &strength {
            Strength::PerLayer(xs) => all(&mut xs.iter().copied()),
            Strength::ByName(xs) => all(&mut xs.values().copied()),
            Strength::Same(x) | Strength::FanIn(x) => all(&mut std::iter::once(*x)),
        }?;
        if let Some(second) = map.next_key::<String>()? {
            return Err(de::Error::custom(format!("one of {WORDS:?}, and `{second}` beside it")));
        }
        Ok(strength)
    }
}

macro_rules! deserialize { ($($Role:ident),+) => { $(
    impl<'de> Deserialize<'de> for $Role {
        fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
            d.deserialize_enum(stringify!($Role), AnyFamily::NAMES, RoleVisitor(std::marker::PhantomData))
        }
    }
)+ } }
deserialize!(Likelihood, Prior, Density);

// ---------------------------------------------------------------- writing

impl Serialize for Binding {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Binding::Fixed(x) => s.serialize_f64(*x),
            Binding::Standardised(x) => one(s, "standardised", x),
            Binding::Learned(None) => s.serialize_str("learned"),
            Binding::Learned(Some(prior)) => one(s, "learned", &BTreeMap::from([("prior", prior)])),
            Binding::Predicted => s.serialize_str("predicted"),
            Binding::PlugIn => s.serialize_str("plug_in"),
        }
    }
}

impl Serialize for Strength {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Strength::Same(x) => s.serialize_f64(*x),
            Strength::PerLayer(xs) => one(s, "per_layer", xs),
            Strength::FanIn(x) => one(s, "fan_in", x),
            Strength::ByName(xs) => one(s, "by_name", xs),
        }
    }
}

fn one<S: Serializer>(s: S, key: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

/// `{ family: { parameter: value, … } }` without what equals the default.
struct Parameters<'a, T, B>(AnyFamily, &'a [T], &'a [(&'a str, &'a Option<B>)], fn(&Parameter, &T) -> bool);

impl<T: Serialize, B: Serialize> Serialize for Parameters<'_, T, B> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        if let AnyFamily::Categorical(it) = self.0 {
            for (key, value) in [("classes", it.classes), ("reference", it.reference)] {
                if let Some(value) = value {
                    map.serialize_entry(key, &value)?;
                }
            }
        }
        for (parameter, value) in self.0.parameters().iter().zip(self.1) {
            if !self.3(parameter, value) {
                map.serialize_entry(parameter.name, value)?;
            }
        }
        for (key, value) in self.2 {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

impl Serialize for Likelihood {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let default = |p: &Parameter, b: &Binding| p.location && *b == Binding::Predicted;
        one(s, self.family.name(), &Parameters::<_, Density>(self.family, &self.bindings, &[], default))
    }
}
impl Serialize for Density {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        one(s, self.family.name(), &Parameters::<_, Density>(self.family, &self.at, &[], |p, x| default_at(p) == Some(*x)))
    }
}
impl Serialize for Prior {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let extra = [("bias", &self.bias), ("hidden_bias", &self.hidden_bias)];
        let default = |p: &Parameter, x: &Strength| default_at(p).map(Strength::Same).as_ref() == Some(x);
        one(s, self.family.name(), &Parameters(self.family, &self.at, &extra, default))
    }
}
