//! A model that is put into a lane, and the rows that it is trained on.

use std::ops::Range;
use std::sync::Arc;
use surprisal_kernel::program::Program;
use surprisal_kernel::{Bound, Element, Penalty};

/// Rows in the precision of the lanes.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// Features, row by row; models on the same rows share them.
    pub x: Arc<Vec<T>>,
    /// Targets.
    pub y: Vec<T>,
    /// Weight of each row; 1 if none.
    pub weight: Option<Vec<f64>>,
    /// Added to the location; 0 if none.
    pub offset: Option<Vec<T>>,
    /// Functions of the target that the likelihood's rows look at, in double.
    pub(crate) columns: Vec<Vec<f64>>,
    /// Of each row, its weight times what depends on the data alone; none if that is the same in each.
    pub(crate) constant: Option<Vec<f64>>,
    /// What that is.
    pub(crate) each: f64,
}

impl<T: Element> Rows<T> {
    /// Rows for a bound likelihood. `shift` is added to the loss of each row: ln of the target's unit.
    ///
    /// # Panics
    /// If the columns differ in length.
    pub fn new(
        bound: &Bound,
        x: Arc<Vec<T>>,
        y: &[f64],
        weight: Option<Vec<f64>>,
        offset: Option<&[f64]>,
        shift: f64,
    ) -> Rows<T> {
        assert!(weight.as_ref().is_none_or(|it| it.len() == y.len()), "a weight for each row");
        assert!(offset.is_none_or(|it| it.len() == y.len()), "an offset for each row");
        let (program, given) = (Program::likelihood(bound), bound.given());
        let mut columns = vec![Vec::with_capacity(y.len()); program.columns()];
        let mut constant = Vec::new();
        let needed = program.has_base() || weight.is_some();
        for (i, &y) in y.iter().enumerate() {
            let (values, base) = program.data(&given, y);
            columns.iter_mut().zip(values).for_each(|(column, x)| column.push(x));
            if needed {
                constant.push(weight.as_ref().map_or(1.0, |w| w[i]) * (base + shift));
            }
        }
        let of = |xs: &[f64]| xs.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        Rows { x, y: of(y), weight, offset: offset.map(of), columns, constant: needed.then_some(constant), each: shift }
    }
    /// The same in another precision, with features in it.
    pub fn to<U: Element>(self, x: Arc<Vec<U>>) -> Rows<U> {
        let of = |xs: Vec<T>| xs.iter().map(|x| U::of(x.to_f64())).collect::<Vec<U>>();
        Rows {
            x,
            y: of(self.y),
            weight: self.weight,
            offset: self.offset.map(of),
            columns: self.columns,
            constant: self.constant,
            each: self.each,
        }
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.y.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }
}

/// How gradients become steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// v ← m v + g, θ ← θ − lr v.
    Sgd {
        /// Step size.
        lr: f64,
        /// m.
        momentum: f64,
        /// v, one for each number.
        velocity: Vec<f64>,
    },
    /// Adam; with a decay, AdamW.
    Adam {
        /// Step size.
        lr: f64,
        /// Decay of the mean gradient.
        beta1: f64,
        /// Decay of the mean squared gradient.
        beta2: f64,
        /// Added to the root.
        eps: f64,
        /// θ ← θ − lr · decay · θ beside the step, for weights.
        decay: f64,
        /// Mean gradient of each number.
        mean: Vec<f64>,
        /// Mean squared gradient.
        square: Vec<f64>,
        /// β₁ᵗ and β₂ᵗ.
        power: [f64; 2],
    },
}

/// A model for a lane.
#[derive(Clone, Debug)]
pub struct Model<T> {
    /// What it is trained on.
    pub rows: Arc<Rows<T>>,
    /// The likelihood; its heads and learned numbers are those of the shape.
    pub bound: Bound,
    /// Priors of weights and biases by their places in the parameter vector: whole tensors, or single numbers.
    pub priors: Vec<(Range<usize>, Penalty)>,
    /// One for each learned number: over its value, not over the number behind it.
    pub learned: Vec<Penalty>,
    /// Gradients are those of the objective over this: the rows of a full batch.
    pub size: usize,
    /// Steps.
    pub rule: Rule,
    /// The parameter vector: layers in order (weights row-major, inputs × outputs, then biases), then learned numbers.
    pub theta: Vec<f64>,
}
