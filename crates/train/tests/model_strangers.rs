//! A model file from a stranger: it predicts, or says why not; whatever it holds, nothing panics.

mod common;

use common::prepare;
use safetensors::{SafeTensors, tensor::TensorView};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use surprisal_train::{Constants, Control, Inputs, Trained, attempt};

/// The file of a trained model.
fn model(dataset: &str, keys: &str) -> Vec<u8> {
    let it = prepare(dataset, keys);
    let (outcome, side) = attempt(it.job(0), &Constants::default(), Control::new(&|| false)).expect("no stop");
    assert_eq!(outcome.failure, None);
    side.model.expect("a model").bytes().expect("it becomes bytes")
}

fn models() -> Vec<Vec<u8>> {
    let linear = "likelihood: { student_t: { scale: predicted, nu: learned } }\nprior: { gaussian: { scale: 1.0 } }";
    let mlp = "model: { mlp: { widths: [3, 2] } }\nlikelihood: { laplace: { scale: learned } }\nestimator: mse\n\
               optimiser: { adam: { epochs: 1 } }";
    let mlp = mlp.replace("laplace: { scale: learned }", "gaussian: { scale: learned }");
    let generated = "{ linear_gaussian: { n: 30, test_n: 5, replicates: 1 } }";
    vec![
        model(generated, linear),
        model(generated, &mlp),
        model("{ iris: {} }", "likelihood: categorical\nprior: { gaussian: { scale: 1.0 } }"),
    ]
}

/// Reads it and predicts two rows, of ordinary numbers and of the largest.
fn used(bytes: &[u8], what: &dyn Fn() -> String) {
    let done = catch_unwind(AssertUnwindSafe(|| {
        let Ok(model) = Trained::read(bytes) else { return };
        let dim = model.features.len();
        let x: Vec<f64> = (0..2 * dim).map(|k| if k < dim { 0.5 } else { f64::MAX }).collect();
        let offset = model.offset.then(|| vec![0.0; 2]);
        let Ok(rows) = model.predict(&Inputs { x, rows: 2, offset }) else { return };
        for at in rows {
            let family = model.family();
            if !model.is_of_classes() {
                let _ = (family.mean(&at), family.quantile(&at, 0.05), family.quantile(&at, 0.95));
            }
            let _ = family.nll(&at, 1.0);
        }
    }));
    assert!(done.is_ok(), "{}", what());
}

#[test]
fn a_model_cut_anywhere_or_with_any_byte_changed_never_panics() {
    for bytes in models() {
        for cut in 0..bytes.len() {
            used(&bytes[..cut], &|| format!("cut at {cut}"));
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x11;
            used(&damaged, &|| format!("byte {at}"));
        }
    }
}

/// Every part of a value in turn as something else.
fn mutated(value: &Value, others: &[Value], out: &mut dyn FnMut(Value)) {
    others.iter().for_each(|other| out(other.clone()));
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let mut without = map.clone();
                without.remove(key);
                out(Value::Object(without));
                mutated(inner, others, &mut |it| {
                    let mut map = map.clone();
                    map.insert(key.clone(), it);
                    out(Value::Object(map));
                });
            }
        }
        Value::Array(list) => {
            for (k, inner) in list.iter().enumerate().take(3) {
                mutated(inner, others, &mut |it| {
                    let mut list = list.clone();
                    list[k] = it;
                    out(Value::Array(list));
                });
            }
        }
        _ => {}
    }
}

#[test]
fn a_model_whose_header_says_anything_else_is_used_or_refused_and_asks_for_no_memory() {
    let others = [
        json!(0),
        json!(-1),
        json!(65_536),
        json!(u64::MAX),
        json!(1e308),
        json!(5e-324),
        json!("learned"),
        json!("predicted"),
        json!("poisson"),
        json!([]),
        json!([65_536, 65_536, 65_536]),
        json!({ "mlp": { "widths": vec![65_536; 200], "activation": "relu" } }),
        json!({ "categorical": { "classes": 1_000_000_000_000_u64 } }),
        json!({ "gaussian": { "scale": "learned" } }),
        json!({}),
        json!(null),
    ];
    for bytes in models() {
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
        let said = header.metadata().clone().expect("metadata");
        let tensors = SafeTensors::deserialize(&bytes).expect("tensors");
        let views: Vec<(String, TensorView)> = tensors.iter().map(|(name, view)| (name.to_string(), view)).collect();
        let with = |said: HashMap<String, String>| {
            safetensors::serialize(views.iter().map(|(name, view)| (name.as_str(), view)), Some(said)).expect("bytes")
        };
        assert!(Trained::read(&with(said.clone())).is_ok(), "as it was");
        for (key, text) in &said {
            let value: Value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            mutated(&value, &others, &mut |it| {
                let mut said = said.clone();
                said.insert(key.clone(), it.to_string());
                used(&with(said), &|| format!("{key}: {it}"));
            });
        }
        for (name, view) in &views {
            let mut fewer = views.clone();
            fewer.retain(|(other, _)| other != name);
            let missing = fewer.iter().map(|(name, view)| (name.as_str(), view));
            used(&safetensors::serialize(missing, Some(said.clone())).expect("bytes"), &|| format!("no {name}"));
            for x in [f64::NAN, f64::INFINITY, -1e308, 0.0] {
                let numbers: Vec<u8> = view.data().chunks(8).flat_map(|_| x.to_le_bytes()).collect();
                let other = TensorView::new(view.dtype(), view.shape().to_vec(), &numbers).expect("as many");
                let changed = views.iter().map(|(own, view)| (own.as_str(), if own == name { &other } else { view }));
                let bytes = safetensors::serialize(changed, Some(said.clone())).expect("bytes");
                used(&bytes, &|| format!("{name} of {x}"));
            }
        }
    }
}
