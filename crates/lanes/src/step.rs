//! A step of a cohort: forward, loss, back, priors, and the rule.

use crate::back::{Back, Gradient};
use crate::cohort::Cohort;
use crate::dense::{Activate, CHUNK, Forward, Gather, Picked, Slope};
use crate::group::inverse;
use crate::model::Rule;
use crate::numbers::Number;
use crate::rule::{Adam, Probe, Sgd};
use crate::shape::Kind;
use surprisal_kernel::Aligned;
use surprisal_kernel::program::{Batch, ROWS};
use surprisal_spec::Activation;

impl<T: Number> Cohort<T> {
    /// The objective and its gradient, over the batch of each lane.
    pub fn gradient(&mut self) {
        let counts = self.seats.iter().flatten().map(|seat| seat.batch.len());
        let (Some(rows), Some(full)) = (counts.clone().max(), counts.min()) else { return };
        let active: Vec<bool> = self.seats.iter().map(Option::is_some).collect();
        let learned = (self.cells - self.shape.learned) * self.lanes;
        for it in &mut self.groups.likelihoods {
            it.group.ready(self.isa, &self.theta[0][learned..]);
        }
        // Rows of a chunk go forward and back before the next: what they leave in the cache is used there.
        for first in (0..rows).step_by(CHUNK) {
            let (rows, full) = ((rows - first).min(CHUNK), full.saturating_sub(first).min(CHUNK));
            self.chunk(first, rows, full, &active, learned);
        }
        self.likelihoods(learned);
        self.priors(&active);
        T::probe(self.isa, Probe { x: &self.gradient, out: &mut self.probe });
        for (lane, seat) in self.seats.iter_mut().enumerate() {
            let Some(seat) = seat else { continue };
            seat.value /= seat.model.size as f64;
            seat.finite = self.probe[lane].to_f64() == 0.0;
        }
    }

    /// The likelihood's part of the gradient, from some rows of the batches; `full` of them are in every lane;
    /// `learned` is where the learned numbers stand.
    fn chunk(&mut self, first: usize, rows: usize, full: usize, active: &[bool], learned: usize) {
        let (weighted, shifted) = self.gather(first);
        self.forward(rows.div_ceil(ROWS));
        for it in &mut self.groups.likelihoods {
            let only = it.group.only(active);
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
        self.back(first > 0, full / ROWS, rows.div_ceil(ROWS));
    }

    /// Copies a chunk of the batch of each lane beside those of the others: whether any has weights, or offsets.
    fn gather(&mut self, first: usize) -> (bool, bool) {
        let lanes = self.lanes;
        let weighted = self.seats.iter().flatten().any(|seat| seat.model.rows.weight.is_some());
        let shifted = self.seats.iter().flatten().any(|seat| seat.model.rows.offset.is_some());
        if let Some(any) = self.seats.iter().flatten().next() {
            let models = self.seats.iter().map(|seat| seat.as_ref().unwrap_or(any));
            let picked: Vec<_> = models.map(|it| Picked { rows: &it.batch, x: &it.model.rows.x }).collect();
            T::gather(
                self.isa,
                Gather { first, most: CHUNK, inputs: self.shape.inputs, lanes: &picked, to: &mut self.units[0] },
            );
        }
        for lane in 0..lanes {
            let Some(seat) = &self.seats[lane] else { continue };
            let data = &*seat.model.rows;
            let rows = &seat.batch[first.min(seat.batch.len())..seat.batch.len().min(first + CHUNK)];
            lay(&mut self.y, lane, lanes, rows.iter().map(|&row| data.y[row]));
            if weighted {
                let weight = |row: usize| data.weight.as_ref().map_or(1.0, |w| w[row]);
                lay(&mut self.weight, lane, lanes, rows.iter().map(|&row| T::of(weight(row))));
            }
            if shifted {
                // −0 changes no number, nor its sign.
                let offset = |row: usize| data.offset.as_ref().map_or(T::of(-0.0), |o| o[row]);
                lay(&mut self.offset, lane, lanes, rows.iter().map(|&row| offset(row)));
            }
            if !data.columns.is_empty()
                && let Some(own) = self.groups.likelihoods.iter_mut().find(|it| it.group.has(lane))
            {
                for (to, from) in own.columns.iter_mut().zip(&data.columns) {
                    lay(to, lane, lanes, rows.iter().map(|&row| from[row]));
                }
            }
            let (size, all) = (seat.model.size as f64, seat.batch.len() as f64);
            self.count[lane] = T::of(rows.len() as f64);
            self.upstream[lane] = inverse(size);
            self.share[lane] = T::of(all / data.len() as f64 / size);
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

    fn back(&mut self, more: bool, full: usize, fours: usize) {
        let slope = slope(self.shape.activation);
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let (before, after) = self.units.split_at_mut(l + 1);
            let d = if l + 1 == self.layers.len() { &self.slope } else { &after[0] };
            let (gradient, count) = (&mut self.gradient[..], &self.count[..]);
            T::slopes(self.isa, Gradient { layer, x: &before[l], d, gradient, more, full, fours, count });
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
            if let Rule::Adam { lr, beta1, beta2, decay, power, .. } = &mut seat.model.rule {
                // βᵗ by repeated products: no power function whose bits belong to a platform.
                power[0] *= *beta1;
                power[1] *= *beta2;
                decays |= *decay > 0.0;
                self.pace.rate[lane] = T::of(*lr / (1.0 - power[0]));
                self.pace.root[lane] = inverse(1.0 - power[1]);
            }
        }
        self.theta.swap(0, 1);
        let [to, from] = &mut self.theta;
        if self.shape.rule == Kind::Sgd {
            let (gradient, velocity) = (&self.gradient[..], &mut self.first[..]);
            T::sgd(self.isa, Sgd { pace: &self.pace, gradient, velocity, from, to });
            return;
        }
        let end = self.cells;
        let weights = self.layers.iter().map(|it| it.weight.clone()).filter(|_| decays);
        let mut at = 0;
        let mut stretches = Vec::new();
        for weight in weights.chain(std::iter::once(end..end)) {
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
}

/// A column of one lane, beside those of the others.
fn lay<T: Copy>(to: &mut [T], lane: usize, lanes: usize, column: impl Iterator<Item = T>) {
    to.chunks_exact_mut(lanes).zip(column).for_each(|(to, x)| to[lane] = x);
}

fn slope(activation: Activation) -> Slope {
    match activation {
        Activation::Relu => Slope::Relu,
        Activation::Tanh => Slope::Tanh,
        Activation::Softplus => Slope::Softplus,
    }
}
