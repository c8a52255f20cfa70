//! One run: from its rows to its outcome.

use crate::first_order::{Curve, Watch, descend};
use crate::objective::{Objective, Parts};
use crate::solve::{Solution, solve};
use crate::{TrainError, score, select, status};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use surprisal_data::{InnerRule, Note, Split, Table, inner_split};
use surprisal_density::{AnyFamily, AnyScore, Binding, Likelihood, Prior, Support};
use surprisal_spec::{Constant, Fit, Model, Number, Optimiser, Outcome, Run, Scores, Status};

/// A run and its rows.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// What is trained.
    pub run: &'a Run,
    /// All rows.
    pub table: &'a Table,
    /// Which of them train, and which test.
    pub split: &'a Split,
}

/// What a run leaves beside its record.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// The learning curve of first-order optimisers.
    pub curve: Curve,
    /// Test rows, as indices into the table.
    pub rows: Vec<usize>,
    /// Their targets.
    pub y: Vec<f64>,
    /// The family of the predictions.
    pub family: Option<AnyFamily>,
    /// Its parameter values for each test row, in original units.
    pub at: Vec<Vec<f64>>,
}

/// Scores of constant models, which many runs share.
#[derive(Default)]
pub struct Constants(Mutex<HashMap<String, Scores>>);

/// A trained model.
pub struct Fitted {
    /// Its objective: rows, scale and assumption.
    pub objective: Objective,
    /// Where the search ended.
    pub solution: Solution,
    /// Parts there; for `mse` at the plugged-in scale.
    pub parts: Parts,
    /// The plugged-in scale, in the network's coordinates.
    pub plug_in: Option<f64>,
    /// The learning curve.
    pub curve: Curve,
}

/// Parameters of linear models are written into the record up to this many.
const INLINE: usize = 256;

/// Trains one run (its selection first, if it has one) and scores it.
pub fn fit_one(job: Job, constants: &Constants, stop: &dyn Fn() -> bool) -> Result<(Outcome, Side), TrainError> {
    let (run, selected) = select::choose(job, stop)?;
    let rows = selected.as_ref().and_then(|chosen| chosen.rows.as_deref()).unwrap_or(&job.split.train);
    let fitted = train(&run, job.table, rows, stop)?;
    let test = &job.split.test;
    let Predicted { family, at, y } = fitted.predict(job.table, test)?;
    let outcome = Outcome {
        fit: Some(fit(&fitted, selected.map(|chosen| chosen.selected))),
        scores: score::scores(family, &at, &y),
        constant: constants.scores(&run, job, stop)?,
        truth: score::truth(job.table, test),
        test_rows: test.len(),
        notes: notes(&run, job.table, &fitted.objective),
        failure: None,
    };
    Ok((outcome, Side { curve: fitted.curve, rows: test.clone(), y, family: Some(family), at }))
}

/// Trains a run without a selection on these rows.
pub fn train(run: &Run, table: &Table, rows: &[usize], stop: &dyn Fn() -> bool) -> Result<Fitted, TrainError> {
    let divided = divide(run, table, rows)?;
    let objective = Objective::new(run, table, &divided.train)?;
    let (solution, curve) = match (&run.optimiser, &run.early_stopping) {
        (Optimiser::Lbfgs(how), _) => (solve(&objective, run, how, stop)?, Curve::new()),
        (_, Some(stopping)) => {
            let own = if objective.assumption.plug_in.is_some() { "rmse" } else { "nll" };
            let name = stopping.score.as_ref().map_or(own, |score| score.0.as_str());
            let which = AnyScore::named(name).ok_or_else(|| TrainError::Invalid(format!("no score `{name}`")))?;
            let watched = |theta: &[f64]| {
                let scale = objective.assumption.plug_in.map(|_| objective.plug_in(theta)).transpose()?;
                let Predicted { family, at, y } = predict(&objective, scale, theta, table, &divided.test)?;
                let value = score::score(which, family, &at, &y).map(|value| select::lower_is_better(which, value));
                // What is no number is no improvement.
                Ok(value.filter(|value| !value.is_nan()).unwrap_or(f64::INFINITY))
            };
            descend(&objective, run, Some(&Watch { score: &watched, patience: stopping.patience.get() }), stop)?
        }
        _ => descend(&objective, run, None, stop)?,
    };
    finish(objective, solution, curve)
}

/// Train rows that give gradients, and those that early stopping holds out (none without it).
pub fn divide(run: &Run, table: &Table, rows: &[usize]) -> Result<Split, TrainError> {
    let Some(stopping) = &run.early_stopping else { return Ok(Split { train: rows.to_vec(), test: vec![] }) };
    let splits = inner_split(table, rows, InnerRule::Share(stopping.share.0), run.data.unit);
    splits
        .into_iter()
        .next()
        .ok_or_else(|| TrainError::Invalid("too few train rows to hold any out for early stopping".into()))
}

/// What a model says about rows, and what happened there.
pub struct Predicted {
    /// The family.
    pub family: AnyFamily,
    /// Its parameter values for each row, in original units.
    pub at: Vec<Vec<f64>>,
    /// The targets.
    pub y: Vec<f64>,
}

fn predict(
    objective: &Objective,
    plug_in: Option<f64>,
    theta: &[f64],
    table: &Table,
    rows: &[usize],
) -> Result<Predicted, TrainError> {
    let assumption = plug_in.map_or_else(|| objective.assumption.clone(), |s| objective.assumption.plugged(s));
    let at = score::predictive(objective, &assumption, theta, table, rows)?;
    Ok(Predicted { family: assumption.bound.family, at, y: rows.iter().map(|&i| table.y[i]).collect() })
}

