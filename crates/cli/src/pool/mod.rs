//! Runs in processes of their own: a pool of workers that draws from a queue.
//!
//! Each worker trains one run at a time. When a worker dies, or is taken down because its run does not end, exactly that
//! run has failed, and the next one gets a new worker. Records are written by the process that asks, and by no other.

mod handle;
mod task;
pub mod worker;

pub use handle::Ended;
pub use task::Task;

use crate::claim::Claim;
use crate::stop::Stop;
use handle::Handle;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How runs are treated.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Workers at a time.
    pub jobs: usize,
    /// A run that takes longer has failed.
    pub timeout: Option<Duration>,
    /// Bytes of memory that a worker may use.
    pub memory: Option<u64>,
    /// How often a run whose process died is tried again.
    pub retries: usize,
}

/// Whether a run may begin.
pub enum Turn {
    /// It is ours.
    Ours(Claim),
    /// Nobody claims such runs.
    Free,
    /// Another process has done it.
    Done,
    /// Another process is at it.
    Taken,
}

/// A run has left the pool.
pub struct Event {
    /// Its place among the tasks.
    pub index: usize,
    /// How it ended.
    pub ended: Ended,
    /// To be dropped once its record is written.
    pub claim: Option<Claim>,
}

/// Between two looks at a run that another process is at.
const LOOK: Duration = Duration::from_millis(100);

/// Trains the tasks; `sink` is called as runs end, in any order, one at a time; a worker goes on when it is through.
/// `turn` is asked just before a run begins. Once the token is set no run begins, and those under way are given up without an event.
///
/// A run whose process died is tried again after all others, one at a time, when it has the machine for itself.
pub fn run(
    tasks: &[Task],
    policy: Policy,
    stop: &Stop,
    turn: &(dyn Fn(usize) -> Turn + Sync),
    sink: &mut (dyn FnMut(Event) + Send),
) {
    let mut left: VecDeque<usize> = (0..tasks.len()).collect();
    for attempt in 0..=policy.retries {
        let (jobs, last) = (if attempt == 0 { policy.jobs } else { 1 }, attempt == policy.retries);
        let mut again = VecDeque::new();
        round(tasks, left, Policy { jobs, ..policy }, stop, turn, &mut |event| match event.ended {
            Ended::Died { ref cause, .. } if !last => {
                eprintln!("note: run {} is tried again after the others: {cause}", tasks[event.index].id);
                again.push_back(event.index);
            }
            _ => sink(event),
        });
        left = again;
    }
}

/// All of a queue, once.
fn round(
    tasks: &[Task],
    queue: VecDeque<usize>,
    policy: Policy,
    stop: &Stop,
    turn: &(dyn Fn(usize) -> Turn + Sync),
    sink: &mut (dyn FnMut(Event) + Send),
) {
    let jobs = policy.jobs.clamp(1, queue.len().max(1));
    let queue = Mutex::new(queue);
    let waiting = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let sink = Mutex::new(sink);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let (mut handle, mut passed) = (None, 0);
                while !stop.is_set() {
                    let Some(index) = waiting().pop_front() else { break };
                    let event = match turn(index) {
                        Turn::Done => Event { index, ended: Ended::Elsewhere, claim: None },
                        Turn::Taken => {
                            waiting().push_back(index);
                            passed += 1;
                            if passed >= waiting().len() {
                                passed = 0;
                                std::thread::sleep(LOOK);
                            }
                            continue;
                        }
                        mine @ (Turn::Ours(_) | Turn::Free) => {
                            let claim = if let Turn::Ours(claim) = mine { Some(claim) } else { None };
                            let ended = Handle::run(&mut handle, &tasks[index], &policy, stop);
                            if matches!(ended, Ended::Stopped) {
                                break;
                            }
                            Event { index, ended, claim }
                        }
                    };
                    passed = 0;
                    sink.lock().unwrap_or_else(PoisonError::into_inner)(event);
                }
            });
        }
    });
}
