//! What is known of a run: done, failed, stale or to do.

use surprisal_spec::{BITS, Outcome, Record};

/// What is known of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is a result.
    Done,
    /// There is a failure.
    Failed,
    /// There is a result of another version's bits.
    Stale,
    /// There is nothing.
    Todo,
}

impl State {
    /// Of a record, or of its lack.
    pub fn of(record: Option<&Record>) -> State {
        match record {
            None => State::Todo,
            Some(record) if record.bits != BITS => State::Stale,
            Some(Record { outcome: Outcome { failure: Some(_), .. }, .. }) => State::Failed,
            Some(_) => State::Done,
        }
    }
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Failed => "failed",
            State::Stale => "stale",
            State::Todo => "to do",
        }
    }
}

/// Why a record is stale, where it is. A commit alone makes nothing stale: only a change of the code's bits does.
pub fn why_stale(record: &Record) -> Option<String> {
    let (then, revision) = (record.bits, record.made.revision.as_deref().unwrap_or("unknown"));
    let made = format!("made by version {} (revision {revision})", record.made.version);
    (then != BITS).then(|| format!("{made}, whose results have the bits {then} and not {BITS}"))
}
