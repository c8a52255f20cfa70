//! Values by their dotted path: looked up, set by overrides and sweeps, removed.

use super::node::{Entry, Kind, Node};
use super::parse::{MAX_DEPTH, height};
use super::problem::Problem;
use super::source::Span;

impl Node {
    /// The value at a dotted path: `train.n`, `layers.0.width`, `by_name."w.a"`.
    pub fn at(&self, path: &str) -> Option<&Node> {
        path_words(path).into_iter().try_fold(self, |node, word| match &node.kind {
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
        let words = path_words(path);
        let (last, parents) = words.split_last()?;
        let mut node = self;
        for word in parents.iter().copied() {
            node = match &mut node.kind {
                Kind::Seq(items) => items.get_mut(index(word)?)?,
                Kind::Map(entries) => &mut entries.iter_mut().find(|entry| entry.key == word)?.value,
                Kind::Scalar { .. } => return None,
            };
        }
        match &mut node.kind {
            Kind::Seq(items) => index(last).filter(|i| *i < items.len()).map(|i| items.remove(i)),
            Kind::Map(entries) => {
                let position = entries.iter().position(|entry| entry.key == *last)?;
                Some(entries.remove(position).value)
            }
            Kind::Scalar { .. } => None,
        }
    }

    /// All values that ever stood at a dotted path, oldest first. The last is in effect if [`Node::at`] finds it.
    pub fn history(&self, path: &str) -> Vec<&Node> {
        let words = path_words(path);
        let mut all = Vec::new();
        history(self, &words, &mut all);
        all
    }
}

fn index(word: &str) -> Option<usize> {
    word.parse().ok()
}

/// The words of a dotted path; one in quotes may hold dots.
pub fn path_words(path: &str) -> Vec<&str> {
    split(path).into_iter().map(|(_, word)| word).collect()
}

/// A word as it is written in a path: in quotes if it holds a dot.
pub fn path_word(word: &str) -> String {
    if word.contains('.') { format!("\"{word}\"") } else { word.to_owned() }
}

/// The words of a path and where each begins.
fn split(path: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start) = (Vec::new(), 0);
    loop {
        let rest = &path[start..];
        let quoted = rest.strip_prefix('"').and_then(|inside| inside.split_once('"'));
        let next = match quoted {
            Some((word, after)) if after.is_empty() || after.starts_with('.') => {
                found.push((start + 1, word));
                start + word.len() + 2
            }
            _ => {
                let word = rest.split('.').next().unwrap_or_default();
                found.push((start, word));
                start + word.len()
            }
        };
        if next == path.len() {
            return found;
        }
        start = next + 1;
    }
}

/// The words of a path, each with its own place if the path is what is written there.
fn words(path: &str, at: Span) -> Vec<(&str, Span)> {
    let exact = (at.end - at.start) as usize == path.len();
    let byte = |at: usize| u32::try_from(at).unwrap_or_default();
    let word = |(start, word): (usize, &'_ str)| {
        let start = at.start + byte(start);
        if exact { Span { start, end: start + byte(word.len()), ..at } } else { at }
    };
    split(path).into_iter().map(|(start, text)| (text, word((start, text)))).collect()
}

/// Puts a value in another's place and keeps the other as its history.
pub(crate) fn replace(node: &mut Node, new: Node) {
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

#[cfg(test)]
mod tests {
    use super::super::{Place, Sources, render_short};
    use super::*;

    fn tree(sources: &mut Sources, yaml: &str) -> Node {
        let source = sources.add(Place::File("a.yaml".into()), yaml);
        Node::parse(sources, source).unwrap()
    }

    /// `yaml` with the values of `sets` set, on one line.
    fn set(yaml: &str, sets: &[(&str, &str)]) -> String {
        let mut sources = Sources::default();
        let mut node = tree(&mut sources, yaml);
        for (path, value) in sets {
            let value = tree(&mut sources, value);
            if let Err(problem) = node.set(path, value) {
                return render_short(&sources, &problem);
            }
        }
        node.flow()
    }

    #[test]
    fn a_path_replaces_the_value_it_leads_to() {
        assert_eq!(set("train: {n: 1, lr: 2}", &[("train.n", "3")]), "{train: {n: 3, lr: 2}}");
        assert_eq!(set("train: {n: 1}", &[("train", "[1, 2]")]), "{train: [1, 2]}");
        assert_eq!(
            set("layers: [{width: 1}, {width: 2}]", &[("layers.1.width", "3")]),
            "{layers: [{width: 1}, {width: 3}]}"
        );
        assert_eq!(set("rates: [1, 2]", &[("rates.0", "x")]), "{rates: [x, 2]}");
    }

    #[test]
    fn mappings_are_made_as_needed() {
        assert_eq!(set("", &[("dataset.csv.path", "b.csv")]), "{dataset: {csv: {path: b.csv}}}");
        assert_eq!(set("train:", &[("train.n", "3")]), "{train: {n: 3}}");
        assert_eq!(set("a: {b: 1}", &[("a.c.d", "2"), ("a.c.e", "3")]), "{a: {b: 1, c: {d: 2, e: 3}}}");
        assert_eq!(set("3", &[("a", "2")]), "{a: 2}");
    }

    #[test]
    fn a_word_becomes_the_variant_it_names_and_gives_way_to_another() {
        assert_eq!(set("p: gaussian", &[("p.gaussian.scale", "2")]), "{p: {gaussian: {scale: 2}}}");
        assert_eq!(
            set("p: gaussian", &[("p.gaussian.scale", "2"), ("p.gaussian.loc", "1")]),
            "{p: {gaussian: {scale: 2, loc: 1}}}"
        );
        assert_eq!(set("p: gaussian", &[("p.student_t.nu", "4")]), "{p: {student_t: {nu: 4}}}");
        assert_eq!(set("p: {gaussian: {scale: 2}}", &[("p", "flat")]), "{p: flat}");
    }

    #[test]
    fn what_is_no_path_is_refused_and_changes_nothing() {
        assert_eq!(set("a: 1", &[("a..b", "2")]), "a.yaml:1:1: error[yaml]: `a..b` is not a dotted path");
        assert_eq!(set("a: 1", &[("", "2")]), "a.yaml:1:1: error[yaml]: `` is not a dotted path");
        assert_eq!(set("a: [1, 2]", &[("a.2", "2")]), "a.yaml:1:1: error[value]: `a.2`: a list of 2 has no `2`");
        assert_eq!(set("a: [1, 2]", &[("a.b.c", "2")]), "a.yaml:1:1: error[value]: `a.b.c`: a list of 2 has no `b`");
        let deep = vec!["a"; MAX_DEPTH + 1].join(".");
        assert!(set("a: 1", &[(&deep, "2")]).contains("nested deeper than 64 levels"));
        let mut sources = Sources::default();
        let (mut node, value) = (tree(&mut sources, "a: [1]"), tree(&mut sources, "2"));
        assert!(node.set("a.x.y", value).is_err());
        assert_eq!(node.flow(), "{a: [1]}");
    }

    #[test]
    fn history_remembers_every_value_oldest_first() {
        let mut sources = Sources::default();
        let mut node = tree(&mut sources, "prior: {normal: {sd: 1}}\np: gaussian\n");
        for value in ["2", "3"] {
            let value = tree(&mut sources, value);
            node.set("prior.normal.sd", value).unwrap();
        }
        let flow = |nodes: Vec<&Node>| nodes.iter().map(|node| node.flow()).collect::<Vec<_>>();
        assert_eq!(flow(node.history("prior.normal.sd")), ["1", "2", "3"]);
        // Also below a value that was replaced as a whole, and of values that are gone.
        let value = tree(&mut sources, "{normal: {sd: 4}}");
        node.set("prior", value).unwrap();
        assert_eq!(flow(node.history("prior.normal.sd")), ["1", "2", "3", "4"]);
        let value = tree(&mut sources, "flat");
        node.set("prior", value).unwrap();
        assert_eq!(flow(node.history("prior.normal.sd")), ["1", "2", "3", "4"]);
        assert_eq!(node.at("prior.normal.sd").map(Node::flow), None);
        let value = tree(&mut sources, "5");
        node.set("p.gaussian.scale", value).unwrap();
        assert_eq!(flow(node.history("p")), ["gaussian", "{gaussian: {scale: 5}}"]);
    }

    #[test]
    fn a_new_key_is_placed_at_its_word_of_the_path() {
        let mut sources = Sources::default();
        let mut node = tree(&mut sources, "train: {n: 1}");
        let source = sources.add(Place::Argument(1), "train.lr.é=2");
        let value = Node::parse_range(&sources, source, 12..13).unwrap();
        node.set_at("train.lr.é", Span { source, start: 0, end: 11 }, value).unwrap();
        let lr = node.at("train").and_then(|train| train.get("lr")).unwrap();
        assert_eq!(sources.text(lr.at), "lr");
        assert_eq!(sources.text(lr.value.entries()[0].at), "é");
        assert_eq!(sources.describe(node.entries()[0].at), "a.yaml:1:1");
        // So is a key that was there, but not those on the way to it.
        let value = Node::parse_range(&sources, source, 12..13).unwrap();
        node.set_at("train.n", Span { source, start: 0, end: 7 }, value).unwrap();
        let n = node.at("train").and_then(|train| train.get("n")).unwrap();
        assert_eq!(sources.describe(n.at), "command line, argument 1, column 7");
        assert_eq!(sources.describe(node.entries()[0].at), "a.yaml:1:1");
    }

    #[test]
    fn values_are_looked_up_and_removed_by_path() {
        let mut sources = Sources::default();
        let mut node = tree(&mut sources, "a: {b: [1, {c: 2}], d: 3}");
        assert_eq!(node.at("a.b.1.c").map(Node::flow).as_deref(), Some("2"));
        for path in ["a.x", "a.b.2", "a.b.x", "a.d.e", "", "a."] {
            assert!(node.at(path).is_none() && node.remove(path).is_none(), "{path}");
        }
        assert_eq!(node.remove("a.b.0").map(|node| node.flow()).as_deref(), Some("1"));
        assert_eq!(node.remove("a.d").map(|node| node.flow()).as_deref(), Some("3"));
        assert_eq!(node.flow(), "{a: {b: [{c: 2}]}}");
        assert!(node.remove("a").is_some() && node.entries().is_empty());
    }
}
