//! From cells and data to runs: pure, so that `plan` and `run` cannot disagree.

use crate::alike::Alike;
use crate::arm::{Arm, Unit};
use crate::compose::{Cell, Composed, Step, choice, option_of};
use crate::fits::{check, decides, fits};
use crate::yaml::Problem;
use crate::{
    Candidate, Catalog, Data, Engine, Estimator, Experiment, Model, Optimiser, Run, Selection, canonical, target_kind,
};
use std::collections::{BTreeMap, BTreeSet};
use surprisal_data::{InnerRule, Loaded, MAX_NUMBERS, Note, Split, Table, TargetKind};
use surprisal_density::{AnyFamily, Binding, Likelihood, Support};

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
    /// Why they are, and how many for each reason: `prior` has no effect when estimator = mle.
    pub no_effect: Vec<(String, usize)>,
    /// How the number of cells came to be, dimension by dimension.
    pub steps: Vec<Step>,
    /// Runs that arms asked for beyond those: equal runs are done once.
    pub shared: usize,
    /// What trains the runs, why, and how many of them: each reason once.
    pub engines: Vec<(Engine, String, usize)>,
    /// What a person should know: a decay that is not a prior, kinks that an optimiser can't pass.
    pub notes: Vec<String>,
}

/// What all runs of a plan may weigh: about 1 KiB for each unit, of which a run has one, and one more for each of its
/// candidates and for sixteen features.
const MAX_WEIGHT: usize = 1 << 21;

/// Lowers every cell and lists its runs.
pub fn plan(composed: &Composed, catalog: &Catalog) -> Result<Plan, Vec<Problem>> {
    let (name, question, steps) = (composed.name.clone(), composed.question.clone(), composed.steps.clone());
    let mut plan = Plan { name, question, steps, ..Plan::default() };
    let mut cells: Vec<&Cell> = Vec::new();
    let (mut problems, mut seen): (Vec<Problem>, _) = (Vec::new(), BTreeSet::new());
    let (mut hashes, mut weight) = (BTreeMap::new(), 0_usize);
    let idle = composed.steps.iter().filter(|step| step.idle);
    plan.notes.extend(idle.map(|step| format!("`{}` holds in no cell: {}", step.what, step.text)));
    let shadowed = composed.document.shadowed.iter();
    plan.notes
        .extend(shadowed.map(|it| format!("`{}` is not swept over {}: an argument says otherwise", it.key, it.values)));
    for cell in &composed.cells {
        let key = Catalog::key(&cell.experiment.dataset);
        let Some(loaded) = catalog.get(&key) else { continue };
        match arm(cell, &key, loaded, &mut hashes, &mut weight) {
            Ok(Lowered { arm, runs, engine }) => {
                // What an estimator does not look at makes no second arm: `mse` has one likelihood and no prior.
                let same = |known: &Arm| {
                    (&known.dataset, known.estimator, &known.units) == (&arm.dataset, arm.estimator, &arm.units)
                };
                if let Some(twin) = plan.arms.iter().position(same) {
                    plan.collapsed += 1;
                    let why = no_effect(cell, cells[twin]);
                    match plan.no_effect.iter_mut().find(|(known, _)| *known == why) {
                        Some((_, n)) => *n += 1,
                        None => plan.no_effect.push((why, 1)),
                    }
                    continue;
                }
                cells.push(cell);
                notes(&cell.experiment, &arm, &mut plan.notes);
                plan.arms.push(arm);
                let before = plan.runs.len();
                for run in runs {
                    if seen.insert(run.id.clone()) {
                        plan.runs.push(run);
                    } else {
                        plan.shared += 1;
                    }
                }
                plan.trained_by(engine, plan.runs.len() - before);
            }
            Err(found) => {
                for problem in found {
                    if !problems.iter().any(|p| p.at() == problem.at() && p.title() == problem.title()) {
                        problems.push(problem);
                    }
                }
            }
        }
    }
    if problems.is_empty() { Ok(plan) } else { Err(problems) }
}

impl Plan {
    /// So many runs more of an engine.
    fn trained_by(&mut self, (engine, why): (Engine, String), runs: usize) {
        match self.engines.iter_mut().find(|(known, reason, _)| *known == engine && *reason == why) {
            Some((.., n)) => *n += runs,
            None if runs > 0 => self.engines.push((engine, why, runs)),
            None => {}
        }
    }
}

