//! The experiment file as JSON Schema (draft 7), for editors: made from the types that read it.
//!
//! serde's derive and schemars' read the same attributes, and what both leave out is here: a word stands for a variant
//! without content, groups may be named files, and `sweep` and `select` vary keys by their dotted names.

use crate::compose::{DRAWN, Files, GROUPS, LAYERS, ONE_FOR_ALL, PARTS, RANGES, SELECTED, variants as options};
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
        let of = json!({ "anyOf": [root["properties"][group].clone(), layered(group)] });
        return Some(whole(&format!("configs/{group}"), of, definitions));
    }
    let strict = Types::new(false);
    merge(&mut definitions, strict.definitions);
    let mut complete = strict.root["properties"].clone();
    for properties in [&mut root["properties"], &mut complete] {
        GROUPS.iter().for_each(|group| name_files(properties, group, files.options(group)));
    }
    definitions["Axes"] = axes(&root, &definitions);
    definitions["Range"] = one_of(RANGES, json!({ "type": "array", "items": { "type": "number" } }));
    definitions["Draw"] = one_of(DRAWN, json!({ "type": "array", "items": { "type": "number" } }));
    let names: Vec<&String> =
        definitions["Axes"]["properties"].as_object().into_iter().flatten().map(|it| it.0).collect();
    definitions["Key"] = json!({ "enum": names });
    root["properties"]["sweep"] =
        told(&json!("What varies between the arms."), json!({ "anyOf": [sweep(), { "type": "null" }] }));
    select["properties"]["over"] = axes_of("Keys and the values to choose among.");
    select["properties"]["over"]["propertyNames"] = json!({ "pattern": format!("^({})([.]|$)", SELECTED.join("|")) });
    let required = select["required"].as_array().cloned().unwrap_or_default();
    select["required"] = required.into_iter().chain(["over".into()]).collect();
    root["properties"]["select"] = select;
    root["properties"]["defaults"] = defaults();
    // What must be given may be given by layers below, or by what is swept; where nothing is, all must be there.
    let required = strict.root["required"].as_array().cloned().unwrap_or_default();
    let (always, others): (Vec<_>, Vec<_>) =
        required.into_iter().partition(|key| ONE_FOR_ALL.iter().any(|it| key == it));
    let has = |key: &&str| json!({ "required": [key] });
    let grid = json!({ "required": ["grid"], "properties": { "grid": { "required": others } } });
    let parts: Vec<Value> = PARTS.iter().filter(|it| **it != "grid").map(has).chain([grid]).collect();
    let swept = json!({ "required": ["sweep"], "properties": { "sweep": { "anyOf": parts } } });
    let given = json!({ "anyOf": [{ "required": others }, { "required": ["defaults"] }, swept] });
    let named = json!({ "anyOf": [{ "required": always }, { "required": ["defaults"] }] });
    let varied = json!({ "anyOf": VARYING.each_ref().map(has) });
    let groups: Map<String, Value> = GROUPS.iter().map(|group| ((*group).into(), take(&mut complete, group))).collect();
    root["allOf"] = json!([named, given, { "if": { "not": varied }, "then": { "properties": groups } }]);
    take(&mut root, "required");
    Some(whole("experiment", root, definitions))
}

/// A file of a group that stands on others: `defaults`, and what it changes in the option that they give.
fn layered(group: &str) -> Value {
    let known: Vec<&str> = options(group).into_iter().chain(["defaults"]).collect();
    json!({
        "type": "object", "required": ["defaults"], "propertyNames": { "enum": known },
        "properties": { "defaults": {
            "type": "array", "description": "Options of this group under this file, later ones over earlier ones.",
            "items": { "type": ["string", "object"] },
        } },
    })
}

fn axes_of(about: &str) -> Value {
    json!({ "description": about, "allOf": [{ "$ref": "#/definitions/Axes" }] })
}

