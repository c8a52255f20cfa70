//! The command line laid over an experiment: choices first, then settings, which reach whichever option was chosen.

use super::argument::{Argument, What};
use super::dimension::{drop_key, each_value, keys, put};
use super::group::{choice, chosen, is_group, no_option, option_of};
use super::layers::Composer;
use super::misspelt::KEYS;
use super::told::unknown;
use crate::yaml::{Entry, Kind, Node, Problem, Span, nearest, path_words};

/// A dimension of the file that the command line took out.
#[derive(Clone, Debug)]
pub struct Shadowed {
    /// The key that it varied.
    pub key: String,
    /// Where it is written.
    pub at: Span,
    /// Its values as text.
    pub values: String,
    /// The argument that took it out.
    pub by: Span,
}

/// Lays arguments over an experiment with its sweep.
pub(super) fn apply(on: &mut Composer<'_>, root: &mut Node, mut arguments: Vec<Argument>) -> Vec<Shadowed> {
    arguments.retain(|argument| known(on, argument));
    arguments.sort_by_key(|argument| match &argument.what {
        // Whole groups before what is inside them; the rest as given, so that the later wins.
        What::Zip(node) => node.entries().iter().any(|entry| entry.key.contains('.')),
        _ => path_words(&argument.path).len() > 1,
    });
    let mut shadowed = Vec::new();
    for argument in arguments {
        let Argument { path, at, what } = &argument;
        if let What::Zip(node) = what {
            for entry in node.entries() {
                shadow(on, root, &entry.key, entry.at, entry.value.items(), &mut shadowed);
            }
            put(root, "zip", Entry { key: path.clone(), at: *at, value: node.clone() });
            continue;
        }
        let head = path_words(path)[0].to_string();
        match what {
            _ if head == "sweep" => in_sweep(on, root, &argument, &mut shadowed),
            What::Vary(node) => {
                shadow(on, root, path, *at, node.items(), &mut shadowed);
                put(root, "grid", Entry { key: path.clone(), at: *at, value: node.clone() });
            }
            What::Set(value) => {
                shadow(on, root, path, *at, std::slice::from_ref(value), &mut shadowed);
                set(on, root, &argument, value);
            }
            What::Add(value) => set(on, root, &argument, value),
            What::Reset => {
                let taken = drop_key(root, path);
                let gone = reset(on, root, path);
                if !gone && taken.is_empty() {
                    on.told.tell(nothing_to_reset(root, path, *at));
                }
                let text = |(old, values)| Shadowed { key: path.clone(), at: old, values, by: *at };
                shadowed.extend(taken.into_iter().map(text));
            }
            What::Zip(_) => {}
        }
    }
    shadowed
}

/// Whether the key of an argument is one; tells what is wrong with it.
fn known(on: &mut Composer<'_>, argument: &Argument) -> bool {
    let Argument { path, at, what } = argument;
    let named: Vec<(&str, Span)> = match what {
        What::Zip(node) => node.entries().iter().map(|entry| (entry.key.as_str(), entry.at)).collect(),
        _ => vec![(path, *at)],
    };
    let before = named.len();
    let fine = named.into_iter().filter(|(key, at)| {
        let head = key.split('.').next().unwrap_or_default();
        let word = Span { end: at.start + head.len() as u32, ..*at };
        if !KEYS.contains(&head) {
            on.told.tell(unknown("unknown-key", format!("unknown key `{head}`"), word, head, KEYS));
            return false;
        }
        if head == "defaults" {
            let problem = Problem::new("argument", "`defaults` belong to files", word);
            on.told.tell(problem.help("choose with `group=name`"));
            return false;
        }
        if let Some(problem) = no_option(key, *at) {
            on.told.tell(problem);
            return false;
        }
        if matches!(what, What::Vary(_) | What::Zip(_)) && head == "seeds" {
            let problem = Problem::new("argument", "seeds are no dimension of the sweep: an arm has them all", word);
            on.told.tell(problem.help("write a list: `seeds=[0,1,2]`"));
            return false;
        }
        true
    });
    fine.count() == before
}

/// Takes out the dimensions that an argument's values leave no say: those of the same key, and those inside an option
/// that is no longer chosen, or inside a value that says the key itself.
fn shadow(on: &mut Composer<'_>, root: &mut Node, path: &str, by: Span, values: &[Node], out: &mut Vec<Shadowed>) {
    let settled: Vec<Node> = match is_group(path) {
        true => values.iter().map(|value| on.settle(path, value.clone())).collect(),
        false => values.to_vec(),
    };
    let inside = |key: &str| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    let gone = |key: &str| {
        if key == path {
            return true;
        }
        let said = |value: &Node| matches!(value.kind, Kind::Map(_)) && value.at(&key[path.len() + 1..]).is_some();
        let unchosen = match option_of(key) {
            Some((group, option)) if group == path => settled.iter().all(|value| choice(value) != Some(option)),
            _ => false,
        };
        inside(key) && (unchosen || !values.is_empty() && values.iter().all(said))
    };
    for key in keys(root).into_iter().filter(|key| gone(key)) {
        let taken = drop_key(root, &key).into_iter();
        out.extend(taken.map(|(at, values)| Shadowed { key: key.clone(), at, values, by }));
    }
}

