//! Roles as `{ family: { parameter: value, … } }`, without what equals the default.

use super::{Binding, Density, Likelihood, Prior, Strength, default_at};
use crate::{AnyFamily, Parameter};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

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
        one(
            s,
            self.family.name(),
            &Parameters::<_, Density>(self.family, &self.at, &[], |p, x| default_at(p) == Some(*x)),
        )
    }
}
impl Serialize for Prior {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let extra = [("bias", &self.bias), ("hidden_bias", &self.hidden_bias)];
        let default = |p: &Parameter, x: &Strength| default_at(p).map(Strength::Same).as_ref() == Some(x);
        one(s, self.family.name(), &Parameters(self.family, &self.at, &extra, default))
    }
}
