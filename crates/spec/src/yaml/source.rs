//! Where text came from: files and command-line arguments.

use std::fmt;

/// A byte range of one source; every key and value carries one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The source's number, as [`Sources::add`] gave it.
    pub source: u32,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// What a source is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A file, by the path to show.
    File(String),
    /// A command-line argument, counted from 1.
    Argument(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => f.write_str(path),
            Place::Argument(_) => f.write_str("<command line>"),
        }
    }
}

/// A text and where it came from.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is called.
    pub place: Place,
    /// All of its text.
    pub text: String,
    /// The word that chose it, where it is an option of a group.
    pub chosen: Option<Span>,
}

/// All texts that a tree was made from.
#[derive(Clone, Default, Debug)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Keeps a text and gives its number.
    ///
    /// # Panics
    /// With 2³² sources.
    pub fn add(&mut self, place: Place, text: impl Into<String>) -> u32 {
        let id = u32::try_from(self.0.len()).expect("fewer than 2^32 sources");
        self.0.push(Source { place, text: text.into(), chosen: None });
        id
    }

    /// Keeps the text of an option, and the word that chose it; one that is known already keeps who chose it first.
    pub fn add_option(&mut self, path: String, text: impl Into<String>, chosen: Span) -> u32 {
        self.find(&path).unwrap_or_else(|| {
            let id = self.add(Place::File(path), text);
            self.0[id as usize].chosen = Some(chosen);
            id
        })
    }

    /// The number of the file of that path, if it was added.
    pub fn find(&self, path: &str) -> Option<u32> {
        let same = |source: &Source| matches!(&source.place, Place::File(known) if known == path);
        self.0.iter().position(same).and_then(|i| u32::try_from(i).ok())
    }

    /// The source of that number.
    ///
    /// # Panics
    /// If these sources never gave it.
    pub fn get(&self, source: u32) -> &Source {
        &self.0[source as usize]
    }

    /// Whether a span is one of an argument.
    pub fn is_argument(&self, span: Span) -> bool {
        matches!(self.get(span.source).place, Place::Argument(_))
    }

    /// The text under a span; empty if the span is not one of its source.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Line and column of a span's start, from 1; columns count characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let text = &self.get(span.source).text;
        let before = &text[..text.floor_char_boundary(span.start as usize)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// A place for people: `a.yaml:2:7`, `command line, argument 1, column 7`.
    pub fn describe(&self, span: Span) -> String {
        let (line, column) = self.line_column(span);
        match &self.get(span.source).place {
            Place::File(path) => format!("{path}:{line}:{column}"),
            Place::Argument(i) => format!("command line, argument {i}, column {column}"),
        }
    }
}
