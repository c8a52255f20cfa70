//! What a run assumes, in the network's coordinates.

use crate::TrainError;
use surprisal_data::Scale;
use surprisal_density::{AnyFamily, Binding, Density, Likelihood, Prior, Strength, Support};
use surprisal_kernel::{Bound, Penalty, Slot};

use crate::layout::{Layout, Tensor};

/// A likelihood in the network's coordinates, and the priors of what it learns.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// The likelihood; a plugged-in scale is 1 until it is known.
    pub bound: Bound,
    /// The parameter that is plugged in afterwards: `mse`.
    pub plug_in: Option<usize>,
    /// One for each learned number: over its value, not over the number behind it.
    pub learned: Vec<Penalty>,
}

fn penalty(density: &Density) -> Penalty {
    Penalty { family: density.family, at: density.at.clone() }
}

impl Assumption {
    /// Whether a head predicts the location, and is the first: most often so.
    pub fn predicts_location(&self) -> bool {
        self.bound.slots.first() == Some(&Slot::Predicted(0))
    }
    /// Scales in original units are divided by the target's standard deviation.
    pub fn new(likelihood: &Likelihood, scale: &Scale) -> Assumption {
        let family = likelihood.family;
        if matches!(family, AnyFamily::Categorical(_)) {
            return Assumption { bound: Bound::predicted(family), plug_in: None, learned: vec![] };
        }
        let (mut slots, mut learned, mut heads, mut plug_in) = (Vec::new(), Vec::new(), 0, None);
        for (j, (parameter, binding)) in family.parameters().iter().zip(&likelihood.bindings).enumerate() {
            let real = family.support() == Support::Real;
            slots.push(match binding {
                Binding::Fixed(x) if real && parameter.location => Slot::Fixed((x - scale.y_mean) / scale.y_sd),
                Binding::Fixed(x) if real && parameter.name == "scale" => Slot::Fixed(x / scale.y_sd),
                Binding::Fixed(x) => Slot::Fixed(*x),
                Binding::Standardised(x) => Slot::Fixed(*x),
                Binding::PlugIn => {
                    plug_in = Some(j);
                    Slot::Fixed(1.0)
                }
                Binding::Learned(prior) => {
                    learned.push(prior.as_ref().map_or_else(|| penalty(&Density::flat()), |it| penalty(it)));
                    Slot::Learned(learned.len() - 1)
                }
                Binding::Predicted => {
                    heads += 1;
                    Slot::Predicted(heads - 1)
                }
            });
        }
        Assumption { bound: Bound { family, slots }, plug_in, learned }
    }
    /// The same with the plugged-in parameter known.
    pub fn plugged(&self, x: f64) -> Assumption {
        let mut it = self.clone();
        if let Some(j) = it.plug_in {
            it.bound.slots[j] = Slot::Fixed(x);
        }
        it
    }
}

/// The prior of each stretch of the parameter vector; what is not listed is flat.
pub fn weight_priors(prior: &Prior, layout: &Layout) -> Result<Vec<(std::ops::Range<usize>, Penalty)>, TrainError> {
    let names = layout.names();
    let last = layout.layers.len() - 1;
    let mut out = Vec::new();
    for (l, layer) in layout.layers.iter().enumerate() {
        if let Some(w) = &layer.weight {
            out.extend(tensor_prior(prior, w, w.inputs, layout, &names)?);
        }
        if let Some(b) = &layer.bias {
            let own =
                if l == last { prior.bias.as_ref().map(penalty) } else { prior.hidden_bias.as_ref().map(penalty) };
            match own {
                Some(own) => out.push((b.range(), own)),
                // A hidden bias shares the weights' prior; an output bias is flat.
                None if l < last => {
                    let inputs = layer.weight.as_ref().map_or(1, |w| w.inputs);
                    out.extend(tensor_prior(prior, b, inputs, layout, &names)?);
                }
                None => {}
            }
        }
    }
    out.retain(|(_, penalty)| !penalty.is_flat());
    Ok(out)
}

fn tensor_prior(
    prior: &Prior,
    tensor: &Tensor,
    fan_in: usize,
    layout: &Layout,
    names: &[String],
) -> Result<Vec<(std::ops::Range<usize>, Penalty)>, TrainError> {
    let by_name = prior.at.iter().any(|strength| matches!(strength, Strength::ByName(_)));
    for strength in &prior.at {
        if let Strength::ByName(map) = strength
            && let Some(unknown) = map.keys().find(|key| !names.contains(key) || key.ends_with("bias"))
        {
            let near =
                crate::eval::nearest(unknown, names).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            return Err(TrainError::Invalid(format!(
                "`by_name` names `{unknown}`, and the weights' prior is not about that{near}"
            )));
        }
    }
    let at = |index: usize| -> Result<Vec<f64>, TrainError> {
        let value = |(parameter, strength): (&surprisal_density::Parameter, &Strength)| match strength {
            Strength::Same(x) => Ok(*x),
            Strength::FanIn(x) => Ok(x / (fan_in as f64).sqrt()),
            Strength::PerLayer(xs) => {
                xs.get(tensor.layer).copied().filter(|_| xs.len() == layout.layers.len()).ok_or_else(|| {
                    let (found, layers) = (xs.len(), layout.layers.len());
                    TrainError::Invalid(format!(
                        "`per_layer` of `{}` has {found} numbers, and the model {layers} layers",
                        parameter.name
                    ))
                })
            }
            // A location that is not named is 0; a scale that is not named would be a number nobody gave.
            Strength::ByName(map) => match map.get(&names[index]) {
                Some(x) => Ok(*x),
                None if parameter.location => Ok(0.0),
                None => Err(TrainError::Invalid(format!(
                    "`by_name` of `{}` has no number for `{}`",
                    parameter.name, names[index]
                ))),
            },
        };
        prior.family.parameters().iter().zip(&prior.at).map(value).collect()
    };
    let one = |index: usize| -> Result<Penalty, TrainError> { Ok(Penalty { family: prior.family, at: at(index)? }) };
    if by_name {
        tensor.range().map(|index| Ok((index..index + 1, one(index)?))).collect()
    } else {
        Ok(vec![(tensor.range(), one(tensor.start)?)])
    }
}
