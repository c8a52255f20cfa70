//! −ln p(θ | D) + ln p(D): the one objective, and its gradient.

use crate::assume::{Assumption, weight_priors};
use crate::layout::Layout;
use crate::optimise::L1;
use crate::{Network, Nll, TrainError};
use candle_core::Tensor;
use std::ops::Range;
use std::sync::Arc;
use surprisal_data::{Scale, Table};
use surprisal_density::{Dual, Support};
use surprisal_kernel::{Kernel, Penalty, Rows, Slot, Sum, Targets, kernel};
use surprisal_spec::Run;

/// Σ −ln p(yᵢ | xᵢ, θ) over the rows, and −ln p(θ): nats, original units, every constant kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// Of the rows.
    pub nll: f64,
    /// Of weights and learned parameters.
    pub neg_log_prior: f64,
}

impl Parts {
    /// Their sum.
    pub fn objective(self) -> f64 {
        self.nll + self.neg_log_prior
    }
}

/// The objective of a run over some rows of its table.
pub struct Objective {
    /// The model.
    pub network: Network,
    /// The likelihood, in the network's coordinates.
    pub assumption: Assumption,
    /// Between original units and the network's coordinates.
    pub scale: Scale,
    /// The loss as an operation of candle: what is trained with.
    pub nll: Nll,
    /// The reference of the loss, row by row in double precision.
    pub kernel: Arc<dyn Kernel>,
    /// Data columns of the rows.
    pub targets: Arc<Targets>,
    /// Design matrix of the rows, row-major.
    pub x: Vec<f64>,
    /// Rows of the table that give gradients.
    pub rows: Vec<usize>,
    /// Priors of weights and biases by their places.
    pub priors: Vec<(Range<usize>, Penalty)>,
    /// Σ wᵢ.
    pub weight: f64,
    inputs: Tensor,
    features: Vec<String>,
}

impl Objective {
    /// Over these rows of a table, on which the scale is fitted too.
    pub fn new(run: &Run, table: &Table, rows: &[usize]) -> Result<Objective, TrainError> {
        let standardise_y = run.data.standardise
            && run.likelihood.family.support() == Support::Real
            && run.data.kind == surprisal_data::TargetKind::Real;
        let scale = Scale::fit(table, rows, run.data.standardise, standardise_y);
        let assumption = Assumption::new(&run.likelihood, &scale);
        let layout = Layout::new(&run.model, &table.features, &assumption.bound, &table.classes);
        Objective::with(run, table, rows, scale, assumption, layout)
    }

    /// The same rows and scale under another assumption: where a search sets out from.
    pub fn relaxed(&self, run: &Run) -> Result<Objective, TrainError> {
        let assumption = Assumption::new(&run.likelihood, &self.scale);
        let layout = Layout::new(&run.model, &self.features, &assumption.bound, &[]);
        let priors = weight_priors(&run.prior, &layout)?;
        let kernel: Arc<dyn Kernel> = Arc::from(kernel(&assumption.bound));
        let old = &self.targets;
        let targets = Arc::new(kernel.targets(old.y.clone(), old.weight.clone(), old.offset.clone()));
        let network = Network::new(layout, run.dtype);
        let nll = network.over(&assumption.bound, &targets)?;
        let inputs = network.inputs(&self.x, self.rows.len())?;
        let (scale, x, rows, features) = (self.scale.clone(), self.x.clone(), self.rows.clone(), self.features.clone());
        Ok(Objective {
            network,
            assumption,
            scale,
            nll,
            kernel,
            targets,
            x,
            rows,
            priors,
            weight: self.weight,
            inputs,
            features,
        })
    }

