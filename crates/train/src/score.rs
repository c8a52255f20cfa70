//! Predictions in original units, and what they are worth: one f64 evaluator for every engine.

use crate::TrainError;
use crate::assume::Assumption;
use crate::network::Network;
use surprisal_data::{Scale, Table};
use surprisal_density::{AnyFamily, AnyScore, Predictive, Support};
use surprisal_kernel::Sum;
use surprisal_spec::{Number, Scores};

/// Parameter values of each row, in original units.
pub fn predictive(
    network: &Network,
    assumption: &Assumption,
    scale: &Scale,
    theta: &[f64],
    table: &Table,
    rows: &[usize],
) -> Result<Vec<Vec<f64>>, TrainError> {
    let layout = &network.layout;
    let x = if layout.features.is_empty() { vec![] } else { scale.x(table, rows) };
    let eta = network.predict(theta, &network.inputs(&x, rows.len())?)?;
    let (bound, heads) = (&assumption.bound, layout.heads.len());
    let learned = &theta[layout.learned.clone()];
    let Scale { y_mean, y_sd, .. } = *scale;
    let rows = rows.iter().enumerate().map(|(i, &row)| {
        let mut eta = eta[i * heads..(i + 1) * heads].to_vec();
        if let Some(offset) = &table.offset {
            eta[0] += offset[row];
        }
        let mut at = Vec::with_capacity(bound.slots.len());
        bound.values(&eta, learned, &mut at);
        if bound.family.support() == Support::Real {
            bound.family.affine(&mut at, y_sd, y_mean);
        }
        at
    });
    Ok(rows.collect())
}

/// Every score that is defined on all of these rows.
pub fn scores(family: AnyFamily, at: &[Vec<f64>], y: &[f64]) -> Scores {
    let all = AnyScore::all().into_iter();
    all.filter_map(|it| Some((it.name().to_string(), Number(score(it, family, at, y)?)))).collect()
}

/// One score over rows; `None` if it is undefined on any of them, or there are none.
pub fn score(score: AnyScore, family: AnyFamily, at: &[Vec<f64>], y: &[f64]) -> Option<f64> {
    let mut sum = Sum::new();
    for (at, &y) in at.iter().zip(y) {
        sum.add(score.row(&Predictive { family, at }, y)?);
    }
    (!y.is_empty()).then(|| score.finish(sum.total() / y.len() as f64))
}

/// Scores of the density that made the rows, where it is known.
pub fn truth(table: &Table, rows: &[usize]) -> Scores {
    let Some(truth) = &table.truth else { return Scores::new() };
    let all = AnyScore::all().into_iter().filter_map(|it| {
        let mut sum = Sum::new();
        for &i in rows {
            sum.add(it.row(&Predictive { family: truth[i].family, at: &truth[i].at }, table.y[i])?);
        }
        (!rows.is_empty()).then(|| (it.name().to_string(), Number(it.finish(sum.total() / rows.len() as f64))))
    });
    all.collect()
}
