//! Layers: `defaults` under a file's own keys, and words replaced by what `configs/<group>/<name>.yaml` says.

use super::Files;
use super::group::{GROUPS, WHOLE, called, is_group, take, variants};
use super::merge::{How, merge};
use super::misspelt::{KEYS, LAYERS, correct};
use super::told::{Told, list, unknown};
use crate::yaml::{Entry, Kind, Node, Problem, Sources, Span, nearest, replace};

/// What composition reads from, and what it has to tell.
pub(super) struct Composer<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) sources: &'a mut Sources,
    pub(super) told: Told,
    /// The files that are being read, outermost first, and the words that named them.
    chain: Vec<(String, String, Span)>,
}

impl<'a> Composer<'a> {
    pub(super) fn new(files: &'a dyn Files, sources: &'a mut Sources) -> Self {
        Composer { files, sources, told: Told::default(), chain: Vec::new() }
    }

    /// An experiment, or a file of keys of one: its `defaults`, in their order, under its own keys.
    pub(super) fn experiment(&mut self, mut own: Node) -> Node {
        correct(&mut own, KEYS, &["defaults", "sweep", "select"], "", &mut self.told);
        let defaults = take(&mut own, "defaults");
        let mut base = Node::new(Kind::Map(Vec::new()), own.span);
        for mut item in self.items(defaults.as_ref()) {
            correct(&mut item, LAYERS, &[], "", &mut self.told);
            match &item.kind {
                Kind::Scalar { text, plain } => {
                    let (group, name) = match text.split_once('/') {
                        Some((group, name)) if is_group(group) => (group, name),
                        _ => (WHOLE, text.as_str()),
                    };
                    let word = Node::new(Kind::Scalar { text: name.into(), plain: *plain }, item.span);
                    self.lay(&mut base, Entry { key: group.into(), at: item.span, value: word });
                }
                Kind::Map(entries) => entries.iter().for_each(|entry| self.lay(&mut base, entry.clone())),
                Kind::Seq(_) => {
                    let text = "`defaults` must list `group: name`, keys with values, or the name of a file of keys";
                    self.told.tell(Problem::new("type", text, item.span));
                    self.told.lost = true;
                }
            }
        }
        let order: Vec<String> = own.entries().iter().map(|entry| entry.key.clone()).collect();
        for entry in own.entries() {
            self.lay(&mut base, entry.clone());
        }
        if let Kind::Map(entries) = &mut base.kind {
            // As the file has them, then those that only the defaults have.
            entries.sort_by_key(|entry| order.iter().position(|key| *key == entry.key).unwrap_or(order.len()));
        }
        base
    }

    /// The items of a list of defaults.
    fn items(&mut self, defaults: Option<&Entry>) -> Vec<Node> {
        match defaults.map(|entry| &entry.value) {
            None => Vec::new(),
            Some(Node { kind: Kind::Seq(items), .. }) => items.clone(),
            Some(other) => {
                let problem = Problem::new("type", "`defaults` must be a list", other.caret());
                self.told.tell(problem.help("write `defaults: [{ group: name }, …]`; later ones win"));
                self.told.lost = true;
                Vec::new()
            }
        }
    }

    /// Lays one key over those before it.
    fn lay(&mut self, base: &mut Node, entry: Entry) {
        if entry.key == WHOLE {
            let layer = match &entry.value.kind {
                Kind::Map(_) => self.experiment(entry.value),
                _ => self.settle(WHOLE, entry.value),
            };
            let Kind::Map(entries) = layer.kind else {
                self.told.lost = true;
                return;
            };
            return entries.into_iter().for_each(|entry| self.lay(base, entry));
        }
        let anew = called(&entry.value, &entry.key).is_some();
        let value = if is_group(&entry.key) { self.settle(&entry.key, entry.value) } else { entry.value };
        let Kind::Map(entries) = &mut base.kind else { return };
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => {
                known.at = entry.at;
                // A word chooses anew.
                let how = if anew { How::Levels(0) } else { How::of(&entry.key) };
                let old = std::mem::replace(&mut known.value, Node::new(Kind::Map(Vec::new()), entry.at));
                known.value = merge(old, value, how);
            }
            None => entries.push(Entry { value, ..entry }),
        }
    }

    /// Replaces the name of an option by what its file says; the name stays as its history. Where that fails, the name
    /// is to blame for whatever reading says about it.
    pub(super) fn settle(&mut self, group: &str, mut value: Node) -> Node {
        let Kind::Scalar { text: name, .. } = &value.kind else { return value };
        if value.is_null() || variants(group).contains(&name.as_str()) {
            return value;
        }
        let (name, at) = (name.clone(), value.span);
        if let Some(first) = self.chain.iter().position(|(g, n, _)| (g.as_str(), n.as_str()) == (group, &*name)) {
            let path = |(group, name, _): &(String, String, Span)| format!("`{group}/{name}`");
            let links = self.chain[first..].iter().map(path).chain([format!("`{group}/{name}`")]);
            let title = format!("defaults lead back to themselves: {}", links.collect::<Vec<_>>().join(" → "));
            let chain = self.chain[first..].iter();
            let problem = chain.fold(Problem::new("defaults", title, at), |problem, (group, name, at)| {
                problem.also(*at, format!("leads to `{group}/{name}`"))
            });
            self.told.blame(problem);
            return value;
        }
        let Some((path, text)) = self.files.option(group, &name) else {
            self.told.blame(self.no_option(group, &name, at));
            return value;
        };
        let source = self.sources.add_option(path, text, at);
        match Node::parse(self.sources, source) {
            Ok(option) => {
                self.chain.push((group.into(), name, at));
                let option = if group == WHOLE { self.experiment(option) } else { self.option(group, option) };
                self.chain.pop();
                replace(&mut value, option);
            }
            Err(problem) => {
                self.told.blame_quietly(at);
                self.told.tell(problem);
            }
        }
        value
    }

    /// An option: its `defaults`, which are options of its own group or what such a file may hold, under its own keys.
    fn option(&mut self, group: &str, mut own: Node) -> Node {
        let known: Vec<&str> = variants(group).into_iter().chain(["defaults"]).collect();
        let misspelt =
            |entry: &Entry| entry.key != "defaults" && nearest(&entry.key, known.clone()) == Some("defaults");
        if own.entries().iter().any(misspelt) {
            correct(&mut own, &known, &["defaults"], "", &mut self.told);
        }
        let Some(defaults) = take(&mut own, "defaults") else { return own };
        let mut base = Node::new(Kind::Map(Vec::new()), own.span);
        for item in self.items(Some(&defaults)) {
            let anew = matches!(item.kind, Kind::Scalar { .. });
            let layer = self.settle(group, item);
            base = merge(base, layer, if anew { How::Levels(0) } else { How::Choice });
        }
        if own.entries().is_empty() { base } else { merge(base, own, How::Choice) }
    }

    fn no_option(&self, group: &str, name: &str, at: Span) -> Problem {
        let options = self.files.options(group);
        let known: Vec<&str> = variants(group).into_iter().chain(options.iter().map(String::as_str)).collect();
        let problem = unknown("unknown-value", format!("unknown {group} `{name}`"), at, name, &known);
        let word = name.split('/').next().unwrap_or_default();
        match nearest(word, GROUPS) {
            // `datset/iris` among the defaults.
            Some(near) if group == WHOLE && name.contains('/') => {
                let rest = &name[word.len()..];
                problem.help(format!("did you mean `{near}{rest}`?")).note(format!("groups: {}", list(&GROUPS)))
            }
            _ => problem,
        }
    }
}
