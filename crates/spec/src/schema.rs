//! The experiment file as JSON Schema (draft 7), for editors: made from the types that read it.
//!
//! serde's derive and schemars' read the same attributes, and what both leave out is here: a word stands for a variant
//! without content, groups may be named files, and `sweep` and `select` vary keys by their dotted names.

use crate::compose::{Files, GROUPS, ONE_FOR_ALL, SELECTED};
use crate::{Experiment, Select};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The schema of an experiment file (`None`), or of the files of a group under `configs/`. The files that there are now
/// are names that may be given; `None` if there is no such group.
///
/// ```
/// # struct None; impl surprisal_spec::Files for None {
/// #   fn option(&self, _: &str, _: &str) -> Option<(String, String)> { Option::None }
/// #   fn options(&self, _: &str) -> Vec<String> { vec![] }
/// # }
/// let schema = surprisal_spec::schema(&None, Some("likelihood")).unwrap();
/// assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
/// assert!(surprisal_spec::schema(&None, Some("likelyhood")).is_none());
/// ```
pub fn schema(files: &dyn Files, group: Option<&str>) -> Option<Value> {
    let Types { mut root, mut definitions, mut select } = Types::new(true);
    if let Some(group) = group {
        GROUPS.contains(&group).then_some(())?;
        let of = root["properties"][group].clone();
        return Some(whole(&format!("configs/{group}"), of, definitions));
    }
    let strict = Types::new(false);
    merge(&mut definitions, strict.definitions);
    let mut complete = strict.root["properties"].clone();
    for properties in [&mut root["properties"], &mut complete] {
        GROUPS.iter().for_each(|group| name_files(properties, group, files.options(group)));
    }
    definitions["Axes"] = axes(&root, &definitions);
    let of = |about: &str| json!({ "description": about, "allOf": [{ "$ref": "#/definitions/Axes" }] });
    root["properties"]["sweep"] = json!({
        "type": "object", "properties": { "grid": of("Keys and the values that they take: each combination is a cell.") },
        "required": ["grid"], "additionalProperties": false, "description": "What varies between the arms.",
    });
    select["properties"]["over"] = of("Keys and the values to choose among.");
    select["properties"]["over"]["propertyNames"] = json!({ "pattern": format!("^({})([.]|$)", SELECTED.join("|")) });
    let required = select["required"].as_array().cloned().unwrap_or_default();
    select["required"] = required.into_iter().chain(["over".into()]).collect();
    root["properties"]["select"] = select;
    // What must be given may be given by what is swept; where nothing is, all must be there.
    let required = strict.root["required"].as_array().cloned().unwrap_or_default();
    let (always, others): (Vec<_>, Vec<_>) =
        required.into_iter().partition(|key| ONE_FOR_ALL.iter().any(|it| key == it));
    let swept = json!({ "properties": { "grid": { "required": others } } });
    let given =
        json!({ "anyOf": [{ "required": others }, { "required": ["sweep"], "properties": { "sweep": swept } }] });
    let varied = json!({ "anyOf": VARYING.map(|key| json!({ "required": [key] })) });
    let groups: Map<String, Value> = GROUPS.iter().map(|group| ((*group).into(), take(&mut complete, group))).collect();
    root["allOf"] = json!([given, { "if": { "not": varied }, "then": { "properties": groups } }]);
    root["required"] = always.into();
    Some(whole("experiment", root, definitions))
}

/// The types as they are read: everything that must be given is required. For lists and pages.
pub(crate) fn complete(group: Option<&str>) -> Value {
    let Types { mut root, definitions, mut select } = Types::new(false);
    if let Some(group) = group {
        return whole(group, take(&mut root["properties"], group), definitions);
    }
    let keys = |about: &str| json!({ "type": "object", "title": "dotted keys, each with a list of values", "description": about });
    select["properties"]["over"] = keys("Keys and the values to choose among.");
    select["required"] = json!(["over"]);
    root["properties"]["select"] = select;
    root["properties"]["sweep"] = json!({
        "type": "object", "description": "What varies between the arms.",
        "properties": { "grid": keys("Keys and the values that they take: each combination is a cell.") },
    });
    whole("experiment", root, definitions)
}

