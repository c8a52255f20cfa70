//! Laws of composition: writing what was composed and reading it again changes nothing, and of two arguments the later
//! wins, whatever stands beside them.

mod compose_common;

use compose_common::*;
use proptest::prelude::*;
use surprisal_spec::Composed;
use surprisal_spec::yaml::{Kind, Node, Place, Sources};

/// A key and values that it may have.
const KEYS: &[(&str, &[&str])] = &[
    ("dtype", &["f32", "f64"]),
    ("estimator", &["mle", "map"]),
    ("seeds", &["[0]", "[1, 2]", "[1_000]"]),
    ("question", &["\"a, b: c\"", "why", "\"1e-3\"", "no", "'it''s # no comment'"]),
    ("likelihood", &["heavy", "{ gaussian: { scale: 1e-3 } }", "{ gaussian: { scale: .5 } }", "poisson"]),
    ("likelihood.gaussian.scale", &["learned", "2", "predicted"]),
    ("likelihood.student_t.nu", &["3", "learned"]),
    ("prior", &["flat", "{ gaussian: { scale: { by_name: { \"w.a\": 1, b: 2 } } } }", "{ laplace: { scale: 1 } }"]),
    ("optimiser", &["adam", "{ sgd: { lr: 0.1 } }"]),
    ("optimiser.adam.lr", &["1e-2", "1e-3"]),
    ("dataset", &["small", "iris", "{ linear_gaussian: { n: 9, dim: 2 } }"]),
    ("dataset.linear_gaussian.n", &["20", "1_0"]),
];

fn files() -> Shelf {
    shelf(&[
        ("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n"),
        ("dataset/small", "linear_gaussian: { n: 50, dim: 3 }\n"),
        ("experiment/base", "optimiser: adam\nseeds: [5]\nsweep: { grid: { dtype: [f32, f64] } }\n"),
    ])
}

/// Keys with one value each, and the sweep's with some.
fn settings() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..KEYS.len(), 0..5usize), 0..6)
}

fn value(&(key, k): &(usize, usize)) -> (&'static str, &'static str) {
    let (key, values) = KEYS[key];
    (key, values[k % values.len()])
}

/// Parts of a sweep beside its grid, over keys that nothing else here varies.
const FORMS: &[&str] = &[
    "  zip: { pair: { model: [linear, { mlp: { widths: [3] } }], early_stopping.score: [nll, ~] } }\n",
    "  when: [{ if: { estimator: [map, mle] }, grid: { engine: [auto, candle] } }]\n",
    "  random: { n: 2, seed: 1, over: { early_stopping.share: { uniform: [0.1, 0.5] } } }\n",
    "  sobol: { n: 2, seed: 1, over: { early_stopping.patience: { log_whole: [1, 9] } } }\n",
];

/// An experiment with those keys that are no part of another, under a sweep of the rest.
fn yaml(own: &[(usize, usize)], swept: &[(usize, usize)], base: bool, forms: u8) -> String {
    let mut out = String::from("schema: 1\nname: a\n");
    let mut known: Vec<&str> = Vec::new();
    for (key, value) in own.iter().map(value).filter(|(key, _)| !key.contains('.')) {
        if !known.contains(&key) {
            known.push(key);
            out += &format!("{key}: {value}\n");
        }
    }
    for (key, value) in [("dataset", "diabetes"), ("likelihood", "{ gaussian: { scale: 1 } }"), ("prior", "flat")] {
        if !known.contains(&key) {
            out += &format!("{key}: {value}\n");
        }
    }
    if base {
        out += "defaults: [base, { likelihood: heavy }]\n";
    }
    let mut grid: Vec<&str> = Vec::new();
    let mut lines = String::new();
    for (key, _) in
        swept.iter().map(value).filter(|(key, _)| !["seeds", "question"].contains(key) && !key.contains('.'))
    {
        let values = KEYS.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, values)| values);
        if !(grid.contains(&key) || base && key == "dtype") {
            grid.push(key);
            lines += &format!("    {key}: [{}]\n", values.join(", "));
        }
    }
    let forms: String = (0..FORMS.len()).filter(|i| forms >> i & 1 == 1).map(|i| FORMS[i]).collect();
    if !lines.is_empty() || !forms.is_empty() {
        out += "sweep:\n";
    }
    if !lines.is_empty() {
        out += &format!("  grid:\n{lines}  exclude: [{{ estimator: mle, dtype: f32 }}]\n");
    }
    out + &forms
}

fn arguments(settings: &[(usize, usize)]) -> Vec<String> {
    settings.iter().map(value).map(|(key, value)| format!("{key}={value}")).collect()
}

fn compose(yaml: &str, arguments: &[String]) -> Option<Composed> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    composed(&files(), yaml, &arguments).ok().map(|(composed, _)| composed)
}

/// What the cells are, whatever they are called and wherever they were written.
fn meaning(composed: &Composed) -> Vec<String> {
    composed.cells.iter().map(|cell| format!("{:?}", cell.experiment)).collect()
}

fn sorted(composed: &Composed) -> Vec<String> {
    let mut all = meaning(composed);
    all.sort();
    all
}

