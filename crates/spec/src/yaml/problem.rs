//! What went wrong, where, and how to say it.

use super::source::{Place, Sources, Span};
use crate::shown::{masked, shown};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// A mistake in a config. It is one pointer wide, so a `Result` with it stays small.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("{}", .0.title)]
pub struct Problem(Box<Parts>);

#[derive(Clone, PartialEq, Debug)]
struct Parts {
    code: &'static str,
    title: String,
    at: Span,
    also: Vec<(Span, String)>,
    help: Option<String>,
    notes: Vec<String>,
    replaced: Option<Span>,
}

impl Problem {
    /// A problem of a kind (`yaml`, `unknown-key`, …) at a place.
    pub fn new(code: &'static str, title: impl Into<String>, at: Span) -> Self {
        let (also, notes) = (Vec::new(), Vec::new());
        Problem(Box::new(Parts { code, title: title.into(), at, also, help: None, notes, replaced: None }))
    }

    /// With a second place that has to do with it.
    #[must_use]
    pub fn also(mut self, at: Span, label: impl Into<String>) -> Self {
        self.0.also.push((at, label.into()));
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// With what is good to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.notes.push(note.into());
        self
    }

    /// With the value that the faulty one replaced.
    #[must_use]
    pub fn replaced(mut self, at: Span) -> Self {
        self.0.replaced = Some(at);
        self
    }

    /// Its kind: `yaml`, `duplicate-key`, `unknown-key`, `unknown-value`, `missing-key`, `type` or `value`.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// It, in one line.
    pub fn title(&self) -> &str {
        &self.0.title
    }

    /// Where it is.
    pub fn at(&self) -> Span {
        self.0.at
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// It with its place spelt out, to serialise.
    pub fn view(&self, sources: &Sources) -> ProblemView {
        let (line, column) = sources.line_column(self.0.at);
        ProblemView {
            code: self.0.code,
            title: self.0.title.clone(),
            file: sources.get(self.0.at.source).place.to_string(),
            line,
            column,
            argument: sources.is_argument(self.0.at).then(|| sources.get(self.0.at.source).text.clone()),
            help: self.0.help.clone(),
            notes: self.notes(sources),
        }
    }

    fn notes(&self, sources: &Sources) -> Vec<String> {
        let replaced = self.0.replaced.map(|at| {
            let old = sources.text(at).lines().next().unwrap_or_default();
            format!("it replaces `{old}`, set at {}", sources.describe(at))
        });
        self.0.notes.iter().cloned().chain(replaced).collect()
    }
}

/// A [`Problem`] for machines.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ProblemView {
    /// Its kind, as [`Problem::code`].
    pub code: &'static str,
    /// It, in one line.
    pub title: String,
    /// The file's path, or `<command line>`.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The whole argument, where it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// What is good to know.
    pub notes: Vec<String>,
}

/// A problem as rustc shows its own: the title, the lines it concerns with carets, notes and help.
pub fn render(sources: &Sources, problem: &Problem, colour: bool) -> String {
    let Problem(parts) = problem;
    let title = shown(&parts.title);
    let mut group = Group::with_title(Level::ERROR.primary_title(&*title).id(parts.code));
    let mut snippets: Vec<(u32, Snippet<'_, Annotation<'_>>)> = Vec::new();
    let primary = std::iter::once((parts.at, "", AnnotationKind::Primary));
    let others = parts.also.iter().map(|(at, label)| (*at, &**label, AnnotationKind::Context));
    let chosen = sources.get(parts.at.source).chosen.map(|at| (at, "chosen here", AnnotationKind::Context));
    for (at, label, kind) in primary.chain(others).chain(chosen) {
        let annotation = annotation(sources, at, label, kind);
        // Places in one source share a snippet.
        match snippets.iter().position(|(source, _)| *source == at.source) {
            Some(i) => {
                let (source, snippet) = snippets.remove(i);
                snippets.insert(i, (source, snippet.annotation(annotation)));
            }
            None => snippets.push((at.source, snippet(sources, at.source).annotation(annotation))),
        }
    }
    for (_, snippet) in snippets {
        group = group.element(snippet);
    }
    let notes = problem.notes(sources);
    let notes: Vec<_> = notes.iter().map(|note| shown(note)).collect();
    for note in &notes {
        group = group.element(Level::NOTE.message(&**note));
    }
    let help = parts.help.as_deref().map(shown);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(&**help));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let text = renderer.render(&[group]);
    // An argument is one line: its caret says where.
    let arguments = parts.also.iter().map(|(at, _)| *at).chain([parts.at]).filter(|at| sources.is_argument(*at));
    arguments.fold(text, |text, at| {
        let (_, column) = sources.line_column(at);
        text.replace(&format!("<command line>:1:{column}"), "<command line>")
    })
}

/// A problem in one line: `file:line:column: error[code]: title`, and the argument where it is in one.
pub fn render_short(sources: &Sources, problem: &Problem) -> String {
    let ProblemView { code, title, file, line, column, argument, .. } = problem.view(sources);
    let argument = argument.map(|text| format!(" (in `{text}`)")).unwrap_or_default();
    shown(&format!("{file}:{line}:{column}: error[{code}]: {title}{argument}")).into_owned()
}

/// A problem as a workflow command of GitHub Actions, which shows it beside the line.
pub fn render_github(sources: &Sources, problem: &Problem) -> String {
    let ProblemView { code, title, file, line, column, argument, help, notes } = problem.view(sources);
    let message = std::iter::once(title).chain(notes).chain(help).collect::<Vec<_>>().join("\n");
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| {
        let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        text.replace(':', "%3A").replace(',', "%2C")
    };
    match argument {
        Some(text) => format!("::error title={code}::in the argument {}: {message}", property(&text)),
        None => format!("::error file={},line={line},col={column},title={code}::{message}", property(&file)),
    }
}

fn snippet(sources: &Sources, source: u32) -> Snippet<'_, Annotation<'_>> {
    let source = sources.get(source);
    let lines = matches!(source.place, Place::File(_));
    Snippet::source(masked(&source.text)).path(source.place.to_string()).line_numbering(lines)
}

/// A caret marks one line: what spans several is clipped to its first.
fn annotation<'a>(sources: &Sources, at: Span, label: &'a str, kind: AnnotationKind) -> Annotation<'a> {
    let first = sources.text(at).lines().next().unwrap_or_default();
    let start = at.start as usize;
    let annotation = kind.span(start..start + first.len());
    if label.is_empty() { annotation } else { annotation.label(label) }
}
