//! One run, whatever comes of it: a failure and a panic are results too.

use crate::constant::Constants;
use crate::control::Control;
use crate::fit::{Job, Side, fit_one};
use crate::{Seen, TrainError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use surprisal_spec::{Last, Number, Outcome};

/// Trains a run; nothing if it was asked to stop, for then there is no result.
pub fn attempt(job: &Job, constants: &Constants, control: &Control) -> Option<(Outcome, Side)> {
    let failed = |why: String| {
        let last = control.seen().map(|seen| last(&seen));
        let outcome = Outcome { failure: Some(why), last, test_rows: job.split.test.len(), ..Outcome::default() };
        Some((outcome, Side::default()))
    };
    match catch_unwind(AssertUnwindSafe(|| fit_one(*job, constants, control))) {
        Ok(Ok(done)) => Some(done),
        Ok(Err(TrainError::Stopped)) => None,
        Ok(Err(error)) => failed(error.to_string()),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_string()));
            failed(format!("panicked: {}", text.unwrap_or_else(|| "without a message".into())))
        }
    }
}

/// Where a search last was, for the record.
pub fn last(seen: &Seen) -> Last {
    Last { step: seen.step, value: Number(seen.value), parameters: Default::default() }
}
