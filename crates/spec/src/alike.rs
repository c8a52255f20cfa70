//! Ids of runs that differ in their rows and their seed alone: what they share is written and hashed once.

use crate::{Data, Run, canonical};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Such runs.
pub(crate) struct Alike(Map<String, Value>);

/// Those of them that are on some rows.
pub(crate) struct Seeded {
    /// Of the canonical JSON up to the seed.
    before: Sha256,
    /// What comes behind it.
    after: String,
}

impl Alike {
    /// Those like this one.
    pub fn of(run: &Run) -> Alike {
        match run.canonical() {
            Value::Object(keys) => Alike(keys),
            other => unreachable!("a run is a mapping, not {other}"),
        }
    }
    /// Those on these rows.
    pub fn on(&mut self, data: &Data) -> Seeded {
        self.0["data"] = json!(data);
        let member = |(key, value): (&String, &Value)| format!("{}:{value}", json!(key));
        // Keys are sorted.
        let before: String = self.0.iter().filter(|it| **it.0 < *"seed").map(|it| member(it) + ",").collect();
        let after: String = self.0.iter().filter(|it| **it.0 > *"seed").map(|it| format!(",{}", member(it))).collect();
        Seeded { before: Sha256::new_with_prefix(format!("{{{before}\"seed\":")), after: after + "}" }
    }
}

impl Seeded {
    /// The id of the run that has this seed.
    pub fn id(&self, seed: u64) -> String {
        canonical::digits(self.before.clone().chain_update(seed.to_string()).chain_update(&self.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_run_is_the_hash_of_its_canonical_json() {
        let mut run: Run = serde_json::from_value(json!({
            "schema": 1, "model": { "mlp": { "widths": [8] } }, "likelihood": { "gaussian": { "scale": 1.0 } },
            "prior": surprisal_density::Prior::flat(), "optimiser": { "adam": {} }, "dtype": "f64", "engine": "lanes", "seed": 3,
            "data": { "table": "\"seed\":3", "split": "", "unit": 0, "kind": "real", "standardise": true, "features": [] },
        }))
        .expect("a run");
        let mut alike = Alike::of(&run);
        for unit in 0..3 {
            run.data.unit = unit;
            let seeded = alike.on(&run.data);
            for seed in [0, 7, u64::MAX] {
                run.seed = seed;
                assert_eq!(seeded.id(seed), canonical::hash(&run.canonical().to_string()));
                assert_eq!(run.id(), seeded.id(seed));
            }
        }
    }
}