    fn with(
        run: &Run,
        table: &Table,
        rows: &[usize],
        scale: Scale,
        assumption: Assumption,
        layout: Layout,
    ) -> Result<Objective, TrainError> {
        let priors = weight_priors(&run.prior, &layout)?;
        let kernel: Arc<dyn Kernel> = Arc::from(kernel(&assumption.bound));
        let pick = |column: &Option<Vec<f64>>| column.as_ref().map(|c| rows.iter().map(|&i| c[i]).collect::<Vec<_>>());
        let (weights, offset) = (pick(&table.weight), pick(&table.offset));
        let weight = weights.as_ref().map_or(rows.len() as f64, |w| {
            let mut sum = Sum::new();
            w.iter().for_each(|&w| sum.add(w));
            sum.total()
        });
        let targets = Arc::new(kernel.targets(scale.y(table, rows), weights, offset));
        let x = if layout.features.is_empty() { vec![] } else { scale.x(table, rows) };
        let network = Network::new(layout, run.dtype);
        let nll = network.over(&assumption.bound, &targets)?;
        let inputs = network.inputs(&x, rows.len())?;
        Ok(Objective {
            network,
            assumption,
            scale,
            nll,
            kernel,
            targets,
            x,
            rows: rows.to_vec(),
            priors,
            weight,
            inputs,
            features: table.features.clone(),
        })
    }

    /// The parameter vector's layout.
    pub fn layout(&self) -> &Layout {
        &self.network.layout
    }

    /// Parts at θ over all rows; the gradient of their sum is written. Without `kinks`, priors with a kink give their
    /// constant only: a solver that knows them adds |θ| itself.
    pub fn evaluate(&self, theta: &[f64], gradient: &mut [f64], kinks: bool) -> Result<Parts, TrainError> {
        gradient.fill(0.0);
        let nll = self.likelihood(theta, None, gradient)?;
        Ok(Parts { nll, neg_log_prior: self.prior(theta, gradient, kinks, 1.0) })
    }

    /// Parts at θ over all rows.
    pub fn parts(&self, theta: &[f64]) -> Result<Parts, TrainError> {
        let nll = self.network.value(theta, &self.inputs, &self.nll)? + self.weight * self.jacobian();
        Ok(Parts { nll, neg_log_prior: self.prior(theta, &mut vec![0.0; theta.len()], true, 0.0) })
    }

    /// Gradient of one step of a first-order method: that of the mean over a batch, the prior 1/N of it a row.
    pub fn step(&self, theta: &[f64], batch: &[usize], size: usize, gradient: &mut [f64]) -> Result<f64, TrainError> {
        gradient.fill(0.0);
        let nll = self.likelihood(theta, Some(batch), gradient)?;
        let share = batch.len() as f64 / self.rows.len() as f64;
        let value = nll + share * self.prior(theta, gradient, true, share);
        gradient.iter_mut().for_each(|g| *g /= size as f64);
        Ok(value / size as f64)
    }

    fn likelihood(&self, theta: &[f64], batch: Option<&[usize]>, gradient: &mut [f64]) -> Result<f64, TrainError> {
        let (value, weight) = match batch {
            None => (self.network.loss(theta, &self.inputs, &self.nll, None, gradient)?, self.weight),
            Some(batch) => {
                let dim = self.network.layout.features.len();
                let x: Vec<f64> = batch.iter().flat_map(|&i| &self.x[i * dim..(i + 1) * dim]).copied().collect();
                let x = self.network.inputs(&x, batch.len())?;
                let weight =
                    self.targets.weight.as_ref().map_or(batch.len() as f64, |w| batch.iter().map(|&i| w[i]).sum());
                (self.network.loss(theta, &x, &self.nll, Some(batch), gradient)?, weight)
            }
        };
        Ok(value + weight * self.jacobian())
    }

    /// ln sd_y: a density per standardised unit is so much denser per original unit.
    fn jacobian(&self) -> f64 {
        libm::log(self.scale.y_sd)
    }

