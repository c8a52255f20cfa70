//! Every mistake points to the place that made it and says what to do.

mod yaml_common;

use surprisal_spec::yaml::*;
use yaml_common::*;

const GOOD: &str = "schema: 1\nname: a\nlikelihood: gaussian\nprior: flat\nestimator: map\n";

#[track_caller]
fn told<T: serde::de::DeserializeOwned + std::fmt::Debug>(yaml: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|line| format!("x.yaml:{line}")).collect();
    assert_eq!(short::<T>(yaml), expected.join("\n"));
}

#[test]
fn a_valid_config_reads() {
    let config: Config = parse(GOOD).unwrap();
    assert_eq!(config.likelihood, Family("gaussian", vec![Setting::Learned(None)]));
    assert_eq!(config.train, Train::default());
    assert_eq!(parse::<Config>(&write(&config)).unwrap(), config);
}

#[test]
fn a_problem_is_shown_with_its_line_and_advice() {
    let text = parse::<Train>("n: 4\nmax_step: 3\n").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[unknown-key]: unknown key `max_step`
     --> x.yaml:2:1
      |
    2 | max_step: 3
      | ^^^^^^^^
      |
      = note: known keys: `n`, `max_steps`, `lr`, `shuffle`, `rates`, `by`
      = help: did you mean `max_steps`?
    ");
    let text = parse::<Prior>("# heavy\nnormal:\n  sd: -1\n").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[value]: `normal.sd`: must be greater than 0 and finite
     --> x.yaml:3:7
      |
    3 |   sd: -1
      |       ^^
    ");
    let text = parse::<Train>("{n: 1, lr: 0.1, n: 2}").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[duplicate-key]: `n` is set twice
     --> x.yaml:1:17
      |
    1 | {n: 1, lr: 0.1, n: 2}
      |  -              ^
      |  |
      |  first set here
    ");
    let text = parse::<Estimator>("mpa").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[unknown-value]: the config: there is no `mpa`
     --> x.yaml:1:1
      |
    1 | mpa
      | ^^^
      |
      = note: expected one of `map`, `mle`, `mse`
      = help: did you mean `map`?
    ");
    let text = parse::<Prior>("flat:\nnormal: {sd: 1}\n").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[type]: the config must hold exactly one of `normal`, `half_cauchy`, `per_layer`, `flat`
     --> x.yaml:2:1
      |
    1 | flat:
      | ---- set here too
    2 | normal: {sd: 1}
      | ^^^^^^
    ");
    let text = parse::<Train>("shuffle: [\n  a,\n  b]\n").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[type]: `shuffle`: expected `true` or `false`, found a list of 2
     --> x.yaml:1:10
      |
    1 | shuffle: [
      |          ^
    ");
}

#[test]
fn a_problem_is_shown_in_colour_if_asked() {
    let coloured = parse_with::<Train, _>("n: x", |sources, problem| render(sources, problem, true)).unwrap_err();
    assert!(coloured.contains("\u{1b}[") && !parse::<Train>("n: x").unwrap_err().contains('\u{1b}'));
}

#[test]
fn a_problem_serialises_with_its_place() {
    let json = |sources: &Sources, problem: &Problem| serde_json::to_string(&problem.view(sources)).unwrap();
    let text = parse_with::<Train, _>("n: 4\ntags: é\nshufle: 3\n", json).unwrap_err();
    insta::assert_snapshot!(text, @r#"
    {"code":"unknown-key","title":"unknown key `tags`","file":"x.yaml","line":2,"column":1,"help":null,"notes":["known keys: `n`, `max_steps`, `lr`, `shuffle`, `rates`, `by`"]}
    {"code":"unknown-key","title":"unknown key `shufle`","file":"x.yaml","line":3,"column":1,"help":"did you mean `shuffle`?","notes":["known keys: `n`, `max_steps`, `lr`, `shuffle`, `rates`, `by`"]}
    "#);
}

#[test]
fn all_problems_of_a_document_are_told_at_once_without_their_consequences() {
    let yaml = "nmae: a\nlikelihood: {student_t: {nu: -1, scale: q}}\nprior: {half_cauchy: {scale: x, mean: 0}}\n\
                estimator: {mpa: ~}\ntrain: {n: 1.5, lr: '1', shuffle: on, rates: [1, no, 0]}\nschema: 300\n";
    told::<Config>(
        yaml,
        &[
            "1:1: error[unknown-key]: unknown key `nmae`",
            "2:30: error[value]: `likelihood.student_t.nu`: must be greater than 0, found -1",
            "2:41: error[value]: `likelihood.student_t.scale`: expected a number, `learned` or `predicted`, found the text `q`",
            "3:9: error[missing-key]: `prior.half_cauchy` needs `shift`",
            "3:30: error[type]: `prior.half_cauchy.scale`: expected a number, found the text `x`",
            "3:33: error[unknown-key]: unknown key `prior.half_cauchy.mean`",
            "4:13: error[unknown-value]: `estimator`: there is no `mpa`",
            "5:12: error[type]: `train.n`: expected a whole number, found `1.5`",
            "5:21: error[type]: `train.lr`: expected a number, found the quoted text `1`",
            "5:35: error[type]: `train.shuffle`: expected `true` or `false`, found the text `on`",
            "5:50: error[type]: `train.rates[1]`: expected a number, found the text `no`",
            "5:54: error[value]: `train.rates[2]`: must be greater than 0 and finite",
            "6:9: error[value]: `schema`: expected a whole number from 0 to 255, found `300`",
        ],
    );
}

#[test]
fn all_missing_keys_are_told_at_once() {
    told::<Config>(
        "likelihood: student_t\nprior: half_cauchy\nestimator: map\n",
        &[
            "1:1: error[missing-key]: the config needs `schema`",
            "1:1: error[missing-key]: the config needs `name`",
            "1:13: error[missing-key]: `likelihood.student_t` needs `nu`",
            "1:13: error[missing-key]: `likelihood.student_t` needs `scale`",
            "2:8: error[missing-key]: `prior.half_cauchy` needs `scale`",
            "2:8: error[missing-key]: `prior.half_cauchy` needs `shift`",
        ],
    );
    let missing = short::<Config>("");
    assert_eq!(missing.lines().count(), 5, "{missing}");
    assert!(missing.lines().all(|line| line.starts_with("x.yaml:1:1: error[missing-key]: the config needs `")));
    // A key is missing only because it is misspelt, or only because its value is bad.
    told::<Family>("half_normal: {sdd: 3}", &["1:15: error[unknown-key]: unknown key `half_normal.sdd`"]);
    told::<Family>(
        "half_normal: {sd: [3]}",
        &["1:19: error[type]: `half_normal.sd`: expected a number, `learned` or `predicted`, found a list of 1"],
    );
}

#[test]
fn unknown_keys_of_hand_written_visitors_are_told_as_those_of_derives() {
    let text = parse::<Family>("student_t: {nu: 4, scal: 2, Nu: 3}").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[unknown-key]: unknown key `student_t.scal`
     --> x.yaml:1:20
      |
    1 | student_t: {nu: 4, scal: 2, Nu: 3}
      |                    ^^^^
      |
      = note: known keys: `nu`, `scale`
      = help: did you mean `scale`?
    error[unknown-key]: unknown key `student_t.Nu`
     --> x.yaml:1:29
      |
    1 | student_t: {nu: 4, scal: 2, Nu: 3}
      |                             ^^
      |
      = note: known keys: `nu`, `scale`
      = help: did you mean `nu`?
    ");
    told::<Prior>("normal: {ds: 2}", &["1:10: error[unknown-key]: unknown key `normal.ds`"]);
    let text = parse::<Family>("{gaussian: {scale: {lerned: {prior: flat}}}}").unwrap_err();
    insta::assert_snapshot!(text, @r"
    error[unknown-key]: unknown key `gaussian.scale.lerned`
     --> x.yaml:1:21
      |
    1 | {gaussian: {scale: {lerned: {prior: flat}}}}
      |                     ^^^^^^
      |
      = note: known keys: `learned`, `standardised`
      = help: did you mean `learned`?
    ");
    told::<Family>(
        "gaussian: {scale: {learned: {priro: flat}}}",
        &["1:30: error[unknown-key]: unknown key `gaussian.scale.learned.priro`"],
    );
    told::<Family>(
        "gaussian: {scale: {learned: {prior: {half_normal: {sd: -1}}}}}",
        &["1:56: error[value]: `gaussian.scale.learned.prior.half_normal.sd`: must be greater than 0, found -1"],
    );
}

#[test]
fn what_a_visitor_of_mappings_says_points_to_what_it_read_last() {
    told::<Setting>("standardised: -2", &["1:15: error[value]: `standardised`: must be greater than 0, found -2"]);
    told::<Setting>(
        "{standardised: 2, learned: {}}",
        &["1:19: error[value]: the config: one of [\"learned\", \"standardised\"], and `learned` beside it"],
    );
    told::<Setting>(
        "{}",
        &["1:1: error[type]: the config: expected a number, `learned` or `predicted`, found a mapping"],
    );
}

#[test]
fn words_and_mappings_choose_variants() {
    assert_eq!(parse::<Prior>("normal").unwrap(), Prior::Normal { sd: Positive(1.0) });
    assert_eq!(parse::<Prior>("normal:").unwrap(), Prior::Normal { sd: Positive(1.0) });
    assert_eq!(parse::<Prior>("normal: {}").unwrap(), Prior::Normal { sd: Positive(1.0) });
    assert_eq!(parse::<Prior>("flat: ~").unwrap(), Prior::Flat);
    assert_eq!(parse::<Prior>("per_layer: [1, 2]").unwrap(), Prior::PerLayer(vec![Positive(1.0), Positive(2.0)]));
    assert_eq!(parse::<Family>("{gaussian: }").unwrap(), Family("gaussian", vec![Setting::Learned(None)]));
    told::<Prior>("flat: {sd: 1}", &["1:8: error[type]: `flat` takes no settings"]);
    told::<Prior>("per_layer", &["1:1: error[type]: `per_layer`: expected a list, found nothing"]);
    told::<Prior>(
        "half_cauchy:",
        &[
            "1:1: error[missing-key]: `half_cauchy` needs `scale`",
            "1:1: error[missing-key]: `half_cauchy` needs `shift`",
        ],
    );
    told::<Prior>("noraml: {sd: 1}", &["1:1: error[unknown-value]: the config: there is no `noraml`"]);
    let one = "error[type]: the config must hold exactly one of `normal`, `half_cauchy`, `per_layer`, `flat`";
    for (yaml, at) in [("{flat: ~, normal: ~}", "1:11"), ("[flat]", "1:1"), ("~", "1:1"), ("{}", "1:1")] {
        told::<Prior>(yaml, &[&format!("{at}: {one}")]);
    }
    told::<Setting>(
        "lerned",
        &[
            "1:1: error[unknown-value]: the config: expected a number, `learned` or `predicted`, found the text `lerned`",
        ],
    );
    assert!(parse::<Setting>("lerned").unwrap_err().contains("did you mean `learned`?"));
}

#[test]
fn scalars_of_the_wrong_kind_come_with_advice() {
    let advice = |yaml: &str, expected: &str| {
        let text = parse::<Train>(yaml).unwrap_err();
        assert!(text.contains(&format!("help: {expected}")), "expected `{expected}` in\n{text}");
    };
    advice("n: 0755", "write it without the leading zero");
    advice("lr: -01.5", "write it without the leading zero");
    advice("n: '7'", "remove the quotes");
    advice("shuffle: yes", "write `true`");
    advice("shuffle: off", "write `false`");
    advice("shuffle: \"true\"", "remove the quotes");
    assert!(parse::<Setting>("0755").unwrap_err().contains("without the leading zero"));
    told::<Vec<i8>>(
        "[-129, 1e9]",
        &[
            "1:2: error[value]: `[0]`: expected a whole number from -128 to 127, found `-129`",
            "1:8: error[value]: `[1]`: expected a whole number from -128 to 127, found `1e9`",
        ],
    );
    told::<(u8, u8)>("[1]", &["1:1: error[value]: the config: expected a tuple of size 2, found a list of 1"]);
    told::<std::collections::BTreeMap<u8, bool>>(
        "{1: true, a: true, 2: 3}",
        &[
            "1:11: error[type]: the config: expected a whole number, found the text `a`",
            "1:23: error[type]: `2`: expected `true` or `false`, found `3`",
        ],
    );
}

#[derive(serde::Deserialize)]
struct RawBand {
    low: f64,
    #[serde(default)]
    high: f64,
}

#[derive(Debug, serde::Deserialize)]
#[serde(try_from = "RawBand")]
struct Band;

impl TryFrom<RawBand> for Band {
    type Error = &'static str;
    fn try_from(raw: RawBand) -> Result<Self, &'static str> {
        if raw.low < raw.high { Ok(Band) } else { Err("`low` must be below `high`") }
    }
}

#[test]
fn a_check_across_fields_speaks_only_if_the_fields_are_sound() {
    told::<Vec<Band>>(
        "[{low: 1, high: x}, {low: 2, high: 1}, {low: 0, high: 1}, {high: -1}]",
        &[
            "1:17: error[type]: `[0].high`: expected a number, found the text `x`",
            "1:27: error[value]: `[1].low` must be below `high`",
            "1:60: error[missing-key]: `[3]` needs `low`",
        ],
    );
}

#[test]
fn an_override_points_into_its_argument_and_tells_what_it_replaces() {
    let mut sources = Sources::default();
    let file = sources.add(Place::File("a.yaml".into()), format!("{GOOD}train: {{n: 64}}\n"));
    let mut tree = Node::parse(&sources, file).unwrap();
    for (i, text) in ["train.n=-5", "trian.n=1", "likelihood.gaussian.scale=x"].into_iter().enumerate() {
        let source = sources.add(Place::Argument(i + 1), text);
        let equals = text.find('=').unwrap();
        let value = Node::parse_range(&sources, source, equals + 1..text.len()).unwrap();
        let at = Span { source, start: 0, end: equals as u32 };
        tree.set_at(&text[..equals], at, value).unwrap();
    }
    let problems = read::<Config>(&tree).unwrap_err();
    let text: Vec<_> = problems.iter().map(|problem| render(&sources, problem, false)).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    error[value]: `train.n`: expected a whole number from 0 to 4294967295, found `-5`
    --> <command line>
     |
     | train.n=-5
     |         ^^
     |
     = note: it replaces `64`, set at a.yaml:6:12
    error[unknown-key]: unknown key `trian`
    --> <command line>
     |
     | trian.n=1
     | ^^^^^
     |
     = note: known keys: `schema`, `name`, `description`, `likelihood`, `prior`, `estimator`, `train`, `tags`
     = help: did you mean `train`?
    error[value]: `likelihood.gaussian.scale`: expected a number, `learned` or `predicted`, found the text `x`
    --> <command line>
     |
     | likelihood.gaussian.scale=x
     |                           ^
    ");
}

#[derive(Debug, serde::Deserialize)]
#[serde(try_from = "Prior")]
struct Proper;

impl TryFrom<Prior> for Proper {
    type Error = &'static str;
    fn try_from(prior: Prior) -> Result<Self, &'static str> {
        match prior {
            Prior::Flat => Err("`flat` has no density"),
            Prior::HalfCauchy(_) => Err("`half_cauchy` is positive"),
            _ => Ok(Proper),
        }
    }
}

#[test]
fn a_check_that_names_a_key_points_to_it() {
    told::<Vec<Proper>>(
        "[flat, {half_cauchy: {scale: 1, shift: 0}}, {flat: ~}, normal]",
        &[
            "1:2: error[value]: `[0]`: `flat` has no density",
            "1:9: error[value]: `[1].half_cauchy` is positive",
            "1:52: error[value]: `[2].flat` has no density",
        ],
    );
}
