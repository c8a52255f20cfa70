//! From cells and data to runs: pure, so that `plan` and `run` cannot disagree.

use crate::arm::{Arm, Unit};
use crate::compose::{Cell, Composed};
use crate::yaml::{Problem, Span};
use crate::{Candidate, Data, Engine, Experiment, Model, Optimiser, Run, Selection, canonical, target_kind};
use std::collections::{BTreeMap, BTreeSet};
use surprisal_data::{AnyDataset, Loaded, Note, Split, Table, TargetKind};
use surprisal_density::{AnyFamily, Binding, Likelihood};

/// Data sets that were read, by [`Catalog::key`]: all that planning looks at.
#[derive(Default)]
pub struct Catalog(BTreeMap<String, Loaded>);

impl Catalog {
    /// What distinguishes one data set of an experiment from another.
    pub fn key(dataset: &AnyDataset) -> String {
        canonical::hash(&serde_json::to_string(dataset).expect("plain data becomes JSON"))
    }
    /// Adds a data set that was read.
    pub fn insert(&mut self, dataset: &AnyDataset, loaded: Loaded) {
        self.0.insert(Catalog::key(dataset), loaded);
    }
    /// Whether it was read.
    pub fn contains(&self, dataset: &AnyDataset) -> bool {
        self.0.contains_key(&Catalog::key(dataset))
    }
    /// By key.
    pub fn get(&self, key: &str) -> Option<&Loaded> {
        self.0.get(key)
    }
}

/// A run and where its rows are.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Hash of the run.
    pub id: String,
    /// What is trained.
    pub run: Run,
    /// [`Catalog::key`] of its data set.
    pub dataset: String,
    /// Split or replicate.
    pub unit: usize,
}

/// All runs of an experiment, each once, and the arms they belong to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Of the experiment.
    pub name: String,
    /// What is asked.
    pub question: Option<String>,
    /// Rows of the table.
    pub arms: Vec<Arm>,
    /// In the order of arms, units and seeds.
    pub runs: Vec<Planned>,
    /// Cells of the sweep that are equal to an arm: they vary what their estimator does not look at.
    pub collapsed: usize,
    /// Runs that arms asked for beyond those: equal runs are done once.
    pub shared: usize,
    /// What a person should know: a decay that is not a prior, keys without effect.
    pub notes: Vec<String>,
}

