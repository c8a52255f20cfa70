//! Cells: every choice of the sweep laid over the experiment, read as types.

use super::group::{called, chosen, is_group};
use super::layers::Composer;
use super::limit::{choices, too_many};
use super::rule::Seen;
use super::sweep::{Dim, Kind, Sweep, Value, product};
use crate::Select;
use crate::experiment::Experiment;
use crate::yaml::{Entry, Node, Problem, Span, read};
use std::collections::BTreeSet;

/// One cell of the sweep.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The keys the sweep varies, with this cell's values as text.
    pub values: Vec<(String, String)>,
    /// The cell as written.
    pub node: Node,
    /// The cell as types.
    pub experiment: Experiment,
    /// What the data set is called, where it was called by a word.
    pub dataset_word: Option<String>,
    /// Where `select:` stands, if there is one.
    pub select_at: Option<Span>,
    /// `select:` and its candidates: the same cell with other values.
    pub select: Option<(Select, Vec<Candidate>)>,
}

/// A candidate of a selection: what was varied, and the cell with it.
pub type Candidate = (Vec<(String, String)>, Experiment);

/// One step of counting cells: what was crossed, added or left out, and how many there are then.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `grid`, `zip`, `random`, `sobol`, `when` or `exclude`.
    pub what: &'static str,
    /// The dimensions and their lengths, or the rule.
    pub text: String,
    /// Cells so far.
    pub cells: usize,
    /// Whether it is a rule that holds nowhere.
    pub idle: bool,
}

/// The keys and values of some rows, in the order of the dimensions.
type Settings<'a> = Vec<(&'a str, Span, &'a Value)>;

fn settings<'a>(dims: &[&'a Dim], rows: &[usize]) -> Settings<'a> {
    let mut out = Vec::new();
    for (dim, row) in dims.iter().zip(rows) {
        for (key, value) in dim.keys.iter().zip(&dim.rows[*row]) {
            out.extend(value.as_ref().map(|value| (key.key.as_str(), key.at, value)));
        }
    }
    out
}

/// A selection as it is written: where, how it chooses, and among what.
pub(super) struct Selecting {
    pub(super) at: Span,
    pub(super) select: Option<Select>,
    pub(super) over: Vec<Dim>,
}

/// All cells, and how their number came to be.
pub(super) fn cells(
    on: &mut Composer<'_>,
    root: &Node,
    sweep: &Sweep,
    selecting: Option<&Selecting>,
) -> Option<(Vec<Cell>, Vec<Step>)> {
    let dims: Vec<&Dim> = sweep.dims.iter().collect();
    let rules = sweep.when.iter().map(|when| &when.rule).chain(&sweep.exclude);
    rules.for_each(|rule| on.try_rule(root, rule));
    let over: Vec<&Dim> = selecting.into_iter().flat_map(|it| &it.over).collect();
    let all = sweep.dims.iter().chain(sweep.when.iter().flat_map(|when| &when.dims)).chain(over.iter().copied());
    all.flat_map(|dim| &dim.ends).for_each(|end| on.try_end(root, end));
    if let Some(problem) = too_many(root, choices(&dims), &dims, &over) {
        on.told.tell(problem);
        return None;
    }
    let (mut out, mut effective) = (Vec::new(), BTreeSet::new());
    let (mut added, mut left_out) = (vec![(0, 0); sweep.when.len()], vec![0; sweep.exclude.len()]);
    for rows in &product(&dims) {
        let own = settings(&dims, rows);
        let node = cell(on, root, &own, &mut effective);
        let mut seen = Seen::new(&node);
        let held: Vec<usize> = (0..sweep.when.len()).filter(|i| seen.fits(&sweep.when[*i].rule)).collect();
        // Where nothing more is crossed, this is the cell.
        let more: Vec<&Dim> = held.iter().flat_map(|i| &sweep.when[*i].dims).collect();
        both(on, &more);
        let count = choices(&more);
        if let Some(problem) = too_many(root, count.saturating_add(out.len()), &more, &over) {
            on.told.tell(problem);
            return None;
        }
        held.iter().for_each(|i| added[*i].0 += 1);
        if let Some(i) = held.last() {
            added[*i].1 += count - 1;
        }
        for rows in product(&more) {
            let mut all = own.clone();
            all.extend(settings(&more, &rows));
            let node = if more.is_empty() { node.clone() } else { cell(on, root, &all, &mut effective) };
            let mut seen = Seen::new(&node);
            if let Some(i) = sweep.exclude.iter().position(|rule| seen.fits(rule)) {
                left_out[i] += 1;
                continue;
            }
            out.extend(typed(on, node, &all, selecting, &mut effective));
        }
    }
    let fine = on.told.is_empty();
    for dim in dims.iter().copied().chain(over).take_while(|_| fine) {
        for key in dim.keys.iter().filter(|key| !effective.contains(&key.key)) {
            let text = format!("`{}` has no effect: no cell has made that choice", key.key);
            on.told.tell(Problem::new("value", text, key.at));
        }
    }
    if out.is_empty() && on.told.is_empty() {
        let text = "every combination is excluded: nothing is left";
        on.told.tell(Problem::new("value", text, sweep.exclude.first().map_or(root.span, |rule| rule.at)));
    }
    Some((out, steps(sweep, &added, &left_out)))
}

