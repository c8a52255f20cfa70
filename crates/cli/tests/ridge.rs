//! The form that the documentation promises: ridge regression from a YAML file, its records and its objective.

mod common;

use common::*;
use serde_json::Value;

/// `a` and `b` agree to a relative 1e-8.
#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-8 * (1.0 + b.abs()), "{a} and {b}");
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Rows of [`AB`]: a, b, y.
fn rows() -> Vec<[f64; 3]> {
    let parse = |line: &str| {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().expect("a number")).collect();
        [cells[0], cells[1], cells[2]]
    };
    AB.lines().skip(1).map(parse).collect()
}

const LN_TAU: f64 = 1.837_877_066_409_345_3;

/// −ln N(r; 0, σ), for the two σ of these tests.
fn gaussian(r: f64, scale: f64) -> f64 {
    let ln = if scale == 2.0 { std::f64::consts::LN_2 } else { -std::f64::consts::LN_2 };
    assert!(scale == 2.0 || scale == 0.5, "only these are used");
    0.5 * (r / scale) * (r / scale) + ln + 0.5 * LN_TAU
}

#[test]
fn the_documented_form_runs_as_it_stands_and_prints_its_record_as_one_line_of_json() {
    let folder = Folder::new().file("ridge.yaml", RIDGE).file("data.csv", AB);
    let said = folder.call(&["run", "ridge.yaml", "--json"]).ends(0);
    let records = said.json();
    assert_eq!(records.len(), 1);
    let record = &records[0];
    let keys: Vec<&String> = record.as_object().expect("a mapping").keys().collect();
    assert_eq!(keys, ["bits", "id", "made", "outcome", "run", "schema"]);
    let fit = &record["outcome"]["fit"];
    for key in ["nll", "neg_log_prior", "objective", "gradient_norm", "iterations"] {
        assert!(fit[key].is_number(), "{key}: {fit}");
    }
    assert_eq!(fit["status"], "converged");
    let names: Vec<&String> = fit["parameters"].as_object().expect("a mapping").keys().collect();
    assert_eq!(names, ["bias", "w.a", "w.b"]);

    // Stationary by hand: λ = σ²/τ² on the weights, nothing on the bias.
    let at = |name: &str| number(&fit["parameters"][name]);
    let residual = |row: &[f64; 3]| row[2] - at("bias") - at("w.a") * row[0] - at("w.b") * row[1];
    let sum = |j: usize| rows().iter().map(|row| residual(row) * if j < 2 { row[j] } else { 1.0 }).sum::<f64>() / 0.25;
    close(sum(2), 0.0);
    close(sum(0), at("w.a") / 4.0);
    close(sum(1), at("w.b") / 4.0);
    let nll: f64 = rows().iter().map(|row| gaussian(residual(row), 0.5)).sum();
    close(number(&fit["nll"]), nll);
    close(number(&fit["neg_log_prior"]), gaussian(at("w.a"), 2.0) + gaussian(at("w.b"), 2.0));
    close(number(&fit["objective"]), number(&fit["nll"]) + number(&fit["neg_log_prior"]));

    let at = fit["parameters"].to_string();
    let said = folder.call(&["eval", "ridge.yaml", "--at", &at]).ends(0);
    for key in ["nll", "neg_log_prior", "objective"] {
        close(number(&said.json()[0][key]), number(&fit[key]));
    }
}

