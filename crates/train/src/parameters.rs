//! Parameters by name: in the network's coordinates, and in original units.

use crate::fit::Fitted;
use crate::objective::Objective;
use std::collections::BTreeMap;
use surprisal_density::Support;
use surprisal_spec::Number;

/// Parameters by name: weights as they are, learned and plugged-in ones by their values.
pub fn named(fitted: &Fitted) -> BTreeMap<String, Number> {
    let mut named = named_at(&fitted.objective, &fitted.solution.theta);
    if let (Some(scale), Some(j)) = (fitted.plug_in, fitted.objective.assumption.plug_in) {
        named.insert(fitted.objective.assumption.bound.family.parameters()[j].name.to_string(), Number(scale));
    }
    named
}

/// The parameters of a parameter vector by name, learned ones by their values.
pub fn named_at(objective: &Objective, theta: &[f64]) -> BTreeMap<String, Number> {
    let (layout, bound) = (objective.layout(), &objective.assumption.bound);
    let mut values = theta.to_vec();
    for (k, at) in layout.learned.clone().enumerate() {
        values[at] = bound.family.domain(objective.parameter(k)).link(values[at]);
    }
    layout.names().into_iter().zip(values.into_iter().map(Number)).collect()
}

/// The same model in original units: y = sd_y η + mean_y for a location, ln sd_y more for the log of a scale.
pub fn original(fitted: &Fitted) -> BTreeMap<String, Number> {
    let (layout, scale) = (fitted.objective.layout(), &fitted.objective.scale);
    let bound = &fitted.objective.assumption.bound;
    let mut theta = fitted.solution.theta.clone();
    let (heads, real) = (layout.heads.len(), bound.family.support() == Support::Real);
    let (factor, log_factor) = (scale.y_sd, libm::log(scale.y_sd));
    let mut intercepts = BTreeMap::new();
    for o in 0..heads {
        let is_scale = layout.heads[o] == "scale";
        let is_location = layout.heads[o] == "location";
        let factor = if real && is_location { factor } else { 1.0 };
        let mut shift = match (real, is_location) {
            (true, true) => scale.y_mean,
            (true, _) if is_scale => log_factor,
            _ => 0.0,
        };
        if let Some(w) = &layout.layers[0].weight {
            for i in 0..w.inputs {
                let at = w.start + i * heads + o;
                theta[at] *= if scale.x_sd[i] == 0.0 { 0.0 } else { factor / scale.x_sd[i] };
                shift -= theta[at] * scale.x_mean[i];
            }
        }
        if let Some(b) = &layout.layers[0].bias {
            theta[b.start + o] = theta[b.start + o] * factor + shift;
        } else if shift != 0.0 {
            // A line through the means has an intercept in original units.
            let several = heads > 1 || layout.heads[o].starts_with("logit.");
            let name = if several { format!("{}.bias", layout.heads[o]) } else { "bias".into() };
            intercepts.insert(name, Number(shift));
        }
    }
    let mut moved: BTreeMap<String, Number> =
        layout.names().into_iter().zip(theta.iter().copied().map(Number)).collect();
    moved.append(&mut intercepts);
    for (name, value) in named(fitted) {
        if layout.learned_names.contains(&name) || (name == "scale" && fitted.plug_in.is_some()) {
            let in_units = match name.as_str() {
                "location" if real => value.0 * scale.y_sd + scale.y_mean,
                "scale" if real => value.0 * scale.y_sd,
                _ => value.0,
            };
            moved.insert(name, Number(in_units));
        }
    }
    moved
}
