//! One argument of the command line: a strict subset of Hydra's overrides.
//!
//! | written | means |
//! |---|---|
//! | `a.b=1`, `likelihood=student_t` | the value of a key, or the choice of a group |
//! | `a=[1,2]`, `a={b: 1}` | a list, a mapping: values are YAML |
//! | `a=1,2,3`, `a=choice(1,2)` | a dimension of the sweep |
//! | `a=range(0,10,2)`, `a=linspace(0,1,5)`, `a=logspace(1e-4,1,5)` | a dimension over numbers |
//! | `name=zip(a=[1,2],b=[3,4])` | a dimension of keys that change together |
//! | `+a.by_name.key=1` | a new key where keys are free |
//! | `~a.b` | the default again |

use super::told::unknown;
use super::values::{RANGES, range};
use crate::yaml::{Entry, Kind, Node, Problem, Sources, Span, path_words};
use std::ops::Range;

/// An argument: the key, where it is written, and what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) path: String,
    pub(super) at: Span,
    pub(super) what: What,
}

/// What becomes of a key.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// It has a value.
    Set(Node),
    /// It is a new key, with a value.
    Add(Node),
    /// It has its default again.
    Reset,
    /// It is varied over a list.
    Vary(Node),
    /// It names a dimension: a mapping of keys to lists.
    Zip(Node),
}

/// Reads a source that is an argument.
pub(super) fn parse(sources: &Sources, source: u32) -> Result<Argument, Problem> {
    let text = &sources.get(source).text;
    let span = |range: Range<usize>| Span { source, start: range.start as u32, end: range.end as u32 };
    let sign = text.chars().next().filter(|c| ['~', '+'].contains(c));
    let start = sign.map_or(0, char::len_utf8);
    let equals = outside_quotes(text, '=').into_iter().next();
    let end = equals.unwrap_or(text.len());
    let (path, at) = (text[start..end].to_string(), span(start..end));
    let form = "an argument is `key=value`, `key=value,value`, `~key` or `+key=value`";
    if path_words(&path).iter().any(|word| word.is_empty() || word.contains(char::is_whitespace)) {
        return Err(
            Problem::new("argument", format!("`{path}` is not a key"), span(start..end.max(start + 1))).note(form)
        );
    }
    let argument = |what| Ok(Argument { path: path.clone(), at, what });
    let value = match (sign, equals) {
        (Some('~'), None) => return argument(What::Reset),
        (Some('~'), Some(at)) => {
            let text = format!("`~{path}` takes no value: it brings the default back");
            return Err(Problem::new("argument", text, span(at..text_len(sources, source))));
        }
        (_, None) => {
            let problem = Problem::new("argument", format!("`{text}` has no value"), span(0..text.len()));
            return Err(problem.help(format!("write `{path}=value`, or `~{path}` for its default")).note(form));
        }
        (_, Some(at)) => at + 1..text.len(),
    };
    if text[value.clone()].trim().is_empty() {
        let problem = Problem::new("argument", format!("`{path}=` has no value"), span(0..text.len()));
        return Err(problem.help(format!("write `{path}=~` for nothing, or `~{path}` for its default")));
    }
    let node = match call(text, value.clone()) {
        Some((_, "zip", inside)) if sign.is_none() => {
            let node = zip(sources, source, inside, span(value))?;
            return argument(What::Zip(node));
        }
        Some((name_at, name, inside)) => list(sources, source, name_at, name, inside, span(value))?,
        None => {
            let mut items = Node::parse_list(sources, source, value.clone())?;
            match items.len() {
                1 => {
                    let node = items.remove(0);
                    return argument(if sign.is_some() { What::Add(node) } else { What::Set(node) });
                }
                _ => Node::new(Kind::Seq(items), span(value)),
            }
        }
    };
    match sign {
        Some(_) => Err(Problem::new("argument", format!("`+{path}` takes one value"), node.span)),
        None => argument(What::Vary(node)),
    }
}

fn text_len(sources: &Sources, source: u32) -> usize {
    sources.get(source).text.len()
}

/// `name(…)`: where the name is, the name, and where its arguments are.
fn call(text: &str, value: Range<usize>) -> Option<(Range<usize>, &str, Range<usize>)> {
    let body = text[value.clone()].trim();
    let open = body.find('(')?;
    let name = &body[..open];
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let start = value.start + text[value].find(body)?;
    let inside = start + open + 1..start + body.len() - 1;
    (is_name && body.ends_with(')')).then_some((start..start + open, name, inside))
}

/// The list that a function stands for.
fn list(
    sources: &Sources,
    source: u32,
    name_at: Range<usize>,
    name: &str,
    inside: Range<usize>,
    at: Span,
) -> Result<Node, Problem> {
    let span = |range: Range<usize>| Span { source, start: range.start as u32, end: range.end as u32 };
    let known: Vec<&str> = RANGES.iter().copied().chain(["choice", "zip"]).collect();
    if !known.contains(&name) || name == "zip" {
        let problem = unknown("unknown-value", format!("there is no `{name}()`"), span(name_at), name, &known);
        return Err(problem.note("a text with brackets needs quotes"));
    }
    let items = Node::parse_list(sources, source, inside.clone())?;
    let items = if name == "choice" { items } else { range(name, &items, span(inside.clone()), at)? };
    if items.is_empty() {
        return Err(Problem::new("value", format!("`{name}()` needs at least one value"), at));
    }
    Ok(Node::new(Kind::Seq(items), at))
}

/// `a=[1,2],b=range(2)` as a mapping of lists.
fn zip(sources: &Sources, source: u32, inside: Range<usize>, at: Span) -> Result<Node, Problem> {
    let text = &sources.get(source).text;
    let span = |range: Range<usize>| Span { source, start: range.start as u32, end: range.end as u32 };
    let mut entries: Vec<Entry> = Vec::new();
    let commas = outside_quotes(&text[inside.clone()], ',').into_iter().map(|at| inside.start + at);
    let mut start = inside.start;
    for end in commas.chain([inside.end]) {
        let part = &text[start..end];
        let lead = part.len() - part.trim_start().len();
        let (from, equals) = (start + lead, outside_quotes(part, '=').first().map(|at| start + at));
        start = end + 1;
        let wrong = |at: Range<usize>| {
            Problem::new("argument", "`zip` takes `key=[values]` for each key: `pairs=zip(a=[1,2],b=[3,4])`", span(at))
        };
        let Some(equals) = equals else { return Err(wrong(from..end.max(from + 1))) };
        let value = equals + 1..end;
        let value = match call(text, value.clone()) {
            Some((name_at, name, inside)) => list(sources, source, name_at, name, inside, span(value))?,
            None => Node::parse_range(sources, source, value.clone())?,
        };
        if !matches!(value.kind, Kind::Seq(_)) {
            return Err(wrong(equals + 1..end));
        }
        let key = text[from..equals].trim_end();
        if let Some(first) = entries.iter().find(|entry| entry.key == key) {
            let problem = Problem::new("duplicate-key", format!("`{key}` is set twice"), span(from..from + key.len()));
            return Err(problem.also(first.at, "first set here"));
        }
        entries.push(Entry { key: key.into(), at: span(from..from + key.len()), value });
    }
    Ok(Node::new(Kind::Map(entries), at))
}

/// Where a sign stands outside quotes and brackets.
fn outside_quotes(text: &str, sign: char) -> Vec<usize> {
    let (mut found, mut depth, mut quote) = (Vec::new(), 0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, _) if c == sign && depth == 0 => found.push(at),
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(' | '{') => depth += 1,
            (None, ']' | ')' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    found
}
