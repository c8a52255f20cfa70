//! Roles as JSON Schema, from the registry of families and the rules that reading them follows.

use super::read::{Role, keys};
use super::{Binding, Density, Likelihood, Prior, RoleError, Strength, weight_prior};
use crate::{AnyFamily, Parameter, Properties, Range};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// A role whose values and extra keys can be told.
trait Told: Role {
    /// What a parameter may be.
    fn parameter(all: &mut SchemaGenerator, parameter: &Parameter) -> Schema;
    /// What an extra key holds.
    fn biases(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
    /// The default as JSON.
    fn json(default: Self::Value) -> serde_json::Value;
}

/// A variant for each family that may play the role.
fn families<T: Told>(all: &mut SchemaGenerator, accepts: impl Fn(AnyFamily) -> Result<(), RoleError>) -> Schema {
    let mut variants = Vec::new();
    for family in AnyFamily::all().into_iter().filter(|family| accepts(*family).is_ok()) {
        let mut properties = Properties::default();
        for key in keys(family, T::EXTRA) {
            if let Some(parameter) = family.parameters().iter().find(|p| p.name == *key) {
                let default = T::default(parameter).map(T::json);
                properties.add(key, "", T::parameter(all, parameter), default);
            } else if T::EXTRA.contains(key) {
                properties.add(key, "The density of these biases.", T::biases(all), Some(serde_json::Value::Null));
            } else {
                properties.add(key, "", Range::at_least(0).schema(), Some(serde_json::Value::Null));
            }
        }
        let about = format!("p(y) = {}", family.formula());
        variants.push(Properties::variant(family.name(), &about, properties.schema()));
    }
    json_schema!({ "oneOf": variants, "description": T::EXPECTING })
}

/// `{ word: … }` and nothing else.
fn one(word: &str, about: &str, content: Schema) -> Schema {
    Properties::variant(word, about, content)
}

impl Told for Likelihood {
    fn parameter(all: &mut SchemaGenerator, parameter: &Parameter) -> Schema {
        let number = parameter.domain.range().schema();
        let standardised = one("standardised", "A number in the network's coordinates.", number.clone());
        if !parameter.trainable {
            return json_schema!({ "anyOf": [number, standardised] });
        }
        let prior = json_schema!({ "anyOf": [all.subschema_for::<Density>(), { "type": "null" }] });
        let mut own = Properties::default();
        own.add("prior", "Of the learned number; flat if none.", prior, Some(serde_json::Value::Null));
        json_schema!({ "anyOf": [
            number,
            { "enum": ["learned", "predicted"] },
            one("learned", "One number for all rows, trained.", own.schema()),
            standardised,
        ] })
    }
    fn json(default: Binding) -> serde_json::Value {
        serde_json::to_value(default).unwrap_or_default()
    }
}

impl Told for Density {
    fn parameter(_: &mut SchemaGenerator, parameter: &Parameter) -> Schema {
        parameter.domain.range().schema()
    }
    fn json(default: f64) -> serde_json::Value {
        default.into()
    }
}

impl Told for Prior {
    fn parameter(_: &mut SchemaGenerator, parameter: &Parameter) -> Schema {
        let number = parameter.domain.range().schema();
        let list = json_schema!({ "type": "array", "items": number.clone() });
        let map = json_schema!({ "type": "object", "additionalProperties": number.clone() });
        json_schema!({ "anyOf": [
            number.clone(),
            one("per_layer", "One number per layer, first layer first.", list),
            one("fan_in", "The number over √(inputs of the layer).", number),
            one("by_name", "By the weight's name.", map),
        ] })
    }
    fn biases(all: &mut SchemaGenerator) -> Schema {
        all.subschema_for::<OfBiases>()
    }
    fn json(default: Strength) -> serde_json::Value {
        serde_json::to_value(default).unwrap_or_default()
    }
}

/// A [`Density`] that weights may have.
struct OfBiases;

macro_rules! schema { ($($Role:ty as $name:literal: $schema:expr;)+) => { $(
    impl JsonSchema for $Role {
        fn schema_name() -> Cow<'static, str> {
            $name.into()
        }
        fn json_schema(all: &mut SchemaGenerator) -> Schema {
            $schema(all)
        }
    }
)+ } }
schema! {
    Likelihood as "Likelihood": |all| families::<Likelihood>(all, Likelihood::accepts);
    Density as "Density": |all| families::<Density>(all, Density::accepts);
    Prior as "Prior": |all| families::<Prior>(all, Prior::accepts);
    OfBiases as "BiasPrior": |all| families::<Density>(all, weight_prior);
}