/// Keys under which others get values that their own place lacks.
const VARYING: [&str; 2] = ["sweep", "select"];

/// The schemas that derive from types.
struct Types {
    root: Value,
    definitions: Value,
    select: Value,
}

impl Types {
    /// With `loose`, what a mapping must hold may come from elsewhere: a sweep, a selection.
    fn new(loose: bool) -> Types {
        let mut all = SchemaSettings::draft07().into_generator();
        let mut root = Value::from(all.root_schema_for::<Experiment>());
        let mut definitions = take(&mut root, "definitions");
        let mut select = Value::from(all.root_schema_for::<Select>());
        merge(&mut definitions, take(&mut select, "definitions"));
        let mut nodes = [&mut definitions, &mut root, &mut select];
        nodes.iter_mut().for_each(|node| words(node));
        if loose {
            nodes.iter_mut().for_each(|node| loosen(node));
            let named = definitions.as_object().into_iter().flatten();
            definitions = named.map(|(name, it)| (format!("{name}{LOOSE}"), it.clone())).collect();
        }
        let empty = contents(&definitions).filter(|(_, it)| needs_nothing(it)).map(|(name, _)| name);
        let empty: Vec<String> = empty.collect();
        for node in [&mut definitions, &mut root, &mut select] {
            nothing(node, &empty);
        }
        for key in ["$schema", "title"] {
            take(&mut select, key);
        }
        Types { root, definitions, select }
    }
}

/// Ends the names of definitions whose mappings need not be complete.
const LOOSE: &str = ".part";

/// Nothing must be given any more, but for the one key that says which kind of value it is.
fn loosen(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(loosen),
        Value::Object(map) => {
            if let Some(Value::String(place)) = map.get_mut("$ref") {
                *place += LOOSE;
            }
            if map.get("properties").and_then(Value::as_object).is_some_and(|it| it.len() != 1) {
                map.remove("required");
            }
            map.values_mut().for_each(loosen);
        }
        _ => {}
    }
}

/// Names of files are words that a group may be.
fn name_files(properties: &mut Value, group: &str, names: Vec<String>) {
    if !names.is_empty() {
        let of = take(properties, group);
        let about = of["description"].clone();
        let file = json!({ "enum": names, "description": format!("A file under configs/{group}") });
        properties[group] = told(&about, json!({ "anyOf": [of, file] }));
    }
}

fn take(node: &mut Value, key: &str) -> Value {
    node.as_object_mut().and_then(|map| map.remove(key)).unwrap_or_default()
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

fn whole(title: &str, mut root: Value, definitions: Value) -> Value {
    root["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    root["title"] = format!("Surprisal: {title}").into();
    root["definitions"] = definitions;
    root
}

fn contents(definitions: &Value) -> impl Iterator<Item = (String, &Value)> {
    definitions.as_object().into_iter().flatten().map(|(name, it)| (format!("#/definitions/{name}"), it))
}

fn needs_nothing(content: &Value) -> bool {
    content["type"] == "object" && content["required"].as_array().is_none_or(Vec::is_empty)
}

/// With a description, if there is one.
fn told(about: &Value, mut schema: Value) -> Value {
    if about.is_string() {
        schema["description"] = about.clone();
    }
    schema
}

/// The variants of an enum: a word alone, or a mapping with one key. `None` if it is something else.
fn variants(node: &Value) -> Option<(Vec<Value>, Map<String, Value>)> {
    let (mut alone, mut with) = (Vec::new(), Map::new());
    for variant in node["oneOf"].as_array()? {
        let about = &variant["description"];
        if let Some(word) = variant.get("const") {
            alone.push(told(about, json!({ "const": word })));
        } else if let Some(words) = variant["enum"].as_array() {
            alone.extend(words.iter().map(|word| json!({ "const": word })));
        } else {
            let (name, content) = variant["properties"].as_object().filter(|it| it.len() == 1)?.iter().next()?;
            with.insert(name.clone(), told(about, json!({ "allOf": [content] })));
        }
    }
    (!with.is_empty()).then_some((alone, with))
}

/// Enums become one mapping of all their variants, so that an editor offers the keys and names the wrong one.
fn words(node: &mut Value) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(words),
        Value::Object(map) => map.values_mut().for_each(words),
        _ => {}
    }
    if let Some((alone, with)) = variants(node) {
        take(node, "oneOf");
        let mapping = json!({
            "type": "object", "properties": with, "additionalProperties": false, "minProperties": 1, "maxProperties": 1
        });
        node["anyOf"] = alone.into_iter().chain([mapping]).collect();
    }
}

