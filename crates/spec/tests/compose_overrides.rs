//! The command line: what an argument changes, and where it points when it is wrong.

mod compose_common;

use compose_common::*;

fn heavy() -> Shelf {
    shelf(&[("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n")])
}

fn value(key: &str, arguments: &[&str]) -> String {
    each(&fine(&heavy(), BASE, arguments), key).join(" ")
}

#[test]
fn an_argument_sets_a_value_chooses_an_option_or_takes_a_value_back() {
    assert_eq!(value("prior.gaussian.scale", &["prior.gaussian.scale=.5"]), ".5");
    assert_eq!(value("likelihood", &["likelihood=heavy"]), "{student_t: {nu: 4, scale: learned}}");
    assert_eq!(value("likelihood", &["likelihood=poisson"]), "poisson");
    assert_eq!(value("likelihood", &["likelihood={laplace: {scale: 2}}"]), "{laplace: {scale: 2}}");
    assert_eq!(value("seeds", &["seeds=[3, 4]"]), "[3, 4]");
    assert_eq!(value("early_stopping.patience", &["early_stopping.patience=3", "optimiser=adam"]), "3");
    assert_eq!(value("prior", &["~prior"]), "-");
    assert_eq!(value("question", &["question='a=b, c'"]), "\"a=b, c\"");
    assert_eq!(value("dtype", &["dtype=f32"]), "f32");
}

#[test]
fn choices_come_before_what_is_said_inside_them_in_whatever_order_they_are_given() {
    for arguments in
        [["likelihood=heavy", "likelihood.student_t.nu=9"], ["likelihood.student_t.nu=9", "likelihood=heavy"]]
    {
        assert_eq!(value("likelihood.student_t.nu", &arguments), "9");
    }
}

#[test]
fn several_values_are_a_dimension_and_the_command_line_takes_the_place_of_the_files_own() {
    let yaml = format!("{BASE}sweep:\n  grid: {{ estimator: [mse, mle, map], prior.gaussian.scale: [1, 2] }}\n");
    let varied = |arguments: &[&str]| varied(&fine(&heavy(), &yaml, arguments));
    assert_eq!(varied(&["estimator=map"]), ["prior.gaussian.scale=1", "prior.gaussian.scale=2"]);
    assert_eq!(varied(&["estimator=map,mle", "prior.gaussian.scale=7"]), ["estimator=map", "estimator=mle"]);
    assert_eq!(varied(&["prior=flat"]), ["estimator=mse", "estimator=mle", "estimator=map"]);
    assert_eq!(varied(&["prior={gaussian: {scale: 3}}"]), ["estimator=mse", "estimator=mle", "estimator=map"]);
    assert_eq!(varied(&["~sweep.grid.estimator", "prior.gaussian.scale=choice(5)"]), ["prior.gaussian.scale=5"]);
    assert_eq!(varied(&["~sweep"]), [""]);
    assert_eq!(
        varied(&["~sweep", "prior.gaussian.scale=logspace(.01,1,3)"]),
        ["prior.gaussian.scale=0.01", "prior.gaussian.scale=0.1", "prior.gaussian.scale=1",]
    );
    assert_eq!(
        varied(&["~sweep", "prior.gaussian.scale=range(1,3)"]),
        ["prior.gaussian.scale=1", "prior.gaussian.scale=2"]
    );
    assert_eq!(
        varied(&["~sweep", "both=zip(dtype=[f32,f64],prior.gaussian.scale=linspace(1,2,2))"]),
        ["dtype=f32 prior.gaussian.scale=1", "dtype=f64 prior.gaussian.scale=2",]
    );
    let it = fine(&heavy(), &yaml, &["estimator=map"]);
    assert_eq!(it.document.shadowed.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["estimator"]);
}

#[test]
fn a_value_inside_an_option_reaches_every_cell_that_chose_it_and_its_label_says_so() {
    let yaml = format!(
        "{BASE}sweep:\n  grid: {{ likelihood: [heavy, poisson, {{ gaussian: {{ scale: 1 }} }}, {{ gaussian: {{ scale: 2 }} }}] }}\n"
    );
    let it = fine(&heavy(), &yaml, &["likelihood.student_t.nu=9", "likelihood.gaussian.scale=5"]);
    assert_eq!(varied(&it), ["likelihood=heavy", "likelihood=poisson", "likelihood=gaussian", "likelihood=gaussian"]);
    assert_eq!(each(&it, "likelihood.student_t.nu"), ["9", "-", "-", "-"]);
    assert_eq!(each(&it, "likelihood.gaussian.scale"), ["-", "-", "5", "5"]);
}

