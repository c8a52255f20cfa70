//! The runs that one worker has under way, from the first that it is given to the last that it ends.

use super::handle::{Handle, Heard};
use super::task::Reply;
use super::{Ended, Event, News, Office, Turn};
use crate::claim::Claim;
use std::time::{Duration, Instant};
use surprisal_spec::Last;

/// How long a worker may take to save its runs when it is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How much longer than its time a run may take before its worker, which ends such runs itself, counts as hanging.
const LATE: Duration = Duration::from_secs(2);

/// A run under way.
pub struct Flight {
    pub index: usize,
    pub claim: Option<Claim>,
    start: Instant,
    last: Option<Last>,
}

impl Flight {
    pub fn new(index: usize, claim: Option<Claim>) -> Flight {
        Flight { index, claim, start: Instant::now(), last: None }
    }
    fn left(self, ended: Ended) -> News {
        News::Left(Event { index: self.index, ended, claim: self.claim })
    }
}

/// How a worker came to have no run.
pub enum End {
    /// It ended all that it was given.
    Idle,
    /// Its process is gone, as that of several runs: one of them, or none, is to blame.
    Gone {
        /// How, as a sentence.
        cause: String,
        /// They were under way.
        runs: Vec<usize>,
    },
    /// Its process is gone, as that of one run, which has left with that.
    Fell,
    /// The program is to stop.
    Stopped,
}

/// One worker's runs, all of one group of the queue.
pub struct Company<'o, 'p> {
    office: &'o Office<'p>,
    group: usize,
    under_way: Vec<Flight>,
    /// It was told that there is no further run for it.
    closed: bool,
}

impl<'o, 'p> Company<'o, 'p> {
    /// Trains runs of a group, this one first, until there are none left.
    pub fn serve(office: &'o Office<'p>, group: usize, first: Flight, worker: &mut Handle) -> End {
        worker.say(Some(&office.tasks[first.index]));
        let mut it = Company { office, group, under_way: vec![first], closed: false };
        loop {
            match worker.listen() {
                Heard::Reply(reply) => it.hear(reply, worker),
                Heard::Silence => {}
                Heard::Gone => {
                    let died = |cause, last, seconds| Ended::Died { cause, last, seconds };
                    return it.lost(worker.cause(), died);
                }
            }
            if it.closed && it.under_way.is_empty() {
                return End::Idle;
            }
            if office.stop.is_set() {
                it.part(worker);
                return End::Stopped;
            }
            let most = office.policy.timeout.map(|time| time + LATE);
            if it.under_way.iter().any(|run| most.is_some_and(|most| run.start.elapsed() >= most)) {
                worker.cause();
                let cause = "it hung, and was taken down".into();
                return it.lost(cause, |_, last, seconds| Ended::TimedOut { last, seconds });
            }
        }
    }

    fn hear(&mut self, reply: Reply, worker: &mut Handle) {
        match reply {
            Reply::Ask => {
                let next = if self.office.stop.is_set() { None } else { self.next() };
                self.closed = next.is_none();
                worker.say(next.as_ref().map(|run| &self.office.tasks[run.index]));
                self.under_way.extend(next);
            }
            Reply::At { steps, runs } => {
                for (id, last) in runs {
                    if let Some(run) = self.find(&id) {
                        self.under_way[run].last = Some(last);
                    }
                }
                self.office.tell(News::Steps(steps));
            }
            Reply::Note(note) => self.office.tell(News::Note(note)),
            Reply::Done { id, outcome, seconds } => self.left(&id, |_| Ended::Done { outcome, seconds }),
            Reply::Overdue { id, seconds } => {
                self.left(&id, |run| Ended::TimedOut { last: run.last.take(), seconds });
            }
            Reply::Refused { id, why } => self.left(&id, |_| Ended::Refused(why)),
        }
    }

    /// Another run of the group that is ours to do.
    fn next(&self) -> Option<Flight> {
        // Those that other processes are at go back to the end; each is looked at once.
        let most = self.office.queue().left(self.group);
        for _ in 0..most {
            let index = self.office.queue().next(self.group)?;
            match (self.office.turn)(index) {
                Turn::Ours(claim) => return Some(Flight::new(index, Some(claim))),
                Turn::Free => return Some(Flight::new(index, None)),
                Turn::Done => self.office.tell(Flight::new(index, None).left(Ended::Elsewhere)),
                Turn::Taken => self.office.queue().put(self.group, index),
            }
        }
        None
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.under_way.iter().position(|run| self.office.tasks[run.index].id == id)
    }

    fn left(&mut self, id: &str, how: impl FnOnce(&mut Flight) -> Ended) {
        let Some(run) = self.find(id) else { return };
        let mut run = self.under_way.swap_remove(run);
        let ended = how(&mut run);
        self.office.tell(run.left(ended));
    }

    /// The process is gone: a run that was alone is to blame.
    fn lost(mut self, cause: String, alone: impl FnOnce(String, Option<Last>, f64) -> Ended) -> End {
        if self.under_way.len() != 1 {
            return End::Gone { cause, runs: self.under_way.into_iter().map(|run| run.index).collect() };
        }
        let mut run = self.under_way.remove(0);
        let ended = alone(cause, run.last.take(), run.start.elapsed().as_secs_f64());
        self.office.tell(run.left(ended));
        End::Fell
    }

    /// Tells the worker to end, and waits until it has saved its runs; those that end meanwhile are done.
    fn part(&mut self, worker: &mut Handle) {
        worker.dismiss();
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            match worker.listen() {
                Heard::Reply(Reply::Ask) | Heard::Silence => {}
                Heard::Reply(reply) => self.hear(reply, worker),
                Heard::Gone => break,
            }
        }
    }
}