/// Lowers every cell and lists its runs.
pub fn plan(composed: &Composed, catalog: &Catalog) -> Result<Plan, Vec<Problem>> {
    let mut plan = Plan { name: composed.name.clone(), question: composed.question.clone(), ..Plan::default() };
    let (mut problems, mut seen): (Vec<Problem>, _) = (Vec::new(), BTreeSet::new());
    let mut hashes = BTreeMap::new();
    for cell in &composed.cells {
        let key = Catalog::key(&cell.experiment.dataset);
        let Some(loaded) = catalog.get(&key) else { continue };
        match arm(cell, &key, loaded, &mut hashes) {
            Ok((arm, runs)) => {
                // What an estimator does not look at makes no second arm: `mse` has one likelihood and no prior.
                let same = |known: &Arm| {
                    (&known.dataset, known.estimator, &known.units) == (&arm.dataset, arm.estimator, &arm.units)
                };
                if plan.arms.iter().any(same) {
                    plan.collapsed += 1;
                    continue;
                }
                plan.arms.push(arm);
                for run in runs {
                    if seen.insert(run.id.clone()) {
                        plan.runs.push(run);
                    } else {
                        plan.shared += 1;
                    }
                }
            }
            Err(problem) => {
                if !problems.iter().any(|p| p.at() == problem.at() && p.title() == problem.title()) {
                    problems.push(problem);
                }
            }
        }
        notes(&cell.experiment, &mut plan.notes);
    }
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

fn notes(experiment: &Experiment, notes: &mut Vec<String>) {
    if let Optimiser::Adamw(it) = &experiment.optimiser
        && it.weight_decay != 0.0
    {
        let decay = it.weight_decay;
        let note = format!("adamw decays weights by {decay}: that is not a prior, and no part of the objective");
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

type Hashes = BTreeMap<(String, usize), String>;

fn arm(cell: &Cell, key: &str, loaded: &Loaded, hashes: &mut Hashes) -> Result<(Arm, Vec<Planned>), Problem> {
    let experiment = &cell.experiment;
    let at = |key: &str| cell.place(key);
    let problem = |key: &str, text: String| Problem::new("value", text, at(key));
    let (table, _) = loaded.unit(0);
    let declared = table.kind;
    let lowered = lower(experiment, table, declared).map_err(|(key, text)| problem(key, text))?;
    let (likelihood, prior) = lowered.clone();
    let kind = target_kind(declared, &likelihood).map_err(|text| problem("likelihood", text))?;
    for table in &loaded.tables {
        table.check_support(likelihood.family.support()).map_err(|e| problem("dataset", e.to_string()))?;
    }
    check(experiment, table, &likelihood, kind, &problem)?;

    let select = match &cell.select {
        None => None,
        Some((select, over)) => {
            let mut candidates: Vec<Candidate> = Vec::new();
            for (values, other) in over {
                let (likelihood, prior) = lower(other, table, declared).map_err(|(key, text)| problem(key, text))?;
                let optimiser = other.optimiser.clone();
                let same = |c: &Candidate| c.likelihood == likelihood && c.prior == prior && c.optimiser == optimiser;
                if !candidates.iter().any(same) {
                    candidates.push(Candidate { values: values.clone(), likelihood, prior, optimiser });
                }
            }
            let (by, rows, refit) = (select.by.0.clone(), select.rows, select.refit);
            (candidates.len() > 1).then_some(Selection { candidates, by, rows, refit })
        }
    };
    let candidates = select.as_ref().map_or(1, |select| select.candidates.len());

    // Where nothing is drawn, a seed changes nothing and is no part of the run.
    let drawn = !experiment.model.is_linear() || !matches!(experiment.optimiser, Optimiser::Lbfgs(_));
    let seeds: Vec<u64> = if drawn { experiment.seeds.clone() } else { vec![0] };
    let (mut units, mut runs) = (Vec::new(), Vec::new());
    for index in 0..loaded.units() {
        let (table, split) = loaded.unit(index);
        let split_hash = hashes.entry((key.to_string(), index)).or_insert_with(|| hash_split(split)).clone();
        let data = Data {
            table: table.hash.clone(),
            split: split_hash,
            unit: index,
            kind,
            standardise: experiment.dataset.standardise(),
            features: table.features.clone(),
        };
        let mut ids = Vec::new();
        for &seed in &seeds {
            let run = Run {
                schema: 1,
                data: data.clone(),
                model: experiment.model.clone(),
                likelihood: likelihood.clone(),
                prior: prior.clone(),
                optimiser: experiment.optimiser.clone(),
                dtype: experiment.dtype,
                engine: Engine::Candle,
                seed,
                early_stopping: experiment.early_stopping.clone(),
                select: select.clone(),
            };
            let id = run.id();
            ids.push(id.clone());
            runs.push(Planned { id, run, dataset: key.to_string(), unit: index });
        }
        units.push(Unit { index, train: split.train.len(), test: split.test.len(), runs: ids });
    }
    let arm = Arm {
        dataset: cell.dataset_name(table),
        model: experiment.model.clone(),
        estimator: experiment.estimator,
        likelihood,
        prior,
        varied: cell.values.clone(),
        kind,
        lattice: table.notes.iter().any(|note| matches!(note, Note::Lattice { .. })),
        overlapping: loaded.overlapping,
        units,
        candidates,
    };
    Ok((arm, runs))
}

/// The assumption of a cell, with what the data say filled in. The error names the key it belongs to.
fn lower(
    experiment: &Experiment,
    table: &Table,
    declared: Option<TargetKind>,
) -> Result<(Likelihood, surprisal_density::Prior), (&'static str, String)> {
    let (mut likelihood, prior) = experiment
        .estimator
        .assume(experiment.likelihood.as_ref(), &experiment.prior)
        .map_err(|text| ("estimator", text))?;
    if let AnyFamily::Categorical(it) = &mut likelihood.family {
        let known = table.classes.len();
        let classes = *it.classes.get_or_insert(known.max(2));
        if known > classes {
            return Err(("likelihood", format!("the data have {known} classes, and `classes` is {classes}")));
        }
        it.check().map_err(|text| ("likelihood", text))?;
    }
    if matches!(likelihood.family, AnyFamily::Bernoulli(_)) && table.classes.len() > 2 {
        let known = table.classes.len();
        return Err((
            "likelihood",
            format!("`bernoulli` knows two classes, and the data have {known}; use `categorical`"),
        ));
    }
    let kind = target_kind(declared, &likelihood).map_err(|text| ("likelihood", text))?;
    if !(kind == TargetKind::Real && experiment.dataset.standardise()) {
        // The target stays in its units: the two coordinates are one.
        for binding in &mut likelihood.bindings {
            if let Binding::Standardised(x) = *binding {
                *binding = Binding::Fixed(x);
            }
        }
    }
    Ok((likelihood, prior))
}

fn check(
    experiment: &Experiment,
    table: &Table,
    likelihood: &Likelihood,
    kind: TargetKind,
    problem: &dyn Fn(&str, String) -> Problem,
) -> Result<(), Problem> {
    if experiment.early_stopping.is_some() && matches!(experiment.optimiser, Optimiser::Lbfgs(_)) {
        let text = "early stopping watches epochs, and `lbfgs` has none; use sgd, adam or adamw";
        return Err(problem("early_stopping", text.into()));
    }
    if table.offset.is_some() && matches!(kind, TargetKind::Class | TargetKind::Ordinal | TargetKind::Real) {
        let text = "an `offset` is a log exposure, for counts and positive targets with a log link";
        return Err(problem("dataset", text.into()));
    }
    if matches!(experiment.model, Model::Constant(_)) && likelihood.bindings.iter().all(|b| *b != Binding::Predicted) {
        return Err(problem("likelihood", "no parameter is predicted: there is nothing for the model to do".into()));
    }
    if likelihood.bindings.first().is_some_and(|b| *b != Binding::Predicted) {
        return Err(problem("likelihood", "the location is what the model predicts; give the other parameters".into()));
    }
    if experiment.seeds.is_empty() {
        return Err(problem("seeds", "`seeds` is empty: give at least one".into()));
    }
    Ok(())
}

/// Hash of which rows train and which test.
fn hash_split(split: &Split) -> String {
    canonical::hash(&format!("{:?}/{:?}", split.train, split.test))
}

impl Cell {
    /// Where a key of this cell was written, or where the experiment begins.
    pub fn place(&self, key: &str) -> Span {
        self.node.get(key).map_or(self.node.caret(), |entry| entry.value.caret())
    }
    fn dataset_name(&self, table: &Table) -> String {
        self.dataset_word.clone().unwrap_or_else(|| table.name.clone())
    }
}
