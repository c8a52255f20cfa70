//! What models of one cohort have in common, and where each of their numbers stands.

use std::ops::Range;
use surprisal_spec::Activation;

/// Outputs whose weights stand side by side: as many as a tile of the products has.
pub(crate) const PANEL: usize = 3;

/// Networks that can lie in the lanes of one cohort.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Columns of the design matrix; 0 for a constant model.
    pub inputs: usize,
    /// Units of the hidden layers.
    pub hidden: Vec<usize>,
    /// Columns of η.
    pub heads: usize,
    /// Whether the layers have biases.
    pub bias: bool,
    /// Between the layers.
    pub activation: Activation,
    /// Learned numbers of the likelihood.
    pub learned: usize,
    /// Rows of a step, at most.
    pub batch: usize,
    /// Which rule makes steps of gradients.
    pub rule: Kind,
}

/// Rules that differ in what they carry from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Heavy ball: a velocity.
    Sgd,
    /// Adam, with or without decoupled decay: means of gradients and of their squares.
    Adam,
}

/// A layer, its numbers by cells: one number of every lane.
#[derive(Clone, Debug)]
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    /// Weights, panel by panel of outputs: `[outputs / PANEL][inputs][PANEL]`, the last panel narrower.
    pub weight: Range<usize>,
    pub bias: Option<Range<usize>>,
}

impl Dense {
    /// Outputs of panel `p`, and where its cells begin.
    #[inline(always)]
    pub fn panel(&self, p: usize) -> (usize, usize) {
        ((self.outputs - p * PANEL).min(PANEL), self.weight.start + p * PANEL * self.inputs)
    }
    pub fn panels(&self) -> usize {
        self.outputs.div_ceil(PANEL)
    }
}

impl Shape {
    pub(crate) fn layers(&self) -> Vec<Dense> {
        let widths: Vec<usize> =
            [self.inputs].into_iter().chain(self.hidden.iter().copied()).chain([self.heads]).collect();
        let mut start = 0;
        let mut take = |n: usize| {
            start += n;
            start - n..start
        };
        let layer = |pair: &[usize]| {
            let weight = take(pair[0] * pair[1]);
            let bias = self.bias.then(|| take(pair[1]));
            Dense { inputs: pair[0], outputs: pair[1], weight, bias }
        };
        widths.windows(2).map(layer).collect()
    }
    /// Numbers of a model: weights and biases of the layers in order, then the learned numbers.
    pub fn len(&self) -> usize {
        self.layers().iter().map(|it| it.weight.len() + it.bias.as_ref().map_or(0, Range::len)).sum::<usize>()
            + self.learned
    }
    /// Whether nothing is trained.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The cell of each number of a parameter vector, whose weights are row-major, inputs × outputs.
    pub(crate) fn places(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.len()).collect();
        for it in self.layers() {
            for (i, o) in (0..it.inputs).flat_map(|i| (0..it.outputs).map(move |o| (i, o))) {
                let (width, start) = it.panel(o / PANEL);
                places[it.weight.start + i * it.outputs + o] = start + i * width + o % PANEL;
            }
        }
        places
    }
}
