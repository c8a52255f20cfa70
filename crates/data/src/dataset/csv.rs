//! A text file of cells.

use super::{About, Dataset};
use crate::error::list;
use crate::file::{Folder, Text, read};
use crate::keys::Sha256;
use crate::limit::{MAX_COLUMNS, MAX_NUMBERS, brief, fits};
use crate::sheet::{Column, Delimiter, Sheet};
use crate::{DataError, Loaded, Note, Roots, Table, TargetKind};
use ::csv::StringRecord;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error};
use std::collections::HashMap;

dataset! {
    /// A file with a column for the target and columns for features.
    pub struct Csv: stored {
        /// The file.
        path: String;
        /// The column to predict.
        target: Column;
        /// The folder that paths start from.
        from: Folder = Folder::Here;
        /// Of the file; another file is refused.
        sha256: Option<String> = None, Sha256;
        /// Whether the first row names the columns.
        header: bool = true;
        /// What separates cells.
        delimiter: Delimiter = Delimiter::Comma;
        /// Names of the columns of a file without a header.
        columns: Option<Vec<String>> = None;
        /// The columns to predict from; all that have no other use if not stated.
        features: Option<Vec<Column>> = None;
        /// Columns that are nothing.
        unused: Vec<Column> = vec![];
        /// How much each row counts.
        weight: Option<Column> = None;
        /// Added to the location head: the log exposure of a count.
        offset: Option<Column> = None;
        /// Rows of one group are never on both sides of a split.
        group: Option<Column> = None;
        /// Features that become an indicator `column=level` for each level but the first.
        categorical: Vec<Column> = vec![];
        /// What a missing cell (empty, `NA`, `NaN`, `?`) does.
        missing: Missing = Missing::Refuse;
        /// The labels of a class or ordinal target in order; found and sorted if not stated.
        classes: Option<Vec<String>> = None;
        /// Under which terms the data may be used.
        licence: Option<String> = None;
        /// Whom to cite.
        citation: Option<String> = None;
        /// Where to get the file.
        source: Option<String> = None;
    }
}

/// What a missing cell does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// It is an error.
    #[default]
    Refuse,
    /// Its row is left out, and a note says how many.
    DropRows,
}

impl<'de> Deserialize<'de> for Missing {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Missing, D::Error> {
        match String::deserialize(d)?.as_str() {
            "refuse" => Ok(Missing::Refuse),
            "drop_rows" => Ok(Missing::DropRows),
            "mean" => Err(D::Error::custom(
                "a mean would have to come from train rows, which differ from split to split, and is not offered; \
                 say `drop_rows`, or fill the cells in the file",
            )),
            other => Err(D::Error::unknown_variant(other, &["refuse", "drop_rows"])),
        }
    }
}

fn is_missing(cell: &str) -> bool {
    cell.is_empty() || cell == "?" || cell.eq_ignore_ascii_case("na") || cell.eq_ignore_ascii_case("nan")
}

/// Which column is what.
struct Uses {
    target: usize,
    features: Vec<usize>,
    weight: Option<usize>,
    offset: Option<usize>,
    group: Option<usize>,
    categorical: Vec<usize>,
}

