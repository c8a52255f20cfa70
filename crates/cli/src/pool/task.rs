//! What a worker is asked and what it answers: one line of JSON each.
//!
//! A worker is given runs of one shape, each when it has room for it: its owner says a [`Task`], or `null` when there is
//! none that would fit beside those under way. Then the worker ends these, and the next task may be of another shape.

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
    /// How long it is expected to take beside the others: in any unit, for their order only.
    #[serde(skip)]
    pub cost: f64,
}

/// What a worker says. Runs are named by their ids.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// There is room for a run beside those under way: which?
    Ask,
    /// Steps that were taken since this was last said, and where searches are; a few times a second.
    At {
        /// Of all runs together.
        steps: u64,
        /// Where those with a finite objective are.
        runs: Vec<(String, Last)>,
    },
    /// Something that a person should know, and that changes no result.
    Note(String),
    /// A run has ended, well or not.
    Done {
        /// Which.
        id: String,
        /// What came of it.
        outcome: Box<Outcome>,
        /// How long it took: its share of the time, where others were beside it.
        seconds: f64,
    },
    /// A run has been given up, for its time is over.
    Overdue {
        /// Which.
        id: String,
        /// How long it took.
        seconds: f64,
    },
    /// The rows are not those of the run, or what lies beside its record cannot be written: there can be no result.
    Refused {
        /// Which.
        id: String,
        /// Why.
        why: String,
    },
}
