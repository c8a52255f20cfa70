//! Text to tree, refusing what a config should not hold; the only file that knows the parser.

use super::node::{Entry, Kind, Node};
use super::problem::Problem;
use super::source::{Sources, Span};
use granit_parser::{Event, Parser, ScalarStyle};
use std::collections::HashMap;
use std::ops::Range;

/// The largest text that is read.
pub const MAX_BYTES: usize = 4 << 20;
/// How deep values may nest.
pub const MAX_DEPTH: usize = 64;
/// How many values one text may hold, counting an alias as often as it is used.
pub const MAX_NODES: usize = 20_000;

impl Node {
    /// The one document of a source; an empty one is an empty mapping.
    pub fn parse(sources: &Sources, source: u32) -> Result<Node, Problem> {
        Node::parse_range(sources, source, 0..sources.get(source).text.len())
    }

    /// One document of a part of a source, such as what follows `=` in an argument.
    ///
    /// # Panics
    /// If the range is not one of its text.
    pub fn parse_range(sources: &Sources, source: u32, range: Range<usize>) -> Result<Node, Problem> {
        let text = &sources.get(source).text;
        Builder::new(&text[range.clone()], source, text, range.start, 0).document()
    }

    /// The values of a list written without its brackets: `1, 2` in `train.n=1, 2`.
    ///
    /// # Panics
    /// If the range is not one of its text.
    pub fn parse_list(sources: &Sources, source: u32, range: Range<usize>) -> Result<Vec<Node>, Problem> {
        let text = &sources.get(source).text;
        let list = format!("[{}]", &text[range.clone()]);
        match Builder::new(&list, source, text, range.start, 1).document()?.kind {
            Kind::Seq(items) => Ok(items),
            _ => unreachable!("a flow sequence"),
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    source: u32,
    /// All of the source, which spans are clamped to.
    whole: &'a str,
    /// Where the parsed text begins in it, and how many bytes before that are not in it.
    start: usize,
    prefix: usize,
    length: usize,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, source: u32, whole: &'a str, start: usize, prefix: usize) -> Self {
        let options = granit_parser::options! { emit_comments: false, disallow_directives: true };
        let parser = Parser::new_from_str_with_options(text, options);
        Builder { parser, source, whole, start, prefix, length: text.len(), anchors: HashMap::new(), nodes: 0 }
    }

    fn document(mut self) -> Result<Node, Problem> {
        if self.length > MAX_BYTES {
            return Err(Problem::new("yaml", format!("longer than {} MiB", MAX_BYTES >> 20), self.span(0..0)));
        }
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => break,
                _ if root.is_some() => return Err(Problem::new("yaml", "a second document starts here", span)),
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root.unwrap_or_else(|| Node::new(Kind::Map(Vec::new()), self.span(0..0))))
    }

    fn span(&self, range: Range<usize>) -> Span {
        let at = |byte: usize| {
            let byte = (byte + self.start).saturating_sub(self.prefix).max(self.start).min(self.whole.len());
            u32::try_from(self.whole.floor_char_boundary(byte)).unwrap_or(u32::MAX)
        };
        Span { source: self.source, start: at(range.start), end: at(range.end) }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.span(span.byte_range().unwrap_or(0..0)))),
            Some(Err(error)) => {
                let start = error.marker().byte_offset().unwrap_or(self.length);
                Err(Problem::new("yaml", error.info(), self.span(start..start + 1)))
            }
            None => Err(Problem::new("yaml", "the text ends too early", self.span(self.length..self.length))),
        }
    }

    fn count(&mut self, more: usize, at: Span) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let title = format!("more than {MAX_NODES} values, counting aliases as often as they are used");
        Err(Problem::new("yaml", title, at))
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Problem> {
        let fail = |title: String| Err(Problem::new("yaml", title, span));
        self.count(1, span)?;
        if depth > MAX_DEPTH {
            return fail(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        if let Some(tag) = event.tag() {
            return fail(format!("tags such as `{}` are not used here", tag.original()));
        }
        let anchor = event.anchor_id().unwrap_or(0);
        let before = self.nodes;
        let node = match event {
            Event::Alias(id) => {
                let Some((_, size)) = self.anchors.get(&id) else {
                    return fail("an alias may not point into itself".into());
                };
                self.count(*size, span)?; // before the copy is made
                let (node, _) = &self.anchors[&id];
                if depth + height(node) > MAX_DEPTH {
                    return fail(format!("nested deeper than {MAX_DEPTH} levels"));
                }
                node.clone()
            }
            Event::Scalar(text, style, ..) => {
                writable(&text, span)?;
                Node::new(Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }, span)
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => break Node::new(Kind::Seq(items), Span { end: end.end, ..span }),
                        (event, at) => items.push(self.node(event, at, depth + 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.mapping(span, depth)?,
            _ => return fail("unexpected YAML".into()),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before));
        }
        Ok(node)
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<Node, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        loop {
            let (event, at) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(Node::new(Kind::Map(entries), Span { end: at.end, ..span })),
                Event::Scalar(key, _, _, None) => key.into_owned(),
                _ => return Err(Problem::new("yaml", "a key must be plain text", at)),
            };
            writable(&key, at)?;
            if key == "<<" {
                let problem = Problem::new("yaml", "merge keys `<<` are not used here", at);
                return Err(problem.help("write the shared keys out"));
            }
            if let Some(first) = seen.insert(key.clone(), at) {
                let problem = Problem::new("duplicate-key", format!("`{key}` is set twice"), at);
                return Err(problem.also(first, "first set here"));
            }
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            entries.push(Entry { key, at, value });
        }
    }
}

/// YAML 1.1, which is what gets written, breaks lines at U+2028 and U+2029; 1.2, which is read, takes them as text.
fn writable(text: &str, at: Span) -> Result<(), Problem> {
    let bad = text.contains(['\u{2028}', '\u{2029}']);
    if bad { Err(Problem::new("yaml", "U+2028 and U+2029 cannot be written back", at)) } else { Ok(()) }
}

/// How deep a node nests; 0 for a scalar.
pub(super) fn height(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar { .. } => 0,
        Kind::Seq(items) => items.iter().map(height).max().map_or(0, |deepest| deepest + 1),
        Kind::Map(entries) => entries.iter().map(|entry| height(&entry.value)).max().map_or(0, |deepest| deepest + 1),
    }
}
