//! Rules that split a table; what they draw depends on their seed, the table's content and the split's index only.

use crate::file::{Folder, read};
use crate::keys::Sha256;
use crate::limit::{MAX_NUMBERS, MAX_SPLITS, fits};
use crate::unit::{Groups, Units};
use crate::{DataError, Loaded, Roots, Split, Table, hash};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize};
use surprisal_density::{Purpose, Range, Stream};

/// Which rows test.
///
/// ```
/// use surprisal_data::{Random, SplitRule};
/// let rule: SplitRule = serde_json::from_str(r#"{ "random": { "k": 5 } }"#).unwrap();
/// assert_eq!(rule, SplitRule::Random(Random { k: 5, test: 0.1, seed: 0, groups: None }));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitRule {
    /// All rows train, none test.
    None,
    /// Independent draws of test rows.
    Random(Random),
    /// Every row tests once.
    Kfold(Kfold),
    /// As a file lists them.
    Files(Files),
    /// The given rows, once.
    Rows(Rows),
}

keys! {
    /// `k` draws of a share of the rows; class by class where the target is a class.
    pub struct Random {
        /// How many splits.
        k: usize = 20, Range::whole(1, MAX_SPLITS);
        /// The share of rows that test; round(share · n) rows.
        test: f64 = 0.1, Range::SHARE;
        /// Another seed, other splits.
        seed: u64 = 0;
        /// What stays together; the table's group column if it has one.
        groups: Option<Groups> = None;
    }
}

keys! {
    /// Rows dealt to `k` folds, each tested once; class by class where the target is a class.
    pub struct Kfold {
        /// How many folds.
        k: usize = 10, Range::whole(2, MAX_SPLITS);
        /// Another seed, other folds.
        seed: u64 = 0;
        /// What stays together; the table's group column if it has one.
        groups: Option<Groups> = None;
    }
}

keys! {
    /// A file with one line for each split: the zero-based test rows, separated by blanks.
    pub struct Files {
        /// Relative to the same folder as the data file.
        test: String;
        /// Of the file.
        sha256: Option<String> = None, Sha256;
    }
}

keys! {
    /// One split.
    pub struct Rows {
        /// The zero-based test rows.
        test: Vec<usize>;
    }
}

impl Default for SplitRule {
    fn default() -> SplitRule {
        SplitRule::Random(Random { k: 20, test: 0.1, seed: 0, groups: None })
    }
}

impl SplitRule {
    /// Splits a table; `from` is the folder that a file of splits is in.
    pub fn split(&self, table: Table, roots: &Roots, from: Folder) -> Result<Loaded, DataError> {
        let rows: Vec<usize> = (0..table.rows()).collect();
        let fail = |what: String| DataError::Split { table: table.name.clone(), what };
        let count = match self {
            SplitRule::None | SplitRule::Rows(_) => 1,
            SplitRule::Random(it) => it.k,
            SplitRule::Kfold(it) => it.k.min(rows.len()),
            SplitRule::Files(_) => 0, // counted as they are read
        };
        check_size(count, &table)?;
        let units = |stated| {
            let groups = Groups::resolve(stated, &table);
            let known = groups != Groups::Column || table.group.is_some();
            known.then(|| Units::of(&table, &rows, groups)).ok_or_else(|| {
                fail("`groups: column` needs a group column, and the data set names none with `group`".into())
            })
        };
        let stream = |seed, index| Stream::new(Purpose::Split, &[seed, hash::stream_key(&table), index]);
        let tests: Vec<Vec<usize>> = match self {
            SplitRule::None => vec![vec![]],
            SplitRule::Random(it) => {
                let (units, size) = (units(it.groups)?, (it.test * rows.len() as f64).round() as usize);
                (0..it.k as u64).map(|index| units.draw(size, &mut stream(it.seed, index))).collect()
            }
            SplitRule::Kfold(it) => {
                let units = units(it.groups)?;
                if it.k > units.count() {
                    return Err(fail(format!("{} folds of {} rows or groups", it.k, units.count())));
                }
                units.deal(it.k, &mut stream(it.seed, 0))
            }
            SplitRule::Files(it) => listed(it, &table, roots, from)?,
            SplitRule::Rows(it) => {
                valid(&it.test, rows.len()).map_err(&fail)?;
                vec![it.test.clone()]
            }
        };
        let mut splits = Vec::with_capacity(tests.len());
        for (index, test) in tests.iter().enumerate() {
            let mut marks = vec![false; rows.len()];
            test.iter().for_each(|&row| marks[row] = true);
            let split = Split::marked(&rows, |row| marks[row]);
            if split.train.is_empty() || (split.test.is_empty() && *self != SplitRule::None) {
                let side = if split.train.is_empty() { "train" } else { "test" };
                return Err(fail(format!("no row of {} is left to {side} in split {index}", rows.len())));
            }
            splits.push(split);
        }
        let overlapping = splits.len() > 1;
        Ok(Loaded { tables: vec![table], splits, overlapping })
    }
}

