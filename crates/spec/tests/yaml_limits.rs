//! What of YAML is taken, and what is refused with a place.

mod yaml_common;

use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::time::Instant;
use surprisal_spec::yaml::*;
use yaml_common::*;

#[test]
fn numbers_are_read_as_people_write_them() {
    let floats = "[1e-3, 1E-3, .5, 5., +1, -0, 1_000, 1_0.5, 0x1F, 0o17, 2, -.inf]";
    let expected = [1e-3, 1e-3, 0.5, 5.0, 1.0, -0.0, 1000.0, 10.5, 31.0, 15.0, 2.0, f64::NEG_INFINITY];
    assert_eq!(parse::<Vec<f64>>(floats).unwrap(), expected);
    assert_eq!(parse::<Vec<usize>>("[1e4, 10, 1_000, 0x10]").unwrap(), [10000, 10, 1000, 16]);
    assert_eq!(parse::<Vec<Setting>>("[1_000, 1e1]").unwrap(), [Setting::Fixed(1000.0), Setting::Fixed(10.0)]);
    assert_eq!(parse::<BTreeMap<u8, Estimator>>("{1: map, 0x10: mle}").unwrap().len(), 2);
    for bad in ["0755", "1__0", "'1'", "1e400", "0x", "e5", "2024-01-01", "1.2.3", "+-1", "~", "_1", "1:30", "inf"] {
        assert!(short::<Vec<f64>>(&format!("[{bad}]")).contains("expected a number, found"), "{bad}");
    }
}

#[test]
fn words_stay_text_and_text_stays_text() {
    let words = [
        "no",
        "on",
        "yes",
        "off",
        "y",
        "1e-3",
        "123E456",
        "0x1F",
        "0755",
        "1_000",
        "2024-01-01",
        "12:30",
        "true",
        ".5",
    ];
    assert_eq!(parse::<Vec<String>>(&format!("[{}]", words.join(", "))).unwrap(), words);
    assert_eq!(short::<Vec<String>>("[~]"), "x.yaml:1:2: error[type]: `[0]`: expected text, found nothing (null)");
    assert_eq!(parse::<Vec<Option<bool>>>("[true, ~, null, ]").unwrap(), [Some(true), None, None]);
}

#[test]
fn what_a_config_should_not_hold_is_refused_at_its_place() {
    let told = |yaml: &str, expected: &str| {
        let text = short::<BTreeMap<String, Vec<f64>>>(yaml);
        assert!(text.starts_with("x.yaml:") && text.contains(expected), "expected `{expected}` in\n{text}");
    };
    told("a: [1]\nb: [2]\na: [3]\n", "x.yaml:3:1: error[duplicate-key]: `a` is set twice");
    told("a: [1]\nb: [2]\n\"a\": [3]\n", ":3:1: error[duplicate-key]");
    told("a: !!float [1]\n", "error[yaml]: tags such as `!!float`");
    told("a: &x [1]\nb:\n  <<: *x\n", ":3:3: error[yaml]: merge keys");
    told("a: [1]\n---\na: [2]\n", "a second document");
    told("? [1]\n: [1]\n", "a key must be plain text");
    told("a: &x [*x]\n", ":1:8: error[yaml]: an alias may not point into itself");
    told("a: *nope\n", ":1:4: error[yaml]");
    told("a: [1\nb: 2\n", ":2:2: error[yaml]");
    told("a: [1\n", ":1:4: error[yaml]");
    told("a: [\"\\u2028\"]\n", ":1:5: error[yaml]: U+2028");
    told("\"\\u2029\": [1]\n", ":1:1: error[yaml]: U+2028");
    told("\ta: 1\n", ":1:");
    told("%YAML 1.1\n---\na: [1]\n", ":1:");
    assert_eq!(parse::<BTreeMap<String, Vec<f64>>>("a: &x [1]\nb: *x\n").unwrap()["b"], [1.0]);
    assert!(parse::<BTreeMap<String, Vec<f64>>>("").unwrap().is_empty());
    assert!(parse::<BTreeMap<String, Vec<f64>>>("# nothing\n").unwrap().is_empty());
}

#[test]
fn deep_nesting_is_refused_however_it_is_made() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse::<IgnoredAny>(&nested(MAX_DEPTH)).is_ok());
    assert!(short::<IgnoredAny>(&nested(MAX_DEPTH + 1)).contains("nested deeper than 64 levels"));
    assert!(short::<IgnoredAny>(&"[".repeat(100_000)).contains("error[yaml]"));
    assert!(short::<IgnoredAny>(&"{a: ".repeat(100_000)).contains("error[yaml]"));
    assert!(short::<IgnoredAny>(&format!("{}1", "- ".repeat(50_000))).contains("error[yaml]"));
    // Each alias hangs below the one before, so that no single line is deep.
    let mut ladder = String::from("a0: &a0 [1]\n");
    for i in 1..100 {
        ladder += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    assert!(short::<IgnoredAny>(&ladder).contains("nested deeper than 64 levels"));
}

