//! What is written reads back equal.

mod yaml_common;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use surprisal_spec::yaml::*;
use yaml_common::*;

#[rustfmt::skip]
const NASTY: &[&str] = &[
    "no", "on", "yes", "off", "y", "n", "1e-3", "1E5", ".5", "5.", "0x1F", "0o17", "0b1", "0755", "1_000", "12:30:45", "2024-01-01",
    "~", "null", "Null", "NULL", "true", "True", "TRUE", "", " ", " a", "a ", "-", "- a", "?", ":", "a: b", "a:", "#", "a #b", "a#b",
    "a\nb", "a\n", "\na", "a\n\nb\n", "\n", "\t", "a\tb", "\r\n", "a\rb", "[", "]", "{a: b}", "*a", "&a", "!a", "|", ">", "%", "@", "`",
    "'", "\"", "\\", "---", "...", "<<", "=", ".inf", "-.inf", ".nan", ".NaN", "+1", "-0", "+.5", "日本", "é", "🎲", "\u{0}", "\u{7}",
    "\u{1b}", "\u{7f}", "\u{85}", "\u{a0}", "\u{feff}", "\u{feff}a", "\u{e000}", "\u{fffd}", "  a\n b", "a\n  b\n", "-0x1F", "+0x1F",
    "1e400", "0.", "00", "0o", "18446744073709551616",
];

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Bag {
    text: String,
    maybe: Option<String>,
    real: f64,
    reals: Vec<f64>,
    whole: i64,
    big: u64,
    flag: bool,
    map: BTreeMap<String, String>,
    numbered: BTreeMap<i32, bool>,
    family: Family,
    prior: Prior,
    estimator: Estimator,
    nested: Vec<BTreeMap<String, Option<f64>>>,
}

/// Any text but U+2028 and U+2029, which are refused.
fn text() -> impl Strategy<Value = String> {
    let any = prop_oneof![
        3 => proptest::sample::select(NASTY).prop_map(str::to_owned),
        2 => any::<String>(),
        1 => "[-+0-9a-fxoeE._: \n#'\"]{0,8}",
        1 => (proptest::sample::select(NASTY), proptest::sample::select(NASTY)).prop_map(|(a, b)| format!("{a}{b}")),
    ];
    any.prop_filter("line separators", |text| !text.contains(['\u{2028}', '\u{2029}']))
}

fn key() -> impl Strategy<Value = String> {
    text().prop_filter("merge key", |key| key != "<<")
}

fn real() -> impl Strategy<Value = f64> {
    let special = proptest::sample::select(&[f64::INFINITY, f64::NEG_INFINITY, 1e-3, -0.0, 1e22, 5e-324, f64::MAX][..]);
    prop_oneof![any::<f64>().prop_filter("NaN", |x| !x.is_nan()), special]
}

fn setting() -> impl Strategy<Value = Setting> {
    let leaf = || {
        prop_oneof![
            (1e-9..1e9).prop_map(Setting::Fixed),
            (1e-9..1e9).prop_map(Setting::Standardised),
            Just(Setting::Learned(None)),
        ]
    };
    let own = leaf().prop_map(|sd| Setting::Learned(Some(Box::new(Family("half_normal", vec![sd])))));
    prop_oneof![3 => leaf(), 1 => own]
}

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![
        setting().prop_map(|scale| Family("gaussian", vec![scale])),
        (setting(), setting()).prop_map(|(nu, scale)| Family("student_t", vec![nu, scale])),
        Just(Family("flat", vec![])),
    ]
}

fn prior() -> impl Strategy<Value = Prior> {
    let positive = || (1e-9..1e9).prop_map(Positive);
    prop_oneof![
        positive().prop_map(|sd| Prior::Normal { sd }),
        (positive(), real()).prop_map(|(scale, shift)| Prior::HalfCauchy(Cauchy { scale, shift })),
        proptest::collection::vec(positive(), 0..3).prop_map(Prior::PerLayer),
        Just(Prior::Flat),
    ]
}

fn bag() -> impl Strategy<Value = Bag> {
    let a = (text(), proptest::option::of(text()), real(), proptest::collection::vec(real(), 0..4), any::<i64>());
    let nested =
        proptest::collection::vec(proptest::collection::btree_map(key(), proptest::option::of(real()), 0..3), 0..3);
    let maps = (
        proptest::collection::btree_map(key(), text(), 0..4),
        proptest::collection::btree_map(any::<i32>(), any::<bool>(), 0..3),
    );
    let estimator = proptest::sample::select(&[Estimator::Map, Estimator::Mle, Estimator::Mse][..]);
    (a, any::<u64>(), any::<bool>(), maps, family(), prior(), estimator, nested).prop_map(
        |((text, maybe, real, reals, whole), big, flag, (map, numbered), family, prior, estimator, nested)| Bag {
            text,
            maybe,
            real,
            reals,
            whole,
            big,
            flag,
            map,
            numbered,
            family,
            prior,
            estimator,
            nested,
        },
    )
}

fn tree(yaml: &str) -> Result<Node, String> {
    let mut sources = Sources::default();
    let source = sources.add(Place::File("x.yaml".into()), yaml);
    Node::parse(&sources, source).map_err(|problem| render(&sources, &problem, false))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn what_serde_yaml_writes_reads_back_equal(bag in bag()) {
        let yaml = write(&bag);
        let back = parse::<Bag>(&yaml).map_err(|text| TestCaseError::fail(format!("{yaml:?}\n{text}")))?;
        prop_assert_eq!(&back, &bag, "{}", yaml);
        prop_assert_eq!(back.real.to_bits(), bag.real.to_bits());
    }

    #[test]
    fn text_stays_text_even_where_no_type_asks_for_it(text in text()) {
        let yaml = write(&vec![&text]);
        let node = tree(&yaml).map_err(|text| TestCaseError::fail(format!("{yaml:?}\n{text}")))?;
        // Digits in groups are numbers here and text to YAML, which leaves them unquoted.
        prop_assume!(!text.contains('_') || number(&text).is_none());
        prop_assert_eq!(node.items()[0].scalar(), Some(Scalar::Text(&text)), "{}", yaml);
    }

    #[test]
    fn any_text_parses_or_is_refused_but_never_panics(yaml in text(), more in text()) {
        let _ = parse::<Config>(&format!("{yaml}\n{more}"));
        let _ = parse::<Config>(&format!("name: {yaml}\nlikelihood: {{gaussian: {more}}}\n"));
    }
}

#[test]
fn every_nasty_text_reads_back() {
    let back = |text: &&&str| parse::<Vec<String>>(&write(&vec![**text])).ok() == Some(vec![(**text).to_owned()]);
    let failed: Vec<_> = NASTY.iter().filter(|text| !back(text)).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn enums_are_mappings_and_tags_are_refused() {
    let prior = Prior::Normal { sd: Positive(2.0) };
    assert_eq!(write(&prior), "normal:\n  sd: 2.0\n");
    let tagged = serde_yaml::to_string(&prior).unwrap();
    assert_eq!(tagged, "!normal\nsd: 2.0\n");
    assert!(short::<Prior>(&tagged).contains("tags such as `!normal`"));
}
