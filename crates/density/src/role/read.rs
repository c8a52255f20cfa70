//! Roles from `{ family: { parameter: value, … } }`.

use super::{Binding, Density, Likelihood, Prior, RoleError, Strength, default_at, weight_prior};
use crate::{AnyFamily, Domain, Parameter, Support};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Reads `{ family: { parameter: value, … } }`; `read` is told each value's parameter, or the extra key.
pub(super) trait Role: Sized {
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
pub(super) fn keys(family: AnyFamily, extra: &'static [&'static str]) -> &'static [&'static str] {
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
    if domain.contains(x) {
        Ok(x)
    } else {
        Err(E::custom(format!("`{name}` must be {}, found {x}", domain.expected())))
    }
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
        match self.0.trainable {
            true => f.write_str("a number, `learned` or `predicted`"),
            false => f.write_str(&self.0.domain.expected()),
        }
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
                        return Err(de::Error::custom(format!(
                            "`{name}` is no prior on `{}`: it counts or classifies",
                            self.0.name
                        )));
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
        if Likelihood::may_be(family) { Ok(()) } else { Err(RoleError::NoLikelihood(family.name())) }
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
        f.write_str(&self.0.domain.expected())?;
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
        let strength = match map.next_key::<String>()?.as_deref() {
            Some("per_layer") if self.1 => Strength::PerLayer(map.next_value()?),
            Some("fan_in") if self.1 => Strength::FanIn(map.next_value()?),
            Some("by_name") if self.1 => Strength::ByName(map.next_value()?),
            Some("learned") => return self.visit_str("learned"),
            Some(other) => return Err(de::Error::unknown_field(other, if self.1 { WORDS } else { &[] })),
            None => return Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        };
        let given: Vec<f64> = match &strength {
            Strength::PerLayer(xs) => xs.clone(),
            Strength::ByName(xs) => xs.values().copied().collect(),
            Strength::Same(x) | Strength::FanIn(x) => vec![*x],
        };
        for x in given {
            number(parameter, x)?;
        }
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
