//! Values by their dotted path: looked up, set by overrides and sweeps, removed.

use super::node::{Entry, Kind, Node};
use super::parse::{MAX_DEPTH, height};
use super::problem::Problem;
use super::source::Span;

impl Node {
    /// The value at a dotted path: `train.n`, `layers.0.width`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, word| match &node.kind {
            Kind::Seq(items) => items.get(index(word)?),
            _ => node.get(word).map(|entry| &entry.value),
        })
    }

    /// Sets the value at a dotted path, keeping what it replaces as its history.
    ///
    /// Mappings are made as needed. A scalar that stands where a mapping is needed is replaced by one; as a word is a
    /// variant with nothing said about it, `likelihood: gaussian` becomes `likelihood: {gaussian: {scale: 2}}`. Items
    /// of a list are counted from 0. New keys are placed at the value; [`Node::set_at`] places them in the path's text.
    pub fn set(&mut self, path: &str, value: Node) -> Result<(), Problem> {
        self.set_at(path, value.span, value)
    }

    /// Sets the value at a dotted path that is written at `at`.
    pub fn set_at(&mut self, path: &str, at: Span, value: Node) -> Result<(), Problem> {
        let words = words(path, at);
        if words.iter().any(|(word, _)| word.is_empty()) {
            return Err(Problem::new("yaml", format!("`{path}` is not a dotted path"), at));
        }
        if words.len() + height(&value) > MAX_DEPTH {
            return Err(Problem::new("yaml", format!("nested deeper than {MAX_DEPTH} levels"), at));
        }
        let (mut node, mut fresh) = (self, false);
        for (i, &(word, at)) in words.iter().enumerate() {
            if matches!(node.kind, Kind::Seq(_)) {
                node = node.item(word).map_err(|length| {
                    Problem::new("value", format!("`{path}`: a list of {length} has no `{word}`"), at)
                })?;
                continue;
            }
            let last = i + 1 == words.len();
            (node, fresh) = node.key(word, at, last);
        }
        if fresh {
            *node = value;
        } else {
            replace(node, value);
        }
        Ok(())
    }

    /// An item of a list, or how many there are.
    fn item(&mut self, word: &str) -> Result<&mut Node, usize> {
        match &mut self.kind {
            Kind::Seq(items) => match index(word) {
                Some(i) if i < items.len() => Ok(&mut items[i]),
                _ => Err(items.len()),
            },
            _ => Err(0),
        }
    }

    /// The value of a key, made if need be, and whether it was; `place` tells to place the key at `at` anyway.
    fn key(&mut self, word: &str, at: Span, place: bool) -> (&mut Node, bool) {
        let mapping = |entries, at| Node::new(Kind::Map(entries), at);
        match &self.kind {
            Kind::Map(_) => {}
            Kind::Scalar { text, .. } if text == word => {
                let said = Entry { key: word.to_owned(), at: self.span, value: mapping(Vec::new(), self.span) };
                replace(self, mapping(vec![said], self.span));
            }
            _ => replace(self, mapping(Vec::new(), at)),
        }
        let Kind::Map(entries) = &mut self.kind else { unreachable!("made one above") };
        let found = entries.iter().position(|entry| entry.key == word);
        let position = found.unwrap_or_else(|| {
            entries.push(Entry { key: word.to_owned(), at, value: mapping(Vec::new(), at) });
            entries.len() - 1
        });
        let entry = &mut entries[position];
        if place {
            entry.at = at;
        }
        (&mut entry.value, found.is_none())
    }

    /// Takes the value at a dotted path out of the tree.
    pub fn remove(&mut self, path: &str) -> Option<Node> {
        let (parents, last) = path.rsplit_once('.').map_or((None, path), |(parents, last)| (Some(parents), last));
        let mut node = self;
        for word in parents.into_iter().flat_map(|parents| parents.split('.')) {
            node = match &mut node.kind {
                Kind::Seq(items) => items.get_mut(index(word)?)?,
                Kind::Map(entries) => &mut entries.iter_mut().find(|entry| entry.key == word)?.value,
                Kind::Scalar { .. } => return None,
            };
        }
        match &mut node.kind {
            Kind::Seq(items) => index(last).filter(|i| *i < items.len()).map(|i| items.remove(i)),
            Kind::Map(entries) => {
                let position = entries.iter().position(|entry| entry.key == last)?;
                Some(entries.remove(position).value)
            }
            Kind::Scalar { .. } => None,
        }
    }

    /// All values that ever stood at a dotted path, oldest first; the last is the one in effect, if one is.
    pub fn history(&self, path: &str) -> Vec<&Node> {
        let words: Vec<_> = path.split('.').collect();
        let mut all = Vec::new();
        history(self, &words, &mut all);
        all
    }
}

fn index(word: &str) -> Option<usize> {
    word.parse().ok()
}

/// The words of a path, each with its own place if the path is what is written there.
fn words(path: &str, at: Span) -> Vec<(&str, Span)> {
    let exact = (at.end - at.start) as usize == path.len();
    let mut start = at.start;
    let word = |word| {
        let end = start + u32::try_from(str::len(word)).unwrap_or_default();
        let span = if exact { Span { start, end, ..at } } else { at };
        start = end + 1;
        (word, span)
    };
    path.split('.').map(word).collect()
}

fn replace(node: &mut Node, new: Node) {
    let old = std::mem::replace(node, new);
    let mut oldest = node;
    while oldest.before.is_some() {
        oldest = oldest.before.as_mut().expect("looked just now");
    }
    oldest.before = Some(Box::new(old));
}

fn history<'a>(node: &'a Node, words: &[&str], all: &mut Vec<&'a Node>) {
    if let Some(before) = &node.before {
        history(before, words, all);
    }
    match words.split_first() {
        None => all.push(node),
        Some((word, rest)) => {
            let item = index(word).and_then(|i| node.items().get(i));
            let below = item.or_else(|| node.get(word).map(|entry| &entry.value));
            below.into_iter().for_each(|below| history(below, rest, all));
        }
    }
}
