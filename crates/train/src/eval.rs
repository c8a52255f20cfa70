//! The objective at given parameters, without training.

use crate::TrainError;
use crate::fit::{Job, divide};
use crate::objective::{Objective, Parts};
use std::collections::BTreeMap;
use surprisal_density::Domain;

/// Parameter values by name, in the network's coordinates; learned ones by their values.
pub type At = BTreeMap<String, f64>;

/// The three terms of the objective of a run at given parameters.
///
/// Every parameter must be given, but the plugged-in scale of `mse`, which is √(RSS/N) unless given.
pub fn evaluate(job: Job, at: &At) -> Result<Parts, TrainError> {
    let objective = Objective::new(job.run, job.table, &divide(job.run, job.table, &job.split.train)?.train)?;
    let layout = objective.layout();
    let names = layout.names();
    let bound = &objective.assumption.bound;
    let plug_in = objective.assumption.plug_in.map(|j| bound.family.parameters()[j].name);
    for name in at.keys() {
        if !names.contains(name) && Some(name.as_str()) != plug_in {
            let near = nearest(name, &names).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(TrainError::Invalid(format!("the model has no parameter `{name}`{near}")));
        }
    }
    let missing: Vec<&str> = names.iter().filter(|name| !at.contains_key(*name)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(TrainError::Invalid(format!("no value is given for {}", missing.join(", "))));
    }
    let mut theta: Vec<f64> = names.iter().map(|name| at[name]).collect();
    for (k, j) in layout.learned.clone().enumerate() {
        let parameter = bound.family.parameters()[objective.parameter(k)];
        let u = parameter.domain.unlink(theta[j]);
        if !u.is_finite() {
            let (name, x) = (parameter.name, theta[j]);
            let expected = match parameter.domain {
                Domain::Above(bound) => format!("a number greater than {bound}"),
                domain => domain.expected(),
            };
            return Err(TrainError::Invalid(format!("`{name}` must be {expected} where it is learned, found {x}")));
        }
        theta[j] = u;
    }
    if let Some(name) = plug_in {
        let scale = match at.get(name) {
            Some(scale) if *scale > 0.0 && scale.is_finite() => *scale,
            Some(scale) => {
                return Err(TrainError::Invalid(format!("`{name}` must be a number greater than 0, found {scale}")));
            }
            None => objective.plug_in(&theta)?,
        };
        return objective.plugged_parts(&theta, scale);
    }
    objective.parts(&theta)
}

/// The known name that a word was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    surprisal_spec::yaml::nearest(word, known.iter().map(String::as_str))
}
