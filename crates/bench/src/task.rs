//! What is said between this process and those that time something for it: a line of JSON each way.

use crate::case::Problem;
use crate::naive::Scalar;
use crate::variant::Variant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a process is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Get this task ready; answered by its value.
    Prepare(serde_json::Value),
    /// Call it so many times; answered by the seconds of all.
    Time(u64),
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The loss.
    Value(f64),
    /// Seconds.
    Seconds(f64),
    /// There is no operation for it.
    NoOp,
    /// What went wrong; a sentence.
    Failed(String),
}

/// A problem, its numbers in files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// How to compute it.
    pub variant: Variant,
    /// Of the case.
    pub family: String,
    /// Of the case.
    pub parameters: String,
    /// Of the numbers.
    pub dtype: String,
    /// Rows.
    pub rows: usize,
    /// Columns of η.
    pub heads: usize,
    /// Logits of a row; 0 where heads stand in columns.
    pub classes: usize,
    /// Parameters that are numbers.
    pub fixed: BTreeMap<String, f64>,
    /// What of the loss does not look at η and that only counts have: Σ ln y!.
    pub base: f64,
    /// η, little-endian.
    pub eta: PathBuf,
    /// Targets.
    pub y: PathBuf,
}

impl Task {
    /// Writes the numbers of a problem into a folder.
    ///
    /// # Errors
    /// Of the file system.
    pub fn of<T: Scalar>(it: &Problem<T>, variant: Variant, folder: &Path) -> std::io::Result<Task> {
        let write = |name: &str, xs: &[T]| {
            let path = folder.join(name);
            std::fs::write(&path, xs.iter().flat_map(|x| x.little_endian()).collect::<Vec<u8>>())?;
            Ok::<_, std::io::Error>(path)
        };
        let parameters = it.case.bound.family.parameters().iter().zip(&it.case.at);
        Ok(Task {
            variant,
            family: it.case.family().into(),
            parameters: it.case.parameters.clone(),
            dtype: T::NAME.into(),
            rows: it.rows,
            heads: it.case.bound.heads(),
            classes: it.case.classes(),
            fixed: parameters.map(|(it, &at)| (it.name.to_string(), at)).collect(),
            base: it.base,
            eta: write("eta", &it.eta)?,
            y: write("y", &it.data.y)?,
        })
    }
}
