//! A cohort: models of one shape, one in each lane, trained step by step.

use crate::dense::{Activate, Back, Forward, Gradient, Slope, Units};
use crate::group::{Groups, inverse};
use crate::model::{Model, Rule};
use crate::numbers::Number;
use crate::rule::{Adam, Pace, Probe, Sgd};
use crate::shape::{Dense, Kind, Shape};
use std::ops::Range;
use std::sync::Arc;
use surprisal_kernel::program::{Batch, ROWS};
use surprisal_kernel::{Aligned, Isa, Job, Simd, Vectors};
use surprisal_spec::Activation;

/// A lane in which a model is.
#[derive(Debug)]
struct Seat<T> {
    model: Model<T>,
    batch: Vec<usize>,
    value: f64,
    finite: bool,
}

/// Models of one shape, one in each lane of the vectors of an instruction set.
///
/// No operation crosses lanes, sums run over their terms in order, and rows that a lane does not have are masked: what
/// becomes of a model depends on nothing but itself, to the bit, whatever the width and whoever is beside it.
#[derive(Debug)]
pub struct Cohort<T> {
    isa: Isa,
    shape: Shape,
    lanes: usize,
    layers: Vec<Dense>,
    places: Vec<usize>,
    /// The numbers of all models `[cells][lanes]`: now, and before the last step.
    theta: [Aligned<T>; 2],
    gradient: Aligned<T>,
    /// Velocities, or means of gradients.
    first: Aligned<T>,
    /// Means of their squares.
    second: Aligned<T>,
    pace: Pace<T>,
    /// Rows of inputs, then of what each layer gives; η is the last.
    units: Vec<Units<T>>,
    slope: Units<T>,
    y: Aligned<T>,
    weight: Aligned<T>,
    offset: Aligned<T>,
    count: Aligned<T>,
    upstream: Aligned<T>,
    share: Aligned<T>,
    probe: Aligned<T>,
    near: Aligned<T>,
    groups: Groups<T>,
    seats: Vec<Option<Seat<T>>>,
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
        let cells = shape.len() * lanes;
        let rows = shape.batch.max(1);
        let numbers = || Aligned::zeros(lanes);
        let mut units = vec![Units::new(rows, shape.inputs, lanes)];
        units.extend(layers.iter().map(|it| Units::new(rows, it.outputs, lanes)));
        let adam = if shape.rule == Kind::Adam { cells } else { 0 };
        Cohort {
            isa,
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
    /// If the lane is taken, or the model has another shape.
    pub fn put(&mut self, lane: usize, model: Model<T>) {
        assert!(self.seats[lane].is_none(), "the lane is taken");
        assert_eq!(model.theta.len(), self.shape.len(), "a number for each place of the shape");
        assert_eq!(model.bound.learned(), self.shape.learned, "learned numbers of the shape");
        self.groups.sweep();
        self.groups.likelihood(lane, &model.bound);
        for (range, penalty) in merged(&model.priors) {
            self.groups.prior(lane, self.cells(range), &penalty, surprisal_density::Domain::Real);
        }
        let start = self.shape.len() - self.shape.learned;
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
        if range.len() == 1 { self.places[range.start]..self.places[range.start] + 1 } else { range }
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

    /// The objective and its gradient, over the batch of each lane.
    pub fn gradient(&mut self) {
        let counts = self.seats.iter().flatten().map(|seat| seat.batch.len());
        let (Some(rows), Some(full)) = (counts.clone().max(), counts.min()) else { return };
        let (weighted, shifted) = self.gather();
        self.forward(rows.div_ceil(ROWS));
        let active: Vec<bool> = self.seats.iter().map(Option::is_some).collect();
        let cells = self.shape.len();
        let learned = (cells - self.shape.learned) * self.lanes;
        for it in &mut self.groups.likelihoods {
            let only = it.group.only(&active);
            it.group.ready(self.isa, &self.theta[0][learned..]);
            let eta = self.units.last().expect("a model has a layer");
            let batch = Batch {
                rows,
                full,
                count: &self.count,
                eta: &eta.x,
                stride: eta.stride,
                learned: &self.theta[0][learned..],
                y: &self.y,
                columns: &it.columns,
                weight: weighted.then_some(&self.weight[..]),
                offset: shifted.then_some(&self.offset[..]),
                upstream: &self.upstream,
                only: only.as_deref(),
            };
            let group = &mut it.group;
            group.program.rows(self.isa, &batch, &mut group.scratch, &mut self.slope.x, &mut group.sums);
        }
        self.likelihoods(learned);
        self.back(full / ROWS, rows.div_ceil(ROWS));
        self.priors(&active);
        T::probe(self.isa, Probe { x: &self.gradient, out: &mut self.probe });
        for (lane, seat) in self.seats.iter_mut().enumerate() {
            let Some(seat) = seat else { continue };
            seat.value /= seat.model.size as f64;
            seat.finite = self.probe[lane].to_f64() == 0.0;
        }
    }

    /// Copies the batch of each lane beside those of the others: whether any has weights, or offsets.
    fn gather(&mut self) -> (bool, bool) {
        let lanes = self.lanes;
        let weighted = self.seats.iter().flatten().any(|seat| seat.model.rows.weight.is_some());
        let shifted = self.seats.iter().flatten().any(|seat| seat.model.rows.offset.is_some());
        for lane in 0..lanes {
            let Some(seat) = &self.seats[lane] else { continue };
            let (data, n) = (&seat.model.rows, self.shape.inputs);
            let x = &mut self.units[0];
            for (i, &row) in seat.batch.iter().enumerate() {
                let to = &mut x.x[i / ROWS * x.stride + i % ROWS * lanes..];
                for (to, from) in to.chunks_mut(ROWS * lanes).zip(&data.x[row * n..(row + 1) * n]) {
                    to[lane] = *from;
                }
                self.y[i * lanes + lane] = data.y[row];
                if weighted {
                    self.weight[i * lanes + lane] = T::of(data.weight.as_ref().map_or(1.0, |w| w[row]));
                }
                if shifted {
                    // −0 changes no number, nor its sign.
                    self.offset[i * lanes + lane] = data.offset.as_ref().map_or(T::of(-0.0), |o| o[row]);
                }
            }
            if !data.columns.is_empty()
                && let Some(own) = self.groups.likelihoods.iter_mut().find(|it| it.group.has(lane))
            {
                for (to, from) in own.columns.iter_mut().zip(&data.columns) {
                    seat.batch.iter().enumerate().for_each(|(i, &row)| to[i * lanes + lane] = from[row]);
                }
            }
            let (size, rows) = (seat.model.size as f64, seat.batch.len() as f64);
            self.count[lane] = T::of(rows);
            self.upstream[lane] = inverse(size);
            self.share[lane] = T::of(rows / data.len() as f64 / size);
        }
        (weighted, shifted)
    }

    fn forward(&mut self, fours: usize) {
        let last = self.layers.len() - 1;
        let slope = slope(self.shape.activation);
        for (l, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.units.split_at_mut(l + 1);
            let hidden = l < last;
            let (x, out, theta) = (&before[l], &mut after[0], &self.theta[0][..]);
            let relu = hidden && slope == Slope::Relu;
            T::forward(self.isa, Forward { layer, theta, x, out, fours, relu });
            if hidden && slope != Slope::Relu {
                T::activate(self.isa, Activate { x: &mut after[0], units: layer.outputs, fours, slope });
            }
        }
    }

    fn back(&mut self, full: usize, fours: usize) {
        let slope = slope(self.shape.activation);
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (before, after) = self.units.split_at_mut(l + 1);
            let d = if l + 1 == self.layers.len() { &self.slope } else { &after[0] };
            let (gradient, count) = (&mut self.gradient[..], &self.count[..]);
            T::slopes(self.isa, Gradient { layer, x: &before[l], d, gradient, full, fours, count });
            if l > 0 {
                let (theta, h, near) = (&self.theta[0][..], &mut before[l], &mut self.near);
                T::back(self.isa, Back { layer, theta, d, h, fours, slope, near });
            }
        }
    }

    /// Values of the likelihoods, and slopes in the learned numbers.
    fn likelihoods(&mut self, learned: usize) {
        let lanes = self.lanes;
        for (lane, seat) in self.seats.iter_mut().enumerate() {
            let Some(seat) = seat else { continue };
            let Some(own) = self.groups.likelihoods.iter().find(|it| it.group.has(lane)) else { continue };
            let data = &seat.model.rows;
            let sum = |of: &Vec<f64>| seat.batch.iter().map(|&row| of[row]).sum::<f64>();
            let weight = data.weight.as_ref().map_or(seat.batch.len() as f64, sum);
            let constant = data.constant.as_ref().map_or(seat.batch.len() as f64 * data.each, sum);
            let norm = own.group.scratch.norm(&own.group.program);
            let of =
                |k: usize| own.group.sums[k * lanes + lane] + norm.get(k * lanes + lane).map_or(0.0, |n| weight * n);
            seat.value = of(0) + constant;
            for k in 0..self.shape.learned {
                self.gradient[learned + k * lanes + lane] = T::of(of(1 + k) / seat.model.size as f64);
            }
        }
    }

    fn priors(&mut self, active: &[bool]) {
        let lanes = self.lanes;
        let zero = Aligned::zeros(0);
        for it in &mut self.groups.priors {
            let only = it.group.only(active);
            it.group.ready(self.isa, &[]);
            let cells = it.cells.start * lanes..it.cells.end * lanes;
            let batch = Batch {
                rows: it.cells.len(),
                full: it.cells.len(),
                count: &self.count,
                eta: &self.theta[0][cells.clone()],
                stride: ROWS * lanes,
                learned: &zero,
                y: &zero,
                columns: &[],
                weight: None,
                offset: None,
                upstream: &self.share,
                only: only.as_deref(),
            };
            let group = &mut it.group;
            let slope = &mut self.gradient[cells];
            group.program.add(self.isa, &batch, &mut group.scratch, slope, &mut group.sums);
            let norm = group.scratch.norm(&group.program);
            for (lane, seat) in self.seats.iter_mut().enumerate().filter(|(lane, _)| group.has(*lane)) {
                let Some(seat) = seat else { continue };
                let share = seat.batch.len() as f64 / seat.model.rows.len() as f64;
                let norm = norm.get(lane).map_or(0.0, |norm| norm * it.cells.len() as f64);
                seat.value += share * (group.sums[lane] + norm);
            }
        }
    }

    /// A step of every lane against its gradient.
    pub fn update(&mut self) {
        let mut decays = false;
        for (lane, seat) in self.seats.iter_mut().enumerate() {
            let Some(seat) = seat else { continue };
            let pace = &mut self.pace;
            match &mut seat.model.rule {
                Rule::Sgd { lr, momentum, .. } => {
                    (pace.rate[lane], pace.keep[lane]) = (T::of(*lr), T::of(*momentum));
                }
                Rule::Adam { lr, beta1, beta2, eps, decay, power, .. } => {
                    // βᵗ by repeated products: no power function whose bits belong to a platform.
                    power[0] *= *beta1;
                    power[1] *= *beta2;
                    decays |= *decay > 0.0;
                    pace.rate[lane] = T::of(*lr / (1.0 - power[0]));
                    pace.root[lane] = inverse(1.0 - power[1]);
                    (pace.keep[lane], pace.take[lane]) = (T::of(*beta1), T::of(1.0 - *beta1));
                    (pace.keep_square[lane], pace.take_square[lane]) = (T::of(*beta2), T::of(1.0 - *beta2));
                    (pace.eps[lane], pace.decay[lane]) = (T::of(*eps), T::of(*lr * *decay));
                }
            }
        }
        self.theta.swap(0, 1);
        let [to, from] = &mut self.theta;
        if self.shape.rule == Kind::Sgd {
            let (gradient, velocity) = (&self.gradient[..], &mut self.first[..]);
            T::sgd(self.isa, Sgd { pace: &self.pace, gradient, velocity, from, to });
            return;
        }
        let end = self.shape.len();
        let weights = self.layers.iter().map(|it| it.weight.clone()).filter(|_| decays);
        let mut at = 0;
        let mut stretches = Vec::new();
        for weight in weights.chain([end..end]) {
            stretches.extend([(at..weight.start, false), (weight.clone(), true)]);
            at = weight.end;
        }
        for (cells, decays) in stretches.into_iter().filter(|(cells, _)| !cells.is_empty()) {
            let cells = cells.start * self.lanes..cells.end * self.lanes;
            let (mean, square) = (&mut self.first[cells.clone()], &mut self.second[cells.clone()]);
            let (from, to, gradient) = (&from[cells.clone()], &mut to[cells.clone()], &self.gradient[cells]);
            T::adam(self.isa, Adam { pace: &self.pace, decays, gradient, mean, square, from, to });
        }
    }

    /// The rows of a lane's model.
    pub fn rows(&self, lane: usize) -> Option<&Arc<crate::Rows<T>>> {
        self.seats[lane].as_ref().map(|seat| &seat.model.rows)
    }
}

fn slope(activation: Activation) -> Slope {
    match activation {
        Activation::Relu => Slope::Relu,
        Activation::Tanh => Slope::Tanh,
        Activation::Softplus => Slope::Softplus,
    }
}

/// Neighbours under one prior are one stretch.
fn merged(priors: &[(Range<usize>, surprisal_kernel::Penalty)]) -> Vec<(Range<usize>, surprisal_kernel::Penalty)> {
    let mut out: Vec<(Range<usize>, surprisal_kernel::Penalty)> = Vec::new();
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
