//! `config show`, `explain` and `diff`; changes on the command line; the forms of `check`.

mod common;

use common::*;
use insta::assert_snapshot;

/// An experiment of three layers.
fn layered() -> Folder {
    let yaml = "\
schema: 1
name: layered
defaults:
  - house
  - prior: wide
dataset: { csv: { path: data.csv, target: y } }
likelihood: { gaussian: { scale: 0.5 } }
prior: { gaussian: { bias: flat } }
sweep:
  grid:
    estimator: [mse, mle, map]
    prior.gaussian.scale: [1, 2]
";
    Folder::new()
        .file("experiments/a/experiment.yaml", yaml)
        .file("experiments/a/data.csv", AB)
        .file("configs/experiment/house.yaml", "dtype: f64\nseeds: [0]\noptimiser: { lbfgs: { tolerance: 1e-8 } }\n")
        .file("configs/prior/wide.yaml", "gaussian: { scale: 10 }\n")
}

const A: &str = "experiments/a";

#[test]
fn show_prints_all_layers_and_what_it_prints_gives_the_same_runs() {
    let folder = layered();
    let change = "optimiser.lbfgs.memory=7";
    let shown = folder.call(&["config", "show", A, change]).ends(0).out;
    assert_snapshot!(shown, @r"
    schema: 1
    name: layered
    dataset: { csv: { path: data.csv, target: y } }
    likelihood: { gaussian: { scale: 0.5 } }
    prior: { gaussian: { scale: 10, bias: flat } }
    optimiser: { lbfgs: { tolerance: 1e-8, memory: 7 } }
    dtype: f64
    seeds: [0]
    sweep:
      grid: { estimator: [mse, mle, map], prior.gaussian.scale: [1, 2] }
    ");
    folder.write("experiments/b/experiment.yaml", &shown);
    folder.write("experiments/b/data.csv", AB);
    let runs =
        |arguments: &[&str]| folder.call(&[&["plan", "--json"], arguments].concat()).ends(0).json()[0]["runs"].clone();
    assert_eq!(runs(&["experiments/b"]), runs(&[A, change]));
    assert_snapshot!(folder.call(&["config", "show", A, "--places", "--cell", "5"]).ends(0).out, @r"
    schema: 1  # experiments/a/experiment.yaml:1:9
    name: layered  # experiments/a/experiment.yaml:2:7
    dataset: { csv: { path: data.csv, target: y } }  # experiments/a/experiment.yaml:6:12
    likelihood: { gaussian: { scale: 0.5 } }  # experiments/a/experiment.yaml:7:15
    prior: { gaussian: { scale: 2, bias: flat } }  # experiments/a/experiment.yaml:8:10
    estimator: map  # experiments/a/experiment.yaml:11:27
    optimiser: { lbfgs: { tolerance: 1e-8 } }  # configs/experiment/house.yaml:3:14
    dtype: f64  # configs/experiment/house.yaml:1:8
    seeds: [0]  # configs/experiment/house.yaml:2:8
    ");
    let said = folder.call(&["config", "show", A, "--cell", "6"]).ends(2);
    assert_eq!(said.err, "error: there are 6 cells, counted from 0\n");
}

#[test]
fn explain_tells_each_value_that_a_key_had_and_what_varies_it() {
    let folder = layered();
    let explain =
        |key: &str, changes: &[&str]| folder.call(&[&["config", "explain", key, A], changes].concat()).ends(0).out;
    assert_snapshot!(explain("prior.gaussian.scale", &[]), @r"
    prior.gaussian.scale is swept
      10  configs/prior/wide.yaml:1:20 (chosen at experiments/a/experiment.yaml:5:12)
      [1, 2]  swept by grid at experiments/a/experiment.yaml:12:5  <- in effect
    ");
    assert_snapshot!(explain("prior.gaussian.scale", &["prior.gaussian.scale=0.5"]), @r"
    prior.gaussian.scale = 0.5
      10   configs/prior/wide.yaml:1:20 (chosen at experiments/a/experiment.yaml:5:12)
      0.5  command line, argument 1, column 22  <- in effect
      `prior.gaussian.scale` swept at experiments/a/experiment.yaml:12:5: [1, 2], shadowed by command line, argument 1, column 1
    ");
    assert_snapshot!(explain("optimiser.lbfgs.tolerance", &[]), @r"
    optimiser.lbfgs.tolerance = 1e-8
      1e-8  configs/experiment/house.yaml:3:34 (chosen at experiments/a/experiment.yaml:4:5)  <- in effect
    ");
    assert_snapshot!(explain("estimator", &["estimator=map"]), @r"
    estimator = map
      map  command line, argument 1, column 11  <- in effect
      `estimator` swept at experiments/a/experiment.yaml:11:5: [mse, mle, map], shadowed by command line, argument 1, column 1
    ");
    assert_snapshot!(explain("early_stopping", &[]), @r"early_stopping is not set, and there is none by default");
    let said = folder.call(&["config", "explain", "prior.gaussian.scael", A]).ends(2);
    assert_snapshot!(said.err, @r"error: `prior.gaussian.scael` is not set in `experiments/a/experiment.yaml`, and has no default there; did you mean `prior.gaussian.scale`?");
    let json = folder.call(&["config", "explain", "dtype", A, "--json"]).ends(0).json().remove(0);
    assert_eq!(json["layers"][0]["at"], "configs/experiment/house.yaml:1:8");
}

#[test]
fn diff_tells_the_keys_that_differ_in_effect() {
    let folder = layered();
    assert_snapshot!(folder.call(&["config", "diff", A, "prior.gaussian.scale=0.5", "dtype=f32"]).ends(0).out, @r#"
    prior.gaussian.scale
      - 10  (configs/prior/wide.yaml:1:20)
      + 0.5  (command line, argument 1, column 22)
    sweep.grid."prior.gaussian.scale"
      - [1, 2]  (experiments/a/experiment.yaml:12:27)
    dtype
      - f64  (configs/experiment/house.yaml:1:8)
      + f32  (command line, argument 2, column 7)
    "#);
    let said = folder.call(&["config", "diff", A, A]).ends(0);
    assert_eq!(
        said.out,
        "no difference: experiments/a/experiment.yaml and experiments/a/experiment.yaml say the same\n"
    );
    folder.call(&["config", "diff", A]).ends(2);
}

#[test]
fn a_change_is_checked_planned_run_and_tabled_as_if_it_were_in_the_file() {
    let folder = layered();
    let change = ["estimator=map", "prior.gaussian.scale=3"];
    let with = |command: &[&str]| folder.call(&[command, &[A], &change].concat());
    assert_eq!(with(&["check"]).ends(0).out, "experiments/a/experiment.yaml: fine (1 arm, 20 runs)\n");
    let planned = with(&["plan", "--json"]).ends(0).json()[0]["runs"][0]["id"].clone();
    with(&["run"]).ends(0);
    assert!(folder.records("layered").iter().any(|record| record["id"] == planned));
    assert!(with(&["status"]).ends(0).out.contains("20 done"));
    assert!(with(&["table"]).ends(0).out.contains("layered"));
    let before = folder.files();
    with(&["plan"]).ends(0);
    with(&["config", "show"]).ends(0);
    assert_eq!(folder.files(), before, "commands that only read create no files");
}

#[test]
fn an_error_in_a_change_is_shown_in_the_argument() {
    let folder = layered();
    let said = folder.call(&["check", A, "likelihood.gaussian.scale=-1", "estimater=map"]).ends(2);
    assert_eq!(said.out, "");
    assert_snapshot!(said.err, @r"
    error[unknown-key]: unknown key `estimater`
    --> <command line>
     |
     | estimater=map
     | ^^^^^^^^^
     |
     = note: known: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
     = help: did you mean `estimator`?

    error[value]: `likelihood.gaussian.scale` must be a number greater than 0, found -1
    --> <command line>
     |
     | likelihood.gaussian.scale=-1
     |                           ^^
     |
     = note: it replaces `0.5`, set at experiments/a/experiment.yaml:7:34

    2 errors. Nothing was run.
    ");
    assert_eq!(folder.call(&["run", A, "likelihood.gaussian.scale=-1", "estimater=map"]).ends(2).err, said.err);
}

#[test]
fn check_prints_errors_for_people_for_programs_and_for_github() {
    let folder = layered();
    folder.write("configs/prior/wide.yaml", "gaussian: { scale: -10 }\n");
    folder.write("experiments/b/experiment.yaml", "schema: 1\nname: a\ndataset: diabets\n");
    let check = |format: &str| {
        let said = folder.call(&["check", "--format", format, A, "experiments/b", "experiments/none"]).ends(2);
        if format == "human" { said.err } else { said.out }
    };
    assert_snapshot!(check("human"), @r"
    error[value]: `prior.gaussian.scale` must be a number greater than 0, found -10
     --> configs/prior/wide.yaml:1:20
      |
    1 | gaussian: { scale: -10 }
      |                    ^^^
      |
     ::: experiments/a/experiment.yaml:5:12
      |
    5 |   - prior: wide
      |            ---- chosen here

    1 error. Nothing was run.
    error[unknown-value]: unknown dataset `diabets`
     --> experiments/b/experiment.yaml:3:10
      |
    3 | dataset: diabets
      |          ^^^^^^^
      |
      = note: known: `csv`, `diabetes`, `iris`, `wine_quality`, `linear_gaussian`, `heteroscedastic_sine`, `heavy_tails`, `poisson_counts`, `overdispersed_counts`, `two_class`, `many_class`
      = help: did you mean `diabetes`?

    1 error. Nothing was run.
    error: there is no experiment at `experiments/none`: expected a YAML file, or a folder with an `experiment.yaml`
    ");
    assert_snapshot!(check("short"), @r"
    configs/prior/wide.yaml:1:20: error[value]: `prior.gaussian.scale` must be a number greater than 0, found -10
    experiments/b/experiment.yaml:3:10: error[unknown-value]: unknown dataset `diabets`
    experiments/none: error[file]: there is no experiment at `experiments/none`: expected a YAML file, or a folder with an `experiment.yaml`
    ");
    assert_snapshot!(check("github"), @r"
    ::error file=configs/prior/wide.yaml,line=1,col=20,title=value::`prior.gaussian.scale` must be a number greater than 0, found -10
    ::error file=experiments/b/experiment.yaml,line=3,col=10,title=unknown-value::unknown dataset `diabets`%0Aknown: `csv`, `diabetes`, `iris`, `wine_quality`, `linear_gaussian`, `heteroscedastic_sine`, `heavy_tails`, `poisson_counts`, `overdispersed_counts`, `two_class`, `many_class`%0Adid you mean `diabetes`?
    ::error title=file::there is no experiment at `experiments/none`: expected a YAML file, or a folder with an `experiment.yaml`
    ");
    let json = folder.call(&["check", "--json", A, "experiments/b", "experiments/none"]).ends(2).json();
    assert_eq!(json.len(), 3);
    for line in &json {
        assert_eq!(line["schema"], 1);
        assert!(line["file"].is_string() && line["errors"].as_array().is_some_and(|all| !all.is_empty()), "{line}");
        assert!(line["errors"].as_array().expect("a list").iter().all(|error| error["file"].is_string()), "{line}");
    }
    let same = folder.call(&["check", "--format", "json", A, "experiments/b", "experiments/none"]).ends(2);
    assert_eq!(same.json(), json);
}
