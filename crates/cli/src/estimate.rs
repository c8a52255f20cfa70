//! How long and how large what is to do will be, from the records that there are.

use crate::made::cpu;
use crate::store::Contents;
use std::collections::BTreeMap;
use std::path::Path;
use surprisal_spec::{Model, Planned, Record, Run};

/// A guess at what is to do.
pub struct Estimate {
    /// Of wall-clock time, so many runs at a time.
    pub seconds: f64,
    /// On disk: records, and what lies beside them.
    pub bytes: f64,
    /// Records that it is made from.
    pub from: usize,
    /// The median time of such a run.
    pub median: f64,
    /// Whether they are of another CPU.
    pub elsewhere: bool,
}

/// From the records of this experiment, those of like runs first: the same data set, model and optimiser.
pub fn estimate(
    planned: &[Planned],
    todo: &[&Planned],
    known: &Contents,
    results: &Path,
    jobs: usize,
) -> Option<Estimate> {
    let all: Vec<&Record> = known.records.sorted().into_iter().filter(|record| record.made.seconds > 0.0).collect();
    let here: Vec<&Record> = all.iter().copied().filter(|record| record.made.cpu == cpu()).collect();
    let elsewhere = here.is_empty();
    let used = if elsewhere { all } else { here };
    if used.is_empty() || todo.is_empty() {
        return None;
    }
    let datasets: BTreeMap<&str, &str> = planned.iter().map(|run| (run.id.as_str(), run.dataset.as_str())).collect();
    let mut like: BTreeMap<(&str, String), Vec<f64>> = BTreeMap::new();
    for record in &used {
        if let Some(dataset) = datasets.get(record.id.as_str()) {
            like.entry((dataset, kind(&record.run))).or_default().push(record.made.seconds);
        }
    }
    let overall = median(used.iter().map(|record| record.made.seconds).collect());
    let times: BTreeMap<_, f64> = like.into_iter().map(|(key, seconds)| (key, median(seconds))).collect();
    let time = |run: &&Planned| times.get(&(run.dataset.as_str(), kind(&run.run))).copied().unwrap_or(overall);
    let each: Vec<f64> = todo.iter().map(time).collect();
    let beside = |record: &&Record| {
        std::fs::metadata(results.join("side").join(format!("{}.json", record.id))).map_or(0, |file| file.len())
    };
    let size = |record: &&Record| record.to_line().len() as f64 + beside(record) as f64;
    // What records of one experiment take differs little: some stand for all.
    let some: Vec<f64> = used.iter().step_by(used.len().div_ceil(SIZED)).map(size).collect();
    let bytes = some.iter().sum::<f64>() / some.len() as f64 * todo.len() as f64;
    let seconds = each.iter().sum::<f64>() / jobs.min(todo.len()).max(1) as f64;
    Some(Estimate { seconds, bytes, from: used.len(), median: median(each), elsewhere })
}

/// Records whose size is looked at, at most.
const SIZED: usize = 100;

/// What runs of about the same length share, beside the data set.
fn kind(run: &Run) -> String {
    let model = match &run.model {
        Model::Constant(_) => "constant".to_string(),
        Model::Linear(_) => "linear".to_string(),
        Model::Mlp(it) => format!("{:?}", it.widths),
    };
    let candidates = run.select.as_ref().map_or(1, |select| select.candidates.len());
    format!("{model} {} {} {candidates}", run.optimiser.name(), run.engine.name())
}

fn median(mut xs: Vec<f64>) -> f64 {
    xs.sort_by(f64::total_cmp);
    xs.get(xs.len() / 2).copied().unwrap_or(0.0)
}
