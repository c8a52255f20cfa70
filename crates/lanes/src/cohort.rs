//! A cohort: models of one shape, one in each lane, trained step by step.

use crate::dense::{CHUNK, Units};
use crate::group::Groups;
use crate::model::{Model, Rule};
use crate::numbers::Number;
use crate::rule::Pace;
use crate::shape::{Dense, Kind, Shape};
use std::ops::Range;
use std::sync::Arc;
use surprisal_density::Domain;
use surprisal_kernel::{Aligned, Isa, Job, Penalty, Simd, Vectors};

/// A lane in which a model is.
#[derive(Debug)]
pub(crate) struct Seat<T> {
    pub model: Model<T>,
    pub batch: Vec<usize>,
    pub value: f64,
    pub finite: bool,
}

/// Models of one shape, one in each lane of the vectors of an instruction set.
///
/// No operation crosses lanes, sums run over their terms in order, and rows that a lane does not have are masked: what
/// becomes of a model depends on nothing but itself, to the bit, whatever the width and whoever is beside it.
#[derive(Debug)]
pub struct Cohort<T> {
    pub(crate) isa: Isa,
    pub(crate) shape: Shape,
    pub(crate) lanes: usize,
    /// Numbers of a model.
    pub(crate) cells: usize,
    pub(crate) layers: Vec<Dense>,
    pub(crate) places: Vec<usize>,
    /// The numbers of all models `[cells][lanes]`: now, and before the last step.
    pub(crate) theta: [Aligned<T>; 2],
    pub(crate) gradient: Aligned<T>,
    /// Velocities, or means of gradients.
    pub(crate) first: Aligned<T>,
    /// Means of their squares.
    pub(crate) second: Aligned<T>,
    pub(crate) pace: Pace<T>,
    /// Rows of inputs, then of what each layer gives; η is the last.
    pub(crate) units: Vec<Units<T>>,
    pub(crate) slope: Units<T>,
    pub(crate) y: Aligned<T>,
    pub(crate) weight: Aligned<T>,
    pub(crate) offset: Aligned<T>,
    pub(crate) count: Aligned<T>,
    pub(crate) upstream: Aligned<T>,
    pub(crate) share: Aligned<T>,
    pub(crate) probe: Aligned<T>,
    pub(crate) near: Aligned<T>,
    pub(crate) groups: Groups<T>,
    pub(crate) seats: Vec<Option<Seat<T>>>,
}

/// Lanes of an instruction set.
pub fn width<T: Vectors>(isa: Isa) -> usize {
    struct Ask<'a>(&'a mut usize);
    impl<T: Vectors> Job<T> for Ask<'_> {
        #[inline(always)]
        fn run<S: Simd<Elem = T>>(self) {
            *self.0 = S::WIDTH;
        }
    }
    let mut width = 0;
    T::dispatch(isa, Ask(&mut width));
    width
}

impl<T: Number> Cohort<T> {
    /// Empty, for the vectors of an instruction set, or the widest below that this machine has.
    pub fn new(shape: Shape, isa: Isa) -> Cohort<T> {
        let (lanes, layers) = (width::<T>(isa), shape.layers());
        let count = shape.len();
        let cells = count * lanes;
        let rows = shape.batch.clamp(1, CHUNK);
        let numbers = || Aligned::zeros(lanes);
        let mut units = vec![Units::new(rows, shape.inputs, lanes)];
        units.extend(layers.iter().map(|it| Units::new(rows, it.outputs, lanes)));
        let adam = if shape.rule == Kind::Adam { cells } else { 0 };
        Cohort {
            isa,
            cells: count,
            places: shape.places(),
            theta: [Aligned::zeros(cells), Aligned::zeros(cells)],
            gradient: Aligned::zeros(cells),
            first: Aligned::zeros(cells),
            second: Aligned::zeros(adam),
            pace: Pace::new(lanes),
            slope: Units::new(rows, shape.heads, lanes),
            units,
            y: Aligned::zeros(rows * lanes),
            weight: Aligned::zeros(rows * lanes),
            offset: Aligned::zeros(rows * lanes),
            count: numbers(),
            upstream: numbers(),
            share: numbers(),
            probe: numbers(),
            near: Aligned::zeros(0),
            groups: Groups::new(lanes, rows),
            seats: (0..lanes).map(|_| None).collect(),
            shape,
            lanes,
            layers,
        }
    }

    /// Lanes.
    pub fn width(&self) -> usize {
        self.lanes
    }
    /// What its models have in common.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
    /// A lane without a model.
    pub fn free(&self) -> Option<usize> {
        self.seats.iter().position(Option::is_none)
    }
    /// Whether no lane has a model.
    pub fn is_empty(&self) -> bool {
        self.seats.iter().all(Option::is_none)
    }

