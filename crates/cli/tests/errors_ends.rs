//! All errors at once, for people and for programs; exit codes; and fits that end badly.

mod common;

use common::*;
use insta::assert_snapshot;

#[test]
fn all_errors_of_a_file_are_told_at_once() {
    let yaml = "\
schema: 1
name: many
dataset: diabtes
model: { linear: { bais: true } }
likelihood: { student_t: { nu: -4, scale: learned } }
prior: { poisson: { mean: 1 } }
estimator: mpa
optimiser: { lbfgs: { max_iterations: lots } }
sweep: { gird: { seeds: [1] } }
";
    assert_snapshot!(check(&Folder::with(yaml), 2), @r"
    error[unknown-value]: unknown dataset `diabtes`
     --> a.yaml:3:10
      |
    3 | dataset: diabtes
      |          ^^^^^^^
      |
      = note: known: `csv`, `diabetes`, `iris`, `wine_quality`, `linear_gaussian`, `heteroscedastic_sine`, `heavy_tails`, `poisson_counts`, `overdispersed_counts`, `two_class`, `many_class`
      = help: did you mean `diabetes`?

    error[unknown-key]: unknown key `sweep.gird`
     --> a.yaml:9:10
      |
    9 | sweep: { gird: { seeds: [1] } }
      |          ^^^^
      |
      = note: known keys: `grid`, `zip`, `random`, `sobol`, `when`, `exclude`
      = help: did you mean `grid`?

    error[value]: `seeds` can't be swept: it is one for the experiment
     --> a.yaml:9:18
      |
    9 | sweep: { gird: { seeds: [1] } }
      |                  ^^^^^

    error[unknown-key]: unknown key `model.linear.bais`
     --> a.yaml:4:20
      |
    4 | model: { linear: { bais: true } }
      |                    ^^^^
      |
      = note: known keys: `bias`
      = help: did you mean `bias`?

    error[value]: `likelihood.student_t.nu` must be a number greater than 0, found -4
     --> a.yaml:5:32
      |
    5 | likelihood: { student_t: { nu: -4, scale: learned } }
      |                                ^^

    error[value]: `prior.poisson` is no prior on weights: weights are real numbers, and it counts or classifies
     --> a.yaml:6:10
      |
    6 | prior: { poisson: { mean: 1 } }
      |          ^^^^^^^

    error[unknown-value]: `estimator`: there is no `mpa`
     --> a.yaml:7:12
      |
    7 | estimator: mpa
      |            ^^^
      |
      = note: expected one of `mse`, `mle`, `map`
      = help: did you mean `map`?

    error[type]: `optimiser.lbfgs.max_iterations`: expected a whole number, found the text `lots`
     --> a.yaml:8:39
      |
    8 | optimiser: { lbfgs: { max_iterations: lots } }
      |                                       ^^^^

    error[type]: `seeds`: expected a list, found `1`
     --> a.yaml:9:26
      |
    9 | sweep: { gird: { seeds: [1] } }
      |                          ^

    9 errors. Nothing was run.
    ");
}

#[test]
fn errors_in_the_data_of_several_data_sets_are_told_at_once() {
    let yaml = "\
schema: 1
name: many
likelihood: { gaussian: { scale: learned } }
sweep:
  grid:
    dataset:
      - { csv: { path: one.csv, target: y } }
      - { csv: { path: two.csv, target: y } }
      - diabetes
";
    assert_snapshot!(check(&Folder::with(yaml).file("two.csv", "a,y\n1,2\nx,3\n"), 4), @r"
    error[data]: there is no file `one.csv`; with `from: data_dir`, `--data-dir FOLDER` says where to look
     --> a.yaml:7:24
      |
    7 |       - { csv: { path: one.csv, target: y } }
      |                        ^^^^^^^

    error[data]: `two.csv`, line 3, column `a`: expected a number, found `x`; name the column in `categorical` if it holds labels, or in `unused`
     --> a.yaml:8:24
      |
    8 |       - { csv: { path: two.csv, target: y } }
      |                        ^^^^^^^

    2 errors. Nothing was run.
    ");
}

#[test]
fn errors_as_json_are_one_object_with_places_and_the_same_exit_code() {
    let folder = ridge("dtype: f64", "dtpye: f64");
    let said = folder.call(&["check", "a.yaml", "--json"]).ends(2);
    assert_eq!(said.err, "");
    assert_snapshot!(said.out, @r#"{"errors":[{"code":"unknown-key","column":1,"file":"a.yaml","help":"did you mean `dtype`?","line":9,"notes":["known keys: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`"],"title":"unknown key `dtpye`"}],"file":"a.yaml","schema":1}"#);
    let said = folder.call(&["run", "a.yaml", "--json"]).ends(2);
    assert_eq!(said.json()[0]["errors"][0]["line"], 9);
    let said = ridge("scale: 0.5", "scale: -1").call(&["plan", "a.yaml", "--json"]).ends(2);
    assert_snapshot!(said.out, @r#"{"errors":[{"code":"value","column":34,"file":"a.yaml","help":null,"line":5,"notes":[],"title":"`likelihood.gaussian.scale` must be a number greater than 0, found -1"}],"file":"a.yaml","schema":1}"#);
    let said = ridge("path: data.csv", "path: dota.csv").call(&["check", "a.yaml", "--json"]).ends(4);
    assert_eq!(said.json()[0]["errors"][0]["code"], "data");
    let said = ridge("seeds", "seeds").call(&["check", "a.yaml", "--json"]).ends(0);
    assert_snapshot!(said.out, @r#"{"errors":[],"file":"a.yaml","schema":1}"#);
}

#[test]
fn exit_codes_are_as_documented() {
    let folder = ridge("seeds", "seeds");
    folder.call(&["run", "a.yaml"]).ends(0);
    folder.call(&["check", "a.yaml", "a.yaml"]).ends(0);
    let said = folder.call(&["check", "b.yaml"]).ends(2);
    assert_snapshot!(said.err, @"error: there is no experiment at `b.yaml`: expected a YAML file, or a folder with an `experiment.yaml`; did you mean `a.yaml`?");
    folder.call(&["run"]).ends(2);
    folder.call(&["run", "a.yaml", "-j", "0"]).ends(2);
    folder.call(&["frobnicate"]).ends(2);
    let said = folder.call(&["table", "a.yaml", "--scores", "nul"]).ends(2);
    assert_snapshot!(said.err, @"error: `nul` is no score; known: nll, rmse, mae, crps, coverage_90, implied_coverage_90, width_90, brier, accuracy; did you mean `nll`?");
    let said = folder.call(&["table", "a.yaml", "--format", "html"]).ends(2);
    assert_snapshot!(said.err, @r"
    error: invalid value 'html' for '--format <FORMAT>': `html` is no format; known: text, md, csv, latex, json

    For more information, try '--help'.
    ");
    let said = folder.call(&["eval", "a.yaml", "--at", r#"{"bias": 0, "w.a": 1, "w.bb": 0}"#]).ends(2);
    assert_snapshot!(said.err, @"error: the model has no parameter `w.bb`; did you mean `w.b`?");
    let said = folder.call(&["eval", "a.yaml", "--at", r#"{"bias": 0, "w.a": 1}"#]).ends(2);
    assert_snapshot!(said.err, @"error: no value is given for w.b");
}

#[test]
fn a_run_that_fails_is_a_result_and_exits_1_and_degenerate_fits_exit_0() {
    let yaml = "\
schema: 1
name: steep
dataset: { csv: { path: data.csv, target: y, standardise: false, split: none } }
estimator: mse
optimiser: { sgd: { lr: 1e9, epochs: 50, batch: 1 } }
";
    let folder = Folder::with(yaml).file("data.csv", AB);
    let said = folder.call(&["run", "a.yaml", "--json"]);
    let record = &said.json()[0];
    assert!(record["outcome"]["fit"]["status"]["non_finite"].is_object(), "{record}");
    // y = a exactly: the likelihood of a learned scale has no maximum.
    let yaml = RIDGE.replace("scale: 0.5", "scale: learned").replace("estimator: map", "estimator: mle");
    let folder = Folder::with(&yaml).file("data.csv", "a,b,y\n0,1,0\n1,0,1\n2,3,2\n4,1,4\n");
    let said = folder.call(&["run", "a.yaml", "--json"]).ends(0);
    assert_eq!(said.json()[0]["outcome"]["fit"]["status"], "unbounded");
}
