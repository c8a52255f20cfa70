//! What a config may say, for lists and pages: read off the schema, which is made from the types that read configs.

use crate::compose::GROUPS;
use crate::schema::complete;
use serde::Serialize;
use serde_json::Value;

/// A key of a mapping.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Key {
    /// As it is written.
    pub key: String,
    /// What it holds, in words.
    pub takes: String,
    /// Without it; `None`: it must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it says.
    pub about: String,
    /// What a mapping here may hold: one nameless variant, or the words to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Variant>,
}

/// One of the words that a group may be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// As it is written.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Its keys, those that must be given first.
    pub keys: Vec<Key>,
}

/// The keys of an experiment.
pub fn keys() -> Vec<Key> {
    let schema = complete(None);
    keys_of(&schema, &schema)
}

/// The variants of a group in the order of the schema; none if there is no such group.
///
/// ```
/// let models = surprisal_spec::variants("model");
/// let linear = models.iter().find(|it| it.name == "linear").unwrap();
/// assert_eq!((linear.keys[0].key.as_str(), linear.keys[0].takes.as_str()), ("bias", "true or false"));
/// ```
pub fn variants(group: &str) -> Vec<Variant> {
    if !GROUPS.contains(&group) {
        return Vec::new();
    }
    let schema = complete(Some(group));
    let mut found = Vec::new();
    options(&schema, &schema, &mut found);
    found
}

fn options(root: &Value, node: &Value, found: &mut Vec<Variant>) {
    let node = open(root, node);
    if node["maxProperties"] == 1 {
        for (name, variant) in node["properties"].as_object().into_iter().flatten() {
            let content = content(root, variant);
            found.push(Variant { name: name.clone(), about: about(variant), keys: keys_of(root, content) });
        }
    }
    for word in ["anyOf", "allOf"] {
        node[word].as_array().into_iter().flatten().for_each(|choice| options(root, choice, found));
    }
}

/// Follows references.
fn open<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let place = node["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| root.pointer(place)).map_or(node, |node| open(root, node))
}

/// The mapping inside a variant, which may also be nothing.
fn content<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    let node = open(root, node);
    let inner = ["allOf", "anyOf"].iter().find_map(|word| node[*word].get(0));
    inner.filter(|_| node.get("properties").is_none()).map_or(node, |inner| content(root, inner))
}

fn about(node: &Value) -> String {
    node["description"].as_str().unwrap_or_default().replace('\n', " ")
}

fn keys_of(root: &Value, content: &Value) -> Vec<Key> {
    let needed: Vec<&str> = content["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let key = |(key, node): (&String, &Value)| Key {
        key: key.clone(),
        takes: takes(root, node),
        default: (!needed.contains(&key.as_str())).then(|| node["default"].clone()),
        about: about(node).split(" Default:").next().unwrap_or_default().to_string(),
        inside: inside(root, node),
    };
    let mut keys: Vec<Key> = content["properties"].as_object().into_iter().flatten().map(key).collect();
    keys.sort_by_key(|key| key.default.is_some());
    keys
}

/// More variants than this are not named one by one.
const MANY: usize = 5;

/// The keys of a mapping with more than one, and the variants of a choice that is not a group of its own.
fn inside(root: &Value, node: &Value) -> Vec<Variant> {
    let mut found = Vec::new();
    options(root, node, &mut found);
    found.retain(|variant| !variant.keys.is_empty());
    if found.is_empty() {
        let content = content(root, node);
        let keys = if content["title"].is_string() { Vec::new() } else { keys_of(root, content) };
        found.extend((keys.len() > 1).then(|| Variant { name: String::new(), about: String::new(), keys }));
    }
    if found.len() > MANY { Vec::new() } else { found }
}

/// What a value may be, in words.
fn takes(root: &Value, node: &Value) -> String {
    let node = open(root, node);
    if let Some(word) = node.get("const") {
        return word.as_str().map_or_else(|| word.to_string(), |word| format!("`{word}`"));
    }
    if let Some(words) = node["enum"].as_array() {
        return words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        if let Some(choices) = node[word].as_array() {
            let mapped = choices.iter().find(|it| it["maxProperties"] == 1).map(|it| &it["properties"]);
            if mapped.and_then(Value::as_object).is_some_and(|it| it.len() > MANY) {
                return about(node);
            }
            let mut all: Vec<String> = Vec::new();
            for choice in choices.iter().filter(|it| it["type"] != "null") {
                for text in takes(root, choice).split(", ") {
                    // What may stand alone is also the key of a mapping.
                    let alone = text.strip_suffix(": …`").map(|it| format!("{it}`"));
                    if !all.iter().any(|it| it == text || Some(it) == alone.as_ref()) {
                        all.push(text.into());
                    }
                }
            }
            return all.join(", ");
        }
    }
    let kind = match &node["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    match kind {
        "boolean" => "true or false".into(),
        "string" => "text".into(),
        "array" => format!("a list of: {}", takes(root, &node["items"])),
        "integer" => format!("a whole number{}", limits(node)),
        "number" => format!("a number{}", limits(node)),
        "object" if node["maxProperties"] == 1 || node["properties"].as_object().is_some_and(|it| it.len() == 1) => {
            let names = node["properties"].as_object().into_iter().flatten();
            names.map(|(name, _)| format!("`{name}: …`")).collect::<Vec<_>>().join(", ")
        }
        "object" => node["title"].as_str().unwrap_or("a mapping").into(),
        _ => "anything".into(),
    }
}

fn limits(node: &Value) -> String {
    let limit = |key: &str, words: &str| node.get(key).map(|x| format!("{words} {x}"));
    let low = limit("exclusiveMinimum", "greater than").or_else(|| limit("minimum", "of at least"));
    let high = limit("exclusiveMaximum", "less than").or_else(|| limit("maximum", "of at most"));
    let both: Vec<String> = [low, high].into_iter().flatten().collect();
    if both.is_empty() { String::new() } else { format!(" {}", both.join(" and ")) }
}
