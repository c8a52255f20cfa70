//! A text file as cells with their places.

use crate::error::list;
use crate::file::Text;
use crate::limit::{MAX_CELLS, MAX_COLUMNS, brief};
use crate::{DataError, Places};
use csv::StringRecord;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::collections::HashMap;
use std::fmt;

/// What separates cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
    /// One tab.
    Tab,
    /// Any run of blanks and tabs.
    Whitespace,
}

/// A column, by name or by its place counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// As the header or `columns` says.
    Name(String),
    /// Counted from 0.
    Index(usize),
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Column::Name(name) => s.serialize_str(name),
            Column::Index(index) => s.serialize_u64(*index as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Column, D::Error> {
        struct NameOrIndex;
        impl Visitor<'_> for NameOrIndex {
            type Value = Column;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of a column, or its place counted from 0")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Column, E> {
                Ok(Column::Name(name.into()))
            }
            fn visit_u64<E: serde::de::Error>(self, index: u64) -> Result<Column, E> {
                Ok(Column::Index(index as usize))
            }
            fn visit_i64<E: serde::de::Error>(self, index: i64) -> Result<Column, E> {
                let unexpected = serde::de::Unexpected::Signed(index);
                u64::try_from(index).map_err(|_| E::invalid_value(unexpected, &self)).and_then(|i| self.visit_u64(i))
            }
        }
        d.deserialize_any(NameOrIndex)
    }
}

impl schemars::JsonSchema for Column {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Column".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
    }
}

/// The cells of a file.
pub(crate) struct Sheet {
    /// The file, for messages.
    pub file: String,
    /// Names of the columns, all different.
    pub names: Vec<String>,
    /// Rows of as many cells.
    pub cells: Vec<StringRecord>,
    /// The line of each row.
    pub lines: Vec<u64>,
}

impl Sheet {
    /// Reads cells; names come from the first row, from `columns`, or are `column_0`, ….
    pub fn parse(
        text: Text,
        delimiter: Delimiter,
        header: bool,
        columns: Option<&[String]>,
    ) -> Result<Sheet, DataError> {
        let Text { file, text } = text;
        let whole = |what: String| DataError::File { file: file.clone(), what };
        check_size(&text, delimiter, MAX_CELLS).map_err(&whole)?;
        let mut rows = match delimiter {
            Delimiter::Whitespace => blanks(&text),
            Delimiter::Comma => quoted(&file, &text, b',')?,
            Delimiter::Semicolon => quoted(&file, &text, b';')?,
            Delimiter::Tab => quoted(&file, &text, b'\t')?,
        };
        if rows.is_empty() {
            return Err(whole("it is empty".into()));
        }
        if rows[0].1.len() > MAX_COLUMNS {
            return Err(whole(format!("it has {} columns, more than {MAX_COLUMNS}", rows[0].1.len())));
        }
        let names: Vec<String> = match (header, columns) {
            (true, Some(_)) => {
                return Err(whole(
                    "`columns` names the columns of a file without a header: add `header: false`".into(),
                ));
            }
            (true, None) => rows.remove(0).1.iter().map(str::to_string).collect(),
            (false, Some(columns)) => columns.to_vec(),
            (false, None) => (0..rows[0].1.len()).map(|j| format!("column_{j}")).collect(),
        };
        let mut seen = HashMap::new();
        for (j, name) in names.iter().enumerate() {
            if let Some(first) = seen.insert(name, j) {
                return Err(whole(format!("columns {first} and {j} are both named `{}`", brief(name))));
            }
        }
        if rows.is_empty() {
            return Err(whole("it has a header and no rows".into()));
        }
        if let Some((line, cells)) = rows.iter().find(|(_, cells)| cells.len() != names.len()) {
            let what = format!("expected {} cells ({}), found {}", names.len(), list(&names), cells.len());
            return Err(DataError::Line { file, line: *line, what });
        }
        let (lines, cells) = rows.into_iter().unzip();
        Ok(Sheet { file, names, cells, lines })
    }
    /// The place of a column, or the error that suggests another.
    pub fn column(&self, column: &Column) -> Result<usize, DataError> {
        match column {
            Column::Name(name) => self
                .names
                .iter()
                .position(|own| own == name)
                .ok_or_else(|| DataError::no_column(&self.file, name, &self.names)),
            Column::Index(index) if *index < self.names.len() => Ok(*index),
            Column::Index(index) => {
                let what = format!("there is no column {index}: it has the columns 0 … {}", self.names.len() - 1);
                Err(DataError::File { file: self.file.clone(), what })
            }
        }
    }
    /// The number in a cell.
    pub fn number(&self, row: usize, column: usize) -> Result<f64, DataError> {
        let cell = &self.cells[row][column];
        let shown = || brief(cell);
        match cell.parse::<f64>() {
            Ok(x) if x.is_finite() => Ok(x),
            Ok(_) => Err(self.cell(row, column, format!("expected a finite number, found `{}`", shown()))),
            Err(_) => Err(self.cell(row, column, format!("expected a number, found `{}`", shown()))),
        }
    }
    /// The numbers of a column.
    pub fn numbers(&self, column: usize) -> Result<Vec<f64>, DataError> {
        (0..self.cells.len()).map(|row| self.number(row, column)).collect()
    }
    /// An error at a cell.
    pub fn cell(&self, row: usize, column: usize, what: String) -> DataError {
        DataError::Cell { file: self.file.clone(), line: self.lines[row], column: brief(&self.names[column]), what }
    }
    /// Where the rows are.
    pub fn places(&self) -> Places {
        Places { file: self.file.clone(), lines: self.lines.clone() }
    }
    /// The different texts of a column: by value if all are numbers, else by spelling.
    pub fn levels(&self, column: usize) -> Vec<String> {
        let mut levels: Vec<String> = self.cells.iter().map(|cells| cells[column].to_string()).collect();
        levels.sort();
        levels.dedup();
        let numbers: Option<Vec<f64>> =
            levels.iter().map(|level| level.parse().ok().filter(|x: &f64| !x.is_nan())).collect();
        if let Some(numbers) = numbers {
            let mut order: Vec<usize> = (0..levels.len()).collect();
            order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
            levels = order.into_iter().map(|i| levels[i].clone()).collect();
        }
        levels
    }
}

