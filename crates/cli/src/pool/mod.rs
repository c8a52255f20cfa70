//! Runs in processes of their own: a pool of workers that draw from a queue.
//!
//! A worker trains one run at a time, or runs of one shape side by side in lanes. When a worker dies, or is taken down
//! because a run does not end, a run that it trained alone has failed. Of several, any may be to blame, and none is blamed:
//! they are tried again in two halves, without others, until those that do no harm have ended and the one that does is
//! alone. Records are written by the process that asks, and by no other.

mod beside;
mod company;
mod handle;
mod queue;
mod task;
pub mod worker;

pub use task::Task;

use crate::claim::Claim;
use crate::stop::Stop;
use company::{Company, End, Flight};
use handle::Handle;
use queue::{Queue, halves};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use surprisal_spec::{Last, Outcome};

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

/// How a run left the pool.
pub enum Ended {
    /// With a result, or with a failure that the worker outlived.
    Done {
        /// What came of it.
        outcome: Box<Outcome>,
        /// How long it took; where others were beside it, its share of the time.
        seconds: f64,
    },
    /// Its process died, and it was alone there.
    Died {
        /// How, as a sentence.
        cause: String,
        /// Where the search last was.
        last: Option<Last>,
        /// How long it took.
        seconds: f64,
    },
    /// It took too long.
    TimedOut {
        /// Where the search last was.
        last: Option<Last>,
        /// How long it took.
        seconds: f64,
    },
    /// Another process did it.
    Elsewhere,
    /// Its rows cannot be had, or nothing can be written: no run can go on.
    Refused(String),
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

/// What the pool tells.
pub enum News {
    /// A run has left.
    Left(Event),
    /// So many steps more were taken.
    Steps(u64),
    /// Something that a person should know, and that changes no result.
    Note(String),
}

/// Between two looks at a run that another process is at.
const LOOK: Duration = Duration::from_millis(100);

/// What all workers of a round share.
struct Office<'p> {
    tasks: &'p [Task],
    policy: Policy,
    stop: &'p Stop,
    turn: &'p (dyn Fn(usize) -> Turn + Sync),
    queue: Mutex<Queue<'p>>,
    sink: Mutex<&'p mut (dyn FnMut(News) + Send + 'p)>,
    /// Runs that were under way together when their process died.
    suspects: Mutex<Vec<Vec<usize>>>,
}

impl<'p> Office<'p> {
    fn queue(&self) -> MutexGuard<'_, Queue<'p>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn tell(&self, news: News) {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)(news);
    }

    /// A run that is ours to do, for a worker that has none, and its group; it waits for other processes.
    fn first(&self) -> Option<(usize, Flight)> {
        let mut passed = 0;
        while !self.stop.is_set() {
            let (group, index) = self.queue().first()?;
            let flight = |claim| Some((group, Flight::new(index, claim)));
            match (self.turn)(index) {
                Turn::Ours(claim) => return flight(Some(claim)),
                Turn::Free => return flight(None),
                Turn::Done => {
                    passed = 0;
                    self.queue().leave(group);
                    self.tell(News::Left(Event { index, ended: Ended::Elsewhere, claim: None }));
                }
                Turn::Taken => {
                    let mut queue = self.queue();
                    queue.put(group, index);
                    queue.leave(group);
                    passed += 1;
                    if passed >= queue.len() {
                        passed = 0;
                        drop(queue);
                        std::thread::sleep(LOOK);
                    }
                }
            }
        }
        None
    }

    /// One worker after another, until the queue is empty.
    fn work(&self) {
        let mut slot: Option<Handle> = None;
        while let Some((group, first)) = self.first() {
            let mut worker = match slot.take().map_or_else(|| Handle::start(&self.policy), Ok) {
                Ok(worker) => worker,
                Err(error) => {
                    let ended = Ended::Refused(format!("{error:#}"));
                    return self.tell(News::Left(Event { index: first.index, ended, claim: first.claim }));
                }
            };
            let end = Company::serve(self, group, first, &mut worker);
            self.queue().leave(group);
            match end {
                End::Idle => slot = Some(worker),
                End::Fell => {}
                // It died between two runs: nothing is lost.
                End::Gone { runs, .. } if runs.is_empty() => {}
                End::Gone { cause, runs } => {
                    let n = runs.len();
                    let note = format!("{n} runs that one worker trained are tried again in two halves: {cause}");
                    self.tell(News::Note(note));
                    self.suspects.lock().unwrap_or_else(PoisonError::into_inner).extend(halves(runs));
                }
                End::Stopped => break,
            }
        }
    }
}

/// Trains the tasks; `sink` is called as runs end, in any order, one at a time; a worker goes on when it is through.
/// `turn` is asked just before a run begins. Once the token is set no run begins, and those under way are given up without an event.
///
/// A run whose process died is tried again after all others, one at a time, when it has the machine for itself.
pub fn run(
    tasks: &[Task],
    policy: Policy,
    stop: &Stop,
    turn: &(dyn Fn(usize) -> Turn + Sync),
    sink: &mut (dyn FnMut(News) + Send),
) {
    let mut queue = Queue::by_shape(tasks);
    for attempt in 0..=policy.retries {
        let (jobs, last) = (if attempt == 0 { policy.jobs } else { 1 }, attempt == policy.retries);
        let mut again = Vec::new();
        // Each round of suspects has groups of half the size.
        while queue.len() > 0 {
            let suspects = round(tasks, queue, Policy { jobs, ..policy }, stop, turn, &mut |news| match news {
                News::Left(Event { index, ended: Ended::Died { ref cause, .. }, .. }) if !last => {
                    let id = &tasks[index].id;
                    sink(News::Note(format!("run {id} is tried again after the others: {cause}")));
                    again.push(vec![index]);
                }
                news => sink(news),
            });
            queue = Queue::of(tasks, suspects);
        }
        queue = Queue::of(tasks, again);
    }
}

/// All of a queue, once; groups of runs that may be to blame for the death of a worker.
fn round<'p>(
    tasks: &'p [Task],
    queue: Queue<'p>,
    policy: Policy,
    stop: &'p Stop,
    turn: &'p (dyn Fn(usize) -> Turn + Sync),
    sink: &'p mut (dyn FnMut(News) + Send + 'p),
) -> Vec<Vec<usize>> {
    let jobs = policy.jobs.clamp(1, queue.len().max(1));
    let (queue, sink, suspects) = (Mutex::new(queue), Mutex::new(sink), Mutex::default());
    let office = Office { tasks, policy, stop, turn, queue, sink, suspects };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| office.work());
        }
    });
    let suspects = office.suspects.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Once the token is set they are left as they are.
    if stop.is_set() { Vec::new() } else { suspects }
}