/// Refuses splits whose rows would not fit into memory, before they are drawn.
fn check_size(count: usize, table: &Table) -> Result<(), DataError> {
    if count <= MAX_SPLITS && fits(&[count, table.rows()], MAX_NUMBERS) {
        return Ok(());
    }
    let (table, rows) = (table.name.clone(), table.rows());
    let what = format!("{count} splits of {rows} rows are more than the {MAX_NUMBERS} places that splits may hold");
    Err(DataError::Size { table, what })
}

/// Rows in range, each once.
fn valid(test: &[usize], n: usize) -> Result<(), String> {
    let mut seen = vec![false; n];
    for &row in test {
        match seen.get_mut(row) {
            None => return Err(format!("test row {row} is not one of the rows 0 … {}", n.saturating_sub(1))),
            Some(true) => return Err(format!("test row {row} is given twice")),
            Some(mark) => *mark = true,
        }
    }
    Ok(())
}

/// The splits of a file.
fn listed(rule: &Files, table: &Table, roots: &Roots, from: Folder) -> Result<Vec<Vec<usize>>, DataError> {
    let text = read(roots, &rule.test, from, rule.sha256.as_deref(), None)?;
    let mut splits = Vec::new();
    for (line, row) in text.text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        let fail = |what| DataError::Line { file: text.file.clone(), line: line as u64 + 1, what };
        let number = |word: &str| {
            word.parse().map_err(|_| fail(format!("expected the zero-based numbers of test rows, found `{word}`")))
        };
        let test = row.split_whitespace().map(number).collect::<Result<Vec<usize>, _>>()?;
        valid(&test, table.rows()).map_err(fail)?;
        splits.push(test);
        check_size(splits.len(), table)?;
    }
    if splits.is_empty() {
        return Err(DataError::File { file: text.file, what: "there is no split in it".into() });
    }
    Ok(splits)
}

/// How train rows are set aside to choose between candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InnerRule {
    /// Once, a share of them.
    Share(
        #[serde(deserialize_with = "read_share")]
        #[schemars(transform = limit_share)]
        f64,
    ),
    /// So many folds, each once.
    Kfold(
        #[serde(deserialize_with = "read_folds")]
        #[schemars(transform = limit_folds)]
        usize,
    ),
}

const SHARE: Range = Range::SHARE;
const FOLDS: Range = Range::at_least(2);

fn limit_share(schema: &mut Schema) {
    SHARE.limit(schema);
}

fn limit_folds(schema: &mut Schema) {
    FOLDS.limit(schema);
}

fn read_share<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    serde::de::DeserializeSeed::deserialize(crate::keys::Checked::new(SHARE), d)
}

fn read_folds<'de, D: Deserializer<'de>>(d: D) -> Result<usize, D::Error> {
    serde::de::DeserializeSeed::deserialize(crate::keys::Checked::new(FOLDS), d)
}

/// Splits the train rows of unit `unit` again: `test` are the rows that validate; all are indices into the table.
///
/// The same for every arm. Class by class where the target is a class, groups of the group column together. At least
/// one row (or group) is on each side; folds that would be empty are left out.
pub fn inner_split(table: &Table, train: &[usize], rule: InnerRule, unit: usize) -> Vec<Split> {
    let units = Units::of(table, train, Groups::resolve(None, table));
    let mut stream = Stream::new(Purpose::Validation, &[hash::stream_key(table), unit as u64]);
    let tests = match rule {
        InnerRule::Share(share) => {
            let n = train.len();
            let size = ((share * n as f64).round() as usize).clamp(1.min(n), n.saturating_sub(1).max(1));
            let drawn = units.draw(size, &mut stream);
            // A few large groups may all be too large for the share: then one fold of as many as fit.
            let one_sided = drawn.is_empty() || drawn.len() == n;
            vec![if one_sided { units.deal(2, &mut stream).pop().unwrap_or_default() } else { drawn }]
        }
        InnerRule::Kfold(k) => units.deal(k.min(units.count()).max(1), &mut stream),
    };
    let split = |test: Vec<usize>| {
        let test: std::collections::HashSet<usize> = test.into_iter().collect();
        Split::marked(train, |row| test.contains(&row))
    };
    tests.into_iter().map(split).filter(|split| !split.test.is_empty() && !split.train.is_empty()).collect()
}
