//! The composed experiment as a document: written, explained key by key, compared with another.

use super::overrides::Shadowed;
use super::rule::fits;
use crate::experiment::Experiment;
use crate::yaml::{Entry, Kind, Node, Place, Sources, Span, nearest, path_word, read};
use serde_json::Value;

use super::misspelt::KEYS;

/// An experiment with all layers laid over each other: what its file, the files it names and the command line say.
#[derive(Clone, Debug)]
pub struct Document {
    /// The keys, `sweep` and `select` among them.
    pub root: Node,
    /// Dimensions of files that the command line took out.
    pub shadowed: Vec<Shadowed>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The value, on one line.
    pub value: String,
    /// Where it was set.
    pub at: Span,
}

/// A dimension that has to do with a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// `grid`, `zip` and its name, `random` or `sobol`.
    pub by: String,
    /// The rule under which it exists, if there is one.
    pub when: Option<String>,
    /// The key that it varies: this one, a part of it, or what it is a part of.
    pub key: String,
    /// Its values, and where they are written.
    pub layer: Layer,
}

/// All that is known of a key.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The value in effect, if it is set.
    pub value: Option<String>,
    /// The default, if it is not.
    pub default: Option<String>,
    /// All values that were ever set, oldest first.
    pub layers: Vec<Layer>,
    /// Dimensions that vary it, or a part of it, or what it is a part of.
    pub swept: Vec<Swept>,
    /// Dimensions of files that the command line took out.
    pub shadowed: Vec<Shadowed>,
}

/// A key in which two documents differ, with the values where it is set or has a default.
#[derive(Clone, Debug)]
pub struct Change {
    /// The dotted key.
    pub key: String,
    /// Of the first document.
    pub old: Option<Side>,
    /// Of the second document.
    pub new: Option<Side>,
}

/// A value, and where it was set, unless it is a default.
pub type Side = (String, Option<Span>);

impl Document {
    /// As YAML that gives the same cells, its keys in the order of the schema.
    pub fn write(&self) -> String {
        self.ordered().write()
    }

    /// As [`Document::write`], with the place of each value as a comment.
    pub fn write_with_places(&self, sources: &Sources) -> String {
        self.ordered().write_with_places(sources)
    }

    fn ordered(&self) -> Node {
        let mut root = self.root.clone();
        if let Kind::Map(entries) = &mut root.kind {
            entries.sort_by_key(|entry| KEYS.iter().position(|key| *key == entry.key));
        }
        root
    }

    /// Where the value of a key comes from; the nearest key that is set if there is none of that name.
    pub fn explain(&self, key: &str) -> Result<Explanation, Option<String>> {
        let (mut swept, shadowed) = (self.swept(key), self.shadowed.clone());
        let shadowed: Vec<Shadowed> = shadowed.into_iter().filter(|it| related(&it.key, key)).collect();
        let found = self.root.at(key);
        let default = self.defaults().and_then(|it| lookup(&it, key));
        let layers: Vec<Layer> = self.root.history(key).into_iter().map(layer).collect();
        if found.is_none() && default.is_none() && layers.is_empty() && swept.is_empty() && shadowed.is_empty() {
            let set = self.leaves().into_iter().map(|(key, _)| key);
            let all: Vec<String> = set.chain(KEYS.iter().map(|key| (*key).to_string())).collect();
            return Err(nearest(key, all.iter().map(String::as_str)).map(str::to_string));
        }
        swept.sort_by_key(|it| it.layer.at);
        let default = if found.is_none() { default } else { None };
        Ok(Explanation { value: found.map(Node::flow), default, layers, swept, shadowed })
    }

