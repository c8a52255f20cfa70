//! Assumptions that make no sense are refused with a sentence that says why, and what to write instead.

mod common;

use common::*;
use insta::assert_snapshot;

#[test]
fn a_family_in_the_wrong_role() {
    assert_snapshot!(check(&ridge("likelihood: { gaussian: { scale: 0.5 } }", "likelihood: flat"), 2), @r"
    error[value]: `likelihood`: `flat` is no likelihood: it gives no density to a target; it is a prior only
     --> a.yaml:5:13
      |
    5 | likelihood: flat          # or: scale: learned | predicted
      |             ^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("prior: { gaussian: { scale: 2.0, bias: flat } }", "prior: poisson"), 2), @r"
    error[value]: `prior`: `poisson` is no prior on weights: weights are real numbers, and it counts or classifies
     --> a.yaml:6:8
      |
    6 | prior: poisson
      |        ^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("bias: flat", "bias: { gamma: { mean: 1, shape: 1 } }"), 2), @r"
    error[value]: `prior.gaussian.bias.gamma` is no prior on weights: weights may be negative, and it lives on y > 0
     --> a.yaml:6:42
      |
    6 | prior: { gaussian: { scale: 2.0, bias: { gamma: { mean: 1, shape: 1 } } } }
      |                                          ^^^^^

    1 error. Nothing was run.
    ");
    let own = "scale: { learned: { prior: { poisson: { mean: 1 } } } }";
    assert_snapshot!(check(&ridge("scale: 0.5", own), 2), @r"
    error[value]: `likelihood.gaussian.scale.learned`: `poisson` is no prior on `scale`: it counts or classifies
     --> a.yaml:5:47
      |
    5 | likelihood: { gaussian: { scale: { learned: { prior: { poisson: { mean: 1 } } } } } }          # or: scale: learned | predicted
      |                                               ^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_learned_scale_of_a_weight_prior() {
    assert_snapshot!(check(&ridge("scale: 2.0", "scale: learned"), 2), @r"
    error[value]: `prior.gaussian.scale` of a weight prior can't be learned: the joint maximum over weights and their prior scale is unbounded; give a number, or choose one with `select:`
     --> a.yaml:6:29
      |
    6 | prior: { gaussian: { scale: learned, bias: flat } }
      |                             ^^^^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn squared_error_on_classes() {
    let yaml = "schema: 1\nname: a\ndataset: iris\nestimator: mse\n";
    assert_snapshot!(check(&Folder::with(yaml), 2), @r"
    error[value]: `mse` on classes is refused: squared error is a Gaussian density over numbers, and class labels are names; use `mle` or `map` with `categorical`
     --> a.yaml:4:12
      |
    4 | estimator: mse
      |            ^^^

    1 error. Nothing was run.
    ");
    let yaml =
        "schema: 1\nname: a\ndataset: iris\nlikelihood: categorical\nsweep: { grid: { estimator: [map, mse] } }\n";
    assert_snapshot!(check(&Folder::with(yaml), 2), @r"
    error[value]: `mse` on classes is refused: squared error is a Gaussian density over numbers, and class labels are names; use `mle` or `map` with `categorical`
     --> a.yaml:5:35
      |
    5 | sweep: { grid: { estimator: [map, mse] } }
      |                                   ^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn keys_that_do_not_go_together() {
    assert_snapshot!(check(&ridge("dtype: f64", "early_stopping: { patience: 3 }"), 2), @r"
    error[value]: early stopping watches epochs, and `lbfgs` has none; use sgd, adam or adamw
     --> a.yaml:9:19
      |
    9 | early_stopping: { patience: 3 }
      |                   ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("likelihood: { gaussian: { scale: 0.5 } }", ""), 2), @r"
    error[value]: estimator `map` needs a `likelihood`; only `mse` brings its own
     --> a.yaml:7:12
      |
    7 | estimator: map
      |            ^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("scale: 0.5", "scale: plug_in"), 2), @r"
    error[value]: `plug_in` is what the estimator `mse` assumes; write `estimator: mse`, or `learned`
     --> a.yaml:7:12
      |
    7 | estimator: map
      |            ^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "sweep: { grid: { likelihood.laplace.scale: [1, 2] } }"), 2), @r"
    error[value]: `likelihood.laplace.scale` has no effect: no cell has made that choice
     --> a.yaml:9:18
      |
    9 | sweep: { grid: { likelihood.laplace.scale: [1, 2] } }
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "sweep: { grid: { prior.gaussian.scale: 1 } }"), 2), @r"
    error[type]: `prior.gaussian.scale` must be a list of at least one value
     --> a.yaml:9:40
      |
    9 | sweep: { grid: { prior.gaussian.scale: 1 } }
      |                                        ^
      |
      = note: or one of `range`, `linspace`, `logspace` with its numbers in a list

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "sweep: { grid: { prior.gaussian.scale: [1, -1, x] } }"), 2), @r"
    error[value]: `prior.gaussian.scale` must be a number greater than 0, found -1
     --> a.yaml:9:44
      |
    9 | sweep: { grid: { prior.gaussian.scale: [1, -1, x] } }
      |                                            ^^
      |
      = note: it replaces `2.0`, set at a.yaml:6:29

    error[value]: `prior.gaussian.scale`: expected a number greater than 0, `per_layer: […]`, `fan_in: …` or `by_name: {…}`, found the text `x`
     --> a.yaml:9:48
      |
    9 | sweep: { grid: { prior.gaussian.scale: [1, -1, x] } }
      |                                                ^
      |
      = note: it replaces `2.0`, set at a.yaml:6:29

    2 errors. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "select: { over: { prior.gaussian.scale: [1, 2] }, by: nl }"), 2), @r"
    error[value]: `select.by`: `nl` is no score; known: nll, rmse, mae, crps, coverage_90, implied_coverage_90, width_90, brier, accuracy; did you mean `nll`?
     --> a.yaml:9:55
      |
    9 | select: { over: { prior.gaussian.scale: [1, 2] }, by: nl }
      |                                                       ^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_selection_by_a_score_that_cannot_decide_is_told_where_it_is_asked_for() {
    let select = "select: { over: { prior.gaussian.scale: [1, 2] }, by: coverage_90 }";
    let said = check(&ridge("dtype: f64", select), 2);
    assert!(said.contains("--> a.yaml:9:1\n") && said.contains("`coverage_90` is a diagnostic"), "{said}");
}
