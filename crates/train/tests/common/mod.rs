//! Runs made from text through the real planner and runner; every one of them must obey the laws of a record.
#![allow(dead_code)]

pub mod algebra;
pub mod cohort;
pub mod kinks;
pub mod laws;
pub mod newton;
pub mod sheet;

use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use surprisal_data::{Loaded, Roots, Split, Table};
use surprisal_spec::yaml::{Sources, render};
use surprisal_spec::{Catalog, Files, Fit, Outcome, Plan, Run, Status, compose, plan};
use surprisal_train::{At, Checkpoint, Constants, Control, Job, Parts, attempt, evaluate};

/// No `configs/` beside the experiment.
struct NoConfigs;
impl Files for NoConfigs {
    fn option(&self, _: &str, _: &str) -> Option<(String, String)> {
        None
    }
    fn options(&self, _: &str) -> Vec<String> {
        vec![]
    }
}

/// A planned experiment and its data.
pub struct Prepared {
    pub plan: Plan,
    pub catalog: Catalog,
}

/// A finished run and its rows.
pub struct Done {
    pub id: String,
    pub run: Run,
    pub table: Table,
    pub split: Split,
    pub outcome: Outcome,
}

pub fn prepare(dataset: &str, keys: &str) -> Prepared {
    let text = format!("schema: 1\nname: test\ndataset: {dataset}\n{keys}\n");
    let mut sources = Sources::default();
    let composed = compose(&NoConfigs, &mut sources, "experiment.yaml", text).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|it| render(&sources, it, false)).collect::<String>())
    });
    let mut catalog = Catalog::default();
    for cell in &composed.cells {
        let dataset = &cell.experiment.dataset;
        if !catalog.contains(dataset) {
            catalog
                .insert(dataset, dataset.load(&Roots::here(sheet::FOLDER)).unwrap_or_else(|error| panic!("{error}")));
        }
    }
    let plan = plan(&composed, &catalog).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|it| render(&sources, it, false)).collect::<String>())
    });
    plan.runs.iter().for_each(|it| assert_eq!(it.id, it.run.id(), "a plan names each run as the run itself does"));
    Prepared { plan, catalog }
}

impl Prepared {
    pub fn loaded(&self, k: usize) -> &Loaded {
        self.catalog.get(&self.plan.runs[k].dataset).expect("every data set was read")
    }
    pub fn job(&self, k: usize) -> Job<'_> {
        let planned = &self.plan.runs[k];
        let (table, split) = self.loaded(k).unit(planned.unit);
        Job { run: &planned.run, table, split }
    }
    /// Outcomes in the order of the plan, trained in this order on so many threads.
    pub fn outcomes(&self, order: &[usize], jobs: usize) -> Vec<Outcome> {
        let (next, constants) = (AtomicUsize::new(0), Constants::default());
        let outcomes = Mutex::new(vec![Outcome::default(); order.len()]);
        let work = || {
            while let Some(&k) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (outcome, _) = attempt(self.job(k), &constants, Control::new(&|| false)).expect("no stop");
                outcomes.lock().expect("no panic")[k] = outcome;
            }
        };
        std::thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
        outcomes.into_inner().expect("no panic")
    }
    /// All runs, each checked against the laws of a record.
    pub fn done(&self) -> Vec<Done> {
        let order: Vec<usize> = (0..self.plan.runs.len()).collect();
        let outcomes = self.outcomes(&order, 2);
        let done = |(k, outcome): (usize, Outcome)| {
            let Job { run, table, split } = self.job(k);
            let (run, table, split) = (run.clone(), table.clone(), split.clone());
            Done { id: self.plan.runs[k].id.clone(), run, table, split, outcome }
        };
        let done: Vec<Done> = outcomes.into_iter().enumerate().map(done).collect();
        done.iter().for_each(laws::check);
        done
    }
}

/// A run in parts: `attempt` is stopped before every `every`-th step, and makes the next attempt from what it saved, until
/// one ends. What that finds, and how often it was stopped.
pub fn in_parts<T>(every: usize, attempt: impl Fn(Control) -> Option<T>) -> (T, usize) {
    let saved = RefCell::new(Vec::new());
    for stops in 0..20_000 {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > every
        };
        let write = |bytes: &[u8]| *saved.borrow_mut() = bytes.to_vec();
        let checkpoint = Checkpoint::new("this".into(), Duration::from_secs(3600), Box::new(write));
        if stops > 0 {
            checkpoint.restore(&saved.borrow()).expect("what was saved can be read");
        }
        if let Some(found) = attempt(Control::new(&stop).saving(checkpoint)) {
            return (found, stops);
        }
    }
    panic!("it never ends");
}

/// The first run of an experiment.
pub fn one(dataset: &str, keys: &str) -> Done {
    prepare(dataset, keys).done().swap_remove(0)
}

impl Done {
    pub fn fit(&self) -> &Fit {
        let why = self.outcome.failure.as_deref().unwrap_or_default();
        self.outcome.fit.as_ref().unwrap_or_else(|| panic!("the run failed: {why}"))
    }
    pub fn job(&self) -> Job<'_> {
        Job { run: &self.run, table: &self.table, split: &self.split }
    }
    pub fn status(&self) -> &Status {
        &self.fit().status
    }
    /// A parameter in the network's coordinates.
    pub fn at(&self, name: &str) -> f64 {
        let known = &self.fit().parameters;
        known.get(name).unwrap_or_else(|| panic!("no `{name}` among {:?}", known.keys())).0
    }
    /// A parameter in original units.
    pub fn original(&self, name: &str) -> f64 {
        let it = &self.fit().parameters_original;
        if it.is_empty() { self.at(name) } else { it[name].0 }
    }
    pub fn parameters(&self) -> At {
        self.fit().parameters.iter().map(|(name, x)| (name.clone(), x.0)).collect()
    }
    /// The objective elsewhere.
    pub fn objective_at(&self, at: &At) -> Parts {
        evaluate(self.job(), at).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The optimum: 1e-8 in the objective, 1e-6 in each parameter (of its size, where that is more than 1).
pub fn assert_optimum(done: &Done, objective: f64, parameters: &[(String, f64)]) {
    assert_value(done, objective);
    for (name, x) in parameters {
        close(done.at(name), *x, 1e-6 * x.abs().max(1.0), name);
    }
}

pub fn assert_value(done: &Done, objective: f64) {
    close(done.fit().objective.0, objective, 1e-8, &format!("objective, {:?}", done.status()));
}

pub fn close(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance, "{what}: {a} and {b} differ by {:e}", (a - b).abs());
}