    /// −ln p(θ); `share` times its gradient is added.
    fn prior(&self, theta: &[f64], gradient: &mut [f64], kinks: bool, share: f64) -> f64 {
        let mut total = 0.0;
        let mut slopes = vec![0.0; theta.len()];
        for (range, penalty) in &self.priors {
            if penalty.family.kinked() && !kinks {
                // Its smooth part: the constant, and the mean of the two slopes.
                let (below, above) = penalty.slopes();
                let (norm, _, _) = penalty.derivatives(penalty.at[0]);
                for j in range.clone() {
                    total += norm + 0.5 * (below + above) * (theta[j] - penalty.at[0]);
                    slopes[j] += 0.5 * (below + above);
                }
            } else {
                total += penalty.value_and_gradient(&theta[range.clone()], &mut slopes[range.clone()]);
            }
        }
        for (k, penalty) in self.assumption.learned.iter().enumerate() {
            let (j, at) = (self.parameter(k), self.network.layout.learned.start + k);
            let value = self.assumption.bound.family.domain(j).link(Dual::<f64, 1>::var(theta[at], 0));
            let (nlp, slope, _) = penalty.derivatives(value.value);
            total += nlp;
            slopes[at] += slope * value.slope[0];
        }
        gradient.iter_mut().zip(slopes).for_each(|(g, s)| *g += share * s);
        total
    }

    /// The place of learned number `k` in the family's list.
    pub fn parameter(&self, k: usize) -> usize {
        let slots = &self.assumption.bound.slots;
        slots.iter().position(|slot| *slot == Slot::Learned(k)).expect("every learned number is a parameter")
    }

    /// |θ − centre| terms of kinked priors, for a solver that knows them.
    pub fn l1(&self) -> Option<L1> {
        let mut l1 = L1 { weight: vec![0.0; self.layout().len()], centre: vec![0.0; self.layout().len()] };
        for (range, penalty) in self.priors.iter().filter(|(_, penalty)| penalty.family.kinked()) {
            let (below, above) = penalty.slopes();
            for j in range.clone() {
                l1.weight[j] = 0.5 * (above - below);
                l1.centre[j] = penalty.at[0];
            }
        }
        l1.weight.iter().any(|w| *w > 0.0).then_some(l1)
    }

    /// η of the rows of this objective.
    pub fn eta(&self, theta: &[f64]) -> Result<Vec<f64>, TrainError> {
        self.network.predict(theta, &self.inputs)
    }

    /// √(Σ wᵢ (yᵢ − ηᵢ)² / Σ wᵢ): the scale that squared error leaves to be plugged in.
    pub fn plug_in(&self, theta: &[f64]) -> Result<f64, TrainError> {
        let eta = self.eta(theta)?;
        let mut sum = Sum::new();
        for i in 0..self.rows.len() {
            let offset = self.targets.offset.as_ref().map_or(0.0, |o| o[i]);
            let r = self.targets.y[i] - eta[i] - offset;
            sum.add(self.targets.weight.as_ref().map_or(1.0, |w| w[i]) * r * r);
        }
        Ok((sum.total() / self.weight).sqrt())
    }

    /// Σ −ln p with the plugged-in scale known: what `mse` reports as its objective.
    pub fn plugged_parts(&self, theta: &[f64], scale: f64) -> Result<Parts, TrainError> {
        if scale == 0.0 {
            return Ok(Parts { nll: f64::NEG_INFINITY, neg_log_prior: 0.0 });
        }
        let bound = self.assumption.plugged(scale).bound;
        let kernel = kernel(&bound);
        let targets = kernel.targets(self.targets.y.clone(), self.targets.weight.clone(), self.targets.offset.clone());
        let eta = self.eta(theta)?;
        let (mut g, mut l) = (vec![0.0; eta.len()], vec![]);
        let nll = kernel.value_and_gradient(&eta, &[], &targets, Rows::All, &mut g, &mut l);
        Ok(Parts { nll: nll + self.weight * self.jacobian(), neg_log_prior: 0.0 })
    }
}