impl Csv {
    /// Finds the columns; each has one use.
    fn uses(&self, sheet: &Sheet) -> Result<Uses, DataError> {
        let mut used: Vec<Option<&str>> = vec![None; sheet.names.len()];
        let mut take = |column: &Column, word: &'static str| {
            let j = sheet.column(column)?;
            if let Some(first) = used[j].replace(word) {
                let what = format!("the column `{}` is used twice: for `{first}` and for `{word}`", sheet.names[j]);
                return Err(DataError::File { file: sheet.file.clone(), what });
            }
            Ok(j)
        };
        let target = take(&self.target, "target")?;
        let mut optional = |column: &Option<Column>, word| column.as_ref().map(|it| take(it, word)).transpose();
        let weight = optional(&self.weight, "weight")?;
        let offset = optional(&self.offset, "offset")?;
        let group = optional(&self.group, "group")?;
        self.unused.iter().try_for_each(|it| take(it, "unused").map(|_| ()))?;
        let features = match &self.features {
            Some(features) => features.iter().map(|it| take(it, "features")).collect::<Result<Vec<_>, _>>()?,
            None => (0..used.len()).filter(|&j| used[j].is_none()).collect(),
        };
        let whole = |what: String| DataError::File { file: sheet.file.clone(), what };
        if features.is_empty() {
            return Err(whole("no column is left for a feature".into()));
        }
        let categorical = self.categorical.iter().map(|it| sheet.column(it)).collect::<Result<Vec<_>, _>>()?;
        if let Some(j) = categorical.iter().find(|j| !features.contains(j)) {
            return Err(whole(format!("the column `{}` is `categorical` and no feature", sheet.names[*j])));
        }
        Ok(Uses { target, features, weight, offset, group, categorical })
    }
    /// Refuses missing cells, or drops their rows.
    fn complete(&self, sheet: &mut Sheet, uses: &Uses) -> Result<usize, DataError> {
        let mut used = uses.features.clone();
        used.extend([Some(uses.target), uses.weight, uses.offset, uses.group].into_iter().flatten());
        used.sort_unstable();
        let hole = |cells: &StringRecord| used.iter().copied().find(|&j| is_missing(&cells[j]));
        if self.missing == Missing::Refuse {
            let first = sheet.cells.iter().enumerate().find_map(|(row, cells)| Some((row, hole(cells)?)));
            return first.map_or(Ok(0), |(row, j)| {
                let found = match &sheet.cells[row][j] {
                    "" => "the cell is empty".to_string(),
                    cell => format!("the value is missing (`{cell}`)"),
                };
                Err(sheet.cell(row, j, format!("{found}; `missing: drop_rows` leaves such rows out")))
            });
        }
        let keep: Vec<bool> = sheet.cells.iter().map(|cells| hole(cells).is_none()).collect();
        let mut rows = keep.iter();
        sheet.cells.retain(|_| *rows.next().unwrap_or(&true));
        let mut rows = keep.iter();
        sheet.lines.retain(|_| *rows.next().unwrap_or(&true));
        if sheet.cells.is_empty() {
            let what = "every row has a missing value, and `missing: drop_rows` leaves none".into();
            return Err(DataError::File { file: sheet.file.clone(), what });
        }
        Ok(keep.iter().filter(|keep| !**keep).count())
    }
    /// A cell that is no number, and with it all others of the file: they can be mended at once.
    fn with_others(&self, sheet: &Sheet, uses: &Uses, error: DataError) -> DataError {
        let DataError::Cell { file, line, column, what } = error else { return error };
        let labelled = self.kind.is_some_and(|kind| kind.is_labelled());
        let target = Some(uses.target).filter(|_| !labelled);
        let features = uses.features.iter().copied().filter(|j| !uses.categorical.contains(j));
        let mut numeric: Vec<usize> =
            features.chain([target, uses.weight, uses.offset].into_iter().flatten()).collect();
        numeric.sort_unstable();
        let cells = (0..sheet.cells.len()).flat_map(|row| numeric.iter().map(move |&j| (row, j)));
        let bad = cells.filter(|&(row, j)| sheet.number(row, j).is_err());
        let told: Vec<String> = bad
            .map(|(row, j)| format!("line {}, column `{}`", sheet.lines[row], sheet.names[j]))
            .filter(|place| *place != format!("line {line}, column `{column}`"))
            .collect();
        let rest = match told.len() {
            0 => String::new(),
            n if n <= MOST_CELLS => format!("; and so at {}", told.join("; ")),
            n => format!("; and so at {n} more cells: {}; …", told[..MOST_CELLS].join("; ")),
        };
        DataError::Cell { file, line, column, what: what + &rest }
    }
    /// The targets, and the labels that they are indices into.
    fn targets(&self, sheet: &Sheet, j: usize) -> Result<(Vec<f64>, Vec<String>), DataError> {
        let whole = |what: String| DataError::File { file: sheet.file.clone(), what };
        let Some(kind) = self.kind.filter(|kind| kind.is_labelled()) else {
            if self.classes.is_some() {
                return Err(whole("`classes` needs `kind: class` or `kind: ordinal`".into()));
            }
            let numbers = sheet.numbers(j).map_err(|error| match error {
                DataError::Cell { file, line, column, what } if what.starts_with("expected a number") => {
                    DataError::Cell { file, line, column, what: format!("{what}; if it is a label, say `kind: class`") }
                }
                other => other,
            })?;
            return Ok((numbers, vec![]));
        };
        let found = sheet.levels(j);
        let numeric = found.iter().all(|level| level.parse::<f64>().is_ok());
        let classes = match &self.classes {
            Some(classes) => classes.clone(),
            None if kind == TargetKind::Ordinal && !numeric => {
                return Err(whole(format!(
                    "the labels of an ordinal target need an order: say `classes: […]` with {}, lowest first",
                    list(&found)
                )));
            }
            None => found,
        };
        let index: HashMap<&str, usize> = classes.iter().enumerate().map(|(k, label)| (label.as_str(), k)).collect();
        if index.len() < classes.len() {
            return Err(whole("`classes` names a label twice".into()));
        }
        let label = |row: usize| {
            let cell = &sheet.cells[row][j];
            let class = index.get(cell).map(|&k| k as f64);
            class.ok_or_else(|| {
                sheet.cell(row, j, format!("`{}` is none of the classes {}", brief(cell), list(&classes)))
            })
        };
        let y = (0..sheet.cells.len()).map(label).collect::<Result<_, _>>()?;
        Ok((y, classes))
    }
    /// Refuses indicators that would not fit into memory: a column of names has as many as there are rows.
    fn check_size(&self, sheet: &Sheet, uses: &Uses) -> Result<(), DataError> {
        let mut width = uses.features.len() - uses.categorical.len();
        for &j in &uses.categorical {
            width += sheet.levels(j).len();
            if width > MAX_COLUMNS || !fits(&[width, sheet.cells.len()], MAX_NUMBERS) {
                let (name, rows) = (brief(&sheet.names[j]), sheet.cells.len());
                let what = format!(
                    "with an indicator for each level of `{name}`, it has {width} features of {rows} rows, more than the \
                     {MAX_COLUMNS} features or {MAX_NUMBERS} numbers that a table may have"
                );
                return Err(DataError::Size { table: sheet.file.clone(), what });
            }
        }
        Ok(())
    }
    /// The feature columns as numbers; a categorical one becomes indicators.
    fn features(&self, sheet: &Sheet, uses: &Uses) -> Result<(Vec<String>, Vec<f64>), DataError> {
        self.check_size(sheet, uses)?;
        let (mut names, mut columns) = (vec![], vec![]);
        for &j in &uses.features {
            if uses.categorical.contains(&j) {
                for level in sheet.levels(j).into_iter().skip(1) {
                    columns.push(sheet.cells.iter().map(|cells| f64::from(u8::from(cells[j] == *level))).collect());
                    names.push(format!("{}={level}", sheet.names[j]));
                }
            } else {
                columns.push(sheet.numbers(j).map_err(|error| match error {
                    DataError::Cell { file, line, column, what } if what.starts_with("expected a number") => {
                        let what =
                            format!("{what}; name the column in `categorical` if it holds labels, or in `unused`");
                        DataError::Cell { file, line, column, what }
                    }
                    other => other,
                })?);
                names.push(sheet.names[j].clone());
            }
        }
        let row = |i: usize| columns.iter().map(move |column: &Vec<f64>| column[i]);
        Ok((names, (0..sheet.cells.len()).flat_map(row).collect()))
    }
    /// What [`Dataset::load`] makes of a file whose bytes are at hand; `file` names it in messages.
    pub fn read(&self, file: &str, bytes: Vec<u8>, roots: &Roots) -> Result<Loaded, DataError> {
        self.table(Text::new(file.into(), bytes)?, roots)
    }
    fn table(&self, text: Text, roots: &Roots) -> Result<Loaded, DataError> {
        let mut sheet = Sheet::parse(text, self.delimiter, self.header, self.columns.as_deref())?;
        let uses = self.uses(&sheet)?;
        let dropped = self.complete(&mut sheet, &uses)?;
        let others = |error| self.with_others(&sheet, &uses, error);
        let (features, x) = self.features(&sheet, &uses).map_err(others)?;
        let (y, classes) = self.targets(&sheet, uses.target).map_err(others)?;

        let name = std::path::Path::new(&self.path).with_extension("");
        let mut table = Table::new(name.to_string_lossy(), features, x, &sheet.names[uses.target], y, None);
        let labelled = uses.categorical.iter().map(|&j| (sheet.names[j].clone(), sheet.levels(j)));
        table.levels = labelled.collect();
        table.kind = self.kind;
        table.classes = classes;
        table.places = Some(sheet.places());
        table.offset = uses.offset.map(|j| sheet.numbers(j)).transpose().map_err(others)?;
        table.weight = uses.weight.map(|j| sheet.numbers(j)).transpose().map_err(others)?;
        if let (Some(weights), Some(j)) = (&table.weight, uses.weight)
            && let Some(row) = weights.iter().position(|&weight| weight < 0.0)
        {
            return Err(sheet.cell(row, j, format!("expected a weight of at least 0, found {}", weights[row])));
        }
        table.group = uses.group.map(|j| {
            let mut ids = HashMap::new();
            let id = |cells: &StringRecord| {
                let next = ids.len() as u64;
                *ids.entry(cells[j].to_string()).or_insert(next)
            };
            sheet.cells.iter().map(id).collect()
        });
        if dropped > 0 {
            table.notes.push(Note::DroppedRows { rows: dropped });
        }
        self.split.split(table.seal().check_kind()?, roots, self.from)
    }
}

/// Further cells that an error names.
const MOST_CELLS: usize = 9;

impl Dataset for Csv {
    const NAME: &'static str = "csv";
    const ABOUT: About = About {
        what: "a text file of cells: comma, semicolon, tab or blanks between them",
        rows: None,
        features: None,
        kind: None,
        licence: "as the key `licence` says",
        citation: "as the key `citation` says",
    };
    fn licence(&self) -> &str {
        self.licence.as_deref().unwrap_or("not stated")
    }
    fn citation(&self) -> &str {
        self.citation.as_deref().unwrap_or("not stated")
    }
    fn load(&self, roots: &Roots) -> Result<Loaded, DataError> {
        let source = self.source.as_deref();
        self.table(read(roots, &self.path, self.from, self.sha256.as_deref(), source)?, roots)
    }
}
