//! A tree as YAML that reads back as the same tree.
//!
//! A library's writer is given types and chooses the spelling; here a scalar keeps its own, because the type that will
//! read it decides what it means: `1e-3` may be a number or a name.

use super::node::{Entry, Kind, Node};
use super::scalar::{Scalar, resolve};
use super::source::Sources;

/// Longest list or mapping of scalars that stays on one line.
const WIDTH: usize = 100;

impl Node {
    /// As YAML, a key on each line; short lists and mappings stay on one line.
    pub fn write(&self) -> String {
        let mut out = String::new();
        block(self, 0, &mut out, &|_| String::new());
        out
    }

    /// As [`Node::write`], each line with the place of its value as a comment.
    pub fn write_with_places(&self, sources: &Sources) -> String {
        let mut out = String::new();
        block(self, 0, &mut out, &|node| format!("  # {}", sources.describe(node.caret())));
        out
    }
}

/// What follows a line that ends in a value.
type Comment<'a> = &'a dyn Fn(&Node) -> String;

fn block(node: &Node, indent: usize, out: &mut String, comment: Comment<'_>) {
    let pad = " ".repeat(indent);
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                value(&format!("{pad}{}:", key(&entry.key)), &entry.value, indent + 2, out, comment);
            }
        }
        Kind::Seq(items) if !items.is_empty() => {
            for item in items {
                value(&format!("{pad}-"), item, indent + 2, out, comment);
            }
        }
        _ => *out += &format!("{pad}{}{}\n", flow(node), comment(node)),
    }
}

fn value(head: &str, node: &Node, indent: usize, out: &mut String, comment: Comment<'_>) {
    let line = flow(node);
    let short = head.len() + 1 + line.len() <= WIDTH;
    if short && depth(node) <= 2 && !line.is_empty() || is_empty(node) || matches!(node.kind, Kind::Scalar { .. }) {
        *out += &format!("{head} {line}{}\n", comment(node));
    } else {
        *out += &format!("{head}\n");
        block(node, indent, out, comment);
    }
}

fn is_empty(node: &Node) -> bool {
    node.entries().is_empty() && node.items().is_empty()
}

fn depth(node: &Node) -> usize {
    let below = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value)).map(depth).max();
    match &node.kind {
        Kind::Scalar { .. } => 0,
        _ => 1 + below.unwrap_or(0),
    }
}

fn flow(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { text, plain } => scalar(text, *plain),
        Kind::Seq(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) if entries.is_empty() => "{}".into(),
        Kind::Map(entries) => {
            let entry = |entry: &Entry| format!("{}: {}", key(&entry.key), flow(&entry.value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A key: the same text, however it was quoted.
fn key(text: &str) -> String {
    if is_simple(text) { text.to_owned() } else { quoted(text) }
}

/// What is unquoted and no text stays as it is: quotes would make it one.
fn scalar(text: &str, plain: bool) -> String {
    match resolve(text, plain) {
        Scalar::Null if text.is_empty() => "~".into(),
        Scalar::Text(_) if !plain || !is_simple(text) => quoted(text),
        _ => text.to_owned(),
    }
}

/// Whether a text needs no quotes wherever it stands, also for readers of YAML 1.1, to which `no` is false.
fn is_simple(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/');
    let inside = |c: char| c.is_ascii_alphanumeric() || "_-./+()^".contains(c);
    let bool_of_old = ["yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    starts && !bool_of_old && text.chars().all(inside)
}

/// In double quotes, with the escapes of JSON, which are YAML's too.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            c if c.is_control() || ['\u{feff}', '\u{a0}'].contains(&c) => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