impl Fitted {
    /// Predictions for rows of the table.
    pub fn predict(&self, table: &Table, rows: &[usize]) -> Result<Predicted, TrainError> {
        predict(&self.objective, self.plug_in, &self.solution.theta, table, rows)
    }
}

/// Takes the parts of the objective where the search ended; `mse` gets its scale.
fn finish(objective: Objective, mut solution: Solution, curve: Curve) -> Result<Fitted, TrainError> {
    if objective.assumption.plug_in.is_some() {
        let scale = objective.plug_in(&solution.theta)?;
        if status::vanishes(&objective, scale) || status::interpolates(&objective, scale) {
            solution.status = Status::Unbounded;
        }
        let parts = objective.plugged_parts(&solution.theta, scale)?;
        return Ok(Fitted { objective, solution, parts, plug_in: Some(scale), curve });
    }
    let mut gradient = vec![0.0; solution.theta.len()];
    let parts = objective.evaluate(&solution.theta, &mut gradient, true)?;
    Ok(Fitted { objective, solution, parts, plug_in: None, curve })
}

fn fit(fitted: &Fitted, selected: Option<surprisal_spec::Selected>) -> Fit {
    let layout = fitted.objective.layout();
    let inline = layout.is_linear() && layout.len() <= INLINE;
    let named = named(fitted);
    let original = if inline { original(fitted) } else { BTreeMap::new() };
    Fit {
        nll: Number(fitted.parts.nll),
        neg_log_prior: Number(fitted.parts.neg_log_prior),
        objective: Number(fitted.parts.objective()),
        gradient_norm: Number(fitted.solution.gradient_norm),
        iterations: fitted.solution.iterations,
        status: fitted.solution.status.clone(),
        rows: fitted.objective.rows.len(),
        size: layout.len() + usize::from(fitted.plug_in.is_some()),
        parameters_original: if original == named { BTreeMap::new() } else { original },
        parameters: if inline { named } else { BTreeMap::new() },
        selected,
    }
}

/// Parameters by name: weights as they are, learned and plugged-in ones by their values.
fn named(fitted: &Fitted) -> BTreeMap<String, Number> {
    let (layout, bound) = (fitted.objective.layout(), &fitted.objective.assumption.bound);
    let mut values = fitted.solution.theta.clone();
    for (k, at) in layout.learned.clone().enumerate() {
        values[at] = bound.family.domain(fitted.objective.parameter(k)).link(values[at]);
    }
    let mut named: BTreeMap<String, Number> = layout.names().into_iter().zip(values.into_iter().map(Number)).collect();
    if let (Some(scale), Some(j)) = (fitted.plug_in, fitted.objective.assumption.plug_in) {
        named.insert(bound.family.parameters()[j].name.to_string(), Number(scale));
    }
    named
}

/// The same model in original units: y = sd_y η + mean_y for a location, ln sd_y more for the log of a scale.
fn original(fitted: &Fitted) -> BTreeMap<String, Number> {
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

fn notes(run: &Run, table: &Table, objective: &Objective) -> Vec<String> {
    let mut notes: Vec<String> =
        table.notes.iter().filter(|note| tells(note, run.data.standardise)).map(Note::to_string).collect();
    for j in objective.scale.constant_columns() {
        let name = table.features[j].clone();
        if !table.notes.contains(&Note::ConstantColumn { name: name.clone() }) {
            notes.push(format!("the feature `{name}` is constant on the train rows and kept at 0"));
        }
    }
    notes
}

/// A table marks a lattice itself; a constant column is kept at 0 only where features are standardised.
fn tells(note: &Note, standardise: bool) -> bool {
    !matches!(note, Note::Lattice { .. }) && (standardise || !matches!(note, Note::ConstantColumn { .. }))
}

impl Constants {
    /// Test scores of η = b under the run's family, every trainable parameter learned by maximum likelihood.
    fn scores(&self, run: &Run, job: Job, stop: &dyn Fn() -> bool) -> Result<Scores, TrainError> {
        if job.split.test.is_empty() {
            return Ok(Scores::new());
        }
        let run = constant(run);
        let key = run.canonical().to_string();
        if let Some(known) = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let fitted = train(&run, job.table, &job.split.train, stop)?;
        let Predicted { family, at, y } = fitted.predict(job.table, &job.split.test)?;
        let scores = score::scores(family, &at, &y);
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(key, scores.clone());
        Ok(scores)
    }
}

/// The run of the constant model under the same family.
fn constant(run: &Run) -> Run {
    let learn = |(parameter, binding): (&surprisal_density::Parameter, &Binding)| match binding {
        Binding::Fixed(x) if !parameter.trainable => Binding::Fixed(*x),
        _ if parameter.location => Binding::Predicted,
        _ => Binding::Learned(None),
    };
    let family = run.likelihood.family;
    let likelihood = match family {
        AnyFamily::Categorical(_) => run.likelihood.clone(),
        _ => Likelihood {
            family,
            bindings: family.parameters().iter().zip(&run.likelihood.bindings).map(learn).collect(),
        },
    };
    Run {
        model: Model::Constant(Constant {}),
        likelihood,
        prior: Prior::flat(),
        optimiser: Optimiser::default(),
        dtype: surprisal_spec::DType::F64,
        seed: 0,
        early_stopping: None,
        select: None,
        ..run.clone()
    }
}
