//! What a worker says of the runs that it has under way, and how its time is shared among them.

use super::task::Reply;
use super::worker::say;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use surprisal_spec::Last;
use surprisal_train::{Seen, last};

/// Between two words on where searches are.
const TELL: Duration = Duration::from_millis(250);

/// The runs under way, by the keys that they have beside each other.
#[derive(Default)]
pub struct Beside(RefCell<State>);

struct State {
    runs: BTreeMap<usize, Watched>,
    /// Steps that were not told yet.
    steps: u64,
    told: Option<Instant>,
    /// Seconds that a run has had its share of the time, if it was under way from the beginning.
    clock: f64,
    since: Instant,
}

struct Watched {
    id: String,
    /// On the clock, when it began.
    joined: f64,
    step: Option<usize>,
    /// Where its search is, if that was not told yet.
    last: Option<Last>,
}

impl Default for State {
    fn default() -> State {
        let now = Instant::now();
        State { runs: BTreeMap::new(), steps: 0, told: None, clock: 0.0, since: now }
    }
}

impl State {
    /// Time goes on: each run under way gets an equal share of it.
    fn tick(&mut self) {
        let now = Instant::now();
        self.clock += (now - self.since).as_secs_f64() / self.runs.len().max(1) as f64;
        self.since = now;
    }
    fn tell(&mut self) {
        self.told = Some(Instant::now());
        let fresh = |run: &mut Watched| Some((run.id.clone(), run.last.take()?));
        let runs: Vec<_> = self.runs.values_mut().filter_map(fresh).collect();
        let steps = std::mem::take(&mut self.steps);
        if steps > 0 {
            // Should nobody listen any more, stdin has ended too.
            let _ = say(&Reply::At { steps, runs });
        }
    }
}

impl Beside {
    /// A run begins: when.
    pub fn join(&self, key: usize, id: &str) -> Instant {
        let mut it = self.0.borrow_mut();
        it.tick();
        let joined = it.clock;
        it.runs.insert(key, Watched { id: id.into(), joined, step: None, last: None });
        it.since
    }
    /// A run is at a step.
    pub fn at(&self, key: usize, seen: &Seen) {
        let it = &mut *self.0.borrow_mut();
        let Some(run) = it.runs.get_mut(&key) else { return };
        // Each search of a run counts its steps from 0.
        let before = run.step.replace(seen.step).filter(|step| *step < seen.step);
        it.steps += before.map_or(1, |step| seen.step - step) as u64;
        run.last = Some(last(seen));
        if it.told.is_none_or(|then| then.elapsed() >= TELL) {
            it.tell();
        }
    }
    /// A run ends: how many seconds of the time were its.
    pub fn leave(&self, key: usize) -> f64 {
        let mut it = self.0.borrow_mut();
        it.tick();
        it.tell();
        let clock = it.clock;
        it.runs.remove(&key).map_or(0.0, |run| clock - run.joined)
    }
}
