//! What a worker is asked and what it answers: one line of JSON each.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use surprisal_spec::{Last, Outcome, Run, Source};

/// A run to train.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Hash of the run.
    pub id: String,
    /// What is trained.
    pub run: Run,
    /// Where its rows come from.
    pub source: Source,
    /// The folder that the source's own folder is in.
    pub root: PathBuf,
    /// Folder of data files.
    pub data_dir: Option<PathBuf>,
    /// Where to put what lies beside a record; nothing is kept without it.
    pub results: Option<PathBuf>,
    /// Seconds between two checkpoints; none are written without it.
    pub checkpoint: Option<f64>,
}

/// What a worker says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Where the search is; a few times a second.
    At(Last),
    /// Something that a person should know, and that changes no result.
    Note(String),
    /// The run has ended, well or not.
    Done {
        /// What came of it.
        outcome: Box<Outcome>,
        /// How long it took.
        seconds: f64,
    },
    /// It was given up, for this program is to stop.
    Stopped,
    /// The rows are not those of the run: there can be no result.
    Refused(String),
}
