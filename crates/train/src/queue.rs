//! Runs drawn from a queue by workers; records leave as runs finish.

use crate::constant::Constants;
use crate::fit::{Job, Side, fit_one};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;
use surprisal_spec::Outcome;

/// A run has finished.
pub struct Event {
    /// Its place in the queue.
    pub index: usize,
    /// What came of it.
    pub outcome: Outcome,
    /// What it leaves beside.
    pub side: Side,
    /// How long it took.
    pub seconds: f64,
}

/// Trains the runs of a queue on `jobs` threads. `sink` is called on this thread as runs finish, in any order; what a
/// run yields does not depend on that order. A run is asked for by `skip` just before it begins: another process may
/// have done it meanwhile. When `stop` is set, runs under way are given up and nothing is told of them.
pub fn fit(
    queue: &[Job],
    jobs: usize,
    stop: &AtomicBool,
    skip: &(dyn Fn(usize) -> bool + Sync),
    sink: &mut dyn FnMut(Event),
) {
    let next = AtomicUsize::new(0);
    let constants = Constants::default();
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, queue.len().max(1)) {
            let (send, next, constants) = (send.clone(), &next, &constants);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = queue.get(index).filter(|_| !stop.load(Ordering::Relaxed)) else { break };
                    if skip(index) {
                        continue;
                    }
                    let start = Instant::now();
                    let (outcome, side) = attempt(job, constants, stop);
                    if stop.load(Ordering::Relaxed) && outcome.failure.is_some() {
                        break;
                    }
                    let event = Event { index, outcome, side, seconds: start.elapsed().as_secs_f64() };
                    if send.send(event).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for event in receive {
            sink(event);
        }
    });
}

/// A run that fails, or panics, is a result too.
fn attempt(job: &Job, constants: &Constants, stop: &AtomicBool) -> (Outcome, Side) {
    let stopped = || stop.load(Ordering::Relaxed);
    let failed = |why: String| {
        (Outcome { failure: Some(why), test_rows: job.split.test.len(), ..Outcome::default() }, Side::default())
    };
    match catch_unwind(AssertUnwindSafe(|| fit_one(*job, constants, &stopped))) {
        Ok(Ok(done)) => {
            // A search that was broken off is not a result.
            if stopped() { failed("stopped".into()) } else { done }
        }
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
