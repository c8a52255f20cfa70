//! From one YAML file to the cells of its sweep, every value keeping the place that set it.

use crate::experiment::Experiment;
use crate::misspelt::{self, beyond, correct, list, no_option};
use crate::yaml::{Kind, Node, Place, Problem, Sources, Span, nearest, read};
use crate::{Select, yaml::Entry};
use std::collections::BTreeSet;
use surprisal_data::AnyDataset;
use surprisal_density::AnyFamily;

/// What composition may look at beside the experiment: `configs/<group>/<name>.yaml`.
pub trait Files {
    /// The text of `configs/<group>/<name>.yaml` and its path, if there is one.
    fn option(&self, group: &str, name: &str) -> Option<(String, String)>;
    /// Names of all options of a group.
    fn options(&self, group: &str) -> Vec<String>;
}

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

/// An experiment file, composed.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Names the folder of results.
    pub name: String,
    /// What is asked.
    pub question: Option<String>,
    /// In the order of the file, the last key of the grid varying fastest.
    pub cells: Vec<Cell>,
}

/// Most cells of a sweep, and candidates of a selection: more is a slip of the pen.
const MAX_CELLS: usize = 20_000;

/// Keys that have one value in an experiment, whatever is swept.
pub(crate) const ONE_FOR_ALL: [&str; 5] = ["schema", "name", "question", "select", "sweep"];

/// Keys that a selection may choose, with what is in them.
pub(crate) const SELECTED: [&str; 3] = ["likelihood", "prior", "optimiser"];

/// Keys whose values may be the name of a file under `configs/`.
pub const GROUPS: [&str; 5] = ["dataset", "model", "likelihood", "prior", "optimiser"];

/// Reads and composes one experiment. All problems of the file are told at once.
pub fn compose(files: &dyn Files, sources: &mut Sources, path: &str, text: String) -> Result<Composed, Vec<Problem>> {
    let source = sources.add(Place::File(path.into()), text);
    let mut root = Node::parse(sources, source).map_err(|problem| vec![problem])?;
    if root.entries().is_empty() {
        let text = "an experiment is a mapping of keys: `schema: 1`, `name`, `dataset`, …";
        return Err(vec![Problem::new("type", text, root.span)]);
    }
    let (mut problems, mut reported) = (Vec::new(), BTreeSet::new());
    let mut tell = |found: Vec<Problem>, problems: &mut Vec<Problem>| {
        for problem in found {
            if reported.insert((problem.at(), problem.title().to_string())) {
                problems.push(problem);
            }
        }
    };
    let (mut effective, mut blamed) = (BTreeSet::new(), BTreeSet::new());
    correct(&mut root, misspelt::KEYS, &["sweep", "select"], "", &mut problems, &mut blamed);
    let grid = axes(take(&mut root, "sweep").as_mut(), &["grid"], "grid", &mut problems, &mut blamed);
    let mut select = take(&mut root, "select");
    let over = axes(select.as_mut(), &["over", "by", "rows", "refit"], "over", &mut problems, &mut blamed);
    let select_at = select.as_ref().map(|entry| entry.at);
    let select = select.and_then(|mut entry| {
        take(&mut entry.value, "over");
        read::<Select>(&entry.value).map_err(|found| tell(beyond(found, &blamed), &mut problems)).ok()
    });
    for axis in &grid {
        let head = axis.key.split('.').next().unwrap_or_default();
        if ONE_FOR_ALL.contains(&head) {
            problems.push(Problem::new(
                "value",
                format!("`{head}` can't be swept: it is one for the experiment"),
                axis.at,
            ));
        }
    }
    for axis in &over {
        let head = axis.key.split('.').next().unwrap_or_default();
        if !SELECTED.contains(&head) && crate::misspelt::KEYS.contains(&head) {
            let text = format!("`select` chooses likelihoods, priors and optimisers; put `{}` into `sweep`", axis.key);
            problems.push(Problem::new("value", text, axis.at));
        }
    }
    for axes in [&grid, &over] {
        if axes.iter().map(|axis| axis.values.len()).product::<usize>() > MAX_CELLS {
            let at = axes[0].at;
            problems.push(Problem::new("value", format!("more than {MAX_CELLS} combinations"), at));
            return Err(problems);
        }
    }
    let mut cells = Vec::new();
    for choice in product(&grid) {
        let mut node = root.clone();
        let mut values = Vec::new();
        tell(apply(files, sources, &mut node, &choice, &mut values, &mut effective, &mut blamed), &mut problems);
        let dataset_word = word(&node, "dataset");
        tell(resolve(files, sources, &mut node, &mut blamed), &mut problems);
        let experiment = match read::<Experiment>(&node) {
            Ok(experiment) => experiment,
            Err(found) => {
                tell(beyond(found, &blamed), &mut problems);
                continue;
            }
        };
        let mut candidates = Vec::new();
        if select.is_some() {
            for choice in product(&over) {
                let (mut node, mut values) = (node.clone(), Vec::new());
                tell(
                    apply(files, sources, &mut node, &choice, &mut values, &mut effective, &mut blamed),
                    &mut problems,
                );
                tell(resolve(files, sources, &mut node, &mut blamed), &mut problems);
                match read::<Experiment>(&node) {
                    Ok(experiment) => candidates.push((values, experiment)),
                    Err(found) => tell(beyond(found, &blamed), &mut problems),
                }
            }
        }
        let select = select.clone().map(|select| (select, candidates));
        cells.push(Cell { values, node, experiment, dataset_word, select_at, select });
    }
    for axis in grid.iter().chain(&over) {
        if problems.is_empty() && !effective.contains(&axis.key) {
            let text = format!("`{}` has no effect: no cell has made that choice", axis.key);
            problems.push(Problem::new("value", text, axis.at));
        }
    }
    match cells.first() {
        Some(first) if problems.is_empty() => {
            Ok(Composed { name: first.experiment.name.0.clone(), question: first.experiment.question.clone(), cells })
        }
        _ => Err(problems),
    }
}

