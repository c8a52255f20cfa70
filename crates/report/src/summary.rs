//! A table before it has a format: numbers, labels, marks and sentences.

use serde::{Serialize, Serializer};
use surprisal_spec::Number;

/// What the records of an experiment say, side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What it is called.
    pub title: String,
    /// One per data set, in the order of the arms.
    pub sections: Vec<Section>,
    /// What the captions of several sections have in common, as sentences, said once.
    pub caption: Vec<String>,
}

/// The arms that were scored on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// The data set, with what else tells its rows apart.
    pub dataset: String,
    /// Keys of the labels that differ between rows: the first columns.
    pub labels: Vec<String>,
    /// The scores.
    pub columns: Vec<Column>,
    /// The arms, then the reference rows.
    pub rows: Vec<Row>,
    /// Whether a column says how many candidates were tried.
    pub has_candidates: bool,
    /// Whether a column counts failures.
    pub has_failures: bool,
    /// Whether a column counts how the runs ended; if not, all converged.
    pub has_status: bool,
    /// What the cells are, as sentences.
    pub caption: Vec<String>,
    /// Marked remarks first, then unmarked ones.
    pub notes: Vec<Note>,
    /// Paired differences, likelihood × prior.
    pub contrasts: Vec<Contrast>,
    /// What they are, as sentences; empty where there are none.
    pub contrast_caption: Vec<String>,
}

/// A score: one column of numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// Its name.
    pub score: String,
    /// `nats`, `y` (the target's own unit) or nothing.
    pub unit: String,
    /// Which way is good.
    pub better: Better,
    /// Whether it only describes, and is never bold.
    pub diagnostic: bool,
    /// Units in which every compared arm gave a number.
    pub common: usize,
}

/// Which way a score is good.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The smaller the better.
    Lower,
    /// The larger the better.
    Higher,
    /// The nearer the better.
    Target(f64),
    /// Neither.
    None,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// What was trained.
    Arm,
    /// The constant model under one likelihood.
    Constant,
    /// The density that made the data.
    Truth,
}

impl RowKind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            RowKind::Arm => "arm",
            RowKind::Constant => "constant",
            RowKind::Truth => "truth",
        }
    }
}

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What it stands for.
    pub kind: RowKind,
    /// Every label, also those that do not differ, in order.
    #[serde(serialize_with = "as_map")]
    pub labels: Vec<(String, String)>,
    /// One per score.
    pub cells: Vec<Cell>,
    /// Units with a number.
    pub given: usize,
    /// Units.
    pub units: usize,
    /// How many candidates a selection tried; 1 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<usize>,
    /// Runs that gave no number, by reason.
    pub failures: Vec<Counted>,
    /// How the other runs ended.
    pub status: Vec<Counted>,
    /// Marks of the notes that concern the whole row.
    pub marks: Vec<String>,
}

/// How many of what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// The word: a status, `failed`, `not run`, or a score that was not finite.
    pub what: String,
    /// How many runs.
    pub count: usize,
    /// What more there is to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// One number of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// What was computed.
    pub statistic: Statistic,
    /// Its value.
    pub value: Number,
    /// Of a mean over more than one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub se: Option<Number>,
    /// Units behind it.
    pub n: usize,
    /// Best, or not different from it.
    pub bold: bool,
    /// Marks of its notes.
    pub marks: Vec<String>,
}

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The mean over units where every compared arm gave a number.
    Mean,
    /// The median over all units that ran, failures ranked worst.
    Median,
    /// Nothing: the score is not defined here, or nothing ran.
    Absent,
}

/// A remark below a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// What points at it; empty where it concerns everything.
    pub mark: String,
    /// The sentence.
    pub text: String,
}

/// One arm minus another that differs in one thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// The thing: `likelihood`, `prior` or `mse`.
    pub factor: String,
    /// This one …
    pub arm: String,
    /// … minus that one.
    pub minus: String,
    /// What both have in common.
    pub given: String,
    /// One per score of the contrast table, where it can be compared.
    pub differences: Vec<Option<Difference>>,
}

/// A paired difference over the units where both gave a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The score.
    pub score: String,
    /// Its mean.
    pub mean: Number,
    /// Its standard error, corrected where units overlap; of more than one unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub se: Option<Number>,
    /// The 95 % t interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(Number, Number)>,
    /// Units.
    pub n: usize,
}

impl Row {
    /// The label of that key; `–` where the row has none.
    pub fn label(&self, key: &str) -> &str {
        self.labels.iter().find(|(k, _)| k == key).map_or("–", |(_, v)| v)
    }
}

impl Cell {
    /// A cell without a number.
    pub fn absent() -> Cell {
        Cell { statistic: Statistic::Absent, value: Number(f64::NAN), se: None, n: 0, bold: false, marks: vec![] }
    }
}

fn as_map<S: Serializer>(labels: &[(String, String)], s: S) -> Result<S::Ok, S::Error> {
    s.collect_map(labels.iter().map(|(k, v)| (k, v)))
}