#[test]
fn eval_prints_the_three_terms_at_given_parameters_and_trains_nothing() {
    let folder = Folder::new().file("ridge.yaml", RIDGE).file("data.csv", AB);
    let before = folder.files();
    let said = folder.call(&["eval", "ridge.yaml", "--at", r#"{"bias": 0, "w.a": 1, "w.b": 0}"#]).ends(0);
    let json = said.json();
    let keys: Vec<&String> = json[0].as_object().expect("a mapping").keys().collect();
    assert_eq!(keys, ["neg_log_prior", "nll", "objective"]);
    let nll: f64 = rows().iter().map(|row| gaussian(row[2] - row[0], 0.5)).sum();
    let prior = gaussian(1.0, 2.0) + gaussian(0.0, 2.0);
    close(number(&json[0]["nll"]), nll);
    close(number(&json[0]["neg_log_prior"]), prior);
    close(number(&json[0]["objective"]), nll + prior);
    assert_eq!(folder.files(), before);
}

#[test]
fn a_second_run_has_nothing_to_do_and_gives_the_same_record_and_table() {
    let folder = Folder::new().file("ridge.yaml", RIDGE).file("data.csv", AB);
    let first = folder.call(&["run", "ridge.yaml", "--json"]).ends(0);
    let tables = folder.tables("ridge");
    let second = folder.call(&["run", "ridge.yaml", "--json"]).ends(0);
    assert!(second.err.contains("nothing to do: all 1 runs have records"), "{}", second.err);
    assert_eq!(second.out, first.out);
    assert_eq!(folder.tables("ridge"), tables);
    let again = folder.call(&["run", "ridge.yaml", "--json", "--rerun", "all"]).ends(0);
    assert_eq!(facts(&again.json()), facts(&first.json()));
}

#[test]
fn paths_are_relative_to_the_yaml_file_from_wherever_it_is_called() {
    let folder = Folder::new().file("deep/er/ridge.yaml", RIDGE).file("deep/er/data.csv", AB).file("other/x", "");
    let here = folder.call_from("deep/er", &["run", "ridge.yaml", "--json"]).ends(0);
    let there = folder.call_from("other", &["run", "../deep/er/ridge.yaml", "--json"]).ends(0);
    assert!(there.err.contains("nothing to do"), "{}", there.err);
    assert_eq!(there.out, here.out);
    assert!(folder.path("deep/er/results/ridge/table.md").is_file());
    let files: Vec<_> = folder.files().into_keys().collect();
    assert!(files.iter().all(|path| path.starts_with("deep/er") || path.ends_with("other/x")), "{files:?}");

    // Where there is a folder `experiments`, results lie beside it.
    let folder = Folder::new().file("experiments/r/experiment.yaml", RIDGE).file("experiments/r/data.csv", AB);
    folder.call(&["run", "experiments/r"]).ends(0);
    assert!(folder.path("results/ridge/table.md").is_file());
}

#[test]
fn a_data_file_under_another_name_is_the_same_run_and_other_rows_are_another() {
    let id = |yaml: &str, name: &str, text: &str| {
        let folder = Folder::with(yaml).file(name, text);
        folder.call(&["plan", "a.yaml", "--json"]).ends(0).json()[0]["runs"][0]["id"].clone()
    };
    let known = id(RIDGE, "data.csv", AB);
    assert_eq!(id(&RIDGE.replace("data.csv", "d.csv"), "d.csv", AB), known);
    assert_eq!(id(&RIDGE.replace("name: ridge", "name: other"), "data.csv", AB), known);
    assert_eq!(id(&RIDGE.replace("dtype: f64\n", ""), "data.csv", AB), known, "a default that is stated");
    assert_ne!(id(RIDGE, "data.csv", &AB.replace("6.1", "6.2")), known);
    assert_ne!(id(&RIDGE.replace("scale: 2.0", "scale: 2.5"), "data.csv", AB), known);
}

/// Names of the parameters of a fit, by likelihood and data.
fn parameters(likelihood: &str, data: &str, kind: &str) -> Vec<String> {
    let yaml = format!(
        "schema: 1\nname: p\ndataset: {{ csv: {{ path: data.csv, target: y, kind: {kind}, standardise: false, split: none }} }}\n\
         likelihood: {likelihood}\nprior: {{ gaussian: {{ scale: 1.0 }} }}\n"
    );
    let folder = Folder::with(&yaml).file("data.csv", data);
    let record = &folder.call(&["run", "a.yaml", "--json"]).ends(0).json()[0];
    let map = record["outcome"]["fit"]["parameters"].as_object().unwrap_or_else(|| panic!("{record}")).clone();
    let at = Value::Object(map.clone()).to_string();
    let said = folder.call(&["eval", "a.yaml", "--at", &at]).ends(0);
    close(number(&said.json()[0]["objective"]), number(&record["outcome"]["fit"]["objective"]));
    map.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn parameters_have_their_documented_names_under_every_family_and_eval_gives_the_fit_back() {
    let count = "a,y\n0,1\n1,0\n2,3\n3,2\n4,7\n5,4\n6,12\n7,9\n";
    let class = "a,y\n0,0\n1,0\n2,1\n3,0\n4,1\n5,1\n6,0\n7,1\n";
    let three = "a,y\n0,red\n1,red\n2,blue\n3,red\n4,green\n5,blue\n6,green\n7,green\n8,red\n";
    let positive = "a,y\n0,1.5\n1,0.7\n2,3.1\n3,2.4\n4,7.7\n5,4.2\n6,12\n7,9.9\n";
    let real = "a,y\n0,-1.5\n1,0.7\n2,-3.1\n3,2.4\n4,7.7\n5,4.2\n6,1\n7,9.9\n";
    let one = ["bias", "w.a"];
    let with = |name: &'static str| ["bias", name, "w.a"];
    for family in ["gaussian", "laplace", "logistic"] {
        assert_eq!(parameters(&format!("{{ {family}: {{ scale: 1.5 }} }}"), real, "real"), one);
        assert_eq!(parameters(&format!("{{ {family}: {{ scale: learned }} }}"), real, "real"), with("scale"));
        let heads = ["location.bias", "location.w.a", "scale.bias", "scale.w.a"];
        assert_eq!(parameters(&format!("{{ {family}: {{ scale: predicted }} }}"), real, "real"), heads);
    }
    assert_eq!(parameters("{ student_t: { nu: 4, scale: learned } }", real, "real"), with("scale"));
    let both = ["bias", "nu", "scale", "w.a"];
    assert_eq!(parameters("{ student_t: { nu: learned, scale: learned } }", real, "real"), both);
    let heads = ["location.bias", "location.w.a", "nu", "scale.bias", "scale.w.a"];
    let own = "{ learned: { prior: { gamma: { mean: 5, shape: 2 } } } }";
    let predicted = format!("{{ student_t: {{ nu: {own}, scale: predicted }} }}");
    assert_eq!(parameters(&predicted, real, "real"), heads);
    let quantile = "{ asymmetric_laplace: { quantile: 0.9, scale: learned } }";
    assert_eq!(parameters(quantile, real, "real"), with("scale"));
    assert_eq!(parameters("{ log_normal: { scale: learned } }", positive, "positive"), with("scale"));
    assert_eq!(parameters("{ gamma: { shape: learned } }", positive, "positive"), with("shape"));
    assert_eq!(parameters("exponential", positive, "positive"), one);
    assert_eq!(parameters("poisson", count, "count"), one);
    let counts = "{ negative_binomial: { dispersion: learned } }";
    assert_eq!(parameters(counts, count, "count"), with("dispersion"));
    assert_eq!(parameters("bernoulli", class, "class"), one);
    let logits = |labels: &[&str]| -> Vec<String> {
        let names = labels.iter().flat_map(|label| [format!("logit.{label}.bias"), format!("logit.{label}.w.a")]);
        names.collect()
    };
    assert_eq!(parameters("categorical", three, "class"), logits(&["blue", "green", "red"]));
    assert_eq!(parameters("{ categorical: { reference: 0 } }", three, "class"), logits(&["green", "red"]));
    assert_eq!(parameters("{ categorical: { classes: 2, reference: 0 } }", class, "class"), logits(&["1"]));
}