/// Dimensions that two rules add to one cell may not vary one key.
fn both(on: &mut Composer<'_>, more: &[&Dim]) {
    let keys: Vec<_> = more.iter().flat_map(|dim| &dim.keys).collect();
    for (i, key) in keys.iter().enumerate() {
        if let Some(first) = keys[..i].iter().find(|other| other.key == key.key) {
            let text = format!("`{}` is varied by two rules that hold in one cell", key.key);
            on.told.tell(Problem::new("value", text, key.at).also(first.at, "and here"));
        }
    }
}

/// The experiment with values set: whole groups first, so that a value inside a group reaches whichever option was
/// chosen.
fn cell(on: &mut Composer<'_>, root: &Node, settings: &Settings<'_>, effective: &mut BTreeSet<String>) -> Node {
    let mut node = root.clone();
    let (whole, inside): (Vec<_>, Vec<_>) = settings.iter().copied().partition(|(key, ..)| !key.contains('.'));
    for (key, at, value) in whole {
        effective.insert(key.to_string());
        let value = value.node.clone();
        let value = if is_group(key) { on.settle(key, value) } else { value };
        if let Err(problem) = node.set_at(key, at, value) {
            on.told.tell(problem);
        }
    }
    for (key, at, value) in inside {
        if chosen(&node, key) {
            effective.insert(key.to_string());
            if let Err(problem) = node.set_at(key, at, value.node.clone())
                && read::<Experiment>(&node).is_ok()
            {
                on.told.tell(problem); // else reading tells what is in the way
            }
        }
    }
    node
}

fn typed(
    on: &mut Composer<'_>,
    node: Node,
    settings: &Settings<'_>,
    selecting: Option<&Selecting>,
    effective: &mut BTreeSet<String>,
) -> Option<Cell> {
    let named = |settings: &Settings<'_>| -> Vec<(String, String)> {
        settings.iter().map(|(key, _, value)| ((*key).to_string(), value.label.clone())).collect()
    };
    let experiment = on.told.read::<Experiment>(&node)?;
    let mut candidates = Vec::new();
    if let Some(Selecting { select: Some(_), over, .. }) = selecting {
        let over: Vec<&Dim> = over.iter().collect();
        for rows in product(&over) {
            let own = self::settings(&over, &rows);
            let node = cell(on, &node, &own, effective);
            candidates.extend(on.told.read::<Experiment>(&node).map(|it| (named(&own), it)));
        }
    }
    let dataset_word = node.get("dataset").and_then(|entry| called(&entry.value, "dataset"));
    let select = selecting.and_then(|it| it.select.clone()).map(|select| (select, candidates));
    let select_at = selecting.map(|it| it.at);
    Some(Cell { values: named(settings), node, experiment, dataset_word, select_at, select })
}

/// Counts the cells dimension by dimension, then rule by rule.
fn steps(sweep: &Sweep, added: &[(usize, usize)], left_out: &[usize]) -> Vec<Step> {
    let (mut out, mut cells) = (Vec::new(), 1);
    let named = [(Kind::Grid, "grid"), (Kind::Zip, "zip"), (Kind::Random, "random"), (Kind::Sobol, "sobol")];
    for (kind, what) in named {
        let own: Vec<&Dim> = sweep.dims.iter().filter(|dim| dim.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        let text = |dim: &&Dim| match kind {
            Kind::Grid | Kind::Zip => format!("{} {}", dim.name, dim.rows.len()),
            _ => format!("{} draws of {}", dim.rows.len(), words(dim.keys.iter().map(|key| key.key.as_str()))),
        };
        cells *= own.iter().map(|dim| dim.rows.len()).product::<usize>();
        out.push(Step { what, text: own.iter().map(text).collect::<Vec<_>>().join(" × "), cells, idle: false });
    }
    for (when, (held, n)) in sweep.when.iter().zip(added) {
        cells += n;
        let dims: Vec<String> = when.dims.iter().map(|dim| format!("{} {}", dim.name, dim.rows.len())).collect();
        out.push(Step {
            what: "when",
            text: format!("{} → {}", conditions(&when.rule.conditions), dims.join(" × ")),
            cells,
            idle: *held == 0,
        });
    }
    for (rule, n) in sweep.exclude.iter().zip(left_out) {
        cells -= n;
        out.push(Step { what: "exclude", text: conditions(&rule.conditions), cells, idle: *n == 0 });
    }
    out
}

fn conditions(all: &[Entry]) -> String {
    let one = |entry: &Entry| format!("{} = {}", entry.key, entry.value.flow());
    all.iter().map(one).collect::<Vec<_>>().join(" and ")
}

fn words<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}
