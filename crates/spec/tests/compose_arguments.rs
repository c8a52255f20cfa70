//! Wrong arguments of the command line: each is shown with what is wrong in it.

mod compose_common;

use compose_common::*;

#[test]
fn what_is_wrong_with_an_argument_is_shown_in_the_argument() {
    let shelf = shelf(&[("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n")]);
    let arguments = [
        "prior.gaussian.scale=-1",
        "lieklihood=poisson",
        "likelihood=hevy",
        "likelihood.studnt_t.nu=4",
        "likelihood.student_t.nu=4",
        "estimator=mapp",
        "estimator=map,mpa",
        "dtype",
        "=3",
        "a b=3",
        "dtype=",
        "~dtype=f32",
        "~dtype",
        "~priro",
        "seeds=0,1",
        "seeds=3",
        "prior.gaussian.scale=logspace(0,1,3)",
        "prior.gaussian.scale=lospace(1,2,3)",
        "prior.gaussian.scale=linspace(1,2)",
        "prior.gaussian.scale=[1",
        "d=zip(dtype=f32)",
        "d=zip(dtype=[f32],dtype=[f64])",
        "d=zip(dtpye=[f32])",
        "d=zip(dtype=[f32,f64],estimator=[map])",
        "dtype=zip(dtype=[f32])",
        "defaults=[a]",
        "sweep.grid.x=[1]",
        "+dtype=f32,f64",
        "prior.gaussian.scael=2",
        "prior.gaussian.scale=1e",
        "name=a/b",
        "~name",
        "estimator=map=mle",
    ];
    let all: Vec<String> = arguments.iter().map(|argument| told(&shelf, BASE, &[argument])).collect();
    insta::assert_snapshot!(all.join("\n\n"), @r"
    error[value]: `prior.gaussian.scale` must be a number greater than 0, found -1
    --> <command line>
     |
     | prior.gaussian.scale=-1
     |                      ^^
     |
     = note: it replaces `1`, set at a.yaml:5:29

    error[unknown-key]: unknown key `lieklihood`
    --> <command line>
     |
     | lieklihood=poisson
     | ^^^^^^^^^^
     |
     = note: known: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
     = help: did you mean `likelihood`?

    error[unknown-value]: unknown likelihood `hevy`
    --> <command line>
     |
     | likelihood=hevy
     |            ^^^^
     |
     = note: known: `asymmetric_laplace`, `bernoulli`, `categorical`, `exponential`, `flat`, `gamma`, `gaussian`, `laplace`, `log_normal`, `logistic`, `negative_binomial`, `poisson`, `student_t`, `heavy`
     = help: did you mean `heavy`?

    error[unknown-value]: unknown likelihood `studnt_t`
    --> <command line>
     |
     | likelihood.studnt_t.nu=4
     |            ^^^^^^^^
     |
     = note: known: `asymmetric_laplace`, `bernoulli`, `categorical`, `exponential`, `flat`, `gamma`, `gaussian`, `laplace`, `log_normal`, `logistic`, `negative_binomial`, `poisson`, `student_t`
     = help: did you mean `student_t`?

    error[argument]: `likelihood.student_t.nu` has no effect: the likelihood is `gaussian`
     --> <command line>
      |
      | likelihood.student_t.nu=4
      | ^^^^^^^^^^^^^^^^^^^^^^^
      |
     ::: a.yaml:4:15
      |
    4 | likelihood: { gaussian: { scale: learned } }
      |               -------- here
      |
      = help: choose it too: `likelihood=student_t`

    error[unknown-value]: `estimator`: there is no `mapp`
    --> <command line>
     |
     | estimator=mapp
     |           ^^^^
     |
     = note: expected one of `mse`, `mle`, `map`
     = help: did you mean `map`?

    error[unknown-value]: `estimator`: there is no `mpa`
    --> <command line>
     |
     | estimator=map,mpa
     |               ^^^
     |
     = note: expected one of `mse`, `mle`, `map`
     = help: did you mean `map`?

    error[argument]: `dtype` has no value
    --> <command line>
     |
     | dtype
     | ^^^^^
     |
     = note: an argument is `key=value`, `key=value,value`, `~key` or `+key=value`
     = help: write `dtype=value`, or `~dtype` for its default

    error[argument]: `` is not a key
    --> <command line>
     |
     | =3
     | ^
     |
     = note: an argument is `key=value`, `key=value,value`, `~key` or `+key=value`

    error[argument]: `a b` is not a key
    --> <command line>
     |
     | a b=3
     | ^^^
     |
     = note: an argument is `key=value`, `key=value,value`, `~key` or `+key=value`

    error[argument]: `dtype=` has no value
    --> <command line>
     |
     | dtype=
     | ^^^^^^
     |
     = help: write `dtype=~` for nothing, or `~dtype` for its default

    error[argument]: `~dtype` takes no value: it brings the default back
    --> <command line>
     |
     | ~dtype=f32
     |       ^^^^

    error[argument]: `dtype` is not set: there is nothing to take back
    --> <command line>
     |
     | ~dtype
     |  ^^^^^

    error[unknown-key]: unknown key `priro`
    --> <command line>
     |
     | ~priro
     |  ^^^^^
     |
     = note: known: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
     = help: did you mean `prior`?

    error[argument]: seeds are no dimension of the sweep: an arm has them all
    --> <command line>
     |
     | seeds=0,1
     | ^^^^^
     |
     = help: write a list: `seeds=[0,1,2]`

    error[type]: `seeds`: expected a list, found `3`
    --> <command line>
     |
     | seeds=3
     |       ^

    error[value]: `logspace`: both ends must be greater than 0, found 0
    --> <command line>
     |
     | prior.gaussian.scale=logspace(0,1,3)
     |                               ^

    error[unknown-value]: there is no `lospace()`
    --> <command line>
     |
     | prior.gaussian.scale=lospace(1,2,3)
     |                      ^^^^^^^
     |
     = note: known: `range`, `linspace`, `logspace`, `choice`, `zip`
     = note: a text with brackets needs quotes
     = help: did you mean `logspace`?

    error[value]: `linspace` takes [from, to, how many]; found 2 numbers
    --> <command line>
     |
     | prior.gaussian.scale=linspace(1,2)
     |                               ^^^

    error[yaml]: unclosed bracket '['
    --> <command line>
     |
     | prior.gaussian.scale=[1
     |                      ^

    error[argument]: `zip` takes `key=[values]` for each key: `pairs=zip(a=[1,2],b=[3,4])`
    --> <command line>
     |
     | d=zip(dtype=f32)
     |             ^^^

    error[duplicate-key]: `dtype` is set twice
    --> <command line>
     |
     | d=zip(dtype=[f32],dtype=[f64])
     |       -----       ^^^^^
     |       |
     |       first set here

    error[unknown-key]: unknown key `dtpye`
    --> <command line>
     |
     | d=zip(dtpye=[f32])
     |       ^^^^^
     |
     = note: known: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
     = help: did you mean `dtype`?

    error[value]: values of a zip change together: `dtype` has 2 and `estimator` 1
    --> <command line>
     |
     | d=zip(dtype=[f32,f64],estimator=[map])
     |       ----- 2 values  ^^^^^^^^^

    error[value]: a dimension of `zip` has a name of its own, and `dtype` is a key
    --> <command line>
     |
     | dtype=zip(dtype=[f32])
     | ^^^^^
     |
     = help: write `zip: { some_name: { dtype: [values], other.key: [values] } }`

    error[argument]: `defaults` belong to files
    --> <command line>
     |
     | defaults=[a]
     | ^^^^^^^^
     |
     = help: choose with `group=name`

    error[argument]: `sweep.grid.x` can't be set here
    --> <command line>
     |
     | sweep.grid.x=[1]
     | ^^^^^^^^^^^^
     |
     = help: a dimension is written `some.key=value,value` or `name=zip(a=[1,2],b=[3,4])`

    error[argument]: `+dtype` takes one value
    --> <command line>
     |
     | +dtype=f32,f64
     |        ^^^^^^^

    error[unknown-key]: unknown key `prior.gaussian.scael`
    --> <command line>
     |
     | prior.gaussian.scael=2
     |                ^^^^^
     |
     = note: known keys: `location`, `scale`, `bias`, `hidden_bias`
     = help: did you mean `scale`?

    error[value]: `prior.gaussian.scale`: expected a number greater than 0, `per_layer: […]`, `fan_in: …` or `by_name: {…}`, found the text `1e`
    --> <command line>
     |
     | prior.gaussian.scale=1e
     |                      ^^
     |
     = note: it replaces `1`, set at a.yaml:5:29

    error[value]: `name`: a name has 1 to 64 letters, digits, `-` or `_`, found `a/b`
    --> <command line>
     |
     | name=a/b
     |      ^^^
     |
     = note: it replaces `a`, set at a.yaml:2:7

    error[missing-key]: the config needs `name`
     --> a.yaml:1:1
      |
    1 | schema: 1
      | ^^^^^^
      |
     ::: <command line>
      |
      | ~name
      |  ---- taken back here

    error[unknown-value]: `estimator`: there is no `map=mle`
    --> <command line>
     |
     | estimator=map=mle
     |           ^^^^^^^
     |
     = note: expected one of `mse`, `mle`, `map`
    ");
}
