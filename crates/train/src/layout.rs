//! The parameter vector: where each weight, bias and learned number stands, and what it is called.

use surprisal_density::{Purpose, Stream};
use surprisal_kernel::Bound;
use surprisal_spec::{Activation, Model};

/// Weights or biases of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Where it begins in the parameter vector; row-major, inputs × outputs.
    pub start: usize,
    /// Inputs; 0 for a bias.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// The layer, from 0.
    pub layer: usize,
}

impl Tensor {
    /// How many numbers.
    pub fn len(&self) -> usize {
        self.inputs.max(1) * self.outputs
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Its place in the parameter vector.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.len()
    }
}

/// One layer: weights unless it has no inputs, biases unless it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// W.
    pub weight: Option<Tensor>,
    /// b.
    pub bias: Option<Tensor>,
}

/// The parameter vector of a run: layers in order, then the learned numbers (unconstrained).
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// First layer first; the last gives η.
    pub layers: Vec<Layer>,
    /// Between the layers.
    pub activation: Activation,
    /// Where the learned numbers begin.
    pub learned: std::ops::Range<usize>,
    /// Names of the heads, one per column of η.
    pub heads: Vec<String>,
    /// Names of the features.
    pub features: Vec<String>,
    /// Names of the learned numbers.
    pub learned_names: Vec<String>,
}

/// What a class without a label is called: its number, unless that is the label of another.
fn unnamed(k: usize, labels: &[String]) -> String {
    let number = k.to_string();
    if labels.contains(&number) { format!("class_{k}") } else { number }
}

impl Layout {
    /// For a model over these features, with one output per head of the bound likelihood.
    ///
    /// Head 0 is called `location`, the others by their parameter; the heads of classes `logit.<label>`.
    pub fn new(model: &Model, features: &[String], bound: &Bound, labels: &[String]) -> Layout {
        let parameters = bound.family.parameters();
        let classes = matches!(bound.family, surprisal_density::AnyFamily::Categorical(_));
        let heads = if classes {
            let reference = match bound.family {
                surprisal_density::AnyFamily::Categorical(it) => it.reference,
                _ => None,
            };
            let classes = bound.heads() + usize::from(reference.is_some());
            let named = (0..classes).filter(|k| Some(*k) != reference);
            named.map(|k| format!("logit.{}", labels.get(k).cloned().unwrap_or_else(|| unnamed(k, labels)))).collect()
        } else {
            let predicted =
                bound.slots.iter().enumerate().filter(|(_, slot)| matches!(slot, surprisal_kernel::Slot::Predicted(_)));
            predicted
                .map(|(j, _)| if j == 0 { "location".to_string() } else { parameters[j].name.to_string() })
                .collect::<Vec<_>>()
        };
        let learned_names: Vec<String> =
            bound.learned_parameters().iter().map(|&j| parameters[j].name.to_string()).collect();
        let (widths, bias, activation) = match model {
            Model::Constant(_) => (vec![0, heads.len()], true, Activation::Relu),
            Model::Linear(it) => (vec![features.len(), heads.len()], it.bias, Activation::Relu),
            Model::Mlp(it) => {
                let hidden = it.widths.iter().map(|width| width.0);
                (std::iter::once(features.len()).chain(hidden).chain([heads.len()]).collect(), true, it.activation)
            }
        };
        let (mut layers, mut start) = (Vec::new(), 0);
        for (layer, pair) in widths.windows(2).enumerate() {
            let mut tensor = |inputs: usize| {
                let tensor = Tensor { start, inputs, outputs: pair[1], layer };
                start += tensor.len();
                tensor
            };
            let weight = (pair[0] > 0).then(|| tensor(pair[0]));
            let bias = bias.then(|| tensor(0));
            layers.push(Layer { weight, bias });
        }
        let learned = start..start + bound.learned();
        let features = if matches!(model, Model::Constant(_)) { vec![] } else { features.to_vec() };
        Layout { layers, activation, learned, heads, features, learned_names }
    }

