//! Rows of a new file, for a model that was trained on another.

use crate::file::{Folder, read};
use crate::sheet::{Column, Delimiter, Sheet};
use crate::{DataError, error::list};
use std::collections::BTreeMap;
use std::path::Path;

/// What a model needs of a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Features in order; `column=level` stands for an indicator.
    pub features: &'a [String],
    /// All levels of the columns that became indicators.
    pub levels: &'a BTreeMap<String, Vec<String>>,
    /// The target; it need not be there.
    pub target: &'a str,
    /// Labels of a class target.
    pub classes: &'a [String],
    /// The column that is added to the location head, if the model has one.
    pub offset: Option<&'a str>,
}

/// New rows, in original units.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRows {
    /// Features, row by row.
    pub x: Vec<f64>,
    /// The line of each row.
    pub lines: Vec<u64>,
    /// The targets, where the file has any: an index into the classes where there are labels.
    pub y: Vec<Option<f64>>,
    /// What is added to the location head of each row.
    pub offset: Option<Vec<f64>>,
}

/// Reads a file with a header; errors name line and column, or the column that is meant.
pub fn read_rows(path: &Path, delimiter: Delimiter, wanted: Wanted) -> Result<NewRows, DataError> {
    let text = read(Path::new(""), &path.to_string_lossy(), Folder::Here, None, None)?;
    let sheet = Sheet::parse(text, delimiter, true, None)?;
    let place = |name: &str| sheet.column(&Column::Name(name.into()));
    let mut columns = Vec::with_capacity(wanted.features.len());
    for feature in wanted.features {
        let indicator =
            feature.split_once('=').and_then(|(column, level)| Some((wanted.levels.get_key_value(column)?, level)));
        columns.push(match indicator {
            None => sheet.numbers(place(feature)?)?,
            Some(((column, levels), level)) => {
                let j = place(column)?;
                let unknown = (0..sheet.cells.len()).find(|&row| !levels.contains(&sheet.cells[row][j]));
                if let Some(row) = unknown {
                    let what = format!("expected one of {}, found `{}`", list(levels), sheet.cells[row][j]);
                    return Err(sheet.cell(row, j, what));
                }
                sheet.cells.iter().map(|cells| f64::from(u8::from(cells[j] == level))).collect()
            }
        });
    }
    let target = sheet.names.iter().position(|name| name == wanted.target);
    let y = (0..sheet.cells.len()).map(|row| {
        let Some(j) = target.filter(|&j| !sheet.cells[row][j].is_empty()) else { return Ok(None) };
        if wanted.classes.is_empty() {
            return sheet.number(row, j).map(Some);
        }
        let label = &sheet.cells[row][j];
        let class = wanted.classes.iter().position(|class| class == label).map(|class| class as f64);
        let what = || format!("`{label}` is none of the classes {}", list(wanted.classes));
        class.map(Some).ok_or_else(|| sheet.cell(row, j, what()))
    });
    let y = y.collect::<Result<_, _>>()?;
    let offset = wanted.offset.map(|name| sheet.numbers(place(name)?)).transpose()?;
    let x = (0..sheet.cells.len()).flat_map(|row| columns.iter().map(move |column: &Vec<f64>| column[row])).collect();
    Ok(NewRows { x, lines: sheet.lines, y, offset })
}
