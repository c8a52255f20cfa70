//! What a file of one's own may look like, and what an experiment may ask besides: each does what it says.

mod common;

use common::*;
use serde_json::Value;

/// The first record of an experiment on `data.csv`.
fn record(yaml: &str, data: &str) -> Value {
    let folder = Folder::with(yaml).file("data.csv", data);
    folder.call(&["run", "a.yaml", "--json"]).ends(0).json().remove(0)
}

/// An experiment with these keys of `csv`, and these lines.
fn on_csv(keys: &str, lines: &str) -> String {
    format!(
        "schema: 1\nname: form\ndataset: {{ csv: {{ path: data.csv, target: y, standardise: false, {keys} }} }}\n{lines}\n"
    )
}

fn parameter(record: &Value, name: &str) -> f64 {
    let map = &record["outcome"]["fit"]["parameters"];
    map[name].as_f64().unwrap_or_else(|| panic!("no `{name}` in {record}"))
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-7 * (1.0 + b.abs()), "{a} and {b}");
}

const LEARNED: &str = "likelihood: { gaussian: { scale: learned } }";

#[test]
fn a_weight_of_two_is_a_row_given_twice_and_a_weight_of_zero_is_none() {
    let weighted = record(&on_csv("weight: w, split: none", LEARNED), "a,w,y\n0,1,1\n1,2,3\n2,1,2\n3,0,99\n4,1,6\n");
    let repeated = record(&on_csv("split: none", LEARNED), "a,y\n0,1\n1,3\n1,3\n2,2\n4,6\n");
    for name in ["bias", "w.a", "scale"] {
        close(parameter(&weighted, name), parameter(&repeated, name));
    }
    let nll = |record: &Value| record["outcome"]["fit"]["nll"].as_f64().expect("a number");
    close(nll(&weighted), nll(&repeated));
}

#[test]
fn an_offset_is_the_log_exposure_of_a_count() {
    let yaml = on_csv("offset: o, kind: count, split: none", "model: constant\nlikelihood: poisson");
    // Exposures 1, 2 and 4; the rate is all counts over all exposure.
    let fit = record(&yaml, "a,o,y\n0,0,1\n0,0.6931471805599453,3\n0,1.3862943611198906,10\n");
    close(parameter(&fit, "bias"), std::f64::consts::LN_2);
}

#[test]
fn string_classes_are_labels_in_order_and_a_categorical_column_becomes_indicators() {
    let data =
        "colour,a,y\nred,0,no\nblue,1,yes\ngreen,2,no\nred,3,yes\nblue,2,no\ngreen,0,yes\nred,1,no\nblue,0,yes\n";
    let keys = "kind: class, categorical: [colour], split: none";
    let fit = record(&on_csv(keys, "likelihood: bernoulli\nprior: { gaussian: { scale: 1 } }"), data);
    let names: Vec<&String> = fit["outcome"]["fit"]["parameters"].as_object().expect("a mapping").keys().collect();
    assert_eq!(names, ["bias", "w.a", "w.colour=green", "w.colour=red"]);
    let turned =
        on_csv(&format!("{keys}, classes: ['yes', 'no']"), "likelihood: bernoulli\nprior: { gaussian: { scale: 1 } }");
    close(parameter(&record(&turned, data), "bias"), -parameter(&fit, "bias"));
}

#[test]
fn a_file_of_blanks_without_a_header_gives_what_a_csv_gives() {
    let csv = record(&RIDGE.replace("seeds: [0]\n", ""), AB);
    let blanks: String = AB.lines().skip(1).map(|line| format!("  {}\n", line.replace(',', " \t "))).collect();
    let named = "header: false, delimiter: whitespace, columns: [a, b, y]";
    let other = RIDGE.replace("path: data.csv", &format!("path: data.csv, {named}"));
    assert_eq!(record(&other, &blanks)["id"], csv["id"], "the same table is the same run");
    let by_place = RIDGE
        .replace("path: data.csv", "path: data.csv, header: false, delimiter: whitespace")
        .replace("target: y, features: [a, b]", "target: 2, features: [0, 1]");
    let fit = record(&by_place, &blanks);
    close(parameter(&fit, "w.column_0"), parameter(&csv, "w.a"));
    let semicolons = RIDGE.replace("path: data.csv", "path: data.csv, delimiter: semicolon");
    assert_eq!(record(&semicolons, &AB.replace(',', ";"))["id"], csv["id"]);
}

