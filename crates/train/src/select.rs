//! Choosing a candidate inside the train rows: the test rows are never looked at.

use crate::fit::{Job, Predicted, train};
use crate::lanes::Engine;
use crate::{Control, TrainError, score};
use surprisal_data::inner_split;
use surprisal_density::{AnyScore, score::Direction};
use surprisal_spec::{Number, Run, Selected};

/// The winner of a selection.
pub struct Chosen {
    /// For the record.
    pub selected: Selected,
    /// The rows the final model trains on, where they are not all train rows.
    pub rows: Option<Vec<usize>>,
}

/// A score as something to minimise.
pub fn lower_is_better(score: AnyScore, value: f64) -> f64 {
    match score.direction() {
        Direction::Higher => -value,
        Direction::Target(target) => (value - target).abs(),
        Direction::Lower | Direction::None => value,
    }
}

/// The run that is trained in the end: itself, or that of its best candidate.
///
/// Every candidate is trained on the same inner splits and judged by the mean score on their held-out rows. A refit
/// carries the candidate's numbers (τ, not λ) and, after early stopping, the mean number of epochs.
pub async fn choose<'a>(
    job: Job<'_>,
    control: &Control<'a>,
    engine: &Engine<'a>,
) -> Result<(Run, Option<Chosen>), TrainError> {
    let Some(selection) = &job.run.select else { return Ok((job.run.clone(), None)) };
    let splits = inner_split(job.table, &job.split.train, selection.rows, job.run.data.unit);
    if splits.is_empty() {
        return Err(TrainError::Invalid("too few train rows to hold any out for a selection".into()));
    }
    let by =
        AnyScore::named(&selection.by).ok_or_else(|| TrainError::Invalid(format!("no score `{}`", selection.by)))?;
    let (mut scores, mut epochs) = (Vec::new(), Vec::new());
    for candidate in &selection.candidates {
        let run = job.run.with(candidate);
        let (mut total, mut spent) = (0.0, 0);
        for split in &splits {
            let fitted = train(&run, job.table, &split.train, control, engine).await?;
            let Predicted { family, at, y } = fitted.predict(job.table, &split.test)?;
            total += score::score(by, family, &at, &y).unwrap_or(f64::NAN) / splits.len() as f64;
            spent += fitted.solution.iterations;
        }
        scores.push(total);
        epochs.push(spent.div_ceil(splits.len()));
    }
    // NaN loses against everything; of equals the first wins.
    let rank = |k: usize| Some(lower_is_better(by, scores[k])).filter(|s| !s.is_nan()).unwrap_or(f64::INFINITY);
    let best = (0..scores.len()).min_by(|&a, &b| rank(a).total_cmp(&rank(b))).expect("a selection has candidates");
    if scores.iter().all(|score| score.is_nan()) {
        return Err(TrainError::Invalid(format!(
            "`{}` is not defined for any candidate on the held-out rows",
            by.name()
        )));
    }
    let mut run = job.run.with(&selection.candidates[best]);
    if selection.refit && run.early_stopping.take().is_some() {
        run.optimiser.set_epochs(std::num::NonZeroUsize::MIN.saturating_add(epochs[best].saturating_sub(1)));
    }
    let rows = (!selection.refit).then(|| splits[0].train.clone());
    let selected = Selected {
        values: selection.candidates[best].values.clone(),
        candidates: scores.len(),
        scores: scores.into_iter().map(Number).collect(),
    };
    Ok((run, Some(Chosen { selected, rows })))
}