    /// Puts a model into a lane.
    ///
    /// # Panics
    /// If the lane is taken, the model has another shape, or one of its priors is about a part of a tensor.
    pub fn put(&mut self, lane: usize, model: Model<T>) {
        assert!(self.seats[lane].is_none(), "the lane is taken");
        assert_eq!(model.theta.len(), self.cells, "a number for each place of the shape");
        assert_eq!(model.bound.learned(), self.shape.learned, "learned numbers of the shape");
        assert_eq!(model.bound.heads(), self.shape.heads, "heads of the shape");
        assert_eq!(model.rows.x.len(), model.rows.len() * self.shape.inputs, "features of the shape in each row");
        self.groups.sweep();
        self.groups.likelihood(lane, &model.bound);
        for (range, penalty) in merged(&model.priors) {
            self.groups.prior(lane, self.cells(range), &penalty, Domain::Real);
        }
        let start = self.cells - self.shape.learned;
        let learned = model.bound.learned_parameters();
        for (k, (penalty, j)) in model.learned.iter().zip(learned).enumerate().filter(|(_, (it, _))| !it.is_flat()) {
            self.groups.prior(lane, start + k..start + k + 1, penalty, model.bound.family.domain(j));
        }
        let parts = match &model.rule {
            Rule::Sgd { velocity, .. } => [velocity, &Vec::new()].map(Clone::clone),
            Rule::Adam { mean, square, .. } => [mean, square].map(Clone::clone),
        };
        let sgd = matches!(model.rule, Rule::Sgd { .. });
        assert_eq!(sgd, self.shape.rule == Kind::Sgd, "the rule of the shape");
        for (k, &cell) in self.places.iter().enumerate() {
            let at = cell * self.lanes + lane;
            (self.theta[0][at], self.theta[1][at]) = (T::of(model.theta[k]), T::of(model.theta[k]));
            self.first[at] = T::of(parts[0][k]);
            if !sgd {
                self.second[at] = T::of(parts[1][k]);
            }
        }
        self.pace.set(lane, &model.rule);
        self.seats[lane] = Some(Seat { model, batch: vec![], value: f64::NAN, finite: false });
    }

    /// Takes the model out of a lane, with its numbers as they are.
    pub fn take(&mut self, lane: usize) -> Option<Model<T>> {
        let theta = self.theta(lane);
        let rule = self.rule(lane);
        let seat = self.seats[lane].take()?;
        self.groups.leave(lane);
        for numbers in self.theta.iter_mut().chain([&mut self.gradient, &mut self.first, &mut self.second]) {
            numbers.iter_mut().skip(lane).step_by(self.lanes).for_each(|x| *x = T::of(0.0));
        }
        self.count[lane] = T::of(0.0);
        Some(Model { theta, rule: rule.unwrap_or(seat.model.rule), ..seat.model })
    }

    /// The parameter vector of a lane.
    pub fn theta(&self, lane: usize) -> Vec<f64> {
        self.numbers(&self.theta[0], lane)
    }
    /// The parameter vector before the last step.
    pub fn before(&self, lane: usize) -> Vec<f64> {
        self.numbers(&self.theta[1], lane)
    }
    /// The rule of a lane with what it carries, if a model is there.
    pub fn rule(&self, lane: usize) -> Option<Rule> {
        let seat = self.seats[lane].as_ref()?;
        Some(match seat.model.rule {
            Rule::Sgd { lr, momentum, .. } => Rule::Sgd { lr, momentum, velocity: self.numbers(&self.first, lane) },
            Rule::Adam { lr, beta1, beta2, eps, decay, power, .. } => {
                let (mean, square) = (self.numbers(&self.first, lane), self.numbers(&self.second, lane));
                Rule::Adam { lr, beta1, beta2, eps, decay, mean, square, power }
            }
        })
    }
    /// The gradient that the last call of [`Cohort::gradient`] found for a lane.
    pub fn slopes(&self, lane: usize) -> Vec<f64> {
        self.numbers(&self.gradient, lane)
    }
    fn numbers(&self, of: &[T], lane: usize) -> Vec<f64> {
        self.places.iter().map(|cell| of[cell * self.lanes + lane].to_f64()).collect()
    }
    /// The cells of a stretch of the parameter vector: a whole tensor, or one number.
    fn cells(&self, range: Range<usize>) -> Range<usize> {
        if range.len() == 1 {
            return self.places[range.start]..self.places[range.start] + 1;
        }
        let inside = self.places[range.clone()].iter().all(|cell| range.contains(cell));
        assert!(inside, "the prior of {range:?} is about a part of a tensor: whole tensors, or single numbers");
        range
    }

    /// The rows of the next step of a lane.
    ///
    /// # Panics
    /// If no model is there, or the batch is empty or longer than that of the shape.
    pub fn batch(&mut self, lane: usize, rows: &[usize]) {
        assert!((1..=self.shape.batch).contains(&rows.len()), "{} rows of at most {}", rows.len(), self.shape.batch);
        let seat = self.seats[lane].as_mut().expect("a model is in the lane");
        seat.batch.clear();
        seat.batch.extend_from_slice(rows);
    }

    /// The objective of a lane's batch, over the model's size, in nats: that of [`Cohort::gradient`].
    pub fn value(&self, lane: usize) -> f64 {
        self.seats[lane].as_ref().map_or(f64::NAN, |seat| seat.value)
    }
    /// Whether every slope of a lane's gradient is finite.
    pub fn is_finite(&self, lane: usize) -> bool {
        self.seats[lane].as_ref().is_some_and(|seat| seat.finite)
    }

    /// The rows of a lane's model.
    pub fn rows(&self, lane: usize) -> Option<&Arc<crate::Rows<T>>> {
        self.seats[lane].as_ref().map(|seat| &seat.model.rows)
    }
}

/// Neighbours under one prior are one stretch.
fn merged(priors: &[(Range<usize>, Penalty)]) -> Vec<(Range<usize>, Penalty)> {
    let mut out: Vec<(Range<usize>, Penalty)> = Vec::new();
    for (range, penalty) in priors {
        match out.last_mut() {
            Some((last, known)) if last.end == range.start && known == penalty && range.len() > 1 && last.len() > 1 => {
                last.end = range.end;
            }
            _ => out.push((range.clone(), penalty.clone())),
        }
    }
    out
}