    /// The keys in which another document differs in effect: a key that is set to its default equals one that is not.
    pub fn diff(&self, other: &Document) -> Vec<Change> {
        let (old, new) = (self.leaves(), other.leaves());
        let (old_defaults, new_defaults) = (self.defaults(), other.defaults());
        let mut keys: Vec<&String> = old.iter().map(|(key, _)| key).collect();
        keys.extend(new.iter().map(|(key, _)| key).filter(|key| !old.iter().any(|(known, _)| known == *key)));
        let side = |leaves: &[(String, Node)], defaults: &Option<Value>, key: &str| -> Option<(Node, Option<Span>)> {
            if let Some((_, node)) = leaves.iter().find(|(known, _)| known == key) {
                return Some((node.clone(), Some(node.caret())));
            }
            let text = lookup(defaults.as_ref()?, key)?;
            let mut sources = Sources::default();
            let source = sources.add(Place::File(String::new()), text);
            Node::parse(&sources, source).ok().map(|node| (node, None))
        };
        let change = |key: &String| {
            let (a, b) = (side(&old, &old_defaults, key), side(&new, &new_defaults, key));
            let same = matches!((&a, &b), (Some((a, _)), Some((b, _))) if fits(a, b) && fits(b, a));
            let text = |(node, at): (Node, Option<Span>)| (node.flow(), at);
            (!same).then(|| Change { key: key.clone(), old: a.map(text), new: b.map(text) })
        };
        keys.into_iter().filter_map(change).collect()
    }

    /// Every key that holds no mapping, with its dotted path.
    fn leaves(&self) -> Vec<(String, Node)> {
        let mut out = Vec::new();
        leaves("", &self.root, &mut out);
        out
    }

    /// The experiment without its sweep as types, which know the defaults.
    fn defaults(&self) -> Option<Value> {
        let mut root = self.root.clone();
        ["sweep", "select"].iter().for_each(|key| drop(root.remove(key)));
        read::<Experiment>(&root).ok().and_then(|it| serde_json::to_value(it).ok())
    }

    /// Dimensions that have to do with a key.
    fn swept(&self, key: &str) -> Vec<Swept> {
        let mut out = Vec::new();
        let Some(sweep) = self.root.get("sweep") else { return out };
        let mut each = |by: String, when: Option<&String>, entries: &[Entry]| {
            for entry in entries.iter().filter(|entry| related(&entry.key, key)) {
                let layer = Layer { value: entry.value.flow(), at: entry.at };
                out.push(Swept { by: by.clone(), when: when.cloned(), key: entry.key.clone(), layer });
            }
        };
        let mut crossed = |node: &Node, when: Option<&String>| {
            if let Some(grid) = node.get("grid") {
                each("grid".into(), when, grid.value.entries());
            }
            for dim in node.get("zip").into_iter().flat_map(|zip| zip.value.entries()) {
                each(format!("zip `{}`", dim.key), when, dim.value.entries());
            }
            for draws in ["random", "sobol"] {
                let over = node.get(draws).and_then(|it| it.value.get("over"));
                over.into_iter().for_each(|over| each(draws.into(), when, over.value.entries()));
            }
        };
        crossed(&sweep.value, None);
        for item in sweep.value.get("when").into_iter().flat_map(|when| when.value.items()) {
            let condition = item.get("if").map(|it| it.value.flow()).unwrap_or_default();
            crossed(item, Some(&condition));
        }
        out
    }
}

fn layer(node: &Node) -> Layer {
    Layer { value: node.flow(), at: node.caret() }
}

/// Whether one key is the other, or a part of it.
fn related(a: &str, b: &str) -> bool {
    let inside =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    inside(a, b) || inside(b, a)
}

fn lookup(value: &Value, key: &str) -> Option<String> {
    let found = crate::yaml::path_words(key).into_iter().try_fold(value, |value, word| value.get(word))?;
    Some(if let Some(text) = found.as_str() { text.to_string() } else { found.to_string() })
}

fn leaves(path: &str, node: &Node, out: &mut Vec<(String, Node)>) {
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                let word = path_word(&entry.key);
                let path = if path.is_empty() { word } else { format!("{path}.{word}") };
                leaves(&path, &entry.value, out);
            }
        }
        _ => out.push((path.to_owned(), node.clone())),
    }
}
