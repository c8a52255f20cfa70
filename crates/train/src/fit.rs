//! One run: from its rows to its outcome.

use crate::attempt::last;
use crate::constant::Constants;
use crate::first_order::{Curve, Watch, descend};
use crate::lanes::Engine;
use crate::layout::Layout;
use crate::objective::{Objective, Parts};
use crate::solve::{Solution, solve};
use crate::trained::Trained;
use crate::{Control, TrainError, parameters, score, select, status};
use std::collections::BTreeMap;
use surprisal_data::{InnerRule, Note, Split, Table, inner_split};
use surprisal_density::{AnyFamily, AnyScore};
use surprisal_spec::{Fit, Last, Number, Optimiser, Outcome, Run, Status};

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
    /// What was trained.
    pub model: Option<Trained>,
}

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
pub async fn fit_one<'a>(
    job: Job<'_>,
    constants: &Constants,
    control: &Control<'a>,
    engine: &Engine<'a>,
) -> Result<(Outcome, Side), TrainError> {
    let (run, selected) = select::choose(job, control, engine).await?;
    let rows = selected.as_ref().and_then(|chosen| chosen.rows.as_deref()).unwrap_or(&job.split.train);
    let fitted = train(&run, job.table, rows, control, engine).await?;
    let last = last_finite(&fitted, control);
    let test = &job.split.test;
    let Predicted { family, at, y } = fitted.predict(job.table, test)?;
    let outcome = Outcome {
        fit: Some(fit(&fitted, selected.map(|chosen| chosen.selected))),
        scores: score::scores(family, &at, &y),
        constant: constants.scores(&run, job, control)?,
        truth: score::truth(job.table, test),
        test_rows: test.len(),
        notes: notes(&run, job.table, &fitted.objective),
        failure: None,
        last,
    };
    let model = Some(Trained::new(&run, job.table, &fitted));
    Ok((outcome, Side { curve: fitted.curve, rows: test.clone(), y, family: Some(family), at, model }))
}

/// Trains a run without a selection on these rows.
pub async fn train<'a>(
    run: &Run,
    table: &Table,
    rows: &[usize],
    control: &Control<'a>,
    engine: &Engine<'a>,
) -> Result<Fitted, TrainError> {
    let divided = divide(run, table, rows)?;
    let objective = Objective::new(run, table, &divided.train)?;
    let (solution, curve) = match (&run.optimiser, &run.early_stopping) {
        (Optimiser::Lbfgs(how), _) => (solve(&objective, run, how, control)?, Curve::new()),
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
            let watch = Watch { score: &watched, patience: stopping.patience.get() };
            descend(&objective, run, Some(&watch), control, engine).await?
        }
        _ => descend(&objective, run, None, control, engine).await?,
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
    let at = score::predictive(&objective.network, &assumption, &objective.scale, theta, table, rows)?;
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
    let parts = objective.parts(&solution.theta)?;
    Ok(Fitted { objective, solution, parts, plug_in: None, curve })
}

fn fit(fitted: &Fitted, selected: Option<surprisal_spec::Selected>) -> Fit {
    let layout = fitted.objective.layout();
    let inline = inline(layout);
    let named = parameters::named(fitted);
    let original = if inline { parameters::original(fitted) } else { BTreeMap::new() };
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

/// Of a fit that is not finite: where the search last was.
fn last_finite(fitted: &Fitted, control: &Control) -> Option<Last> {
    let not_finite = matches!(fitted.solution.status, Status::NonFinite { .. });
    let seen = control.seen().filter(|_| not_finite)?;
    let small = inline(fitted.objective.layout()) && seen.theta.len() == fitted.objective.layout().len();
    let parameters = if small { parameters::named_at(&fitted.objective, &seen.theta) } else { BTreeMap::new() };
    Some(Last { parameters, ..last(&seen) })
}

/// Whether the parameters are few enough to be written into the record.
fn inline(layout: &Layout) -> bool {
    layout.is_linear() && layout.len() <= INLINE
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
