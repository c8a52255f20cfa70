//! A mapping of known keys as JSON Schema (draft 7): what an editor checks is what reading takes.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value};

/// The keys of a mapping, as they become a schema.
#[derive(Default)]
pub struct Properties {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Properties {
    /// One key more, with what its documentation says; one without a default must be given.
    pub fn add(&mut self, key: &str, about: &str, mut schema: Schema, default: Option<Value>) {
        // A `$ref` of draft 7 hides what stands beside it.
        if schema.get("$ref").is_some() {
            schema = json_schema!({ "allOf": [schema] });
        }
        if !about.is_empty() {
            schema.insert("description".into(), about.trim().into());
        }
        match default {
            Some(default) => drop(schema.insert("default".into(), default)),
            None => self.required.push(key.into()),
        }
        self.properties.insert(key.into(), schema.into());
    }
    /// These keys and no others.
    pub fn schema(self) -> Schema {
        let Properties { properties, required } = self;
        let mut schema = json_schema!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema
    }
    /// A mapping with this one key, as serde writes a variant with content.
    pub fn variant(key: &str, about: &str, content: Schema) -> Schema {
        let mut only = Properties::default();
        only.add(key, "", content, None);
        let mut schema = only.schema();
        if !about.is_empty() {
            schema.insert("description".into(), about.into());
        }
        schema
    }
}
