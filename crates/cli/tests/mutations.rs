//! Every value of every shipped config made a wrong type, or put out of its range, is told in its place.

mod common;

use common::configs::{place, problems, shipped};
use surprisal_spec::yaml::{Kind, Node, Place, Scalar, Sources};

/// A value: its dotted path, its bytes, and what it is.
struct Value {
    path: String,
    start: usize,
    end: usize,
    node: Node,
}

fn values(text: &str) -> Vec<Value> {
    let mut sources = Sources::default();
    let source = sources.add(Place::File("x".into()), text);
    let mut found = Vec::new();
    walk(&Node::parse(&sources, source).expect("a shipped file is YAML"), "", text, &mut found);
    found
}

fn walk(node: &Node, path: &str, text: &str, found: &mut Vec<Value>) {
    let (start, mut end) = (node.span.start as usize, node.span.end as usize);
    end = start + text[start..end].trim_end().len();
    if !path.is_empty() {
        found.push(Value { path: path.into(), start, end, node: node.clone() });
    }
    for (i, item) in node.items().iter().enumerate() {
        walk(item, &format!("{path}[{i}]"), text, found);
    }
    for entry in node.entries() {
        let inside = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        walk(&entry.value, &inside, text, found);
    }
}

/// Keys of texts: a word is never a wrong type there.
const TEXTS: &[&str] = &[
    "name", "question", "path", "target", "features", "columns", "unused", "licence", "citation", "source", "sha256",
    "test",
];

const RANGES: &[&str] = &["range", "linspace", "logspace", "uniform", "log_uniform", "whole"];

fn key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default()
}

/// What cannot stand where this value stands.
fn wrong_types(value: &Value) -> Vec<&'static str> {
    match (&value.node.kind, value.node.scalar()) {
        // A list of values may stand for a range.
        (Kind::Map(entries), _) if matches!(&entries[..], [only] if RANGES.contains(&only.key.as_str())) => vec!["17"],
        // A list in a rule means any of its items.
        _ if value.path.contains(".if.") || value.path.contains("exclude[0].") => vec!["17", "{ zzz: 1 }"],
        (Kind::Map(_), _) if ["scale", "nu", "dispersion"].contains(&key(&value.path)) => vec!["true", "[1, 2]"],
        (Kind::Map(_), _) => vec!["17", "[1, 2]"],
        (Kind::Seq(_), _) => vec!["17", "{ zzz: 1 }"],
        (_, Some(Scalar::Text(_))) if TEXTS.contains(&key(&value.path)) => vec!["[1, 2]", "{ zzz: 1 }"],
        // A parameter may be a number too.
        (_, Some(Scalar::Text(word))) if ["learned", "predicted"].contains(&word) => {
            vec!["true", "[1, 2]", "{ zzz: 1 }"]
        }
        (_, Some(Scalar::Text(_))) => vec!["17", "[1, 2]"],
        (_, Some(Scalar::Bool(_))) => vec!["17", "no", "[1, 2]"],
        _ => vec!["wordless", "'1'", "[1, 2]", "{ zzz: 1 }", "~"],
    }
}

/// What is of the right type, and out of range.
fn out_of_range(value: &Value) -> Vec<&'static str> {
    let key = key(&value.path);
    match (key, value.node.scalar()) {
        // The third says how many, or how far apart.
        (key, _) if RANGES.contains(&key) && value.path.ends_with("[2]") => vec!["0", ".nan", ".inf", "1e30"],
        (key, _) if RANGES.contains(&key) => vec!["-1", ".nan", ".inf"],
        ("sha256", _) => vec!["abc", "\"zz\""],
        ("name", _) => vec!["\"a b\"", "\"\""],
        ("location", Some(Scalar::Unsigned(_))) => vec![".nan", ".inf"],
        ("schema", _) => vec!["2", "0", "-1", ".nan"],
        ("n" | "dim" | "k" | "replicates" | "max_iterations" | "widths", Some(Scalar::Unsigned(_))) => {
            vec!["0", "-1", "1.5", ".nan", "1e30"]
        }
        ("seed" | "seeds" | "test_n" | "reference", Some(Scalar::Unsigned(_))) => vec!["-1", "1.5", ".nan"],
        (_, Some(Scalar::Unsigned(_) | Scalar::Float(_))) => vec!["-1", ".nan", ".inf"],
        _ => vec![],
    }
}

/// A config with one value replaced says so there, and says what was expected; or why not.
fn judge(path: &str, text: &str, value: &Value, instead: &str) -> Option<String> {
    let bad = format!("{}{instead}{}", &text[..value.start], &text[value.end..]);
    let (found, there) = (problems(path, &bad), place(path, &bad, value.start));
    // A mapping is shown at its first key, and a list inside at its first item.
    let inside = place(path, &bad, value.start + if instead.starts_with("{ ") { 2 } else { 0 });
    let [(problem, told)] = &found[..] else {
        let all: Vec<_> = found.iter().map(|(problem, told)| format!("{told}: {}", problem.title())).collect();
        return Some(format!("{there}: `{}` is `{instead}`: {} problems: {all:?}", value.path, found.len()));
    };
    let says = [
        "expected",
        "must",
        "there is no",
        "unknown",
        "needs",
        "reads `schema: 1`",
        "a name has",
        "takes",
        "is no score",
        "gives 0 values",
        "can't be",
        "both ends",
    ];
    let right = says.iter().any(|word| problem.title().contains(word));
    let wrong = *told != there && *told != inside || !right;
    wrong.then(|| format!("{there}: `{}` is `{instead}`: {told}: {}", value.path, problem.title()))
}

fn all(mutants: fn(&Value) -> Vec<&'static str>, at_least: usize) {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (path, text) in shipped("experiments").into_iter().chain(shipped("configs")) {
        for value in values(&text) {
            for instead in mutants(&value) {
                wrong.extend(judge(&path, &text, &value, instead));
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > at_least, "{tried}");
}

#[test]
fn every_value_of_a_wrong_type_is_told_in_its_place_with_what_was_expected() {
    all(wrong_types, 500);
}

#[test]
fn every_number_out_of_its_range_is_told_in_its_place_with_the_range() {
    all(out_of_range, 300);
}
