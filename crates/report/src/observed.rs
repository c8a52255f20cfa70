//! What the records say about one arm: a value, or why not, for each unit and score.

use crate::{Better, Counted, statistic};
use std::collections::BTreeMap;
use surprisal_density::AnyScore;
use surprisal_spec::{Arm, Outcome, Records, Status};

/// Of one unit and one score, its seeds averaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Number(f64),
    /// NaN or an infinity.
    NonFinite(f64),
    /// The score does not exist there.
    Undefined,
    /// A run of the unit failed, or the optimum it asks for does not exist.
    Failed,
    /// A run of the unit has no record.
    NotRun,
}

/// By unit.
pub(crate) type Values = BTreeMap<usize, Value>;

/// An arm and what came of it.
pub(crate) struct Observed<'a> {
    pub arm: &'a Arm,
    /// One for each score.
    pub values: Vec<Values>,
    /// Runs that gave no number, by reason.
    pub failures: Vec<Counted>,
    /// How the other runs ended.
    pub status: Vec<Counted>,
    /// Fits that are not stationary.
    pub restless: Option<Restless>,
}

/// Fits that are not stationary, among how many, and how steep the objective is there.
pub(crate) struct Restless {
    pub counts: Vec<Counted>,
    pub fits: usize,
    pub gradient_norm: f64,
}

/// Counts in the order of a rank, then of the words.
#[derive(Default)]
struct Tally(BTreeMap<(usize, String, String), usize>);

impl Tally {
    fn add(&mut self, rank: usize, what: impl Into<String>, detail: String) {
        *self.0.entry((rank, what.into(), detail)).or_default() += 1;
    }
    fn finish(self) -> Vec<Counted> {
        self.0.into_iter().map(|((_, what, detail), count)| Counted { what, count, detail }).collect()
    }
}

/// Why a run gives no number, if it gives none.
fn reason(outcome: &Outcome) -> Option<&'static str> {
    match outcome.fit.as_ref().map(|fit| &fit.status) {
        Some(status) if status.is_degenerate() || matches!(status, Status::NonFinite { .. }) => Some(status.word()),
        _ => outcome.failure.as_ref().map(|_| "failed"),
    }
}

fn rank(status: &Status) -> usize {
    match status {
        Status::Converged => 0,
        Status::LocalOptimum { .. } => 1,
        Status::NotUnique => 2,
        Status::Boundary { .. } => 3,
        Status::EarlyStopped => 4,
        Status::BudgetSpent => 5,
        Status::NoMinimiser => 6,
        Status::Unbounded => 7,
        Status::NonFinite { .. } => 8,
    }
}

fn detail(status: &Status) -> String {
    match status {
        Status::Boundary { parameter, limit, reduces_to } => format!("{parameter} → {}: {reduces_to}", limit.0),
        Status::LocalOptimum { starts } => format!("best of {starts} starts"),
        _ => String::new(),
    }
}

/// A score of an outcome; what is absent is not defined.
pub(crate) fn scored(scores: &surprisal_spec::Scores, name: &str) -> Value {
    match scores.get(name) {
        None => Value::Undefined,
        Some(x) if x.0.is_finite() => Value::Number(x.0),
        Some(x) => Value::NonFinite(x.0),
    }
}

/// Seeds are averaged within a unit, and a unit gives a number only if all its seeds do.
fn average(values: &[Value]) -> Value {
    let (mut sum, mut worst) = (0.0, Value::Number(0.0));
    let rank = |value: &Value| match value {
        Value::Number(_) => 0,
        Value::Undefined => 1,
        Value::NotRun => 2,
        Value::NonFinite(x) if !x.is_nan() => 3,
        Value::NonFinite(_) => 4,
        Value::Failed => 5,
    };
    for value in values {
        if let Value::Number(x) = value {
            sum += x;
        }
        if rank(value) > rank(&worst) {
            worst = *value;
        }
    }
    match worst {
        _ if values.is_empty() => Value::NotRun,
        Value::Number(_) => Value::Number(sum / values.len() as f64),
        other => other,
    }
}

impl<'a> Observed<'a> {
    /// Looks up the runs of an arm.
    pub fn new(arm: &'a Arm, records: &Records, scores: &[AnyScore]) -> Observed<'a> {
        let (mut failures, mut status, mut restless) = (Tally::default(), Tally::default(), Tally::default());
        let (mut fits, mut norms) = (0, vec![]);
        let mut values = vec![Values::new(); scores.len()];
        for unit in &arm.units {
            let outcomes: Vec<Option<&Outcome>> =
                unit.runs.iter().map(|id| records.get(id).map(|r| &r.outcome)).collect();
            for (score, values) in scores.iter().zip(&mut values) {
                let of = |outcome: &Option<&Outcome>| match outcome {
                    None => Value::NotRun,
                    Some(it) if reason(it).is_some() => Value::Failed,
                    Some(it) => scored(&it.scores, score.name()),
                };
                let seeds: Vec<Value> = outcomes.iter().map(of).collect();
                for value in &seeds {
                    if let Value::NonFinite(x) = value {
                        failures.add(20, format!("{} {x}", score.name()), String::new());
                    }
                }
                values.insert(unit.index, average(&seeds));
            }
            for outcome in outcomes {
                let Some(outcome) = outcome else {
                    failures.add(30, "not run", String::new());
                    continue;
                };
                let fit = outcome.fit.as_ref();
                match (reason(outcome), fit) {
                    (Some(why), _) => failures.add(fit.map_or(10, |fit| rank(&fit.status)), why, String::new()),
                    (None, Some(fit)) => status.add(rank(&fit.status), fit.status.word(), detail(&fit.status)),
                    (None, None) => {}
                }
                if let Some(fit) = fit {
                    fits += 1;
                    if !fit.status.is_stationary() {
                        restless.add(rank(&fit.status), fit.status.word(), String::new());
                        norms.push(fit.gradient_norm.0);
                    }
                }
            }
        }
        let (finite, not): (Vec<f64>, Vec<f64>) = norms.iter().partition(|x| x.is_finite());
        let gradient_norm = statistic::median(&finite, &not, Better::Lower);
        let restless = (!norms.is_empty()).then(|| Restless { counts: restless.finish(), fits, gradient_norm });
        Observed { arm, values, failures: failures.finish(), status: status.finish(), restless }
    }

    /// The number of a score in a unit, if there is one.
    pub fn number(&self, score: usize, unit: usize) -> Option<f64> {
        number(&self.values[score], unit)
    }

    /// Whether NLLs are with respect to length (densities), not probabilities of points.
    pub fn is_continuous(&self) -> bool {
        self.arm.likelihood.family.support().is_continuous()
    }
}

/// The number in a unit, if there is one.
pub(crate) fn number(values: &Values, unit: usize) -> Option<f64> {
    match values.get(&unit) {
        Some(&Value::Number(x)) => Some(x),
        _ => None,
    }
}

/// Units with a number.
pub(crate) fn given(values: &Values) -> impl Iterator<Item = usize> + '_ {
    values.keys().copied().filter(|&unit| number(values, unit).is_some())
}
