//! `sweep:` as dimensions: what is crossed with what, where more is crossed, and what is left out.

use super::draw::draws;
use super::group::no_option;
use super::limit::choices;
use super::misspelt::{KEYS, correct};
use super::told::{Told, list};
use super::values::{labels, values};
use crate::yaml::{Entry, Node, Problem, Span};

/// What a dimension was written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One key, each value crossed with all else.
    Grid,
    /// Several keys that change together, row by row.
    Zip,
    /// Rows drawn at random.
    Random,
    /// Rows of a Sobol sequence.
    Sobol,
}

/// A value of a key that is varied.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) node: Node,
    /// As short as tells it from the others.
    pub(super) label: String,
}

/// A key that is varied, and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) key: String,
    pub(super) at: Span,
}

/// Rows of values of some keys; a value that is absent leaves its key as it is.
#[derive(Clone, Debug)]
pub(super) struct Dim {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) at: Span,
    pub(super) keys: Vec<Key>,
    pub(super) rows: Vec<Vec<Option<Value>>>,
    pub(super) ends: Vec<End>,
}

/// An end of a range, which must be a value of its key though it may never be drawn.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) key: String,
    pub(super) at: Span,
    pub(super) end: Node,
    /// The expression it is in.
    pub(super) whole: Span,
}

/// Conditions on a cell, all of which must hold.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) at: Span,
    pub(super) conditions: Vec<Entry>,
}

/// Dimensions that exist only where a rule holds.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub(super) rule: Rule,
    pub(super) dims: Vec<Dim>,
}

/// All of `sweep:`.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    pub(super) dims: Vec<Dim>,
    pub(super) when: Vec<When>,
    pub(super) exclude: Vec<Rule>,
}

/// Parts of `sweep:`.
pub(crate) const PARTS: &[&str] = &["grid", "zip", "random", "sobol", "when", "exclude"];

/// Reads `sweep:`.
pub(super) fn sweep(entry: Option<&Entry>, told: &mut Told) -> Sweep {
    let mut out = Sweep::default();
    let Some(entry) = entry else { return out };
    let mut node = entry.value.clone();
    if matches!(&node.kind, crate::yaml::Kind::Scalar { text, .. } if node.is_null() && !text.is_empty()) {
        return out; // `sweep: ~` takes back what a layer before has said
    }
    correct(&mut node, PARTS, PARTS, "sweep.", told);
    if !node.is_null() && !matches!(node.kind, crate::yaml::Kind::Map(_)) {
        let text = format!("`sweep`: expected a mapping with {}", list(PARTS));
        told.tell(Problem::new("type", text, node.caret()));
        return out;
    }
    if node.entries().is_empty() {
        let text = "`sweep` needs `grid: { some.key: [values] }`, `zip`, `random`, `sobol` or `when`";
        told.tell(Problem::new("missing-key", text, entry.at));
        return out;
    }
    for part in node.entries() {
        match part.key.as_str() {
            "grid" => out.dims.extend(grid(part, told)),
            "zip" => out.dims.extend(zip(part, told)),
            "random" => out.dims.extend(draws(part, Kind::Random, told)),
            "sobol" => out.dims.extend(draws(part, Kind::Sobol, told)),
            "when" => out.when.extend(items(part, told).iter().filter_map(|item| when(item, told))),
            "exclude" => out.exclude.extend(items(part, told).iter().filter_map(|item| rule("exclude", item, told))),
            _ => {}
        }
    }
    twice(&out, told);
    out
}

/// One dimension for each key: that of `sweep.grid` and of `select.over`.
pub(super) fn grid(part: &Entry, told: &mut Told) -> Vec<Dim> {
    let mut out = Vec::new();
    if part.value.entries().is_empty() {
        let text = format!("`{}` must name at least one key", part.key);
        told.tell(Problem::new("type", text, part.value.caret()));
    }
    for axis in part.value.entries() {
        if let Some(problem) = no_option(&axis.key, axis.at) {
            told.tell(problem);
            continue;
        }
        match values(&axis.key, &axis.value) {
            Err(problem) => told.tell(problem),
            Ok((values, ends)) => {
                let ends = ends
                    .into_iter()
                    .map(|end| End { key: axis.key.clone(), at: axis.at, end, whole: axis.value.span })
                    .collect();
                let labels = labels(&axis.key, &values);
                let rows =
                    values.into_iter().zip(labels).map(|(node, label)| vec![Some(Value { node, label })]).collect();
                let keys = vec![Key { key: axis.key.clone(), at: axis.at }];
                out.push(Dim { kind: Kind::Grid, name: axis.key.clone(), at: axis.at, keys, rows, ends });
            }
        }
    }
    out
}

