//! Groups: the keys whose value is a choice, and what may be chosen without a file.

use crate::yaml::{Entry, Kind, Node, Problem, Span, path_words};
use surprisal_data::AnyDataset;
use surprisal_density::AnyFamily;

use super::told::unknown;

/// Keys whose values may be the name of a file under `configs/`.
pub const GROUPS: [&str; 5] = ["dataset", "model", "likelihood", "prior", "optimiser"];

/// Keys that have one value in an experiment, whatever is swept.
pub(crate) const ONE_FOR_ALL: [&str; 7] = ["schema", "name", "question", "seeds", "select", "sweep", "defaults"];

/// Keys that a selection may choose, with what is in them.
pub(crate) const SELECTED: [&str; 3] = ["likelihood", "prior", "optimiser"];

/// The group of files that hold keys of an experiment; only `defaults` names them.
pub(super) const WHOLE: &str = "experiment";

/// Names that need no file.
pub(crate) fn variants(group: &str) -> Vec<&'static str> {
    match group {
        "dataset" => AnyDataset::NAMES.to_vec(),
        "model" => vec!["constant", "linear", "mlp"],
        "optimiser" => vec!["lbfgs", "sgd", "adam", "adamw"],
        WHOLE => Vec::new(),
        _ => AnyFamily::NAMES.to_vec(),
    }
}

/// Whether a dotted path is a group as a whole.
pub(super) fn is_group(path: &str) -> bool {
    GROUPS.contains(&path)
}

/// The group and the option that `group.option.key` speaks of.
pub(crate) fn option_of(path: &str) -> Option<(&str, &str)> {
    let words = path_words(path);
    let (group, option) = (*words.first()?, *words.get(1)?);
    (is_group(group) && variants(group).contains(&option)).then_some((group, option))
}

/// What a value chooses: the word, or the only key.
pub(crate) fn choice(value: &Node) -> Option<&str> {
    match &value.kind {
        Kind::Scalar { text, .. } if !value.is_null() => Some(text),
        Kind::Map(entries) => entries.first().map(|first| first.key.as_str()),
        _ => None,
    }
}

/// Whether the option that `group.option.key` speaks of is the one this cell has chosen (or none is yet).
pub(super) fn chosen(node: &Node, path: &str) -> bool {
    let Some((group, option)) = option_of(path) else { return true };
    node.get(group).is_none_or(|entry| choice(&entry.value).is_none_or(|found| found == option))
}

/// The word that chose what stands at a group, if a word did.
pub(super) fn called(value: &Node, group: &str) -> Option<String> {
    match (&value.kind, &value.before) {
        (Kind::Scalar { text, .. }, _) if !value.is_null() => Some(text.clone()),
        (Kind::Map(_), Some(before)) => match &before.kind {
            // A word that needs no file was replaced, not read.
            Kind::Scalar { text, .. } if !before.is_null() && !variants(group).contains(&text.as_str()) => {
                Some(text.clone())
            }
            _ => None,
        },
        _ => None,
    }
}

/// What is wrong with `group.option.key` if the group has no such option.
pub(super) fn no_option(key: &str, at: Span) -> Option<Problem> {
    let words = path_words(key);
    let (group, option) = (*words.first()?, *words.get(1)?);
    let known = variants(group);
    if !is_group(group) || known.contains(&option) {
        return None;
    }
    let mut at = at;
    if (at.end - at.start) as usize == key.len() {
        at.start += group.len() as u32 + 1;
        at.end = at.start + option.len() as u32;
    }
    Some(unknown("unknown-value", format!("unknown {group} `{option}`"), at, option, &known))
}

/// Takes a key out of a mapping.
pub(super) fn take(node: &mut Node, key: &str) -> Option<Entry> {
    let Kind::Map(entries) = &mut node.kind else { return None };
    let place = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(place))
}