/// Whether one key is a part of the other.
fn touches(a: &str, b: &str) -> bool {
    a.split('.').next() == b.split('.').next()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn composing_then_writing_then_parsing_is_the_identity(own in settings(), swept in settings(), given in settings(), base: bool, forms in 0..16u8) {
        let first = compose(&yaml(&own, &swept, base, forms), &arguments(&given));
        prop_assume!(first.is_some());
        let first = first.unwrap();
        let text = first.document.write();
        let again = compose(&text, &[]);
        prop_assert!(again.is_some(), "{text}");
        let again = again.unwrap();
        prop_assert_eq!(again.document.write(), text);
        prop_assert_eq!(meaning(&again), meaning(&first));
    }

    #[test]
    fn of_two_values_of_one_key_the_later_wins(own in settings(), k in 0..KEYS.len(), a in 0..5usize, b in 0..5usize, more in settings()) {
        let yaml = yaml(&own, &[], false, 0);
        let more: Vec<_> = more.into_iter().filter(|other| !touches(KEYS[other.0].0, KEYS[k].0)).collect();
        let with = |settings: &[(usize, usize)]| {
            let all: Vec<_> = settings.iter().chain(&more).copied().collect();
            compose(&yaml, &arguments(&all)).map(|it| it.document.write())
        };
        let (both, last) = (with(&[(k, a), (k, b)]), with(&[(k, b)]));
        // What the first alone says wrong is still said.
        prop_assume!(both.is_some());
        prop_assert_eq!(&both, &last);
        prop_assert_eq!(with(&[(k, b), (k, b)]), last);
    }

    #[test]
    fn arguments_about_different_keys_may_stand_in_any_order(own in settings(), given in settings(), swept in settings(), turn in 0..6usize, forms in 0..16u8) {
        let yaml = yaml(&own, &swept, false, forms);
        let mut given: Vec<(usize, usize)> = given;
        given.dedup_by_key(|it| it.0);
        let mut seen: Vec<usize> = Vec::new();
        given.retain(|it| !seen.contains(&it.0) && { seen.push(it.0); true });
        let mut other = given.clone();
        other.rotate_left(if given.is_empty() { 0 } else { turn % given.len() });
        if turn % 2 == 1 {
            other.reverse();
        }
        let (one, two) = (compose(&yaml, &arguments(&given)), compose(&yaml, &arguments(&other)));
        prop_assert_eq!(one.is_some(), two.is_some());
        prop_assume!(one.is_some());
        prop_assert_eq!(one.map(|it| sorted(&it)), two.map(|it| sorted(&it)));
    }

    #[test]
    fn a_key_that_was_set_and_taken_back_is_as_if_never_set(own in settings(), k in 0..4usize, a in 0..5usize) {
        let yaml = yaml(&own, &[], false, 0);
        let key = KEYS[k].0;
        let set = format!("{key}={}", value(&(k, a)).1);
        let taken = compose(&yaml, &[set, format!("~{key}")]);
        let lines: String = yaml.lines().filter(|line| !line.starts_with(&format!("{key}:"))).map(|line| format!("{line}\n")).collect();
        prop_assert_eq!(taken.map(|it| meaning(&it)), compose(&lines, &[]).map(|it| meaning(&it)));
    }

    #[test]
    fn a_tree_is_written_so_that_it_reads_back_the_same(texts in proptest::collection::vec(nasty(), 1..6), quoted: bool) {
        let at = surprisal_spec::yaml::Span { source: 0, start: 0, end: 0 };
        let scalar = |text: &String| Node::new(Kind::Scalar { text: text.clone(), plain: !quoted && is_plain(text) }, at);
        let items: Vec<Node> = texts.iter().map(scalar).collect();
        let mut seen: Vec<&String> = Vec::new();
        let keys = texts.iter().filter(|text| **text != "<<" && !seen.contains(text) && { seen.push(text); true });
        let entries: Vec<_> = keys.map(|text| surprisal_spec::yaml::Entry { key: text.clone(), at, value: Node::new(Kind::Seq(items.clone()), at) }).collect();
        let tree = Node::new(Kind::Map(entries), at);
        let (mut sources, text) = (Sources::default(), tree.write());
        let source = sources.add(Place::File("a.yaml".into()), text.clone());
        let again = Node::parse(&sources, source);
        prop_assert!(again.as_ref().is_ok_and(|again| again.same(&tree)), "{text}\n{again:?}");
    }
}

/// Texts that YAML could take for something else.
fn nasty() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(
        &[
            "no", "on", "1e-3", ".5", "1_000", "~", "null", "", " a", "a: b", "# a", "- a", "a\nb", "é", "'", "\"",
            "\\", "[", "{}", "*a", "&a", "!a", "\t", "\u{85}", "\u{feff}", "true", "<<", "a\u{7f}",
        ][..],
    );
    prop_oneof![
        words.prop_map(str::to_owned),
        any::<String>().prop_filter("separators", |it| !it.contains(['\u{2028}', '\u{2029}']))
    ]
}

/// What the parser gives as an unquoted scalar.
fn is_plain(text: &str) -> bool {
    let mut sources = Sources::default();
    let source = sources.add(Place::File("a".into()), text);
    matches!(Node::parse(&sources, source), Ok(Node { kind: Kind::Scalar { text: read, plain: true }, .. }) if read == text)
}
