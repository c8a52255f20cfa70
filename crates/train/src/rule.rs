//! Rules that turn gradients into steps: sgd, adam and adamw.

use crate::layout::Layout;
use surprisal_spec::Optimiser;

/// One rule that turns gradients into steps.
pub enum Rule {
    Sgd {
        lr: f64,
        momentum: f64,
        velocity: Vec<f64>,
    },
    Adam {
        lr: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        /// Of weights; biases and learned numbers do not decay.
        decay: Vec<f64>,
        mean: Vec<f64>,
        square: Vec<f64>,
        /// β₁ᵗ and β₂ᵗ.
        power: [f64; 2],
    },
}

impl Rule {
    /// The rule of an optimiser, its epochs and its batch; none for L-BFGS.
    pub fn new(optimiser: &Optimiser, layout: &Layout) -> Option<(Rule, usize, usize)> {
        let zero = vec![0.0; layout.len()];
        let adam = |lr: f64, beta1: f64, beta2: f64, eps: f64, decay: Vec<f64>| Rule::Adam {
            lr,
            beta1,
            beta2,
            eps,
            decay,
            mean: zero.clone(),
            square: zero.clone(),
            power: [1.0; 2],
        };
        match optimiser {
            Optimiser::Lbfgs(_) => None,
            Optimiser::Sgd(it) => Some((
                Rule::Sgd { lr: it.lr.0, momentum: it.momentum.0, velocity: zero },
                it.epochs.get(),
                it.batch.get(),
            )),
            Optimiser::Adam(it) => {
                Some((adam(it.lr.0, it.beta1.0, it.beta2.0, it.eps.0, zero.clone()), it.epochs.get(), it.batch.get()))
            }
            Optimiser::Adamw(it) => {
                let mut decay = zero.clone();
                for weight in layout.layers.iter().filter_map(|layer| layer.weight.as_ref()) {
                    decay[weight.range()].fill(it.weight_decay.0);
                }
                Some((adam(it.lr.0, it.beta1.0, it.beta2.0, it.eps.0, decay), it.epochs.get(), it.batch.get()))
            }
        }
    }
    /// One step against a gradient.
    pub fn step(&mut self, theta: &mut [f64], gradient: &[f64]) {
        match self {
            Rule::Sgd { lr, momentum, velocity } => {
                for ((theta, g), v) in theta.iter_mut().zip(gradient).zip(velocity) {
                    *v = *momentum * *v + g;
                    *theta -= *lr * *v;
                }
            }
            Rule::Adam { lr, beta1, beta2, eps, decay, mean, square, power } => {
                // β^t by repeated products: no power function whose bits belong to a platform.
                power[0] *= *beta1;
                power[1] *= *beta2;
                let (c1, c2) = (1.0 - power[0], 1.0 - power[1]);
                for ((((theta, g), m), v), decay) in theta.iter_mut().zip(gradient).zip(mean).zip(square).zip(decay) {
                    *m = *beta1 * *m + (1.0 - *beta1) * g;
                    *v = *beta2 * *v + (1.0 - *beta2) * g * g;
                    *theta -= *lr * *decay * *theta;
                    *theta -= *lr * (*m / c1) / ((*v / c2).sqrt() + *eps);
                }
            }
        }
    }
    /// What it carries from step to step, by name.
    pub fn parts(&self) -> Vec<(&'static str, &[f64])> {
        match self {
            Rule::Sgd { velocity, .. } => vec![("velocity", velocity)],
            Rule::Adam { mean, square, power, .. } => vec![("mean", mean), ("square", square), ("power", power)],
        }
    }
    /// The same, to be put back.
    pub fn parts_mut(&mut self) -> Vec<(&'static str, &mut [f64])> {
        match self {
            Rule::Sgd { velocity, .. } => vec![("velocity", velocity)],
            Rule::Adam { mean, square, power, .. } => vec![("mean", mean), ("square", square), ("power", power)],
        }
    }
}
