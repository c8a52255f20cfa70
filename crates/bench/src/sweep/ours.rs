//! Our engines: whole runs, from the draw of the weights to the outcome.

use super::{Net, SIGMA, TAU};
use surprisal_data::Roots;
use surprisal_spec::yaml::Sources;
use surprisal_spec::{Catalog, Files, Plan, compose, plan};
use surprisal_train::{Constants, Control, Job, Task, attempt_all};

/// No folder of configs.
struct NoConfigs;
impl Files for NoConfigs {
    fn option(&self, _: &str, _: &str) -> Option<(String, String)> {
        None
    }
    fn options(&self, _: &str) -> Vec<String> {
        vec![]
    }
}

/// Planned runs and their rows.
pub struct Ours {
    net: Net,
    plan: Plan,
    catalog: Catalog,
    /// Fitted once per data set, as a worker does.
    constants: Constants,
}

impl Ours {
    /// Runs of one engine that differ in their seeds.
    ///
    /// # Errors
    /// What the planner says.
    pub fn new(engine: &str, net: Net, models: usize, batch: usize, epochs: usize) -> Result<Ours, String> {
        let Net { rows, features, width, depth } = net;
        let widths = vec![width.to_string(); depth].join(", ");
        let seeds: Vec<String> = (0..models).map(|k| k.to_string()).collect();
        let text = format!(
            "schema: 1\nname: sweep\nengine: {engine}\ndtype: f32\nestimator: map\nseeds: [{}]\n\
             dataset: {{ linear_gaussian: {{ n: {rows}, dim: {features}, noise: {SIGMA:?}, test_n: 1, replicates: 1 }} }}\n\
             model: {{ mlp: {{ widths: [{widths}], activation: relu }} }}\n\
             likelihood: {{ gaussian: {{ scale: {SIGMA:?} }} }}\nprior: {{ gaussian: {{ scale: {TAU:?} }} }}\n\
             optimiser: {{ adam: {{ lr: 0.001, epochs: {epochs}, batch: {batch} }} }}\n",
            seeds.join(", ")
        );
        let told = |problems: Vec<surprisal_spec::yaml::Problem>| {
            problems.iter().map(|it| it.title().to_string()).collect::<Vec<_>>().join("; ")
        };
        let composed = compose(&NoConfigs, &mut Sources::default(), "sweep.yaml", text).map_err(told)?;
        let mut catalog = Catalog::default();
        let dataset = &composed.cells[0].experiment.dataset;
        catalog.insert(dataset, dataset.load(&Roots::here(".")).map_err(|e| e.to_string())?);
        let plan = plan(&composed, &catalog).map_err(told)?;
        assert_eq!(plan.runs.len(), models, "a run is a model");
        Ok(Ours { net, plan, catalog, constants: Constants::default() })
    }

    fn jobs(&self) -> impl Iterator<Item = Job<'_>> {
        self.plan.runs.iter().filter_map(|planned| {
            let (table, split) = self.catalog.get(&planned.dataset)?.unit(planned.unit);
            Some(Job { run: &planned.run, table, split })
        })
    }

    /// The engine that is resolved for its runs.
    pub fn engine(&self) -> &'static str {
        self.plan.runs.first().map_or("none", |planned| planned.run.engine.name())
    }

    /// Features and targets of the rows that train, for the others.
    pub fn rows(&self) -> (Vec<f32>, Vec<f32>) {
        let Some(job) = self.jobs().next() else { return Default::default() };
        let rows = || job.split.train.iter();
        let x = rows().flat_map(|&i| &job.table.x[i * self.net.features..(i + 1) * self.net.features]);
        (x.map(|&x| x as f32).collect(), rows().map(|&i| job.table.y[i] as f32).collect())
    }

    /// Trains all of them, in one queue; the objective of the last per row.
    pub fn train(&self) -> f64 {
        let (mut jobs, mut last) = (self.jobs().enumerate(), f64::NAN);
        let mut next = || jobs.next().map(|(key, job)| Task { key, job, control: Control::new(&|| false) });
        attempt_all(&mut next, &self.constants, &mut |_, done| {
            last = done.and_then(|it| it.0.fit).map_or(f64::NAN, |fit| fit.objective.0 / self.net.rows as f64);
        });
        last
    }
}