#[test]
fn a_plus_adds_a_name_of_ones_own_where_names_are_free() {
    let yaml = BASE.replace("{ gaussian: { scale: 1 } }", "{ gaussian: { scale: { by_name: { a: 1 } } } }");
    let at = |arguments: &[&str]| each(&fine(&heavy(), &yaml, arguments), "prior.gaussian.scale.by_name")[0].clone();
    assert_eq!(at(&["+prior.gaussian.scale.by_name.b=2"]), "{a: 1, b: 2}");
    assert_eq!(at(&["+prior.gaussian.scale.by_name.\"w.b\"=2"]), "{a: 1, w.b: 2}");
    assert_eq!(at(&["prior.gaussian.scale.by_name.a=3"]), "{a: 3}");
    let told: Vec<String> = [
        "prior.gaussian.scale.by_name.b=2",
        "+prior.gaussian.scale.by_name.a=2",
        "+dtype=f32",
        "+prior.gaussian.bias=flat",
    ]
    .iter()
    .map(|argument| told(&heavy(), &yaml, &[argument]))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    error[argument]: there is no `prior.gaussian.scale.by_name.b`
    --> <command line>
     |
     | prior.gaussian.scale.by_name.b=2
     | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
     |
     = help: write `+prior.gaussian.scale.by_name.b=…` to add it
    error[argument]: `prior.gaussian.scale.by_name.a` is there already
    --> <command line>
     |
     | +prior.gaussian.scale.by_name.a=2
     |  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
     |
     = help: write `prior.gaussian.scale.by_name.a=…` to change it
    error[argument]: `dtype` is no key of one's own choosing
    --> <command line>
     |
     | +dtype=f32
     |  ^^^^^
     |
     = help: write `dtype=…`: `+` is for the names under `by_name`
    error[argument]: `prior.gaussian.bias` is no key of one's own choosing
    --> <command line>
     |
     | +prior.gaussian.bias=flat
     |  ^^^^^^^^^^^^^^^^^^^
     |
     = help: write `prior.gaussian.bias=…`: `+` is for the names under `by_name`
    ");
}

#[test]
fn what_is_wrong_with_an_argument_is_shown_in_the_argument() {
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
    let all: Vec<String> = arguments.iter().map(|argument| told(&heavy(), BASE, &[argument])).collect();
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

#[test]
fn numbers_are_read_as_people_write_them_and_words_stay_words() {
    let real = |text: &str| {
        let it = fine(&heavy(), BASE, &[&format!("prior.gaussian.scale={text}")]);
        it.cells[0].experiment.prior.at[1].clone()
    };
    for (text, x) in [("1e-3", 1e-3), (".5", 0.5), ("1_000", 1000.0), ("5.", 5.0), ("1E+2", 100.0), ("0x10", 16.0)] {
        assert_eq!(real(text), surprisal_density::Strength::Same(x), "{text}");
    }
    let count = |text: &str| fine(&heavy(), BASE, &["optimiser=adam", &format!("optimiser.adam.epochs={text}")]);
    for text in ["1e3", "1_000", "1000"] {
        assert!(
            matches!(&count(text).cells[0].experiment.optimiser, surprisal_spec::Optimiser::Adam(it) if it.epochs.get() == 1000)
        );
    }
    for word in ["no", "on", "yes", "off", "y", "1e-3", "1_000"] {
        assert_eq!(fine(&heavy(), BASE, &[&format!("name={}", word.replace('.', "")), "dtype=f32"]).name, word);
        assert_eq!(fine(&heavy(), &BASE.replace("name: a", &format!("name: {word}")), &[]).name, word);
    }
    let bias = |text: &str| short(&heavy(), BASE, &[&format!("model={{linear: {{bias: {text}}}}}")]).join("\n");
    insta::assert_snapshot!([bias("no"), bias("on"), bias("0")].join("\n"), @r"
    <command line>:1:23: error[type]: `model.linear.bias`: expected `true` or `false`, found the text `no` (in `model={linear: {bias: no}}`)
    <command line>:1:23: error[type]: `model.linear.bias`: expected `true` or `false`, found the text `on` (in `model={linear: {bias: on}}`)
    <command line>:1:23: error[type]: `model.linear.bias`: expected `true` or `false`, found `0` (in `model={linear: {bias: 0}}`)
    ");
}