/// A mapping with one of these words.
fn one_of(words: &[&str], of: Value) -> Value {
    let properties: Map<String, Value> = words.iter().map(|word| ((*word).into(), of.clone())).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1, "maxProperties": 1 })
}

/// `sweep:`, part by part.
fn sweep() -> Value {
    let grid = axes_of("Keys and the values that they take: each combination is a cell.");
    let zip = json!({
        "type": "object", "minProperties": 1, "additionalProperties": { "$ref": "#/definitions/Axes" },
        "description": "Named dimensions of keys that change together, row by row.",
    });
    let drawn = json!({
        "type": "object", "minProperties": 1, "propertyNames": { "$ref": "#/definitions/Key" },
        "additionalProperties": { "anyOf": [
            { "type": "array", "minItems": 1 }, { "$ref": "#/definitions/Range" }, { "$ref": "#/definitions/Draw" },
        ] },
    });
    let draws = |about: &str| {
        json!({
            "type": "object", "required": ["n", "seed", "over"], "additionalProperties": false, "description": about,
            "properties": {
                "n": { "type": "integer", "minimum": 1 }, "seed": { "type": "integer", "minimum": 0 }, "over": drawn,
            },
        })
    };
    let rule = json!({ "type": "object", "minProperties": 1, "propertyNames": { "$ref": "#/definitions/Key" } });
    let when = json!({
        "type": "object", "required": ["if"], "additionalProperties": false,
        "properties": { "if": rule, "grid": grid, "zip": zip },
    });
    let part = |name: &str| match name {
        "grid" => grid.clone(),
        "zip" => zip.clone(),
        "random" => draws("Rows drawn at random."),
        "sobol" => draws("Rows of a Sobol sequence."),
        "when" => {
            json!({ "type": "array", "minItems": 1, "items": when, "description": "Dimensions that exist where a rule holds." })
        }
        _ => {
            json!({ "type": "array", "minItems": 1, "items": rule, "description": "Rules for cells that are left out." })
        }
    };
    let parts: Map<String, Value> = PARTS.iter().map(|name| ((*name).into(), part(name))).collect();
    json!({ "type": "object", "minProperties": 1, "additionalProperties": false, "properties": parts })
}

/// `defaults:` a list of layers.
fn defaults() -> Value {
    json!({
        "type": "array", "description": "Layers under this file, later ones over earlier ones.",
        "items": { "anyOf": [{ "type": "string" }, { "type": "object", "propertyNames": { "enum": LAYERS } }] },
    })
}

/// The types as they are read: everything that must be given is required. For lists and pages.
pub(crate) fn complete(group: Option<&str>) -> Value {
    let Types { mut root, definitions, mut select } = Types::new(false);
    if let Some(group) = group {
        return whole(group, take(&mut root["properties"], group), definitions);
    }
    let keys = json!({ "type": "object", "title": "dotted keys, each with a list of values" });
    select["properties"]["over"] = told(&json!("Keys and the values to choose among."), keys.clone());
    select["required"] = json!(["over"]);
    root["properties"]["select"] = select;
    let mut sweep = sweep();
    for part in ["grid", "zip"] {
        let about = sweep["properties"][part]["description"].clone();
        sweep["properties"][part] = told(&about, keys.clone());
    }
    for part in ["random", "sobol"] {
        sweep["properties"][part]["properties"]["over"] = keys.clone();
    }
    root["properties"]["sweep"] = told(&json!("What varies between the arms."), sweep);
    root["properties"]["defaults"] = defaults();
    whole("experiment", root, definitions)
}

/// Keys under which others get values that their own place lacks.
const VARYING: [&str; 3] = ["sweep", "select", "defaults"];

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
        // `~` in a zip leaves the key as it is.
        let items = json!({ "anyOf": [items, { "type": "null" }] });
        let list = json!({ "type": "array", "minItems": 1, "items": items });
        (key, json!({ "anyOf": [list, { "$ref": "#/definitions/Range" }] }))
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