#[test]
fn test_rows_may_be_given_in_the_yaml_or_in_a_file_with_a_line_for_each_split() {
    let rows = on_csv("split: { rows: { test: [1, 6] } }", LEARNED);
    let one = record(&rows, AB);
    assert_eq!((&one["outcome"]["test_rows"], &one["outcome"]["fit"]["rows"]), (&2.into(), &6.into()));
    let files = on_csv("split: { files: { test: test.txt } }", LEARNED);
    let folder = Folder::with(&files).file("data.csv", AB).file("test.txt", "1 6\n0 2 4\n");
    let both = folder.call(&["run", "a.yaml", "--json"]).ends(0).json();
    assert_eq!(both.len(), 2);
    assert_eq!(both[0]["id"], one["id"], "the same rows are the same run");
    assert_eq!(both[1]["outcome"]["test_rows"], 3);
    for score in ["nll", "rmse", "crps", "coverage_90"] {
        assert!(both[1]["outcome"]["scores"][score].is_number(), "{score}: {}", both[1]);
    }
    folder.write("test.txt", "1 6\n0 99\n");
    let said = folder.call(&["check", "a.yaml"]).ends(4);
    assert!(said.err.contains("99"), "{}", said.err);
}

#[test]
fn groups_are_never_on_both_sides_and_missing_rows_are_dropped_only_when_asked() {
    let data = "a,g,y\n0,p,1\n1,p,2\n2,q,2\n3,q,5\n4,r,4\n5,r,6\n6,s,8\n7,s,NA\n";
    let keys = "group: g, missing: drop_rows, split: { kfold: { k: 4 } }";
    let folder = Folder::with(&on_csv(keys, LEARNED)).file("data.csv", data);
    let records = folder.call(&["run", "a.yaml", "--json"]).ends(0).json();
    let mut tests: Vec<u64> = records.iter().map(|it| it["outcome"]["test_rows"].as_u64().expect("a count")).collect();
    tests.sort_unstable();
    assert_eq!(tests, [1, 2, 2, 2]);
    assert!(records[0]["outcome"]["notes"].to_string().contains('1'), "{}", records[0]["outcome"]["notes"]);
    let folder = Folder::with(&on_csv("group: g", LEARNED)).file("data.csv", data);
    folder.call(&["check", "a.yaml"]).ends(4);
}

#[test]
fn a_standardised_fit_reports_its_parameters_in_original_units_too() {
    let yaml = RIDGE.replace("standardise: false", "standardise: true").replace("estimator: map", "estimator: mle");
    let fit = record(&yaml, AB);
    let original = &fit["outcome"]["fit"]["parameters_original"];
    let plain = record(&RIDGE.replace("estimator: map", "estimator: mle"), AB);
    for name in ["bias", "w.a", "w.b"] {
        close(original[name].as_f64().expect("a number"), parameter(&plain, name));
    }
    close(fit["outcome"]["fit"]["nll"].as_f64().expect("nats"), plain["outcome"]["fit"]["nll"].as_f64().expect("nats"));
}

