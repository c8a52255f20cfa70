//! Draws over ranges: `random` and `sobol`, seeded; the n-th draw of a key is a pure function of seed, key and n.

use super::group::{no_option, take};
use super::limit::MAX_CELLS;
use super::misspelt::correct;
use super::sweep::{Dim, End, Key, Kind as DimKind, Value};
use super::told::{Told, list, unknown};
use super::values::{labels, number, rounded, values, written};
use crate::yaml::{Entry, Kind, Node, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use surprisal_density::{Purpose, Stream};

/// `random:` or `sobol:` without `over:`.
#[derive(Deserialize)]
struct Draws {
    n: NonZeroUsize,
    seed: u64,
}

/// Where a draw falls.
enum Range {
    Among(Vec<Node>),
    Real { a: f64, b: f64, log: bool },
    Whole { a: f64, b: f64, log: bool },
}

pub(crate) const WORDS: &[&str] = &["uniform", "log_uniform", "whole", "log_whole"];

/// Points of a Sobol sequence, and its dimensions: those that the crate has.
const MAX_SOBOL: (usize, usize) = (1 << 16, 4 * sobol_burley::NUM_DIMENSION_SETS_4D as usize);

/// The dimension of `random: { n, seed, over }` or `sobol: …`.
pub(super) fn draws(entry: &Entry, kind: DimKind, told: &mut Told) -> Option<Dim> {
    let (name, mut node) = (entry.key.as_str(), entry.value.clone());
    correct(&mut node, &["n", "seed", "over"], &["over"], &format!("sweep.{name}."), told);
    let not_a_mapping = |name: &str, node: &Node| {
        let text = format!("`{name}`: expected a mapping, found `{}`", node.flow());
        Problem::new("type", text, node.caret())
    };
    if !matches!(node.kind, Kind::Map(_)) {
        told.tell(not_a_mapping(&format!("sweep.{name}"), &node));
        return None;
    }
    let over = take(&mut node, "over");
    if let Some(over) = over.as_ref().filter(|over| !matches!(over.value.kind, Kind::Map(_))) {
        told.tell(not_a_mapping(&format!("sweep.{name}.over"), &over.value));
        return None;
    }
    let Some(over) = over.filter(|over| !over.value.entries().is_empty()) else {
        let text = format!("`{name}` needs `over: {{ some.key: {{ uniform: [a, b] }} }}`");
        told.tell(Problem::new("missing-key", text, entry.at));
        return None;
    };
    let under = |key: &str, value| Node::new(Kind::Map(vec![Entry { key: key.into(), at: entry.at, value }]), entry.at);
    let named = under("sweep", under(name, node.clone()));
    let draws: BTreeMap<String, BTreeMap<String, Draws>> = told.read(&named)?;
    let draws = draws.into_values().next()?.into_values().next()?;
    let n = draws.n.get();
    let keys = over.value.entries();
    let limits = if kind == DimKind::Sobol { MAX_SOBOL } else { (MAX_CELLS, usize::MAX) };
    if n > limits.0 || keys.len() > limits.1 {
        let text = format!("`{name}` draws at most {} values of {} keys", limits.0, limits.1);
        told.tell(Problem::new("value", text, node.at("n").map_or(entry.at, |n| n.span)));
        return None;
    }
    let mut columns = Vec::new();
    let mut ends = Vec::new();
    for (d, key) in keys.iter().enumerate() {
        match no_option(&key.key, key.at).map_or_else(|| range(&key.key, &key.value), Err) {
            Err(problem) => told.tell(problem),
            Ok((range, own)) => {
                ends.extend(own.into_iter().map(|end| End {
                    key: key.key.clone(),
                    at: key.at,
                    end,
                    whole: key.value.span,
                }));
                let u = |i: usize| match kind {
                    DimKind::Sobol => sobol(i, d, draws.seed),
                    _ => {
                        let keys = [draws.seed, Stream::text_key(&key.key), i as u64];
                        Stream::new(Purpose::Sweep, &keys).uniform()
                    }
                };
                let nodes: Vec<Node> = (0..n).map(|i| range.at(u(i), &key.value)).collect();
                let labels = labels(&key.key, &nodes);
                columns.push(nodes.into_iter().zip(labels).collect::<Vec<_>>());
            }
        }
    }
    if columns.len() < keys.len() {
        return None;
    }
    let value = |(node, label): &(Node, String)| Some(Value { node: node.clone(), label: label.clone() });
    let rows = (0..n).map(|i| columns.iter().map(|column| value(&column[i])).collect()).collect();
    let keys = keys.iter().map(|key| Key { key: key.key.clone(), at: key.at }).collect();
    Some(Dim { kind, name: name.into(), at: entry.at, keys, rows, ends })
}

/// The i-th point of a Sobol sequence, scrambled as Owen has it (Burley 2020; directions of Joe & Kuo 2008). It has 24
/// bits; half of the last is added, so that it is never 0.
fn sobol(i: usize, dimension: usize, seed: u64) -> f64 {
    let folded = (seed ^ (seed >> 32)) as u32;
    f64::from(sobol_burley::sample(i as u32, dimension as u32, folded)) + 0.5 / 16_777_216.0
}

/// Where draws of a key fall, and the ends that someone wrote.
fn range(key: &str, node: &Node) -> Result<(Range, Vec<Node>), Problem> {
    let entry = match &node.kind {
        Kind::Seq(_) => return values(key, node).map(|(all, ends)| (Range::Among(all), ends)),
        Kind::Map(entries) if let [entry] = &entries[..] => entry,
        _ => {
            let text = format!("`{key}` must be drawn from a list of values, or from one of {}", list(WORDS));
            return Err(Problem::new("type", text, node.caret()));
        }
    };
    let word = entry.key.as_str();
    if super::values::RANGES.contains(&word) {
        return values(key, node).map(|(all, ends)| (Range::Among(all), ends));
    }
    if !WORDS.contains(&word) {
        let title = format!("`{key}` can't be drawn from `{word}`");
        return Err(unknown("unknown-value", title, entry.at, word, WORDS));
    }
    let [low, high] = entry.value.items() else {
        let text = format!("`{word}`: expected [from, to], found `{}`", entry.value.flow());
        return Err(Problem::new("type", text, entry.value.caret()));
    };
    let end = |node: &Node| {
        let text = format!("`{word}`: expected a number, found `{}`", node.flow());
        number(node).ok_or_else(|| Problem::new("type", text, node.caret()))
    };
    let (a, b, log) = (end(low)?, end(high)?, word.starts_with("log"));
    if a >= b {
        return Err(Problem::new("value", format!("`{word}` must rise: {a} is not below {b}"), high.span));
    }
    if log && a <= 0.0 {
        return Err(Problem::new("value", format!("`{word}` must begin above 0, found {a}"), low.span));
    }
    if !word.ends_with("whole") {
        return Ok((Range::Real { a, b, log }, vec![low.clone(), high.clone()]));
    }
    for (x, node) in [(a, low), (b, high)] {
        if x.fract() != 0.0 || x.abs() > 9e15 {
            return Err(Problem::new("value", format!("`{word}` takes whole numbers, found {x}"), node.span));
        }
    }
    Ok((Range::Whole { a, b, log }, vec![low.clone(), high.clone()]))
}

impl Range {
    /// What a uniform number stands for; six digits are enough to try, and can be read.
    fn at(&self, u: f64, node: &Node) -> Node {
        let between = |a: f64, b: f64, log: bool| match log {
            true => libm::exp(libm::log(a) + u * (libm::log(b) - libm::log(a))),
            false => a + u * (b - a),
        };
        match self {
            Range::Among(values) => values[((u * values.len() as f64) as usize).min(values.len() - 1)].clone(),
            Range::Real { a, b, log } => written(rounded(between(*a, *b, *log), 6).clamp(*a, *b), node.span),
            Range::Whole { a, b, log } => written(between(*a, b + 1.0, *log).floor().clamp(*a, *b), node.span),
        }
    }
}