/// Refuses a text of more cells than fit into memory, before it is taken apart; cells in quotes count their delimiters.
fn check_size(text: &str, delimiter: Delimiter, most: usize) -> Result<(), String> {
    let count = |byte: u8| text.bytes().filter(|b| *b == byte).count();
    let cells = match delimiter {
        Delimiter::Comma => count(b',') + count(b'\n'),
        Delimiter::Semicolon => count(b';') + count(b'\n'),
        Delimiter::Tab => count(b'\t') + count(b'\n'),
        Delimiter::Whitespace => text.split_whitespace().count(),
    };
    if cells <= most { Ok(()) } else { Err(format!("it has {cells} cells, and at most {most} are read")) }
}

/// Cells between blanks, by line; empty lines are no rows.
fn blanks(text: &str) -> Vec<(u64, StringRecord)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(i, line)| (i as u64 + 1, line.split_whitespace().collect())).collect()
}

/// Cells between delimiters, quoted as in RFC 4180, trimmed.
fn quoted(file: &str, text: &str, delimiter: u8) -> Result<Vec<(u64, StringRecord)>, DataError> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.delimiter(delimiter).has_headers(false).flexible(true).trim(csv::Trim::All);
    let mut rows = Vec::new();
    // The reader's own line is that of the empty lines before a record.
    let (mut seen, mut line) = (0, 1);
    for record in reader.from_reader(text.as_bytes()).records() {
        let record = record.map_err(|error| DataError::File { file: file.into(), what: error.to_string() })?;
        let start = record.position().map_or(seen, |at| at.byte() as usize);
        let rest = &text[start..];
        let start = start + rest.len() - rest.trim_start_matches(['\r', '\n']).len();
        line += text[seen..start].matches('\n').count() as u64;
        seen = start;
        let blank = record.len() == 1 && record[0].is_empty();
        if !blank {
            rows.push((line, record));
        }
    }
    Ok(rows)
}

/// The name that is spelled most alike, if any is near.
pub(crate) fn nearest<'a>(name: &str, names: &'a [String]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let far = |other: &&String| (1000.0 * (1.0 - strsim::jaro_winkler(&lower, &other.to_lowercase()))) as u32;
    names.iter().min_by_key(far).filter(|other| far(other) <= 250).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_before_they_are_made() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", Delimiter::Comma),
            ("a;b\n1;2\n", Delimiter::Semicolon),
            ("a\tb\n1\t2\n", Delimiter::Tab),
            (" a  b\n1 \t 2\n", Delimiter::Whitespace),
        ] {
            assert_eq!(check_size(text, delimiter, 4), Ok(()), "{delimiter:?}");
            assert_eq!(check_size(text, delimiter, 3), Err("it has 4 cells, and at most 3 are read".into()));
        }
    }
}
