//! The tree of `sweep:` while it is still a tree: dimensions taken out, put in, and their values visited.

use super::group::take;
use crate::yaml::{Entry, Kind, Node, Span};

/// What was taken out: the key, where, and its values as text.
pub(super) type Taken = (Span, String);

/// Takes a key out of every dimension, and dimensions that are left without keys.
pub(super) fn drop_key(root: &mut Node, key: &str) -> Vec<Taken> {
    let mut taken = Vec::new();
    each_mapping(root, &mut |mapping| {
        taken.extend(take(mapping, key).map(|entry| (entry.at, entry.value.flow())));
    });
    prune(root);
    taken
}

/// The keys that any dimension varies.
pub(super) fn keys(root: &mut Node) -> Vec<String> {
    let mut found = Vec::new();
    each_mapping(root, &mut |mapping| found.extend(mapping.entries().iter().map(|entry| entry.key.clone())));
    found
}

/// Puts `part.key` into the sweep: a key of the grid, or a named dimension.
pub(super) fn put(root: &mut Node, part: &str, entry: Entry) {
    let at = entry.at;
    let sweep = child(root, "sweep", at);
    let part = child(sweep, part, at);
    let Kind::Map(entries) = &mut part.kind else { return };
    match entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}

/// Visits each value that a dimension gives a key.
pub(super) fn each_value(root: &mut Node, key: &str, visit: &mut dyn FnMut(&mut Node)) {
    each_mapping(root, &mut |mapping| {
        let Kind::Map(entries) = &mut mapping.kind else { return };
        for entry in entries.iter_mut().filter(|entry| entry.key == key) {
            if let Kind::Seq(items) = &mut entry.value.kind {
                items.iter_mut().for_each(&mut *visit);
            }
        }
    });
}

/// Visits every mapping whose keys are varied.
fn each_mapping(root: &mut Node, visit: &mut dyn FnMut(&mut Node)) {
    let Some(sweep) = value(root, "sweep") else { return };
    for part in ["grid", "zip", "random", "sobol", "when"] {
        let Some(part_value) = value(sweep, part) else { continue };
        match part {
            "random" | "sobol" => value(part_value, "over").into_iter().for_each(&mut *visit),
            "when" => {
                if let Kind::Seq(items) = &mut part_value.kind {
                    items.iter_mut().for_each(|item| crossed(item, visit));
                }
            }
            _ => crossed_part(part, part_value, visit),
        }
    }
}

fn crossed(node: &mut Node, visit: &mut dyn FnMut(&mut Node)) {
    for part in ["grid", "zip"] {
        if let Some(value) = value(node, part) {
            crossed_part(part, value, visit);
        }
    }
}

fn crossed_part(part: &str, node: &mut Node, visit: &mut dyn FnMut(&mut Node)) {
    match (part, &mut node.kind) {
        ("zip", Kind::Map(dims)) => dims.iter_mut().for_each(|dim| visit(&mut dim.value)),
        _ => visit(node),
    }
}

/// Takes out what is left without keys.
fn prune(root: &mut Node) {
    let empty = |node: &Node| matches!(&node.kind, Kind::Map(entries) if entries.is_empty());
    let Some(sweep) = value(root, "sweep") else { return };
    let crossed = |node: &mut Node| {
        if let Some(zip) = value(node, "zip")
            && let Kind::Map(dims) = &mut zip.kind
        {
            dims.retain(|dim| !empty(&dim.value));
        }
        for part in ["grid", "zip"] {
            if value(node, part).is_some_and(|part| empty(part)) {
                take(node, part);
            }
        }
    };
    crossed(sweep);
    for part in ["random", "sobol"] {
        if value(sweep, part).and_then(|part| value(part, "over")).is_some_and(|over| empty(over)) {
            take(sweep, part);
        }
    }
    if let Some(when) = value(sweep, "when")
        && let Kind::Seq(items) = &mut when.kind
    {
        items.iter_mut().for_each(crossed);
        items.retain(|item| item.get("grid").or(item.get("zip")).is_some());
        if items.is_empty() {
            take(sweep, "when");
        }
    }
    if value(root, "sweep").is_some_and(|sweep| empty(sweep)) {
        take(root, "sweep");
    }
}

fn value<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value),
        _ => None,
    }
}

/// The mapping of a key, made if need be.
fn child<'a>(node: &'a mut Node, key: &str, at: Span) -> &'a mut Node {
    if !matches!(node.kind, Kind::Map(_)) {
        return node;
    }
    let Kind::Map(entries) = &mut node.kind else { unreachable!("looked just now") };
    let position = entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        entries.push(Entry { key: key.into(), at, value: Node::new(Kind::Map(Vec::new()), at) });
        entries.len() - 1
    });
    &mut entries[position].value
}
