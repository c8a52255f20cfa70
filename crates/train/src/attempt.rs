//! Runs, whatever comes of them: a failure and a panic are results too.

use crate::constant::Constants;
use crate::control::Control;
use crate::fit::{Job, Side, fit_one};
use crate::lanes::{Engine, Task, cohort};
use crate::{Seen, TrainError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use surprisal_kernel::Isa;
use surprisal_spec::{Last, Number, Outcome};

/// Trains runs as they are given: in lanes those whose engine that is, which are best of one
/// [`Shape`](surprisal_spec::Shape), the others one after another. `next` is asked when there is room for a run; it may
/// wait, and is not asked again once there is none. `done` is told of each as it ends: nothing if it was asked to stop, for
/// then there is no result.
pub fn attempt_all<'a>(
    next: &mut dyn FnMut() -> Option<Task<'a>>,
    constants: &'a Constants,
    done: &mut dyn FnMut(usize, Option<(Outcome, Side)>),
) {
    let (mut first, mut ended) = (next(), false);
    let Some(engine) = first.as_ref().map(|task| task.job.run.engine) else { return };
    let mut next = || {
        let task = first.take().or_else(|| if ended { None } else { next() });
        ended = task.is_none();
        task
    };
    if engine == surprisal_spec::Engine::Lanes {
        return cohort(Isa::current(), &mut next, constants, done);
    }
    while let Some(Task { key, job, control }) = next() {
        let run = || now(fit_one(job, constants, &control, &Engine::Candle));
        done(key, outcome(catch_unwind(AssertUnwindSafe(run)), &job, &control));
    }
}

/// Trains a run; nothing if it was asked to stop, for then there is no result.
pub fn attempt<'a>(job: Job<'a>, constants: &'a Constants, control: Control<'a>) -> Option<(Outcome, Side)> {
    let (mut task, mut out) = (Some(Task { key: 0, job, control }), None);
    attempt_all(&mut || task.take(), constants, &mut |_, done| out = done);
    out
}

/// What came of a run, as a result.
pub(crate) fn outcome(
    done: std::thread::Result<Result<(Outcome, Side), TrainError>>,
    job: &Job,
    control: &Control,
) -> Option<(Outcome, Side)> {
    let failed = |why: String| {
        let last = control.seen().map(|seen| last(&seen));
        let outcome = Outcome { failure: Some(why), last, test_rows: job.split.test.len(), ..Outcome::default() };
        Some((outcome, Side::default()))
    };
    match done {
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

/// The result of a future that waits for nothing: only those in lanes do.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("candle computes a step at once"),
    }
}

/// Where a search last was, for the record.
pub fn last(seen: &Seen) -> Last {
    Last { step: seen.step, value: Number(seen.value), parameters: Default::default() }
}
