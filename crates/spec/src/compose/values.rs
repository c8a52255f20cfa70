//! Lists of values, written out or as an expression: `range`, `linspace`, `logspace`.

use super::told::{list, unknown};
use crate::yaml::{Kind, Node, Problem, Scalar, Span};

/// Expressions that stand for a list of numbers.
pub(crate) const RANGES: &[&str] = &["range", "linspace", "logspace"];

/// More values of one key are a slip of the pen.
pub(super) const MAX_VALUES: usize = 20_000;

/// The values of a key, and the ends of the range that they are from: numbers that someone wrote, and that can be
/// blamed one by one.
pub(super) type Values = (Vec<Node>, Vec<Node>);

/// The values of a key that is varied: a list, or an expression such as `{ logspace: [1e-4, 1, 5] }`.
pub(super) fn values(key: &str, node: &Node) -> Result<Values, Problem> {
    match &node.kind {
        Kind::Seq(items) if !items.is_empty() => return Ok((items.clone(), Vec::new())),
        Kind::Map(entries) => {
            if let [entry] = &entries[..] {
                if !RANGES.contains(&entry.key.as_str()) {
                    let title = format!("`{key}` is varied over values; there is no `{}`", entry.key);
                    return Err(unknown("unknown-value", title, entry.at, &entry.key, RANGES));
                }
                if !matches!(entry.value.kind, Kind::Seq(_)) {
                    let text = format!("`{}`: expected a list of numbers, found `{}`", entry.key, entry.value.flow());
                    return Err(Problem::new("type", text, entry.value.caret()));
                }
                let items = entry.value.items();
                let all = range(&entry.key, items, entry.value.caret(), node.span)?;
                let ends = if entry.key == "range" { items.len().saturating_sub(1).min(1) } else { 2 };
                return Ok((all, items[..ends].to_vec()));
            }
        }
        _ => {}
    }
    let text = format!("`{key}` must be a list of at least one value");
    Err(Problem::new("type", text, node.caret()).note(format!("or one of {} with its numbers in a list", list(RANGES))))
}

/// What an expression stands for: `range(from, to, step)` without `to`, or `n` numbers from `a` to `b`, both included.
pub(super) fn range(name: &str, items: &[Node], at: Span, whole: Span) -> Result<Vec<Node>, Problem> {
    let wrong = |text: String, at: Span| Err(Problem::new("value", text, at));
    let mut x = Vec::new();
    for item in items {
        match number(item) {
            Some(value) => x.push(value),
            None => {
                let text = format!("`{name}`: expected a number, found `{}`", item.flow());
                return Err(Problem::new("type", text, item.caret()));
            }
        }
    }
    let count = |i: usize| {
        let n = x[i];
        let fine = n.fract() == 0.0 && (2.0..=MAX_VALUES as f64).contains(&n);
        let text = format!("`{name}`: how many must be a whole number from 2 to {MAX_VALUES}, found {n}");
        if fine { Ok(n as usize) } else { Err(Problem::new("value", text, items[i].span)) }
    };
    let numbers: Vec<f64> = match (name, &x[..]) {
        ("range", [to]) => steps(0.0, *to, 1.0),
        ("range", [from, to]) => steps(*from, *to, 1.0),
        ("range", [_, _, step]) if *step == 0.0 => return wrong("`range`: a step can't be 0".into(), items[2].span),
        ("range", [from, to, step]) => steps(*from, *to, *step),
        ("linspace", [a, b, _]) => {
            let n = count(2)?;
            (0..n).map(|i| along(*a, *b, i, n, |t| a + t * (b - a))).collect()
        }
        ("logspace", [a, b, _]) => {
            if let Some((x, item)) = [a, b].into_iter().zip(items).find(|(x, _)| **x <= 0.0) {
                return wrong(format!("`logspace`: both ends must be greater than 0, found {x}"), item.span);
            }
            let (n, low, high) = (count(2)?, libm::log(*a), libm::log(*b));
            (0..n).map(|i| along(*a, *b, i, n, |t| libm::exp(low + t * (high - low)))).collect()
        }
        _ => {
            let form = if name == "range" { "`range`: [from, to, step], without `to`" } else { "[from, to, how many]" };
            let text = format!("`{name}` takes {form}; found {} numbers", x.len());
            return wrong(text, at);
        }
    };
    if numbers.is_empty() || numbers.len() > MAX_VALUES {
        let to = items.get(1).or(items.first()).map_or(at, |to| to.span);
        return wrong(format!("`{name}` gives {} values: expected 1 to {MAX_VALUES}", numbers.len()), to);
    }
    Ok(numbers.into_iter().map(|x| written(x, whole)).collect())
}

fn steps(from: f64, to: f64, step: f64) -> Vec<f64> {
    let n = ((to - from) / step).ceil().clamp(0.0, MAX_VALUES as f64 + 1.0) as usize;
    let all = (0..n).map(|i| rounded(from + i as f64 * step, 12));
    all.filter(|x| if step > 0.0 { *x < to } else { *x > to }).collect()
}

/// The i-th of n numbers from a to b; the ends are exact.
fn along(a: f64, b: f64, i: usize, n: usize, inside: impl Fn(f64) -> f64) -> f64 {
    match i {
        0 => a,
        i if i + 1 == n => b,
        i => rounded(inside(i as f64 / (n - 1) as f64), 12),
    }
}

/// To so many significant digits, so that 0.1 · 3 is 0.3.
pub(super) fn rounded(x: f64, digits: usize) -> f64 {
    format!("{x:.*e}", digits - 1).parse().unwrap_or(x)
}

/// A finite number that a person wrote.
pub(super) fn number(node: &Node) -> Option<f64> {
    match node.scalar()? {
        Scalar::Unsigned(n) => Some(n as f64),
        Scalar::Signed(n) => Some(n as f64),
        Scalar::Float(x) if x.is_finite() => Some(x),
        _ => None,
    }
}

/// A number as a value that stands where its expression does.
pub(super) fn written(x: f64, at: Span) -> Node {
    let long = x != 0.0 && !(1e-4..1e15).contains(&x.abs());
    let text = if long { format!("{x:e}") } else { format!("{x}") };
    Node::new(Kind::Scalar { text, plain: true }, at)
}

/// `gaussian(scale=2)` for `{ gaussian: { scale: 2, … } }`: of the keys inside, those that tell such values apart. A
/// value that a word chose is called by the word.
pub(super) fn labels(key: &str, values: &[Node]) -> Vec<String> {
    let inner = |node: &Node| match node.entries() {
        [only] if matches!(only.value.kind, Kind::Map(_)) => Some((only.key.clone(), only.value.clone())),
        _ => None,
    };
    let all: Vec<_> = values.iter().filter_map(inner).collect();
    let label = |node: &Node| {
        if let Some(word) = super::group::called(node, key).filter(|_| super::group::is_group(key)) {
            return word;
        }
        let Some((name, map)) = inner(node) else { return node.flow() };
        let text = |map: &Node, key: &str| map.get(key).map(|entry| entry.value.flow());
        let alike: Vec<&Node> = all.iter().filter(|(other, _)| *other == name).map(|(_, map)| map).collect();
        let differs = |key: &str| alike.iter().any(|other| text(other, key) != text(&map, key));
        let own = map.entries().iter().filter(|entry| differs(&entry.key));
        let own: Vec<String> = own.map(|entry| format!("{}={}", entry.key, entry.value.flow())).collect();
        if own.is_empty() { name } else { format!("{name}({})", own.join(", ")) }
    };
    values.iter().map(label).collect()
}