#[test]
fn an_alias_bomb_is_refused_quickly() {
    let mut bomb = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for i in 1..30 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    let start = Instant::now();
    assert!(short::<IgnoredAny>(&bomb).contains("more than 20000 values, counting aliases"));
    assert!(start.elapsed().as_millis() < 1000);
}

#[test]
fn huge_texts_are_refused_quickly() {
    let start = Instant::now();
    assert!(short::<IgnoredAny>(&"a".repeat(MAX_BYTES + 1)).contains("longer than 4 MiB"));
    assert!(short::<IgnoredAny>(&"- 1\n".repeat(MAX_NODES + 1)).contains("more than 20000 values"));
    let keys: String = (0..MAX_NODES).map(|i| format!("k{i}: 1\n")).collect();
    assert!(short::<IgnoredAny>(&keys).contains("more than 20000 values"));
    let keys: String = (0..MAX_NODES - 1).map(|i| format!("k{i}: x\n")).collect();
    assert_eq!(short::<BTreeMap<String, f64>>(&keys).lines().count(), 100);
    assert_eq!(short::<Train>(&keys).lines().count(), 100);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn reading_and_showing_never_panic_on_damaged_text() {
    let text = "a: {b: [1, 'x', \"y\\n\"], c: &d |\n  é\n}\r\ne: *d # z\n? f\n: - !g\n\u{feff}日: [\t~]\n";
    let cuts: Vec<_> = (0..=text.len()).filter(|i| text.is_char_boundary(*i)).collect();
    for (i, start) in cuts.iter().enumerate() {
        for end in &cuts[i..] {
            let _ = parse::<Config>(&text[*start..*end]);
        }
    }
    let broken = [
        "name: \"",
        "name: |\n  a\n  b\nschema: |\n  x\n  y\r\n",
        "\u{feff}schema: é",
        "tags:\n  é: [日]\n",
        "schema:",
    ];
    for text in broken {
        let _ = parse::<Config>(text).unwrap_err();
        let _ = parse_with::<Config, _>(text, |sources, problem| render(sources, problem, true)).unwrap_err();
    }
}

#[test]
fn a_part_of_an_argument_keeps_its_places() {
    let mut sources = Sources::default();
    for (text, columns) in [("é.b=1, [x], 'é'", &[5, 8, 13][..]), ("a=", &[]), ("a=~", &[3])] {
        let source = sources.add(Place::Argument(1), text);
        let nodes = Node::parse_list(&sources, source, text.find('=').unwrap() + 1..text.len()).unwrap();
        let found: Vec<_> = nodes.iter().map(|node| sources.line_column(node.span).1).collect();
        assert_eq!(found, columns, "{text}");
    }
    for text in ["", "=", "]", "[", "], [", "'", "{", "\u{0}", "\t- x", "*x", "%x", "@", "#", "1, #", "é: ]"] {
        let source = sources.add(Place::Argument(1), text);
        for result in [
            Node::parse_range(&sources, source, 0..text.len()).map(|node| vec![node]),
            Node::parse_list(&sources, source, 0..text.len()),
        ] {
            let _ = result.map_err(|problem| render(&sources, &problem, false));
        }
    }
    let source = sources.add(Place::Argument(2), "train={n: 3, lrr: 1}");
    let node = Node::parse_range(&sources, source, 6..20).unwrap();
    let told: Vec<_> = read::<Train>(&node).unwrap_err().iter().map(|p| render_short(&sources, p)).collect();
    assert_eq!(told, ["<command line>:1:14: error[unknown-key]: unknown key `lrr` (in `train={n: 3, lrr: 1}`)"]);
}

/// What fuzzing found: 8-bit control characters (U+009B begins an escape sequence) stood in quoted lines as they were.
#[test]
fn a_problem_shows_no_hidden_character_of_the_text_it_quotes() {
    for hidden in
        ["\u{9b}31m", "\u{1b}[2J", "\u{83}", "\u{7}", "\u{202e}", "\u{200b}", "\u{61c}", "\u{e0041}", "\u{feff}"]
    {
        for text in [
            format!("lrr: 1 # {hidden}"),
            format!("\"lrr{hidden}\": 1"),
            format!("n: {hidden}x\n"),
            format!(", {hidden}"),
        ] {
            let clean =
                |shown: &str| assert!(shown.chars().all(|c| c == '\n' || !surprisal_spec::is_hidden(c)), "{shown:?}");
            let short = parse_with::<Train, _>(&text, render_short).map_err(|all| clean(&all));
            let long = parse_with::<Train, _>(&text, |sources, it| render(sources, it, false));
            let long = long.map_err(|all| clean(&all));
            assert!(short.is_err() && long.is_err(), "{text:?}");
        }
    }
}