/// Named dimensions of keys that change together.
fn zip(part: &Entry, told: &mut Told) -> Vec<Dim> {
    let mut out = Vec::new();
    if part.value.entries().is_empty() {
        let text = "`zip` must name dimensions: `zip: { some_name: { one.key: [values], other.key: [values] } }`";
        told.tell(Problem::new("type", text, part.value.caret()));
    }
    for dim in part.value.entries() {
        if KEYS.contains(&dim.key.split('.').next().unwrap_or_default()) {
            let text = format!("a dimension of `zip` has a name of its own, and `{}` is a key", dim.key);
            told.tell(
                Problem::new("value", text, dim.at)
                    .help(format!("write `zip: {{ some_name: {{ {}: [values], other.key: [values] }} }}`", dim.key)),
            );
            continue;
        }
        let columns = grid(dim, told);
        let lengths: Vec<usize> = columns.iter().map(|column| column.rows.len()).collect();
        let uneven = (1..columns.len()).find(|i| lengths[*i] != lengths[0]);
        if let Some(i) = uneven {
            let (a, b) = (&columns[0], &columns[i]);
            let text = format!(
                "values of a zip change together: `{}` has {} and `{}` {}",
                a.name, lengths[0], b.name, lengths[i]
            );
            told.tell(Problem::new("value", text, b.at).also(a.at, format!("{} values", lengths[0])));
            continue;
        }
        let (Some(n), true) = (lengths.first(), columns.len() == dim.value.entries().len()) else { continue };
        // `~` leaves the key as it is.
        let cell = |column: &Dim, i: usize| column.rows[i][0].clone().filter(|value| !value.node.is_null());
        let rows = (0..*n).map(|i| columns.iter().map(|column| cell(column, i)).collect()).collect();
        let keys = columns.iter().flat_map(|column| column.keys.clone()).collect();
        let ends = columns.iter().flat_map(|column| column.ends.clone()).collect();
        out.push(Dim { kind: Kind::Zip, name: dim.key.clone(), at: dim.at, keys, rows, ends });
    }
    out
}

fn items(part: &Entry, told: &mut Told) -> Vec<Node> {
    let items = part.value.items();
    if items.is_empty() {
        let text = format!("`{}` must be a list of at least one rule", part.key);
        told.tell(Problem::new("type", text, part.value.caret()));
    }
    items.to_vec()
}

fn rule(name: &str, node: &Node, told: &mut Told) -> Option<Rule> {
    if node.entries().is_empty() {
        let text = format!("a rule of `{name}` must be a mapping of keys to values: `{{ estimator: mse }}`");
        told.tell(Problem::new("type", text, node.caret()));
        return None;
    }
    Some(Rule { at: node.caret(), conditions: node.entries().to_vec() })
}

fn when(node: &Node, told: &mut Told) -> Option<When> {
    let mut node = node.clone();
    correct(&mut node, &["if", "grid", "zip"], &["if", "grid", "zip"], "sweep.when.", told);
    let Some(condition) = node.get("if") else {
        let text = "an item of `when` needs `if: { some.key: value }`, and `grid` or `zip`";
        told.tell(Problem::new("missing-key", text, node.caret()));
        return None;
    };
    let rule = rule("if", &condition.value, told)?;
    let mut dims = node.get("grid").map(|part| grid(part, told)).unwrap_or_default();
    dims.extend(node.get("zip").map(|part| zip(part, told)).unwrap_or_default());
    if node.get("grid").or(node.get("zip")).is_none() {
        let text = "an item of `when` needs `grid` or `zip`: what is varied where the rule holds";
        told.tell(Problem::new("missing-key", text, condition.at));
    }
    Some(When { rule: Rule { at: condition.at, ..rule }, dims })
}

/// A key may be varied by one dimension only.
fn twice(sweep: &Sweep, told: &mut Told) {
    let always: Vec<&Key> = sweep.dims.iter().flat_map(|dim| &dim.keys).collect();
    let sets = sweep.when.iter().map(|when| when.dims.iter().flat_map(|dim| &dim.keys).collect());
    for (i, set) in std::iter::once(Vec::new()).chain(sets).enumerate() {
        let own: &[&Key] = if i == 0 { &always } else { &set };
        for (k, key) in own.iter().enumerate() {
            let before = if i == 0 { &own[..k] } else { &always[..] };
            let first = before.iter().chain(&own[..k]).find(|other| other.key == key.key);
            if let Some(first) = first {
                let text = format!("`{}` is varied by two dimensions", key.key);
                told.tell(Problem::new("value", text, key.at).also(first.at, "and here"));
            }
        }
    }
}

/// All choices of one row per dimension, the last varying fastest. That they are not too many was asked before.
pub(super) fn product(dims: &[&Dim]) -> Vec<Vec<usize>> {
    let choice = |mut k: usize| {
        let mut rows = vec![0; dims.len()];
        for (row, dim) in rows.iter_mut().zip(dims).rev() {
            (*row, k) = (k % dim.rows.len(), k / dim.rows.len());
        }
        rows
    };
    (0..choices(dims)).map(choice).collect()
}