/// Sets a value: inside a group, wherever the experiment or a dimension has made that choice.
fn set(on: &mut Composer<'_>, root: &mut Node, argument: &Argument, value: &Node) {
    let Argument { path, at, what } = argument;
    let words = path_words(path);
    let open = words.len() > 1 && words[words.len() - 2] == "by_name";
    let add = matches!(what, What::Add(_));
    if add && !open {
        let problem = Problem::new("argument", format!("`{path}` is no key of one's own choosing"), *at);
        return on.told.tell(problem.help(format!("write `{path}=…`: `+` is for the names under `by_name`")));
    }
    if is_group(path) {
        let value = on.settle(path, value.clone());
        return tell(on, root.set_at(path, *at, value));
    }
    let Some((group, option)) = option_of(path) else { return tell(on, root.set_at(path, *at, value.clone())) };
    let (mut reached, mut missing) = (false, false);
    let mut found = Vec::new();
    each_choice(on, root, group, &mut |holder| {
        if !chosen(holder, path) {
            return;
        }
        reached = true;
        if open && holder.at(path).is_none() != add {
            missing = true;
            return;
        }
        found.extend(holder.set_at(path, *at, value.clone()).err());
    });
    if !reached && root.get(group).is_none() {
        (reached, found) = (true, root.set_at(path, *at, value.clone()).err().into_iter().collect());
    }
    if missing {
        let (title, help) = match add {
            true => (format!("`{path}` is there already"), format!("write `{path}=…` to change it")),
            false => (format!("there is no `{path}`"), format!("write `+{path}=…` to add it")),
        };
        on.told.tell(Problem::new("argument", title, *at).help(help));
    }
    found.into_iter().for_each(|problem| on.told.tell(problem));
    if !reached {
        let now = root.get(group).and_then(|entry| choice(&entry.value)).unwrap_or_default();
        let problem = Problem::new("argument", format!("`{path}` has no effect: the {group} is `{now}`"), *at);
        let problem = root.get(group).iter().fold(problem, |problem, entry| problem.also(entry.value.caret(), "here"));
        on.told.tell(problem.help(format!("choose it too: `{group}={option}`")));
    }
}

fn tell(on: &mut Composer<'_>, done: Result<(), Problem>) {
    if let Err(problem) = done {
        on.told.tell(problem);
    }
}

/// Visits what the experiment and each dimension choose for a group, each alone in a mapping `{ group: choice }`; a
/// word that names a file is replaced by what the file says where it is changed.
fn each_choice(on: &mut Composer<'_>, root: &mut Node, group: &str, visit: &mut dyn FnMut(&mut Node)) {
    let mut one = |value: &mut Node| {
        let (span, empty) = (value.span, Node::new(Kind::Map(Vec::new()), value.span));
        let old = std::mem::replace(value, empty);
        let settled = on.settle(group, old.clone());
        let mut holder =
            Node::new(Kind::Map(vec![Entry { key: group.into(), at: span, value: settled.clone() }]), span);
        visit(&mut holder);
        let Kind::Map(mut entries) = holder.kind else { return };
        let new = entries.pop().map(|entry| entry.value).filter(|new| !new.same(&settled));
        *value = new.unwrap_or(old);
    };
    if let Kind::Map(entries) = &mut root.kind {
        entries.iter_mut().filter(|entry| entry.key == group).for_each(|entry| one(&mut entry.value));
    }
    each_value(root, group, &mut one);
}

/// Takes a key out, wherever it is set; whether it was set anywhere.
fn reset(on: &mut Composer<'_>, root: &mut Node, path: &str) -> bool {
    let Some((group, _)) = option_of(path) else { return root.remove(path).is_some() };
    let mut gone = false;
    each_choice(on, root, group, &mut |holder| gone |= holder.remove(path).is_some());
    gone
}

/// The keys that arguments take back: the last word, and where it is written.
pub(super) fn resets(arguments: &[Argument]) -> Vec<(String, Span)> {
    let own = arguments.iter().filter(|it| matches!(it.what, What::Reset));
    own.map(|it| (path_words(&it.path).last().map(|word| word.to_string()).unwrap_or_default(), it.at)).collect()
}

/// Shows where a key that is missing was taken back.
pub(super) fn blame(problem: Problem, resets: &[(String, Span)]) -> Problem {
    let lacks = |key: &str| problem.code() == "missing-key" && problem.title().ends_with(&format!("needs `{key}`"));
    match resets.iter().find(|(key, _)| lacks(key)) {
        Some((_, at)) => problem.also(*at, "taken back here"),
        None => problem,
    }
}

/// `~dtpye`, or a key that is not set.
fn nothing_to_reset(root: &Node, path: &str, at: Span) -> Problem {
    let problem = Problem::new("argument", format!("`{path}` is not set: there is nothing to take back"), at);
    let (parent, last) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() { Some(root) } else { root.at(parent) };
    let set: Vec<&str> = parent.into_iter().flat_map(Node::entries).map(|entry| entry.key.as_str()).collect();
    match nearest(last, set.iter().copied()) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem,
    }
}

/// `~sweep`, `~sweep.grid.some.key`, `sweep.random.n=5`.
fn in_sweep(on: &mut Composer<'_>, root: &mut Node, argument: &Argument, shadowed: &mut Vec<Shadowed>) {
    let Argument { path, at, what } = argument;
    match what {
        What::Reset => {
            let key = path.strip_prefix("sweep.grid.").unwrap_or_default();
            let taken = drop_key(root, key);
            if taken.is_empty() && root.remove(path).is_none() {
                on.told.tell(nothing_to_reset(root, path, *at));
            }
            let text = |(old, values)| Shadowed { key: key.into(), at: old, values, by: *at };
            shadowed.extend(taken.into_iter().map(text));
        }
        What::Set(value) if root.at(path).is_some_and(|old| matches!(old.kind, Kind::Scalar { .. })) => {
            tell(on, root.set_at(path, *at, value.clone()));
        }
        _ => {
            let problem = Problem::new("argument", format!("`{path}` can't be set here"), *at);
            on.told.tell(problem.help("a dimension is written `some.key=value,value` or `name=zip(a=[1,2],b=[3,4])`"));
        }
    }
}
