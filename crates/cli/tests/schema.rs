//! The JSON Schema takes what the program takes, and refuses what it refuses.

mod common;

use common::*;
use serde_json::Value;
use std::path::Path;
use surprisal_spec::yaml::{Kind, Node, Place, Sources};
use surprisal_spec::{Files, GROUPS, compose};

/// The schema of a kind of file, as the program prints it in the repository.
fn schema(what: &str) -> Value {
    let folder = Folder::new();
    folder.copy("experiments");
    folder.copy("configs");
    folder.call(&["config", "schema", what]).ends(0).json().remove(0)
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::draft7::meta::validate(schema).expect("it is a schema of draft 7");
    jsonschema::draft7::new(schema).expect("it can be compiled")
}

fn json(node: &Node) -> Value {
    serde_json::to_value(node).expect("YAML becomes JSON")
}

fn parse(text: &str) -> Node {
    let mut sources = Sources::default();
    let source = sources.add(Place::File("x".into()), text);
    Node::parse(&sources, source).expect("it is YAML")
}

/// Every YAML file below a folder of the repository, with its text.
fn shipped(folder: &str) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![repository().join(folder)]);
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path.strip_prefix(repository()).expect("inside").display().to_string(), text));
            }
        }
    }
    found
}

/// What the files are, by the schema that is for them.
fn all() -> Vec<(String, Vec<(String, String)>)> {
    let mut all = vec![("experiment".to_string(), shipped("experiments"))];
    for group in GROUPS.iter().filter(|group| repository().join("configs").join(group).is_dir()) {
        all.push((group.to_string(), shipped(&format!("configs/{group}"))));
    }
    all
}

/// The tree with one key renamed, for each key; keys of `by_name` are names of weights.
fn misspelt(node: &Node) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    match &node.kind {
        Kind::Map(entries) => {
            for (i, entry) in entries.iter().enumerate() {
                let changed = |value: Option<Node>, key: Option<String>| {
                    let mut entries = entries.clone();
                    entries[i].value = value.unwrap_or_else(|| entry.value.clone());
                    entries[i].key = key.unwrap_or_else(|| entry.key.clone());
                    Node::new(Kind::Map(entries), node.span)
                };
                for (at, _) in entry.key.char_indices() {
                    let doubled = format!("{}{}", &entry.key[..=at], &entry.key[at..]);
                    found.push((doubled.clone(), changed(None, Some(doubled))));
                }
                found.extend(misspelt(&entry.value).into_iter().map(|(key, value)| (key, changed(Some(value), None))));
            }
        }
        Kind::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                found.extend(misspelt(item).into_iter().map(|(key, value)| {
                    let mut items = items.clone();
                    items[i] = value;
                    (key, Node::new(Kind::Seq(items), node.span))
                }));
            }
        }
        Kind::Scalar { .. } => {}
    }
    found
}

#[test]
fn the_schema_takes_every_shipped_config_and_refuses_each_of_its_keys_misspelt() {
    let (mut taken, mut refused) = (0, 0);
    for (what, files) in all() {
        let validator = validator(&schema(&what));
        for (path, text) in files {
            let node = parse(&text);
            let errors: Vec<String> = validator.iter_errors(&json(&node)).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{path}: {errors:?}");
            taken += 1;
            for (key, bad) in misspelt(&node) {
                assert!(!validator.is_valid(&json(&bad)), "{path}: `{key}` is taken");
                refused += 1;
            }
        }
    }
    assert!(taken >= 17 && refused > 2500, "{taken}, {refused}");
}