#[test]
fn select_chooses_inside_the_train_rows_and_the_table_counts_its_candidates() {
    let yaml = "\
schema: 1
name: chosen
dataset: { diabetes: { split: { random: { k: 3, test: 0.2 } } } }
likelihood: { gaussian: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
select: { over: { prior.gaussian.scale: [1e-4, 0.3, 1] }, by: nll, rows: { kfold: 3 } }
sweep: { grid: { estimator: [mle, map] } }
";
    let folder = Folder::with(yaml);
    let records = folder.call(&["run", "a.yaml", "--json"]).ends(0).json();
    let selected: Vec<&Value> =
        records.iter().map(|it| &it["outcome"]["fit"]["selected"]).filter(|it| it.is_object()).collect();
    assert_eq!(selected.len(), 3, "mle has one candidate: its prior is dropped");
    for it in selected {
        assert_eq!(it["candidates"], 3);
        assert_eq!(it["values"][0][0], "prior.gaussian.scale");
        let scores: Vec<f64> =
            it["scores"].as_array().expect("a list").iter().map(|x| x.as_f64().expect("nats")).collect();
        let best = (0..3).min_by(|&i, &j| scores[i].total_cmp(&scores[j])).expect("three");
        assert_eq!(it["values"][0][1], ["1e-4", "0.3", "1"][best]);
        assert!(best > 0, "weights of 1e-4 explain nothing");
    }
    let table = folder.call(&["table", "a.yaml"]).ends(0).out;
    assert!(table.contains("tried") && table.contains('3'), "{table}");
}

#[test]
fn early_stopping_takes_its_rows_out_of_n_and_says_that_it_stopped() {
    let yaml = "\
schema: 1
name: early
dataset: { diabetes: { split: none } }
model: { mlp: { widths: [32] } }
likelihood: { gaussian: { scale: learned } }
prior: flat
optimiser: { adam: { lr: 0.03, epochs: 300 } }
early_stopping: { share: 0.25, patience: 4 }
";
    let stopped = record(yaml, "");
    let fit = &stopped["outcome"]["fit"];
    assert_eq!(fit["status"], "early_stopped");
    assert_eq!(fit["rows"], 442 - 111, "round(share · n) rows watch");
    assert!(fit["iterations"].as_u64().expect("epochs") < 300, "{fit}");
    let folder = Folder::with(yaml);
    folder.call(&["run", "a.yaml"]).ends(0);
    let table = folder.read("results/early/table.txt");
    assert!(table.contains('‡'), "what is not stationary is marked:\n{table}");
}

#[test]
fn an_mlp_trains_in_single_precision_as_in_double_up_to_rounding() {
    let yaml = |dtype: &str| {
        format!(
            "schema: 1\nname: net\ndataset: {{ diabetes: {{ split: {{ random: {{ k: 1, test: 0.2 }} }} }} }}\n\
             model: {{ mlp: {{ widths: [8, 4], activation: tanh }} }}\nlikelihood: {{ gaussian: {{ scale: predicted }} }}\n\
             prior: {{ gaussian: {{ scale: 0.5 }} }}\noptimiser: {{ adam: {{ lr: 0.01, epochs: 5 }} }}\ndtype: {dtype}\n"
        )
    };
    let (double, single) = (record(&yaml("f64"), ""), record(&yaml("f32"), ""));
    assert_ne!(double["id"], single["id"]);
    let nll = |record: &Value| record["outcome"]["scores"]["nll"].as_f64().expect("nats");
    assert!((nll(&double) - nll(&single)).abs() < 1e-3, "{} and {}", nll(&double), nll(&single));
    assert_ne!(nll(&double), nll(&single));
    assert!(double["outcome"]["fit"]["parameters"].is_null(), "only linear models have their parameters inline");
    // 10·8 + 8, 8·4 + 4, 4·2 + 2.
    assert_eq!(double["outcome"]["fit"]["size"], 134);
    let other = record(&format!("{}seeds: [1]\n", yaml("f64")), "");
    assert_ne!(nll(&double), nll(&other), "a seed is another start");
}

#[test]
fn a_linear_model_trains_in_single_precision_to_its_rounding() {
    let (double, single) = (record(RIDGE, AB), record(&RIDGE.replace("dtype: f64", "dtype: f32"), AB));
    for name in ["bias", "w.a", "w.b"] {
        let (a, b) = (parameter(&double, name), parameter(&single, name));
        assert!((a - b).abs() < 1e-4, "{name}: {a} and {b}");
    }
}

#[test]
fn a_rank_deficient_fit_is_not_unique_and_ends_at_the_minimum_norm() {
    let doubled: String = std::iter::once("a,b,y\n".to_string())
        .chain(AB.lines().skip(1).map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{0},{0},{1}\n", cells[0], cells[2])
        }))
        .collect();
    let fit = record(&RIDGE.replace("estimator: map", "estimator: mle"), &doubled);
    assert_eq!(fit["outcome"]["fit"]["status"], "not_unique");
    close(parameter(&fit, "w.a"), parameter(&fit, "w.b"));
}

#[test]
fn a_sweep_over_data_models_and_numbers_runs_every_cell_once() {
    let yaml = "\
schema: 1
name: cells
dataset: { csv: { path: data.csv, target: y, split: { rows: { test: [0, 1] } } } }
likelihood: { gaussian: { scale: learned } }
sweep:
  grid:
    estimator: [mse, mle, map]
    model: [constant, linear]
    prior: [flat, { gaussian: { scale: 1 } }]
    prior.gaussian.scale: [0.5, 2]
";
    let folder = Folder::with(yaml).file("data.csv", AB);
    let plan = folder.call(&["plan", "a.yaml", "--json"]).ends(0).json().remove(0);
    let planned: Vec<&Value> = plan["runs"].as_array().expect("a list").iter().map(|run| &run["id"]).collect();
    let ran = folder.call(&["run", "a.yaml", "--json"]).ends(0).json();
    assert_eq!(planned, ran.iter().map(|record| &record["id"]).collect::<Vec<_>>());
    // mse and mle: one each per model; map: flat (which is mle), 0.5 and 2, but no weights in a constant.
    assert_eq!(planned.len(), 2 + 2 + 2 * 2);
}
