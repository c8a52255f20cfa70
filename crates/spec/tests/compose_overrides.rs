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
