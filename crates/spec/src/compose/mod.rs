//! From one YAML file, the files it names and the command line to the cells of its sweep, every value keeping the place
//! that set it.

mod argument;
mod cells;
mod dimension;
mod document;
mod draw;
mod group;
mod layers;
mod limit;
mod merge;
mod misspelt;
mod overrides;
mod rule;
mod sweep;
mod told;
mod values;

use crate::Select;
use crate::experiment::Experiment;
use crate::yaml::{Kind, Node, Place, Problem, Sources, read};
use cells::{Selecting, cells};
pub(crate) use draw::WORDS as DRAWN;
pub use group::GROUPS;
use group::take;
pub(crate) use group::{ONE_FOR_ALL, SELECTED, variants};
use layers::Composer;
pub(crate) use misspelt::LAYERS;
use misspelt::correct;
use std::collections::BTreeMap;
pub(crate) use sweep::PARTS;
use sweep::{grid, sweep};
pub(crate) use values::RANGES;

pub use cells::{Cell, Step};
pub use document::{Change, Document, Explanation, Layer, Swept};
pub(crate) use group::{choice, option_of};
pub use overrides::Shadowed;

/// What composition may look at beside the experiment: `configs/<group>/<name>.yaml`.
pub trait Files {
    /// The text of `configs/<group>/<name>.yaml` and its path, if there is one.
    fn option(&self, group: &str, name: &str) -> Option<(String, String)>;
    /// Names of all options of a group.
    fn options(&self, group: &str) -> Vec<String>;
}

/// An experiment file, composed.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Names the folder of results.
    pub name: String,
    /// What is asked.
    pub question: Option<String>,
    /// In the order of the file, the last key of the grid varying fastest.
    pub cells: Vec<Cell>,
    /// How many cells each dimension and rule makes of it.
    pub steps: Vec<Step>,
    /// All layers laid over each other, before the sweep is taken apart.
    pub document: Document,
}

impl Composed {
    /// One cell as a document without a sweep.
    pub fn cell(&self, n: usize) -> Option<Document> {
        let mut root = self.cells.get(n)?.node.clone();
        if let (Some(select), Kind::Map(entries)) = (self.document.root.get("select"), &mut root.kind) {
            entries.push(select.clone());
        }
        Some(Document { root, shadowed: Vec::new() })
    }
}

/// Reads and composes one experiment. All problems of the file are told at once.
pub fn compose(files: &dyn Files, sources: &mut Sources, path: &str, text: String) -> Result<Composed, Vec<Problem>> {
    compose_with(files, sources, path, text, &[])
}

/// Reads and composes one experiment under arguments of the command line, such as `prior.gaussian.scale=2`.
///
/// Layers, later ones winning: `defaults` in their order, the file's own keys, the arguments in theirs; then each cell of
/// the sweep. A group's option is chosen before what is said inside it, so an argument reaches whichever cell has made
/// that choice.
pub fn compose_with(
    files: &dyn Files,
    sources: &mut Sources,
    path: &str,
    text: String,
    arguments: &[String],
) -> Result<Composed, Vec<Problem>> {
    let source = sources.add(Place::File(path.into()), text);
    let root = Node::parse(sources, source).map_err(|problem| vec![problem])?;
    if root.entries().is_empty() {
        let text = "an experiment is a mapping of keys: `schema: 1`, `name`, `dataset`, …";
        return Err(vec![Problem::new("type", text, root.span)]);
    }
    let mut on = Composer::new(files, sources);
    let mut root = on.experiment(root);
    let mut parsed = Vec::new();
    for (i, text) in arguments.iter().enumerate() {
        let source = on.sources.add(Place::Argument(i + 1), text.clone());
        match argument::parse(on.sources, source) {
            Ok(argument) => parsed.push(argument),
            Err(problem) => on.told.tell(problem),
        }
    }
    let resets = overrides::resets(&parsed);
    let shadowed = overrides::apply(&mut on, &mut root, parsed);
    let document = Document { root: root.clone(), shadowed };
    let before = on.told.len();
    let sweep = sweep(take(&mut root, "sweep").as_ref(), &mut on.told);
    on.told.lost |= on.told.len() > before;
    let selecting = selecting(&mut root, &mut on);
    for dim in sweep.dims.iter().chain(sweep.when.iter().flat_map(|when| &when.dims)) {
        for key in &dim.keys {
            let head = key.key.split('.').next().unwrap_or_default();
            if ONE_FOR_ALL.contains(&head) {
                let text = format!("`{head}` can't be swept: it is one for the experiment");
                on.told.tell(Problem::new("value", text, key.at));
            }
        }
    }
    // What every cell replaces must be right all the same; what every cell brings may be absent here.
    let own = read::<Experiment>(&root).err().unwrap_or_default().into_iter();
    own.filter(|problem| problem.code() != "missing-key").for_each(|problem| on.told.tell_of_reading(problem));
    let made = cells(&mut on, &root, &sweep, selecting.as_ref());
    match made.map(|(cells, steps)| (cells.first().map(|first| first.experiment.clone()), cells, steps)) {
        Some((Some(first), cells, steps)) if on.told.is_empty() => {
            Ok(Composed { name: first.name.0, question: first.question, cells, steps, document })
        }
        _ => {
            on.told.annotate(|problem| overrides::blame(problem, &resets));
            Err(on.told.into_problems())
        }
    }
}

/// `select:`, taken out.
fn selecting(root: &mut Node, on: &mut Composer<'_>) -> Option<Selecting> {
    let mut entry = take(root, "select")?;
    if !matches!(entry.value.kind, Kind::Map(_)) {
        let text = "`select`: expected a mapping with `over`, `by`, `rows`, `refit`";
        on.told.tell(Problem::new("type", text, entry.value.caret()));
        return None;
    }
    correct(&mut entry.value, &["over", "by", "rows", "refit"], &["over"], "select.", &mut on.told);
    let over = match take(&mut entry.value, "over") {
        Some(over) => grid(&over, &mut on.told),
        None => {
            let text = "`select` needs `over: { some.key: [values] }`";
            on.told.tell(Problem::new("missing-key", text, entry.at));
            Vec::new()
        }
    };
    for dim in &over {
        let head = dim.name.split('.').next().unwrap_or_default();
        if !SELECTED.contains(&head) && misspelt::KEYS.contains(&head) {
            let text = format!("`select` chooses likelihoods, priors and optimisers; put `{}` into `sweep`", dim.name);
            on.told.tell(Problem::new("value", text, dim.at));
        }
    }
    let at = entry.at;
    let named = Node::new(Kind::Map(vec![entry]), at);
    let select = on.told.read::<BTreeMap<String, Select>>(&named).and_then(|it| it.into_values().next());
    Some(Selecting { at, select, over })
}
