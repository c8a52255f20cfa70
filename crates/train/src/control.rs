//! What a run is told from outside while it trains, and what it shows: stop, checkpoints, where it last was.

use crate::checkpoint::{Checkpoint, State};
use crate::{Fault, TrainError};
use std::cell::{Cell, RefCell};

/// Where a search last was with a finite objective.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// The step or iteration, counted from 0 in each search of a run.
    pub step: usize,
    /// The objective there: of all rows (L-BFGS), or its mean per row over a batch.
    pub value: f64,
    /// The parameter vector there; empty where it was told from another process.
    pub theta: Vec<f64>,
}

/// Between a run and whoever started it.
pub struct Control<'a> {
    stop: &'a dyn Fn() -> bool,
    tell: &'a dyn Fn(&Seen),
    checkpoint: Option<Checkpoint<'a>>,
    fault: Option<Fault>,
    steps: Cell<usize>,
    seen: RefCell<Option<Seen>>,
}

impl<'a> Control<'a> {
    /// Without checkpoints: a run that `stop` ends is begun anew.
    pub fn new(stop: &'a dyn Fn() -> bool) -> Control<'a> {
        Control { stop, tell: &|_| (), checkpoint: None, fault: None, steps: Cell::new(0), seen: RefCell::default() }
    }
    /// Shows every step to `tell`.
    pub fn telling(self, tell: &'a dyn Fn(&Seen)) -> Control<'a> {
        Control { tell, ..self }
    }
    /// Saves where it is, and goes on from there.
    pub fn saving(self, checkpoint: Checkpoint<'a>) -> Control<'a> {
        Control { checkpoint: Some(checkpoint), ..self }
    }
    /// With a fault, for tests.
    pub fn failing(self, fault: Option<Fault>) -> Control<'a> {
        Control { fault, ..self }
    }
    /// Whether to stop.
    pub fn stopped(&self) -> bool {
        (self.stop)()
    }
    /// Where the search last was with a finite objective.
    pub fn seen(&self) -> Option<Seen> {
        self.seen.borrow().clone()
    }

    /// A search begins: the state that it goes on from, if it was saved. Searches of a run come in a fixed order.
    pub(crate) fn begin(&self) -> Option<State> {
        self.seen.replace(None);
        self.checkpoint.as_ref()?.begin()
    }
    /// A search has ended: this is what it found, should the run be taken up again.
    pub(crate) fn end(&self, state: impl FnOnce() -> State) {
        if let Some(checkpoint) = &self.checkpoint {
            checkpoint.end(state());
        }
    }
    /// Before a step: the state is saved if it is time, or if the run is to stop here, which is the error.
    pub(crate) fn pause(&self, state: impl FnOnce() -> State) -> Result<(), TrainError> {
        let stop = self.stopped();
        if let Some(checkpoint) = self.checkpoint.as_ref().filter(|it| stop || it.is_due()) {
            checkpoint.save(state());
        }
        if stop { Err(TrainError::Stopped) } else { Ok(()) }
    }
    /// A step was computed: gives back its value.
    pub(crate) fn step(&self, step: usize, value: f64, theta: &[f64]) -> f64 {
        self.steps.set(self.steps.get() + 1);
        let value = self.fault.map_or(value, |fault| fault.strike(self.steps.get(), value));
        if value.is_finite() {
            let mut seen = self.seen.borrow_mut();
            let seen = seen.get_or_insert_default();
            (seen.step, seen.value) = (step, value);
            seen.theta.clear();
            seen.theta.extend_from_slice(theta);
            (self.tell)(seen);
        }
        value
    }
}
