//! Layers: `defaults` across files, later ones winning, each value keeping the place that set it.

mod compose_common;

use compose_common::*;

fn robust() -> Shelf {
    shelf(&[
        ("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n"),
        ("likelihood/heavier", "defaults: [heavy]\nstudent_t: { nu: 3 }\n"),
        ("dataset/small", "linear_gaussian: { n: 50, dim: 3 }\n"),
        ("experiment/house", "dtype: f64\nseeds: [0, 1]\noptimiser: { adam: { lr: 0.1, epochs: 5 } }\n"),
        ("experiment/short", "defaults: [house, { dataset: small }]\noptimiser: { adam: { epochs: 2 } }\n"),
        ("prior/wide", "gaussian: { scale: 10 }\n"),
        ("likelihood/loop", "defaults: [pool]\n"),
        ("likelihood/pool", "defaults: [loop]\n"),
        ("experiment/self", "defaults: [self]\n"),
        ("experiment/typo", "dtpye: f64\n"),
        ("prior/broken", "gaussian:\n  scale: -1\n"),
    ])
}

#[test]
fn later_layers_win_key_by_key_and_the_file_itself_is_the_last() {
    let yaml = "schema: 1\nname: a\ndefaults:\n  - short\n  - likelihood: heavier\n  - { dtype: f32, prior: flat }\nlikelihood: { student_t: { scale: 2 } }\nseeds: [7]\n";
    let it = fine(&robust(), yaml, &[]);
    insta::assert_snapshot!(it.document.write(), @r"
    schema: 1
    name: a
    dataset: { linear_gaussian: { n: 50, dim: 3 } }
    likelihood: { student_t: { nu: 3, scale: 2 } }
    prior: flat
    optimiser: { adam: { lr: 0.1, epochs: 2 } }
    dtype: f32
    seeds: [7]
    ");
    assert_eq!(it.cells[0].dataset_word.as_deref(), Some("small"));
}

#[test]
fn the_order_of_defaults_decides_and_a_word_chooses_anew() {
    let with = |defaults: &str| {
        let yaml =
            format!("{}defaults: {defaults}\n", BASE.replace("likelihood: { gaussian: { scale: learned } }\n", ""));
        each(&fine(&robust(), &yaml, &[]), "likelihood")[0].clone()
    };
    assert_eq!(
        with("[{ likelihood: heavy }, { likelihood: { student_t: { nu: 9 } } }]"),
        "{student_t: {nu: 9, scale: learned}}"
    );
    assert_eq!(
        with("[{ likelihood: { student_t: { nu: 9, scale: 1 } } }, { likelihood: heavy }]"),
        "{student_t: {nu: 4, scale: learned}}"
    );
    assert_eq!(with("[likelihood/heavy, { likelihood: { laplace: { scale: 1 } } }]"), "{laplace: {scale: 1}}");
    assert_eq!(
        with("[{ likelihood: { laplace: { scale: 1 } } }, likelihood/heavy]"),
        "{student_t: {nu: 4, scale: learned}}"
    );
    assert_eq!(with("[{ likelihood: heavy }, { likelihood: poisson }]"), "poisson");
}

#[test]
fn a_word_keeps_nothing_of_what_it_replaces_and_the_last_layer_is_told_what_is_missing() {
    let prior = BASE.replace("prior: { gaussian: { scale: 1 } }\n", "");
    let prior = format!("{prior}defaults: [{{ prior: {{ gaussian: {{ scale: 1, location: 2 }} }} }}]\nprior: wide\n");
    assert_eq!(each(&fine(&robust(), &prior, &[]), "prior")[0], "{gaussian: {scale: 10}}");
    let empty = BASE.replace("{ scale: learned }", "{}") + "defaults: [{ likelihood: { gaussian: {} } }]\n";
    assert_eq!(short(&robust(), &empty, &[]), ["a.yaml:4:15: error[missing-key]: `likelihood.gaussian` needs `scale`"]);
}

#[test]
fn a_choice_inside_a_choice_gives_way_as_a_whole_and_settings_are_laid_over_each_other() {
    let yaml = "schema: 1\nname: a\nlikelihood: { gaussian: { scale: 1 } }\ndefaults: [{ dataset: { diabetes: { split: { random: { k: 5, test: 0.2 } } } } }]\n";
    let dataset = |own: &str| each(&fine(&robust(), &format!("{yaml}dataset: {own}\n"), &[]), "dataset")[0].clone();
    assert_eq!(
        dataset("{ diabetes: { split: { random: { k: 9 } } } }"),
        "{diabetes: {split: {random: {k: 9, test: 0.2}}}}"
    );
    assert_eq!(dataset("{ diabetes: { split: { kfold: { k: 3 } } } }"), "{diabetes: {split: {kfold: {k: 3}}}}");
    assert_eq!(dataset("iris"), "iris");
}

#[test]
fn defaults_that_lead_back_to_themselves_are_told_with_the_chain() {
    insta::assert_snapshot!(told(&robust(), &BASE.replace("{ gaussian: { scale: learned } }", "loop"), &[]), @r"
    error[defaults]: defaults lead back to themselves: `likelihood/loop` → `likelihood/pool` → `likelihood/loop`
     --> configs/likelihood/pool.yaml:1:12
      |
    1 | defaults: [loop]
      |            ^^^^
      |
     ::: a.yaml:4:13
      |
    4 | likelihood: loop
      |             ---- leads to `likelihood/loop`
      |
     ::: configs/likelihood/loop.yaml:1:12
      |
    1 | defaults: [pool]
      |            ----
      |            |
      |            leads to `likelihood/pool`
      |            chosen here
    ");
    let short = short(&robust(), &format!("{BASE}defaults: [self]\n"), &[]);
    assert_eq!(
        short,
        [
            "configs/experiment/self.yaml:1:12: error[defaults]: defaults lead back to themselves: `experiment/self` → `experiment/self`"
        ]
    );
}

#[test]
fn an_error_in_an_option_points_into_its_file_and_shows_who_chose_it() {
    insta::assert_snapshot!(told(&robust(), &BASE.replace("{ gaussian: { scale: 1 } }", "broken"), &[]), @r"
    error[value]: `prior.gaussian.scale` must be a number greater than 0, found -1
     --> configs/prior/broken.yaml:2:10
      |
    2 |   scale: -1
      |          ^^
      |
     ::: a.yaml:5:8
      |
    5 | prior: broken
      |        ------ chosen here
    ");
}

#[test]
fn all_that_is_wrong_with_defaults_is_told_at_once_each_at_its_place() {
    let yaml = format!(
        "{BASE}defaults:\n  - likelihood: haevy\n  - hous\n  - likelihod: heavy\n  - typo\n  - [1]\n  - datset/small\n"
    );
    insta::assert_snapshot!(short(&robust(), &yaml, &[]).join("\n"), @r"
    a.yaml:7:17: error[unknown-value]: unknown likelihood `haevy`
    a.yaml:8:5: error[unknown-value]: unknown experiment `hous`
    a.yaml:9:5: error[unknown-key]: unknown key `likelihod`
    configs/experiment/typo.yaml:1:1: error[unknown-key]: unknown key `dtpye`
    a.yaml:11:5: error[type]: `defaults` must list `group: name`, keys with values, or the name of a file of keys
    a.yaml:12:5: error[unknown-value]: unknown experiment `datset/small`
    ");
    insta::assert_snapshot!(short(&robust(), &format!("{BASE}defaults: house\n"), &[]).join("\n"), @r"a.yaml:6:11: error[type]: `defaults` must be a list");
    insta::assert_snapshot!(told(&robust(), &format!("{BASE}defualts: [house]\n"), &[]), @r"
    error[unknown-key]: unknown key `defualts`
     --> a.yaml:6:1
      |
    6 | defualts: [house]
      | ^^^^^^^^
      |
      = note: known keys: `schema`, `name`, `question`, `dataset`, `model`, `likelihood`, `prior`, `estimator`, `optimiser`, `dtype`, `engine`, `seeds`, `early_stopping`, `select`, `sweep`, `defaults`
      = help: did you mean `defaults`?
    ");
}

#[test]
fn a_key_is_explained_layer_by_layer() {
    let yaml = format!("{BASE}defaults: [house]\noptimiser: {{ adam: {{ lr: 0.2 }} }}\n");
    let (it, sources) = composed(&robust(), &yaml, &["optimiser.adam.lr=0.3"]).unwrap();
    let known = it.document.explain("optimiser.adam.lr").unwrap();
    let layers: Vec<_> = known.layers.iter().map(|it| format!("{} {}", it.value, sources.describe(it.at))).collect();
    assert_eq!(
        layers,
        ["0.1 configs/experiment/house.yaml:3:26", "0.2 a.yaml:7:26", "0.3 command line, argument 1, column 19"]
    );
    assert_eq!(known.value.as_deref(), Some("0.3"));
    let default = it.document.explain("estimator").unwrap();
    assert_eq!((default.value, default.default.as_deref()), (None, Some("map")));
    assert_eq!(it.document.explain("estimater").unwrap_err().as_deref(), Some("estimator"));
}

#[test]
fn two_experiments_differ_in_what_they_say_not_in_how_they_say_it() {
    let one = fine(&robust(), &format!("{BASE}estimator: map\noptimiser: {{ adam: {{ lr: 1e-1 }} }}\n"), &[]);
    let two =
        fine(&robust(), &format!("{BASE}defaults: [{{ optimiser: {{ adam: {{ lr: 0.1 }} }} }}]\ndtype: f32\n"), &[]);
    let changes: Vec<_> = one
        .document
        .diff(&two.document)
        .into_iter()
        .map(|it| (it.key, it.old.map(|it| it.0), it.new.map(|it| it.0)))
        .collect();
    assert_eq!(changes, [("dtype".to_string(), Some("f64".to_string()), Some("f32".to_string()))]);
}

#[test]
fn sweeps_of_layers_are_laid_over_each_other_and_can_be_taken_back() {
    let shelf = shelf(&[("experiment/swept", "sweep: { grid: { estimator: [mle, map], dtype: [f32, f64] } }\n")]);
    let cells = |own: &str| varied(&fine(&shelf, &format!("{BASE}defaults: [swept]\n{own}"), &[])).join("; ");
    assert_eq!(cells("sweep: ~\n"), "");
    assert_eq!(cells("sweep: { grid: { dtype: [f32] } }\n"), "estimator=mle dtype=f32; estimator=map dtype=f32");
}

#[test]
fn the_examples_of_the_documentation_compose() {
    let text = include_str!("../../../configs/README.md");
    let shelf = shelf(&[
        ("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n"),
        ("dataset/small", "linear_gaussian: { n: 50, dim: 3 }\n"),
        ("experiment/house", "dtype: f64\n"),
    ]);
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let cells: Vec<usize> = blocks.iter().map(|yaml| fine(&shelf, yaml, &[]).cells.len()).collect();
    // 3 · 5 · 2 = 30, with two values of ν in 5 of them, without the 5 of squared error.
    assert_eq!(cells, [1, 30 + 5 - 5, 16]);
    for row in text
        .split("| argument |")
        .nth(1)
        .expect("the table of arguments")
        .lines()
        .skip(2)
        .take_while(|row| row.starts_with('|'))
    {
        let argument = row.split('`').nth(1).expect("an argument in backticks");
        let by_name = "prior: { gaussian: { scale: { by_name: { a: 1 } } } }\n";
        let yaml = format!("{}sweep: {{ grid: {{ estimator: [mle, map] }} }}\n", BASE);
        let yaml =
            if argument.starts_with('+') { yaml.replace("prior: { gaussian: { scale: 1 } }\n", by_name) } else { yaml };
        let more: &[&str] =
            if argument == "likelihood=student_t" { &["likelihood.student_t={nu: 4, scale: 1}"] } else { &[] };
        fine(&shelf, &yaml, &[&[argument], more].concat());
    }
}