    /// Length of the parameter vector.
    pub fn len(&self) -> usize {
        self.learned.end
    }
    /// Whether nothing is trained.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Whether η is linear in the parameters.
    pub fn is_linear(&self) -> bool {
        self.layers.len() == 1
    }
    /// The name of every parameter, in order: `w.<feature>`, `bias`, with the head before it where there are several;
    /// `layer0.w.<in>.<out>` in deeper models.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![String::new(); self.len()];
        let last = self.layers.len() - 1;
        let several = self.heads.len() > 1 || self.heads.iter().any(|head| head.starts_with("logit."));
        for (l, layer) in self.layers.iter().enumerate() {
            let prefix = if last > 0 { format!("layer{l}.") } else { String::new() };
            let output = |o: usize| if l == last { self.heads[o].clone() } else { o.to_string() };
            if let Some(w) = &layer.weight {
                for i in 0..w.inputs {
                    let input = if l == 0 { self.features[i].clone() } else { i.to_string() };
                    for o in 0..w.outputs {
                        names[w.start + i * w.outputs + o] = match (l == last, several) {
                            (true, false) => format!("{prefix}w.{input}"),
                            (true, true) => format!("{prefix}{}.w.{input}", output(o)),
                            (false, _) => format!("{prefix}w.{input}.{}", output(o)),
                        };
                    }
                }
            }
            if let Some(b) = &layer.bias {
                for o in 0..b.outputs {
                    names[b.start + o] = match (l == last, several) {
                        (true, false) => format!("{prefix}bias"),
                        (true, true) => format!("{prefix}{}.bias", output(o)),
                        (false, _) => format!("{prefix}bias.{o}"),
                    };
                }
            }
        }
        for (name, at) in self.learned_names.iter().zip(self.learned.clone()) {
            names[at].clone_from(name);
        }
        names
    }

    /// Weights and biases as tensors: `w` `[inputs, outputs]` and `bias` `[outputs]`, `layer0.w` … in deeper models;
    /// name, shape, place in the parameter vector.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>, std::ops::Range<usize>)> {
        let mut tensors = Vec::new();
        for (l, layer) in self.layers.iter().enumerate() {
            let prefix = if self.is_linear() { String::new() } else { format!("layer{l}.") };
            tensors.extend(layer.weight.iter().map(|w| (format!("{prefix}w"), vec![w.inputs, w.outputs], w.range())));
            tensors.extend(layer.bias.iter().map(|b| (format!("{prefix}bias"), vec![b.outputs], b.range())));
        }
        tensors
    }

    /// Initial weights and biases; learned numbers are left at 0.
    ///
    /// Linear models start at 0. In deeper ones weights are normal with variance 2/inputs (relu; He et al. 2015) or
    /// 1/inputs, biases 0, and output heads other than the location start at 0. Each tensor draws from a stream of its
    /// own name, so that a further head shifts nothing.
    pub fn start(&self, seed: u64, unit: usize) -> Vec<f64> {
        let mut theta = vec![0.0; self.len()];
        if self.is_linear() {
            return theta;
        }
        let last = self.layers.len() - 1;
        for (l, layer) in self.layers.iter().enumerate() {
            let Some(w) = &layer.weight else { continue };
            let gain = if l < last && self.activation == Activation::Relu { 2.0 } else { 1.0 };
            let sd = (gain / w.inputs as f64).sqrt();
            for o in 0..w.outputs {
                let name = if l < last { format!("layer{l}.{o}") } else { self.heads[o].clone() };
                if l == last && o > 0 && !name.starts_with("logit.") {
                    continue;
                }
                let mut stream = Stream::new(Purpose::Init, &[seed, unit as u64, Stream::text_key(&name)]);
                for i in 0..w.inputs {
                    theta[w.start + i * w.outputs + o] = sd * stream.normal();
                }
            }
        }
        theta
    }
}
