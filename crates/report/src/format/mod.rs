//! One file per format; what is common to all of them: columns, and a cell as text.

mod csv;
mod json;
mod latex;
mod md;
pub mod text;

use crate::number::{alone, with_error};
use crate::{Better, Cell, Column, Contrast, Counted, Difference, Row, Section, Statistic, Summary};

/// How a summary is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal 100 columns wide.
    #[default]
    Text,
    /// Tables of GitHub-flavoured Markdown.
    Md,
    /// One line per row and score, numbers in full.
    Csv,
    /// Tables with booktabs.
    Latex,
    /// The summary itself.
    Json,
}

/// A name that is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no format; known: text, md, csv, latex, json")]
pub struct UnknownFormat(pub String);

impl Format {
    /// The names, in the order of the formats.
    pub const NAMES: &'static [&'static str] = &["text", "md", "csv", "latex", "json"];
    /// Every format.
    pub const ALL: [Format; 5] = [Format::Text, Format::Md, Format::Csv, Format::Latex, Format::Json];
    /// Its name.
    pub fn name(self) -> &'static str {
        Format::NAMES[self as usize]
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;
    fn from_str(name: &str) -> Result<Format, UnknownFormat> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| UnknownFormat(name.into()))
    }
}

impl Summary {
    /// Writes it; ends with a newline. Equal summaries give equal bytes.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text::render(self, text::WIDTH, false),
            Format::Md => md::render(self),
            Format::Csv => csv::render(self),
            Format::Latex => latex::render(self),
            Format::Json => json::render(self),
        }
    }
    /// As text for a terminal of that many columns: a table that needs more is shown as several.
    pub fn render_within(&self, columns: usize) -> String {
        text::render(self, columns, true)
    }
}

/// A column's head.
enum Head<'a> {
    Word(&'a str),
    Score(&'a Column),
}

/// What stands in a cell of a row.
enum Item<'a> {
    /// Text that may come from strangers, and marks.
    Label(&'a str, &'a [String]),
    Number(&'a Cell),
    Count(String),
    /// Counted words.
    Words(String),
}

fn heads(section: &Section) -> Vec<Head<'_>> {
    let mut heads: Vec<Head> = section.labels.iter().map(|key| Head::Word(key)).collect();
    heads.extend(section.columns.iter().map(Head::Score));
    heads.push(Head::Word("n"));
    let optional =
        [(section.has_candidates, "tried"), (section.has_failures, "failures"), (section.has_status, "status")];
    heads.extend(optional.into_iter().filter(|(has, _)| *has).map(|(_, word)| Head::Word(word)));
    heads
}

fn items<'a>(section: &'a Section, row: &'a Row) -> Vec<Item<'a>> {
    let marks = |k| if k == 0 { &row.marks[..] } else { &[] };
    let mut items: Vec<Item> =
        section.labels.iter().enumerate().map(|(k, key)| Item::Label(row.label(key), marks(k))).collect();
    items.extend(row.cells.iter().map(Item::Number));
    items.push(Item::Count(format!("{}/{}", row.given, row.units)));
    if section.has_candidates {
        items.push(Item::Count(row.candidates.map_or("–".into(), |n| n.to_string())));
    }
    if section.has_failures {
        items.push(Item::Words(counted(&row.failures)));
    }
    if section.has_status {
        items.push(Item::Words(counted(&row.status)));
    }
    items
}

/// `converged 18, boundary 2 (nu → inf: gaussian)`.
fn counted(counts: &[Counted]) -> String {
    let one = |it: &Counted| match it.detail.as_str() {
        "" => format!("{} {}", it.what, it.count),
        detail => format!("{} {} ({detail})", it.what, it.count),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// ↓ less is better, ↑ more is better.
fn arrow(better: Better) -> &'static str {
    match better {
        Better::Lower => " ↓",
        Better::Higher => " ↑",
        Better::Target(_) | Better::None => "",
    }
}

/// `1.23 ± 0.04`, without marks.
fn plain(cell: &Cell) -> String {
    match (cell.statistic, cell.se) {
        (Statistic::Absent, _) => "–".into(),
        (_, Some(se)) => {
            let (value, se) = with_error(cell.value.0, se.0);
            format!("{} ± {}", value.ascii(), se.ascii())
        }
        (_, None) => alone(cell.value.0).ascii(),
    }
}

/// Names of the scores of a contrast table.
fn contrast_scores(section: &Section) -> Vec<&str> {
    let mut names: Vec<&str> = vec![];
    for difference in section.contrasts.iter().flat_map(|contrast| &contrast.differences).flatten() {
        if !names.contains(&difference.score.as_str()) {
            names.push(&difference.score);
        }
    }
    let order = |name: &&str| section.columns.iter().position(|c| c.score == **name);
    names.sort_by_key(order);
    names
}

fn difference<'a>(contrast: &'a Contrast, score: &str) -> Option<&'a Difference> {
    contrast.differences.iter().flatten().find(|difference| difference.score == score)
}

/// `-0.12 ± 0.04 [-0.21, -0.03]`.
fn plain_difference(it: Option<&Difference>) -> String {
    let Some(it) = it else { return "–".into() };
    let Some(se) = it.se else { return alone(it.mean.0).ascii() };
    let (mean, error) = with_error(it.mean.0, se.0);
    let text = format!("{} ± {}", mean.ascii(), error.ascii());
    match it.interval {
        Some((low, high)) => {
            let end = |x: f64| with_error(x, se.0).0.ascii();
            format!("{text} [{}, {}]", end(low.0), end(high.0))
        }
        None => text,
    }
}

/// Units behind a contrast: of its scores, the one with the most.
fn contrast_n(contrast: &Contrast) -> usize {
    contrast.differences.iter().flatten().map(|it| it.n).max().unwrap_or(0)
}
