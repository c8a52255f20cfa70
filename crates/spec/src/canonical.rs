//! Canonical JSON: sorted keys, shortest numbers, keys equal to their default left out. What an id is a hash of.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The value as JSON, without the keys that equal what an empty mapping would give.
///
/// For `{tag: {…}}` the default is that of the same tag. Defaults never change within a schema number, so a key that
/// is left out means the same for ever.
pub fn sparse<T: Serialize + DeserializeOwned>(value: &T) -> Value {
    let mut full = serde_json::to_value(value).expect("plain data becomes JSON");
    let empty = |shape: Value| serde_json::from_value::<T>(shape).ok().and_then(|t| serde_json::to_value(t).ok());
    let default = match full.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next()) {
        Some((tag, Value::Object(_))) => {
            empty(Value::Object(Map::from_iter([(tag.clone(), Value::Object(Map::new()))])))
        }
        _ => empty(Value::Object(Map::new())),
    };
    if let Some(default) = default {
        prune(&mut full, &default);
    }
    full
}

fn prune(value: &mut Value, default: &Value) {
    let (Value::Object(map), Value::Object(default)) = (value, default) else { return };
    map.retain(|key, v| default.get(key) != Some(v) || v.is_object());
    for (key, v) in map.iter_mut() {
        if let Some(d) = default.get(key) {
            prune(v, d);
        }
    }
}

/// The first 128 bits of the SHA-256 of the text, in hexadecimal.
pub fn hash(text: &str) -> String {
    digits(Sha256::new_with_prefix(text))
}

/// The first 128 bits of a SHA-256, in hexadecimal.
pub(crate) fn digits(sha: Sha256) -> String {
    let digest = sha.finalize();
    let first = digest.first_chunk().expect("256 bits are more than 128");
    format!("{:032x}", u128::from_be_bytes(*first))
}
