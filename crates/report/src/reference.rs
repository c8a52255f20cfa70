//! The rows that every table is read against: a model without features, and the density that made the data.

use crate::observed::{Observed, Value, Values, number, scored};
use crate::{RowKind, label};
use surprisal_density::AnyScore;
use surprisal_spec::{Outcome, Records, Scores, likelihood_text};

/// A reference row and its scores by unit.
pub(crate) struct Reference {
    pub kind: RowKind,
    /// The likelihood's label, of a constant model.
    pub likelihood: String,
    /// Whether its NLL is one of densities; the truth is not asked.
    pub continuous: bool,
    /// One for each score.
    pub values: Vec<Values>,
}

/// The first scores that any seed of the arm kept, in each unit.
fn collect(it: &Observed, records: &Records, scores: &[AnyScore], of: fn(&Outcome) -> &Scores) -> Vec<Values> {
    let mut values = vec![Values::new(); scores.len()];
    for unit in &it.arm.units {
        let kept = unit.runs.iter().filter_map(|id| records.get(id)).map(|r| of(&r.outcome)).find(|s| !s.is_empty());
        for (score, values) in scores.iter().zip(&mut values) {
            values.insert(unit.index, kept.map_or(Value::NotRun, |kept| scored(kept, score.name())));
        }
    }
    values
}

fn is_empty(values: &[Values]) -> bool {
    values.iter().flat_map(|v| v.values()).all(|v| matches!(v, Value::NotRun | Value::Undefined))
}

/// Whether no unit has two numbers that differ by more than rounding.
fn agree(a: &[Values], b: &[Values]) -> bool {
    a.iter().zip(b).all(|(a, b)| {
        a.keys().all(|&unit| match (number(a, unit), number(b, unit)) {
            (Some(x), Some(y)) => (x - y).abs() <= 1e-6 * (1.0 + x.abs()),
            _ => true,
        })
    })
}

/// Fills units that `into` has not seen.
fn merge(into: &mut [Values], from: Vec<Values>) {
    for (into, from) in into.iter_mut().zip(from) {
        for (unit, value) in from {
            let known = into.entry(unit).or_insert(value);
            if matches!(known, Value::NotRun) {
                *known = value;
            }
        }
    }
}

/// One constant row per likelihood family (per likelihood, where their constants differ), then the truth.
pub(crate) fn references(arms: &[Observed], records: &Records, scores: &[AnyScore]) -> Vec<Reference> {
    let mut rows: Vec<(&str, Reference)> = vec![];
    for it in arms {
        let values = collect(it, records, scores, |outcome| &outcome.constant);
        if is_empty(&values) {
            continue;
        }
        let family = it.arm.likelihood.family.name();
        if let Some((_, known)) = rows.iter_mut().find(|(name, row)| *name == family && agree(&row.values, &values)) {
            merge(&mut known.values, values);
            continue;
        }
        let likelihood = match rows.iter().any(|(name, _)| *name == family) {
            true => likelihood_text(&it.arm.likelihood),
            false => family.to_string(),
        };
        rows.push((family, Reference { kind: RowKind::Constant, likelihood, continuous: it.is_continuous(), values }));
    }
    // The first of several constants of one family is named in full too.
    for k in 0..rows.len() {
        let family = rows[k].0;
        if rows[k].1.likelihood == family && rows.iter().filter(|(name, _)| *name == family).count() > 1 {
            let first = arms.iter().find(|it| it.arm.likelihood.family.name() == family);
            rows[k].1.likelihood = first.map_or(family.into(), |it| likelihood_text(&it.arm.likelihood));
        }
    }
    let mut rows: Vec<Reference> = rows.into_iter().map(|(_, row)| row).collect();
    let mut truth = vec![Values::new(); scores.len()];
    for it in arms {
        merge(&mut truth, collect(it, records, scores, |outcome| &outcome.truth));
    }
    if !is_empty(&truth) {
        rows.push(Reference { kind: RowKind::Truth, likelihood: "–".into(), continuous: false, values: truth });
    }
    rows
}

impl Reference {
    /// Its labels, with the keys of an arm's.
    pub fn labels(&self, like: &label::Labels) -> label::Labels {
        let value = |key: &str| match key {
            "estimator" => self.kind.word().to_string(),
            "likelihood" => self.likelihood.clone(),
            "model" if self.kind == RowKind::Constant => "constant".into(),
            _ => "–".into(),
        };
        like.iter().map(|(key, _)| (key.clone(), value(key))).collect()
    }
}