struct NoFiles;
impl Files for NoFiles {
    fn option(&self, _: &str, _: &str) -> Option<(String, String)> {
        None
    }
    fn options(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Whether the program reads it.
fn reads(text: &str) -> bool {
    compose(&NoFiles, &mut Sources::default(), "a.yaml", text.into()).is_ok()
}

#[test]
fn schema_and_program_agree_on_values() {
    let folder = Folder::new();
    let validator = validator(&folder.call(&["config", "schema"]).ends(0).json().remove(0));
    let base = [("dataset", "diabetes"), ("likelihood", "{ gaussian: { scale: learned } }")];
    let lines: &[(&str, &[&str])] = &[
        ("name", &["a", "a b", "''"]),
        ("schema", &["1", "2"]),
        ("question", &["what?", "~"]),
        ("estimator", &["mse", "map", "mode", "~"]),
        ("dtype", &["f32", "f16"]),
        ("engine", &["auto", "candle", "lanes"]),
        ("seeds", &["[0]", "[0, 1]", "[-1]", "[0.5]", "0", "[1e2]"]),
        (
            "model",
            &[
                "linear",
                "constant",
                "{ linear: ~ }",
                "{ linear: { bias: 1 } }",
                "{ linear: { bias: false } }",
                "{ mlp: { widths: [] } }",
                "{ mlp: { widths: [0] } }",
                "{ mlp: { widths: [65536, 3], activation: tanh } }",
                "{ mlp: { widths: [65537] } }",
                "{ mlp: { activation: sine } }",
                "{ linear: {}, mlp: {} }",
                "{}",
                "liner",
            ],
        ),
        (
            "likelihood",
            &[
                "poisson",
                "gaussian",
                "{ gaussian: { scale: 0 } }",
                "{ gaussian: { scale: 1e-3 } }",
                "{ gaussian: { scale: -1 } }",
                "{ gaussian: { scale: { standardised: 2 } } }",
                "{ gaussian: { scale: { learned: ~ } } }",
                "{ gaussian: { scale: { learned: {} } } }",
                "{ gaussian: { scale: { learned: { prior: { gamma: { mean: 1, shape: 2 } } } } } }",
                "{ gaussian: { scale: { learned: { prior: { gamma: { mean: 1 } } } } } }",
                "{ gaussian: { scale: predicted } }",
                "{ gaussian: {} }",
                "{ gaussian: { scale: lerned } }",
                "{ asymmetric_laplace: { quantile: 0.5, scale: 1 } }",
                "{ asymmetric_laplace: { quantile: 1, scale: 1 } }",
                "{ asymmetric_laplace: { quantile: learned, scale: 1 } }",
                "{ categorical: { classes: 3, reference: 0 } }",
                "{ categorical: { classes: -3 } }",
                "flat",
                "{ student_t: { nu: 4, scale: learned } }",
            ],
        ),
        (
            "prior",
            &[
                "flat",
                "{ gaussian: { scale: 1 } }",
                "{ gaussian: { scale: learned } }",
                "{ gaussian: { scale: { fan_in: 1 } } }",
                "{ gaussian: { scale: { fan_in: 0 } } }",
                "{ gaussian: { scale: { per_layer: [1] } } }",
                "{ gaussian: { scale: { per_layer: [1, -1] } } }",
                "{ gaussian: { scale: { by_name: { bmi: 2 } } } }",
                "{ gaussian: { scale: 1, bias: flat } }",
                "{ gaussian: { scale: 1, bias: { laplace: { scale: 2 } } } }",
                "{ gaussian: { scale: 1, bias: { gamma: { mean: 1, shape: 2 } } } }",
                "poisson",
                "{ gaussian: { location: 1, scale: 1 } }",
            ],
        ),
        (
            "optimiser",
            &[
                "adam",
                "{ lbfgs: { tolerance: 0 } }",
                "{ lbfgs: { memory: 0 } }",
                "{ sgd: { momentum: 1 } }",
                "{ sgd: { momentum: 0 } }",
                "{ adamw: { weight_decay: -1 } }",
                "{ adamw: { weight_decay: 0 } }",
                "{ adam: { epochs: 0 } }",
            ],
        ),
        (
            "dataset",
            &[
                "diabetes",
                "{ diabetes: { split: none } }",
                "{ diabetes: { split: { random: { test: 1 } } } }",
                "{ diabetes: { split: { random: { k: 0 } } } }",
                "{ diabetes: { split: { kfold: { k: 1 } } } }",
                "{ diabetes: { split: kfold } }",
                "{ csv: { path: a.csv } }",
                "{ csv: { path: a.csv, target: 3 } }",
                "{ csv: { path: a.csv, target: y, sha256: abc } }",
                "{ csv: { path: a.csv, target: y, missing: mean } }",
                "{ csv: { path: a.csv, target: y, weight: ~ } }",
                "{ csv: { path: a.csv, target: -1 } }",
                "{ heavy_tails: { nu: 0.5 } }",
                "{ heavy_tails: { nu: 0.6 } }",
                "{ heavy_tails: { tau: 0 } }",
                "csv",
            ],
        ),
        (
            "early_stopping",
            &["~", "{}", "{ share: 1 }", "{ share: 0.5, patience: 0 }", "{ score: nll }", "{ score: nlll }"],
        ),
        (
            "sweep",
            &[
                "{ grid: { estimator: [mse] } }",
                "{ grid: { estimator: mse } }",
                "{ grid: { estimator: [] } }",
                "{ grid: {} }",
                "{}",
                "{ grid: { likelihood.gaussian.scale: [1, learned] } }",
                "{ grid: { likelihood.gaussian.scale: [-1] } }",
                "{ grid: { likelihood.gausian.scale: [1] } }",
                "{ grid: { name: [a, b] } }",
                "{ grid: { seeds: [[0], [1]] } }",
            ],
        ),
        ("dataset", &["~"]),
        (
            "select",
            &[
                "{ over: { prior: [flat] } }",
                "{ by: nll }",
                "{ over: { prior: [flat] }, by: nlll }",
                "{ over: { estimator: [mse] } }",
                "{ over: { prior: [flat] }, rows: { share: 1 } }",
                "{ over: { prior: [flat] }, rows: { kfold: 2 }, refit: false }",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (key, values) in lines {
        for value in *values {
            let mut all: Vec<(&str, &str)> = [("schema", "1"), ("name", "a")].into_iter().chain(base).collect();
            all.retain(|(other, _)| other != key);
            all.push((key, value));
            let text: String = all.iter().map(|(key, value)| format!("{key}: {value}\n")).collect();
            let (program, schema) = (reads(&text), validator.is_valid(&json(&parse(&text))));
            if program != schema {
                wrong.push(format!("{key}: {value}: the program says {program}, the schema {schema}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_sweep_gives_need_not_be_given_before() {
    let folder = Folder::new();
    let validator = validator(&folder.call(&["config", "schema"]).ends(0).json().remove(0));
    let swept = "schema: 1\nname: a\nlikelihood: gaussian\n";
    for (rest, fine) in [
        ("sweep: { grid: { dataset: [diabetes], likelihood.gaussian.scale: [1, 2] } }\n", true),
        ("dataset: diabetes\nsweep: { grid: { likelihood.gaussian.scale: [1, 2] } }\n", true),
        ("dataset: diabetes\nsweep: { grid: { likelihood.gaussian.scal: [1, 2] } }\n", false),
        ("sweep: { grid: { likelihood.gaussian.scale: [1, 2] } }\n", false),
        ("dataset: diabetes\n", false),
    ] {
        let text = format!("{swept}{rest}");
        assert_eq!(reads(&text), fine, "the program: {text}");
        assert_eq!(validator.is_valid(&json(&parse(&text))), fine, "the schema: {text}");
    }
}

#[test]
fn the_schema_knows_every_key_and_the_names_of_files() {
    let experiment = schema("experiment");
    let known: Vec<&String> = experiment["properties"].as_object().expect("a mapping").keys().collect();
    let folder = Folder::new();
    let listed = folder.call(&["list", "keys", "--json"]).ends(0).json().remove(0);
    let mut listed: Vec<&str> =
        listed["keys"].as_array().expect("a list").iter().filter_map(|it| it["key"].as_str()).collect();
    listed.sort_unstable();
    assert_eq!(known, listed);
    let names = &experiment["properties"]["dataset"]["anyOf"][1]["enum"];
    assert!(names.as_array().expect("names").contains(&"uci/yacht".into()), "{names}");
    assert!(Path::new(&repository().join("configs/dataset/uci/yacht.yaml")).is_file());
}

#[test]
fn a_file_of_a_group_may_stand_on_others_of_its_group() {
    let validator = validator(&schema("likelihood"));
    let takes = |text: &str| validator.is_valid(&json(&parse(text)));
    assert!(takes("defaults: [heavy]\nstudent_t: { nu: 5 }\n") && takes("defaults: [heavy]\n"));
    assert!(!takes("default: [heavy]\nstudent_t: { nu: 5 }\n") && !takes("defaults: heavy\n"));
    assert!(!takes("defaults: [heavy]\nstudent: { nu: 5 }\n"));
}