/// Why a cell is the same arm as one before: what it varies, and what does not look at it.
fn no_effect(cell: &Cell, twin: &Cell) -> String {
    let label = |cell: &Cell, key: &str| cell.values.iter().find(|(known, _)| known == key).map(|(_, v)| v.clone());
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in cell.values.iter().chain(&twin.values) {
        if label(cell, key) != label(twin, key) && !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let estimator = cell.experiment.estimator;
    let because = |key: &str| match (option_of(key), key.split('.').next(), estimator) {
        (_, Some("likelihood" | "prior"), Estimator::Mse) | (_, Some("prior"), Estimator::Mle) => {
            format!("when estimator = {}", estimator.name())
        }
        (Some((group, option)), ..) => {
            let now = cell.node.get(group).and_then(|entry| choice(&entry.value)).filter(|now| *now != option);
            now.map_or_else(|| "there".into(), |now| format!("when {group} = {now}"))
        }
        (_, Some("likelihood"), Estimator::Mle) => "when estimator = mle: the values differ in priors".into(),
        _ => "there: the values come to the same".into(),
    };
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for key in keys {
        let (why, name) = (because(key), format!("`{key}`"));
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((why, vec![name])),
        }
    }
    let text = |(why, names): &(String, Vec<String>)| {
        let verb = if names.len() == 1 { "has" } else { "have" };
        format!("{} {verb} no effect {why}", names.join(", "))
    };
    reasons.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn notes(experiment: &Experiment, arm: &Arm, notes: &mut Vec<String>) {
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    if let Optimiser::Adamw(it) = &experiment.optimiser
        && it.weight_decay.0 != 0.0
    {
        let decay = it.weight_decay.0;
        note(format!("adamw decays weights by {decay}: that is not a prior, and no part of the objective"));
    }
    let predicted = arm.likelihood.bindings.iter().filter(|b| **b == Binding::Predicted).count();
    let exact = arm.model.is_linear() && predicted == 1;
    if matches!(experiment.optimiser, Optimiser::Lbfgs(_)) && arm.likelihood.family.kinked() && !exact {
        let name = arm.likelihood.family.name();
        note(format!(
            "`{name}` has kinks that L-BFGS cannot pass (linear models with one head are solved exactly): expect `budget_spent`, or use adam"
        ));
    }
}

type Hashes = BTreeMap<(String, usize), String>;

/// A cell as its arm, the runs of that, and what trains them.
struct Lowered {
    arm: Arm,
    runs: Vec<Planned>,
    engine: (Engine, String),
}

fn arm(
    cell: &Cell,
    key: &str,
    loaded: &Loaded,
    hashes: &mut Hashes,
    weight: &mut usize,
) -> Result<Lowered, Vec<Problem>> {
    let experiment = &cell.experiment;
    let problem = |key: &str, text: String| Problem::new("value", text, cell.place(key));
    let (table, _) = loaded.unit(0);
    let declared = table.kind;
    let mut problems: Vec<Problem> = check(cell).into_iter().map(|(key, text)| problem(key, text)).collect();
    let lowered = lower(experiment, table, declared).and_then(|(likelihood, prior)| {
        fits(experiment, loaded, &likelihood)?;
        let kind = target_kind(declared, &likelihood).map_err(|text| ("likelihood", text))?;
        Ok((likelihood, prior, kind))
    });
    let (likelihood, prior, kind) = match lowered {
        Ok(lowered) if problems.is_empty() => lowered,
        Ok(_) => return Err(problems),
        Err((key, text)) => {
            problems.push(problem(key, text));
            return Err(problems);
        }
    };
    if let Some((select, _)) = &cell.select {
        let classes = matches!(likelihood.family.support(), Support::Classes(_));
        decides(&select.by.0, classes).map_err(|text| vec![problem("select", text)])?;
        let rows = table.rows();
        if let InnerRule::Kfold(k) = select.rows
            && k.min(rows).saturating_mul(rows) > MAX_NUMBERS
        {
            let text = format!("{} folds of {rows} rows are more than {MAX_NUMBERS} places", k.min(rows));
            return Err(vec![problem("select", text)]);
        }
    }
    let mut candidates: Vec<Candidate> = Vec::new();
    for (values, other) in cell.select.iter().flat_map(|(_, over)| over) {
        let (likelihood, prior) = lower(other, table, declared).map_err(|(key, text)| vec![problem(key, text)])?;
        fits(other, loaded, &likelihood).map_err(|(key, text)| vec![problem(key, text)])?;
        let optimiser = other.optimiser.clone();
        let same = |c: &Candidate| c.likelihood == likelihood && c.prior == prior && c.optimiser == optimiser;
        if !candidates.iter().any(same) {
            candidates.push(Candidate { values: values.clone(), likelihood, prior, optimiser });
        }
    }
    // A single candidate is no choice: it is what the arm is.
    let (mut likelihood, mut prior, mut optimiser) = (likelihood, prior, experiment.optimiser.clone());
    if let [only] = &candidates[..] {
        (likelihood, prior, optimiser) = (only.likelihood.clone(), only.prior.clone(), only.optimiser.clone());
        candidates.clear();
    }
    if !matches!(experiment.model, Model::Mlp(_)) {
        prior.hidden_bias = None; // there are none
    }
    let tried = candidates.len().max(1);
    let drawn = !experiment.model.is_linear()
        || !matches!(optimiser, Optimiser::Lbfgs(_))
        || candidates.iter().any(|c| !matches!(c.optimiser, Optimiser::Lbfgs(_)));
    let select = cell.select.as_ref().filter(|_| !candidates.is_empty()).map(|(select, _)| Selection {
        candidates,
        by: select.by.0.clone(),
        rows: select.rows,
        refit: select.refit,
    });

    // Where nothing is drawn, a seed changes nothing and is no part of the run.
    let seeds: Vec<u64> = if drawn { experiment.seeds.clone() } else { vec![0] };
    let count = loaded.units().saturating_mul(seeds.len());
    let each = 1 + select.as_ref().map_or(0, |it| it.candidates.len()) + table.features.len() / 16;
    *weight = weight.saturating_add(count.saturating_mul(each));
    if *weight > MAX_WEIGHT {
        let (n, seeds) = (loaded.units(), seeds.len());
        let text = format!(
            "the plan is too large: with {count} runs of this cell ({n} units × {seeds} seeds) it would hold more than the \
             about {MAX_WEIGHT} runs that fit into memory (a run with candidates or many features counts as several)"
        );
        return Err(vec![problem(if seeds > n { "seeds" } else { "dataset" }, text)]);
    }
    let mut data = |index: usize| {
        let (table, split) = loaded.unit(index);
        let split = hashes.entry((key.to_string(), index)).or_insert_with(|| split_hash(split)).clone();
        let (table, features) = (table.hash.clone(), table.features.clone());
        Data { table, split, unit: index, kind, standardise: experiment.dataset.standardise(), features }
    };
    let mut run = Run {
        schema: 1,
        data: data(0),
        model: experiment.model.clone(),
        likelihood: likelihood.clone(),
        prior: prior.clone(),
        optimiser,
        dtype: experiment.dtype,
        engine: experiment.engine,
        seed: 0,
        early_stopping: experiment.early_stopping.clone(),
        select,
    };
    let engine = experiment.engine.resolve(&run).map_err(|text| vec![problem("engine", text)])?;
    run.engine = engine.0;
    let (mut units, mut runs, mut alike) = (Vec::new(), Vec::new(), Alike::of(&run));
    for index in 0..loaded.units() {
        let ((_, split), data) = (loaded.unit(index), data(index));
        let seeded = alike.on(&data);
        let mut ids = Vec::new();
        for &seed in &seeds {
            let run = Run { data: data.clone(), seed, ..run.clone() };
            let id = seeded.id(seed);
            ids.push(id.clone());
            runs.push(Planned { id, run, dataset: key.to_string(), unit: index });
        }
        units.push(Unit { index, train: split.train.len(), test: split.test.len(), runs: ids });
    }
    let arm = Arm {
        dataset: cell.dataset_word.clone().unwrap_or_else(|| table.name.clone()),
        model: experiment.model.clone(),
        estimator: experiment.estimator,
        likelihood,
        prior,
        varied: cell.values.clone(),
        kind,
        lattice: table.notes.iter().any(|note| matches!(note, Note::Lattice { .. })),
        overlapping: loaded.overlapping,
        units,
        candidates: tried,
    };
    Ok(Lowered { arm, runs, engine })
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
    let asked = if experiment.estimator == Estimator::Mse { "estimator" } else { "likelihood" };
    let kind = target_kind(declared, &likelihood).map_err(|text| (asked, text))?;
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

/// Hash of which rows train and which test: [`Data::split`].
pub fn split_hash(split: &Split) -> String {
    canonical::hash(&format!("{:?}/{:?}", split.train, split.test))
}