/// A key that is varied, and its values.
struct Axis {
    key: String,
    at: Span,
    values: Vec<Node>,
    /// Each value as text, as short as tells it from the others.
    labels: Vec<String>,
}

fn take(node: &mut Node, key: &str) -> Option<Entry> {
    let Kind::Map(entries) = &mut node.kind else { return None };
    let place = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(place))
}

/// The axes under `entry.<key>`; other keys of the entry must be `known`.
fn axes(
    entry: Option<&mut Entry>,
    known: &[&str],
    key: &str,
    problems: &mut Vec<Problem>,
    blamed: &mut BTreeSet<Span>,
) -> Vec<Axis> {
    let Some(entry) = entry else { return Vec::new() };
    correct(&mut entry.value, known, &[key], &format!("{}.", entry.key), problems, blamed);
    let Some(axes) = entry.value.get(key) else {
        let text = format!("`{}` needs `{key}: {{ some.key: [values] }}`", entry.key);
        problems.push(Problem::new("missing-key", text, entry.at));
        return Vec::new();
    };
    let mut out = Vec::new();
    for axis in axes.value.entries() {
        if let Some(problem) = no_option(axis) {
            problems.push(problem);
            continue;
        }
        match &axis.value.kind {
            Kind::Seq(values) if !values.is_empty() => {
                out.push(Axis { key: axis.key.clone(), at: axis.at, values: values.clone(), labels: labels(values) });
            }
            _ => {
                let text = format!("`{}` must be a list of at least one value", axis.key);
                problems.push(Problem::new("type", text, axis.value.caret()));
            }
        }
    }
    if axes.value.entries().is_empty() {
        problems.push(Problem::new("type", format!("`{key}` must name at least one key"), axes.value.caret()));
    }
    out
}

/// `gaussian(scale=2)` for `{ gaussian: { scale: 2, … } }`: of the keys inside, those that tell such values apart.
fn labels(values: &[Node]) -> Vec<String> {
    let inner = |node: &Node| match node.entries() {
        [only] if matches!(only.value.kind, Kind::Map(_)) => Some((only.key.clone(), only.value.clone())),
        _ => None,
    };
    let all: Vec<_> = values.iter().filter_map(inner).collect();
    let label = |node: &Node| {
        let Some((name, map)) = inner(node) else { return node.flow() };
        let text = |map: &Node, key: &str| map.get(key).map(|entry| entry.value.flow());
        let alike: Vec<&Node> = all.iter().filter(|(other, _)| *other == name).map(|(_, map)| map).collect();
        let differs = |key: &str| alike.iter().any(|other| text(other, key) != text(&map, key));
        let own = map.entries().iter().filter(|entry| differs(&entry.key));
        let own: Vec<String> = own.map(|entry| format!("{}={}", entry.key, entry.value.flow())).collect();
        if own.is_empty() { name } else { format!("{name}({})", own.join(", ")) }
    };
    values.iter().map(label).collect()
}