/// A variant whose content needs no key may be written as a word, or with nothing after its colon.
fn nothing(node: &mut Value, empty: &[String]) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|it| nothing(it, empty)),
        Value::Object(map) => map.values_mut().for_each(|it| nothing(it, empty)),
        _ => {}
    }
    let Some(choices) = node.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    let Some(mapping) = choices.iter_mut().find(|it| it["maxProperties"] == 1) else { return };
    let mut alone = Vec::new();
    for (name, variant) in mapping["properties"].as_object_mut().into_iter().flatten() {
        let content = &variant["allOf"][0];
        let known = content["$ref"].as_str().is_some_and(|it| empty.iter().any(|name| name == it));
        if known || needs_nothing(content) {
            alone.push(told(&variant["description"], json!({ "const": name })));
            let both = json!({ "anyOf": [content, { "type": "null" }] });
            variant["allOf"] = json!([both]);
        }
    }
    choices.splice(0..0, alone);
}

/// Every dotted key under the heads that may vary, with lists of what it takes.
fn axes(root: &Value, definitions: &Value) -> Value {
    let mut found = BTreeMap::<String, Vec<String>>::new();
    let heads = root["properties"].as_object().into_iter().flatten();
    for (head, schema) in heads.filter(|(head, _)| !ONE_FOR_ALL.contains(&head.as_str())) {
        walk(schema, head, &format!("#/properties/{head}"), definitions, &mut found);
    }
    let lists = found.into_iter().map(|(key, mut places)| {
        places.dedup();
        let places: Vec<_> = places.into_iter().map(|place| json!({ "$ref": place })).collect();
        let items = if let [one] = &places[..] { one.clone() } else { json!({ "anyOf": places }) };
        (key, json!({ "type": "array", "minItems": 1, "items": items }))
    });
    json!({
        "type": "object", "minProperties": 1, "properties": Map::from_iter(lists), "additionalProperties": false,
        "title": "dotted keys, each with a list of values",
    })
}

/// Notes the place of the schema of a key, and of the keys inside it.
fn walk(schema: &Value, key: &str, place: &str, definitions: &Value, found: &mut BTreeMap<String, Vec<String>>) {
    found.entry(key.into()).or_default().push(place.into());
    inside(schema, key, place, definitions, found);
}

fn inside(schema: &Value, key: &str, place: &str, definitions: &Value, found: &mut BTreeMap<String, Vec<String>>) {
    if let Some(name) = schema["$ref"].as_str() {
        inside(&definitions[name.rsplit('/').next().unwrap_or_default()], key, name, definitions, found);
    }
    for word in ["anyOf", "allOf"] {
        for (i, choice) in schema[word].as_array().into_iter().flatten().enumerate() {
            inside(choice, key, &format!("{place}/{word}/{i}"), definitions, found);
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        walk(property, &format!("{key}.{name}"), &format!("{place}/properties/{name}"), definitions, found);
    }
}
