//! A sweep that faults strike, and the judgement afterwards: what was lost, what was doubled, whether the table is equal.

use crate::common::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::{Child, Stdio};

/// Twenty-four runs of some 10 ms: in lanes unless it is said otherwise, eight of one shape and sixteen of another.
pub const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 4, test: 0.1 } } } }
model: { mlp: { widths: [8], activation: tanh } }
likelihood: { laplace: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
optimiser: { adam: { lr: 0.01, epochs: 6, batch: 32 } }
seeds: [0, 1]
sweep: { grid: { estimator: [mse, mle, map] } }
";

/// How many runs it has.
pub const RUNS: usize = 24;

/// What faults cost, summed over the times that they struck.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// How often the fault was injected.
    pub times: usize,
    /// Runs without a result in the end.
    pub lost: usize,
    /// Records of one run beyond the first that holds a result.
    pub doubled: usize,
    /// Tables, and all that records state, are those of an undisturbed sweep.
    pub unequal: usize,
}

impl Cost {
    /// Nothing was lost, nothing doubled, everything equal, and the fault did strike.
    #[track_caller]
    pub fn assert_nothing(self) {
        assert!(self.times > 0, "the fault was never injected");
        assert_eq!((self.lost, self.doubled, self.unequal), (0, 0, 0), "{self:?}");
    }
}

/// An undisturbed sweep, to compare with.
pub struct Calm {
    yaml: String,
    /// What trains its runs.
    pub engine: &'static str,
    facts: BTreeMap<String, String>,
    tables: Vec<String>,
}

impl Calm {
    /// By an engine.
    pub fn new(engine: &'static str) -> Calm {
        let yaml = format!("{SWEEP}engine: {engine}\n");
        let folder = Folder::with(&yaml);
        folder.call(&["run", "a.yaml"]).ends(0);
        let calm = Calm { yaml, engine, facts: facts(&folder.records("sweep")), tables: folder.tables("sweep") };
        assert!(calm.facts.values().all(|it| it.contains(&format!("\"engine\":\"{engine}\""))));
        assert_eq!(calm.facts.len(), RUNS);
        calm
    }
    /// A folder in which the same sweep is to be done.
    pub fn folder(&self) -> Folder {
        Folder::with(&self.yaml)
    }
    /// The ids of its runs, in order.
    pub fn ids(&self) -> Vec<String> {
        self.facts.keys().cloned().collect()
    }
    /// What is left of a sweep that faults struck `times` times and that was then run to its end.
    pub fn judge(&self, folder: &Folder, times: usize) -> Cost {
        folder.call(&["run", "a.yaml", "--rerun", "failed"]).ends(0);
        let records = folder.records("sweep");
        let results: Vec<Value> = records.into_iter().filter(|it| it["outcome"]["failure"].is_null()).collect();
        let found = facts(&results);
        let lost = self.facts.keys().filter(|id| !found.contains_key(*id)).count();
        let equal = found == self.facts && folder.tables("sweep") == self.tables;
        Cost { times, lost, doubled: results.len() - found.len(), unequal: usize::from(!equal) }
    }
}

/// Starts the program in a folder; what it says is caught.
pub fn start(folder: &Folder, arguments: &[&str], fault: Option<&str>) -> Child {
    let mut command = program(&folder.path(""));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    fault.map(|fault| command.env("SURPRISAL_FAULT", fault));
    command.spawn().expect("the program starts")
}

/// How a child ended: its exit code (128 + n for signal n), and what it said on stderr.
pub fn ended(child: Child) -> (i32, String) {
    use std::os::unix::process::ExitStatusExt;
    let output = child.wait_with_output().expect("it ends");
    let code = output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal));
    (code.unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Sends a signal, by its name, to a child and to nothing else.
pub fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()) || name == "KILL", "a signal is sent");
}

/// Waits until so many records are there, or the child has ended.
pub fn until(folder: &Folder, child: &mut Child, records: usize) {
    while folder.records("sweep").len() < records && child.try_wait().expect("a child").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// Numbers in [0, 1) that are the same in every run of the tests.
pub struct Draws(pub u64);

impl Draws {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
