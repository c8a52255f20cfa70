//! Keys and values that are none: told where they stand, with what was expected.

mod common;

use common::*;
use insta::assert_snapshot;

#[test]
fn an_unknown_key() {
    assert_snapshot!(check(&ridge("dtype: f64", "dtpye: f64"), 2), @r"
    error[unknown-key]: unknown key `dtpye`
     --> a.yaml:9:1
      |
    9 | dtpye: f64
      | ^^^^^
      |
      = note: known keys: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
      = help: did you mean `dtype`?

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("scale: 2.0, bias", "scale: 2.0, baias"), 2), @r"
    error[unknown-key]: unknown key `prior.gaussian.baias`
     --> a.yaml:6:34
      |
    6 | prior: { gaussian: { scale: 2.0, baias: flat } }
      |                                  ^^^^^
      |
      = note: known keys: `location`, `scale`, `bias`, `hidden_bias`
      = help: did you mean `bias`?

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "zebra: 1"), 2), @r"
    error[unknown-key]: unknown key `zebra`
     --> a.yaml:9:1
      |
    9 | zebra: 1
      | ^^^^^
      |
      = note: known keys: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`

    1 error. Nothing was run.
    ");
}

#[test]
fn a_missing_or_doubled_key() {
    assert_snapshot!(check(&ridge("name: ridge\n", ""), 2), @r"
    error[missing-key]: the config needs `name`
     --> a.yaml:1:1
      |
    1 | schema: 1
      | ^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("{ scale: 0.5 }", "{}"), 2), @r"
    error[missing-key]: `likelihood.gaussian` needs `scale`
     --> a.yaml:5:15
      |
    5 | likelihood: { gaussian: {} }          # or: scale: learned | predicted
      |               ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("dtype: f64", "name: again"), 2), @r"
    error[duplicate-key]: `name` is set twice
     --> a.yaml:9:1
      |
    2 | name: ridge
      | ---- first set here
    ...
    9 | name: again
      | ^^^^

    1 error. Nothing was run.
    ");
}

#[test]
fn a_wrong_type() {
    assert_snapshot!(check(&ridge("max_iterations: 2000", "max_iterations: many"), 2), @r"
    error[type]: `optimiser.lbfgs.max_iterations`: expected a whole number, found the text `many`
     --> a.yaml:8:39
      |
    8 | optimiser: { lbfgs: { max_iterations: many, tolerance: 1e-12 } }
      |                                       ^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("seeds: [0]", "seeds: 0"), 2), @r"
    error[type]: `seeds`: expected a list, found `0`
      --> a.yaml:10:8
       |
    10 | seeds: 0
       |        ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("scale: 0.5", "scale: '0.5'"), 2), @r"
    error[value]: `likelihood.gaussian.scale`: expected a number, `learned` or `predicted`, found the quoted text `0.5`
     --> a.yaml:5:34
      |
    5 | likelihood: { gaussian: { scale: '0.5' } }          # or: scale: learned | predicted
      |                                  ^^^^^
      |
      = help: remove the quotes

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("scale: 0.5", "scale: lerned"), 2), @r"
    error[unknown-value]: `likelihood.gaussian.scale`: expected a number, `learned` or `predicted`, found the text `lerned`
     --> a.yaml:5:34
      |
    5 | likelihood: { gaussian: { scale: lerned } }          # or: scale: learned | predicted
      |                                  ^^^^^^
      |
      = help: did you mean `learned`?

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("bias: true", "bias: yes"), 2), @r"
    error[type]: `model.linear.bias`: expected `true` or `false`, found the text `yes`
     --> a.yaml:4:26
      |
    4 | model: { linear: { bias: yes } }
      |                          ^^^
      |
      = help: write `true`

    1 error. Nothing was run.
    ");
}

#[test]
fn a_value_out_of_range() {
    assert_snapshot!(check(&ridge("scale: 0.5", "scale: -1"), 2), @r"
    error[value]: `likelihood.gaussian.scale` must be a number greater than 0, found -1
     --> a.yaml:5:34
      |
    5 | likelihood: { gaussian: { scale: -1 } }          # or: scale: learned | predicted
      |                                  ^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("scale: 2.0", "scale: 0"), 2), @r"
    error[value]: `prior.gaussian.scale` must be a number greater than 0, found 0
     --> a.yaml:6:29
      |
    6 | prior: { gaussian: { scale: 0, bias: flat } }
      |                             ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("tolerance: 1e-12", "tolerance: .nan"), 2), @r"
    error[value]: `optimiser.lbfgs.tolerance`: expected a number greater than 0, found NaN
     --> a.yaml:8:56
      |
    8 | optimiser: { lbfgs: { max_iterations: 2000, tolerance: .nan } }
      |                                                        ^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("seeds: [0]", "seeds: [-1]"), 2), @r"
    error[value]: `seeds[0]`: expected a whole number of at least 0, found `-1`
      --> a.yaml:10:9
       |
    10 | seeds: [-1]
       |         ^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("schema: 1", "schema: 2"), 2), @r"
    error[value]: `schema`: this program reads `schema: 1`, found 2
     --> a.yaml:1:9
      |
    1 | schema: 2
      |         ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("name: ridge", "name: ../ridge"), 2), @r"
    error[value]: `name`: a name has 1 to 64 letters, digits, `-` or `_`, found `../ridge`
     --> a.yaml:2:7
      |
    2 | name: ../ridge
      |       ^^^^^^^^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&ridge("seeds: [0]", "seeds: []"), 2), @r"
    error[value]: `seeds` is empty: give at least one
      --> a.yaml:10:8
       |
    10 | seeds: []
       |        ^^

    1 error. Nothing was run.
    ");
}

#[test]
fn yaml_that_is_none() {
    assert_snapshot!(check(&ridge("seeds: [0]", "seeds: [0"), 2), @r"
    error[yaml]: unclosed bracket '['
      --> a.yaml:10:8
       |
    10 | seeds: [0
       |        ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&Folder::with(""), 2), @r"
    error[type]: an experiment is a mapping of keys: `schema: 1`, `name`, `dataset`, …
     --> a.yaml:1:1
      |
    1 |
      | ^

    1 error. Nothing was run.
    ");
    assert_snapshot!(check(&Folder::with("- 1\n"), 2), @r"
    error[type]: an experiment is a mapping of keys: `schema: 1`, `name`, `dataset`, …
     --> a.yaml:1:1
      |
    1 | - 1
      | ^^^

    1 error. Nothing was run.
    ");
}
