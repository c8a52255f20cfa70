//! Conditions of `when` and `exclude`: whether they hold in a cell, and whether they can hold at all.

use super::group::{called, chosen, is_group, no_option, option_of};
use super::layers::Composer;
use super::sweep::{End, Rule};
use crate::experiment::Experiment;
use crate::yaml::{Entry, Kind, Node, Place, Problem, Scalar, Sources, Span, path_words, read};
use serde_json::Value;

/// A cell as rules see it: as written, and, where a key is not written, with its default.
pub(super) struct Seen<'a> {
    node: &'a Node,
    defaults: Option<Value>,
}

impl<'a> Seen<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Seen { node, defaults: None }
    }

    /// Whether all conditions hold.
    pub(super) fn fits(&mut self, rule: &Rule) -> bool {
        rule.conditions.iter().all(|condition| self.holds(&condition.key, &condition.value))
    }

    fn holds(&mut self, key: &str, value: &Node) -> bool {
        if is_group(key)
            && let Some(entry) = self.node.get(key)
            && let (Some(word), Some(Scalar::Text(asked))) = (called(&entry.value, key), value.scalar())
            && word == asked
        {
            return true;
        }
        if let Some(found) = self.node.at(key) {
            return fits(value, found);
        }
        if self.defaults.is_none() {
            let typed = read::<Experiment>(self.node).ok();
            self.defaults = Some(typed.and_then(|it| serde_json::to_value(it).ok()).unwrap_or_default());
        }
        let words = path_words(key);
        let found =
            words.iter().try_fold(self.defaults.as_ref().unwrap_or(&Value::Null), |value, word| value.get(word));
        // JSON is YAML.
        let (mut sources, text) = (Sources::default(), found.unwrap_or(&Value::Null).to_string());
        let source = sources.add(Place::File(String::new()), text);
        Node::parse(&sources, source).is_ok_and(|found| fits(value, &found))
    }
}

/// Whether a value is what a condition asks for: equal, one of a list, the choice that a word names, or a mapping with
/// at least those keys.
pub(crate) fn fits(asked: &Node, found: &Node) -> bool {
    match (&asked.kind, &found.kind) {
        (Kind::Seq(any), kind) => {
            let same = matches!(kind, Kind::Seq(items) if items.len() == any.len() && items.iter().zip(any).all(|(a, b)| fits(b, a)));
            same || any.iter().any(|asked| fits(asked, found))
        }
        (Kind::Map(asked), Kind::Map(_)) => {
            asked.iter().all(|entry| found.get(&entry.key).is_some_and(|own| fits(&entry.value, &own.value)))
        }
        (Kind::Scalar { text, .. }, Kind::Map(entries)) => matches!(&entries[..], [only] if only.key == *text),
        (Kind::Scalar { text: a, .. }, Kind::Scalar { text: b, .. }) => {
            match (super::values::number(asked), super::values::number(found)) {
                (Some(x), Some(y)) => x == y,
                _ => a == b || asked.is_null() && found.is_null(),
            }
        }
        _ => false,
    }
}

impl Composer<'_> {
    /// Tells what no cell can ever be: a condition is tried on the experiment, and what reading says at its own place
    /// is wrong with it.
    pub(super) fn try_rule(&mut self, root: &Node, rule: &Rule) {
        for condition in &rule.conditions {
            let head = path_words(&condition.key).first().map(|word| word.to_string()).unwrap_or_default();
            if super::group::ONE_FOR_ALL.contains(&head.as_str()) {
                let text = format!("`{head}` is one for the experiment: a rule speaks of what cells differ in");
                self.told.tell(Problem::new("value", text, condition.at));
                continue;
            }
            if let Some(problem) = no_option(&condition.key, condition.at) {
                self.told.tell(problem);
                continue;
            }
            let whole = self.trial(root, condition, condition.value.clone());
            let each = |this: &mut Self| -> Vec<Problem> {
                let items = condition.value.items().to_vec();
                items.into_iter().flat_map(|item| this.trial(root, condition, item)).collect()
            };
            // A list may be the value, or say that any of its items will do.
            let found = if whole.is_empty() || condition.value.items().is_empty() { whole } else { each(self) };
            found.into_iter().for_each(|problem| self.told.tell_of_reading(problem));
        }
    }

    /// Tells what is wrong with an end of a range at the number itself, and nothing more of what is drawn between.
    pub(super) fn try_end(&mut self, root: &Node, it: &End) {
        let condition = Entry { key: it.key.clone(), at: it.at, value: it.end.clone() };
        let mut found = self.trial(root, &condition, it.end.clone());
        found.retain(|problem| problem.at() == it.end.span); // what is wrong with the key, a cell tells
        if !found.is_empty() {
            self.told.blame_quietly(it.whole);
        }
        found.into_iter().for_each(|problem| self.told.tell_of_reading(problem));
    }

    /// What is wrong with a value of a condition.
    fn trial(&mut self, root: &Node, condition: &Entry, value: Node) -> Vec<Problem> {
        let (mut node, at, inside) = (root.clone(), condition.at, value.span);
        if let Some((group, option)) = option_of(&condition.key).filter(|_| !chosen(root, &condition.key)) {
            let word = Node::new(Kind::Scalar { text: option.into(), plain: true }, at);
            node.set_at(group, at, word).ok();
        }
        let value = if is_group(&condition.key) { self.settle(&condition.key, value) } else { value };
        if let Err(problem) = node.set_at(&condition.key, at, value) {
            return vec![problem];
        }
        let within = |span: Span, of: Span| span.source == of.source && of.start <= span.start && span.end <= of.end;
        let mut found = read::<Experiment>(&node).err().unwrap_or_default();
        // A condition need not say all that a choice needs.
        found.retain(|it| (within(it.at(), at) || within(it.at(), inside)) && it.code() != "missing-key");
        found
    }
}