/// One value of each axis: the axis and the place of the value.
type Choice<'a> = Vec<(&'a Axis, usize)>;

/// All choices of one value per axis, the last axis varying fastest.
fn product(axes: &[Axis]) -> Vec<Choice<'_>> {
    let mut all = vec![Vec::new()];
    for axis in axes {
        let mut longer = Vec::with_capacity(all.len() * axis.values.len());
        for head in &all {
            longer.extend((0..axis.values.len()).map(|i| [&head[..], &[(axis, i)]].concat()));
        }
        all = longer;
    }
    all
}

/// Sets the chosen values: whole groups first, so that a value inside a group reaches whichever option was chosen.
fn apply(
    files: &dyn Files,
    sources: &mut Sources,
    node: &mut Node,
    choice: &Choice,
    values: &mut Vec<(String, String)>,
    effective: &mut BTreeSet<String>,
    blamed: &mut BTreeSet<Span>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (whole, inside): (Vec<_>, Vec<_>) = choice.iter().partition(|(axis, _)| !axis.key.contains('.'));
    for (axis, i) in whole {
        effective.insert(axis.key.clone());
        problems.extend(node.set_at(&axis.key, axis.at, axis.values[i].clone()).err());
    }
    if !inside.is_empty() {
        problems.extend(resolve(files, sources, node, blamed));
    }
    for (axis, i) in inside {
        if chosen(node, &axis.key) {
            effective.insert(axis.key.clone());
            problems.extend(node.set_at(&axis.key, axis.at, axis.values[i].clone()).err());
        }
    }
    for (axis, i) in choice {
        values.push((axis.key.clone(), axis.labels[*i].clone()));
    }
    problems
}

/// Whether the option that `group.option.key` speaks of is the one this cell has chosen (or none is yet).
fn chosen(node: &Node, path: &str) -> bool {
    let mut parts = path.split('.');
    let (Some(group), Some(option)) = (parts.next(), parts.next()) else { return true };
    if !GROUPS.contains(&group) || !variants(group).contains(&option) {
        return true; // not a choice, or a misspelt one: reading says so
    }
    match node.get(group).map(|entry| &entry.value.kind) {
        Some(Kind::Scalar { text, .. }) => text == option,
        Some(Kind::Map(entries)) => entries.first().is_none_or(|first| first.key == option),
        _ => true,
    }
}

/// Names that need no file.
pub(crate) fn variants(group: &str) -> Vec<&'static str> {
    match group {
        "dataset" => AnyDataset::NAMES.to_vec(),
        "model" => vec!["constant", "linear", "mlp"],
        "optimiser" => vec!["lbfgs", "sgd", "adam", "adamw"],
        _ => AnyFamily::NAMES.to_vec(),
    }
}

fn word(node: &Node, group: &str) -> Option<String> {
    match &node.get(group)?.value.kind {
        Kind::Scalar { text, .. } => Some(text.clone()),
        _ => None,
    }
}

/// Replaces the name of an option by what `configs/<group>/<name>.yaml` says; where that fails, the name is to blame for
/// whatever reading says about it.
fn resolve(files: &dyn Files, sources: &mut Sources, node: &mut Node, blamed: &mut BTreeSet<Span>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for group in GROUPS {
        let Some(name) = word(node, group).filter(|name| !variants(group).contains(&name.as_str())) else { continue };
        let at = node.get(group).expect("it has a word").value.span;
        let Some((path, text)) = files.option(group, &name) else {
            let options = files.options(group);
            let known: Vec<&str> = variants(group).into_iter().chain(options.iter().map(String::as_str)).collect();
            let mut problem = Problem::new("unknown-value", format!("unknown {group} `{name}`"), at);
            if let Some(near) = nearest(&name, known.iter().copied()) {
                problem = problem.help(format!("did you mean `{near}`?"));
            }
            blamed.insert(at);
            problems.push(problem.note(format!("known: {}", list(&known))));
            continue;
        };
        let source = sources.find(&path).unwrap_or_else(|| sources.add(Place::File(path), text));
        match Node::parse(sources, source) {
            Ok(option) => {
                if let Kind::Map(entries) = &mut node.kind
                    && let Some(entry) = entries.iter_mut().find(|entry| entry.key == group)
                {
                    entry.value = option;
                }
            }
            Err(problem) => {
                blamed.insert(at);
                problems.push(problem);
            }
        }
    }
    problems
}
