//! What a run is told from outside while it trains, and what it shows: stop, checkpoints, where it last was.

use crate::checkpoint::{Checkpoint, State};
use crate::{Fault, TrainError};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

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

impl Seen {
    /// Beside the state of its search: a run that is taken up again has been where it was.
    fn keep(&self, state: &mut State) {
        state.insert("seen".into(), vec![self.step as f64, self.value]);
        state.insert("seen.theta".into(), self.theta.clone());
    }
    fn restore(kept: &State) -> Option<Seen> {
        let &[step, value] = &kept.get("seen")?[..] else { return None };
        Some(Seen { step: step as usize, value, theta: kept.get("seen.theta")?.clone() })
    }
}

/// Between a run and whoever started it: a handle, whose copies are one.
#[derive(Clone)]
pub struct Control<'a>(Rc<Inner<'a>>);

struct Inner<'a> {
    stop: &'a dyn Fn() -> bool,
    tell: &'a dyn Fn(&Seen),
    checkpoint: Option<Checkpoint<'a>>,
    fault: Option<Fault>,
    steps: Cell<usize>,
    seen: RefCell<Option<Seen>>,
}

/// Steps in lanes are a few microseconds: of so many, one is told.
const TOLD: usize = 16;

impl<'a> Control<'a> {
    /// Without checkpoints: a run that `stop` ends is begun anew.
    pub fn new(stop: &'a dyn Fn() -> bool) -> Control<'a> {
        let (steps, seen) = Default::default();
        Control(Rc::new(Inner { stop, tell: &|_| (), checkpoint: None, fault: None, steps, seen }))
    }
    /// Shows every step to `tell`, or one of a few where steps are short.
    pub fn telling(self, tell: &'a dyn Fn(&Seen)) -> Control<'a> {
        self.with(|it| it.tell = tell)
    }
    /// Saves where it is, and goes on from there.
    pub fn saving(self, checkpoint: Checkpoint<'a>) -> Control<'a> {
        self.with(|it| it.checkpoint = Some(checkpoint))
    }
    /// With a fault, for tests.
    pub fn failing(self, fault: Option<Fault>) -> Control<'a> {
        self.with(|it| it.fault = fault)
    }
    fn with(mut self, change: impl FnOnce(&mut Inner<'a>)) -> Control<'a> {
        change(Rc::get_mut(&mut self.0).expect("a control is made up before it is handed on"));
        self
    }
    /// Whether to stop.
    pub fn stopped(&self) -> bool {
        (self.0.stop)()
    }
    /// Steps that were taken under this control.
    pub fn steps(&self) -> usize {
        self.0.steps.get()
    }
    /// Where the search last was with a finite objective.
    pub fn seen(&self) -> Option<Seen> {
        self.0.seen.borrow().clone()
    }

    /// A search begins: the state that it goes on from, if it was saved. Searches of a run come in a fixed order.
    pub(crate) fn begin(&self) -> Option<State> {
        let kept = self.0.checkpoint.as_ref().and_then(Checkpoint::begin);
        self.0.seen.replace(kept.as_ref().and_then(Seen::restore));
        kept
    }
    /// A search has ended: this is what it found, should the run be taken up again.
    pub(crate) fn end(&self, state: impl FnOnce() -> State) {
        if let Some(checkpoint) = &self.0.checkpoint {
            checkpoint.end(self.kept(state()));
        }
    }
    fn kept(&self, mut state: State) -> State {
        if let Some(seen) = &*self.0.seen.borrow() {
            seen.keep(&mut state);
        }
        state
    }
    /// Before a step: the state is saved if it is time, or if the run is to stop here, which is the error.
    pub(crate) fn pause(&self, state: impl FnOnce() -> State) -> Result<(), TrainError> {
        match self.interrupted() {
            Some(stop) => self.save(stop, state),
            None => Ok(()),
        }
    }
    /// Whether the state must be saved before the next step, and whether the run is to stop there.
    pub(crate) fn interrupted(&self) -> Option<bool> {
        let stop = self.stopped();
        (stop || self.0.checkpoint.as_ref().is_some_and(Checkpoint::is_due)).then_some(stop)
    }
    /// Saves the state where states are saved; to stop is an error.
    pub(crate) fn save(&self, stop: bool, state: impl FnOnce() -> State) -> Result<(), TrainError> {
        if let Some(checkpoint) = &self.0.checkpoint {
            checkpoint.save(self.kept(state()));
        }
        if stop { Err(TrainError::Stopped) } else { Ok(()) }
    }
    /// A step was computed: gives back its value.
    pub(crate) fn step(&self, step: usize, value: f64, theta: &[f64]) -> f64 {
        let value = self.strike(value);
        if value.is_finite() {
            self.see(step, value, theta);
            self.told();
        }
        value
    }
    /// The same in a lane, which keeps its parameters to itself: see [`Control::was_at`].
    pub(crate) fn step_in_lane(&self, step: usize, value: f64) -> f64 {
        let value = self.strike(value);
        if value.is_finite() {
            self.see(step, value, &[]);
            if step.is_multiple_of(TOLD) {
                self.told();
            }
        }
        value
    }
    /// The parameters of the last step that was finite, where they are not known: before the first step in a lane they are
    /// those that were saved.
    pub(crate) fn was_at(&self, theta: impl FnOnce() -> Vec<f64>) {
        if let Some(seen) = self.0.seen.borrow_mut().as_mut().filter(|seen| seen.theta.is_empty()) {
            seen.theta = theta();
        }
    }
    fn strike(&self, value: f64) -> f64 {
        self.0.steps.set(self.0.steps.get() + 1);
        self.0.fault.map_or(value, |fault| fault.strike(self.0.steps.get(), value))
    }
    fn see(&self, step: usize, value: f64, theta: &[f64]) {
        let mut seen = self.0.seen.borrow_mut();
        let seen = seen.get_or_insert_default();
        (seen.step, seen.value) = (step, value);
        seen.theta.clear();
        seen.theta.extend_from_slice(theta);
    }
    fn told(&self) {
        if let Some(seen) = &*self.0.seen.borrow() {
            (self.0.tell)(seen);
        }
    }
}
