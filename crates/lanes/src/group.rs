//! Formulas that some of the lanes share: a likelihood, or a prior of a stretch of numbers.

use std::ops::Range;
use surprisal_density::{AnyFamily, Arg, Domain};
use surprisal_kernel::program::{Program, Scratch, Sums};
use surprisal_kernel::{Aligned, Bound, Element, Isa, Penalty, Slot, Vectors};

/// A program, and what each of its lanes gives it.
#[derive(Debug)]
pub(crate) struct Group<T> {
    pub program: Program,
    pub scratch: Scratch<T>,
    /// Σ, and Σ of slopes of learned numbers: `[1 + learned][lanes]`.
    pub sums: Sums,
    /// Values, then unconstrained numbers: `[2 · given][lanes]`.
    given: Aligned<f64>,
    /// 0 in its lanes, 1 elsewhere.
    only: Aligned<T>,
    who: Vec<bool>,
    stale: bool,
}

impl<T: Vectors> Group<T> {
    fn new(program: Program, numbers: usize, lanes: usize) -> Group<T> {
        let mut only = Aligned::zeros(lanes);
        only.fill(T::of(1.0));
        // Where nobody is, a number that no formula minds.
        let mut given = Aligned::zeros(2 * numbers * lanes);
        given.fill(1.0);
        let (scratch, sums) = (program.scratch(lanes), Aligned::zeros((1 + program.learned()) * lanes));
        Group { program, scratch, sums, given, only, who: vec![false; lanes], stale: true }
    }
    fn enter(&mut self, lane: usize, numbers: &[Arg<f64>]) {
        let lanes = self.who.len();
        for (k, number) in numbers.iter().enumerate() {
            self.given[k * lanes + lane] = number.x;
            self.given[(numbers.len() + k) * lanes + lane] = number.u;
        }
        (self.only[lane], self.who[lane], self.stale) = (T::of(0.0), true, true);
    }
    fn leave(&mut self, lane: usize) {
        (self.only[lane], self.who[lane]) = (T::of(1.0), false);
    }
    fn is_empty(&self) -> bool {
        !self.who.contains(&true)
    }
    pub fn has(&self, lane: usize) -> bool {
        self.who[lane]
    }
    /// The mask of its lanes, unless all that work are its own.
    pub fn only(&self, active: &[bool]) -> Option<Aligned<T>> {
        let others = self.who.iter().zip(active).any(|(own, active)| *active && !own);
        others.then(|| self.only.clone())
    }
    /// Sums are 0 again, and what is the same in each row is computed if it has changed.
    pub fn ready(&mut self, isa: Isa, learned: &[T]) {
        self.sums.fill(0.0);
        if self.stale || self.program.changes() {
            self.program.once(isa, &self.given, learned, &mut self.scratch);
            self.stale = false;
        }
    }
}

/// A likelihood, and the columns that its rows look at.
#[derive(Debug)]
pub(crate) struct Likelihood<T> {
    pub group: Group<T>,
    pub columns: Vec<Aligned<f64>>,
    family: AnyFamily,
    slots: Vec<Slot>,
}

/// A prior of some cells.
#[derive(Debug)]
pub(crate) struct Prior<T> {
    pub group: Group<T>,
    pub cells: Range<usize>,
    family: AnyFamily,
    domain: Domain,
}

/// Slots whose given numbers are left open.
fn open(slots: &[Slot]) -> Vec<Slot> {
    slots.iter().map(|slot| if let Slot::Fixed(_) = slot { Slot::Fixed(0.0) } else { *slot }).collect()
}

/// The formulas of all lanes.
#[derive(Debug)]
pub(crate) struct Groups<T> {
    pub likelihoods: Vec<Likelihood<T>>,
    /// By their cells, so that those of one lane come in one order whatever the others have.
    pub priors: Vec<Prior<T>>,
    lanes: usize,
    rows: usize,
}

impl<T: Vectors> Groups<T> {
    pub fn new(lanes: usize, rows: usize) -> Groups<T> {
        Groups { likelihoods: vec![], priors: vec![], lanes, rows }
    }
    pub fn likelihood(&mut self, lane: usize, bound: &Bound) {
        let (slots, numbers) = (open(&bound.slots), bound.given());
        let known = self.likelihoods.iter().position(|it| it.family == bound.family && it.slots == slots);
        let at = known.unwrap_or_else(|| {
            let group = Group::new(Program::likelihood(bound), numbers.len(), self.lanes);
            let columns = vec![Aligned::zeros(self.rows * self.lanes); group.program.columns()];
            self.likelihoods.push(Likelihood { group, columns, family: bound.family, slots });
            self.likelihoods.len() - 1
        });
        self.likelihoods[at].group.enter(lane, &numbers);
    }
    pub fn prior(&mut self, lane: usize, cells: Range<usize>, penalty: &Penalty, domain: Domain) {
        let (family, numbers) = (penalty.family, penalty.given());
        let same = |it: &Prior<T>| it.cells == cells && it.family == family && it.domain == domain;
        let at = self.priors.iter().position(same).unwrap_or_else(|| {
            let group = Group::new(Program::prior(family, domain), numbers.len(), self.lanes);
            let at = self.priors.partition_point(|it| (it.cells.start, it.cells.end) <= (cells.start, cells.end));
            self.priors.insert(at, Prior { group, cells, family, domain });
            at
        });
        self.priors[at].group.enter(lane, &numbers);
    }
    pub fn leave(&mut self, lane: usize) {
        self.likelihoods.iter_mut().for_each(|it| it.group.leave(lane));
        self.priors.iter_mut().for_each(|it| it.group.leave(lane));
    }
    /// Formulas of nobody are given up.
    pub fn sweep(&mut self) {
        self.likelihoods.retain(|it| !it.group.is_empty());
        self.priors.retain(|it| !it.group.is_empty());
    }
}

/// Of `T`, 1/x.
pub(crate) fn inverse<T: Element>(x: f64) -> T {
    T::of(1.0 / x)
}
