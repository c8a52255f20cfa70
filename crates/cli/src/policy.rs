//! How much a sweep may take: runs at a time, time and memory of one run, how often a long one is saved.

use crate::memory;
use crate::pool::Policy;
use crate::prepare::Prepared;
use std::num::NonZeroUsize;
use std::time::Duration;
use surprisal_spec::{Engine, Model, Optimiser, Planned};

/// Limits on runs, as options.
#[derive(Clone, Debug, clap::Args)]
pub struct Limits {
    /// Workers, each a process with one thread that trains a run, or as many of one shape as it has lanes for; by default
    /// as many as there are cores and memory for
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// A run that takes longer has failed: 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
    timeout: Option<Duration>,
    /// Memory that a worker may use: 500M, 4G
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<u64>,
    /// How often a run whose process died is tried again, alone, after all others
    #[arg(long, value_name = "N", default_value_t = 0)]
    retries: usize,
    /// How often a long run is saved, so that a killed one goes on from there: 30s, 10m; 0s for every step, never
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time_or_never)]
    checkpoint: Every,
}

/// A time between two events, or no event.
#[derive(Clone, Copy, Debug)]
pub struct Every(Option<Duration>);

/// `90s`, `10m`, `2h`, `1d`; a number alone is seconds.
pub fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected a time such as 90s, 10m or 2h, found `{text}`");
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let unit = match text[at..].trim() {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..at].trim().parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())
}

fn time_or_never(text: &str) -> Result<Every, String> {
    if text == "never" { Ok(Every(None)) } else { time(text).map(|time| Every(Some(time))) }
}

/// `500M`, `4G`: powers of 1024, as `ulimit` and schedulers have them.
pub fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("expected a size such as 500M or 4G, found `{text}`");
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let unit = match text[at..].trim_end_matches("iB").trim_end_matches('B') {
        "" => 1,
        "k" | "K" => 1u64 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..at].trim().parse().map_err(|_| wrong())?;
    let bytes = number * unit as f64;
    if bytes.is_finite() && bytes >= 1.0 { Ok(bytes as u64) } else { Err(wrong()) }
}

impl Limits {
    /// Seconds between two checkpoints.
    pub fn checkpoint(&self) -> Option<f64> {
        self.checkpoint.0.map(|every| every.as_secs_f64())
    }
    /// The time limit, for a sentence.
    pub fn timeout_text(&self) -> String {
        self.timeout.map_or_else(|| "any time".into(), |it| format!("{it:?}"))
    }
    /// For these runs, on this machine.
    pub fn policy(&self, it: &Prepared, todo: &[&Planned]) -> Policy {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let jobs = self.jobs.map_or_else(|| fitting(cores, it, todo), NonZeroUsize::get);
        Policy { jobs, timeout: self.timeout, memory: self.memory, retries: self.retries }
    }
}

impl Limits {
    /// For runs that were trained before: as many at a time as there are cores.
    pub fn plain(&self) -> Policy {
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        Policy { jobs, timeout: self.timeout, memory: self.memory, retries: self.retries }
    }
}

/// As many as there are cores, but no more than fit into three quarters of the memory that is free.
fn fitting(cores: usize, it: &Prepared, todo: &[&Planned]) -> usize {
    let Some(free) = memory::free() else { return cores };
    let need = todo.iter().map(|run| need(it, run)).max().unwrap_or(0) + BASE;
    let jobs = at_a_time(cores, free, need);
    if jobs < cores && jobs < todo.len() {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        eprintln!(
            "note: {jobs} workers, for one may need {:.1} GiB and {:.1} GiB are free; `-j` says otherwise",
            gib(need),
            gib(free)
        );
    }
    jobs
}

fn at_a_time(cores: usize, free: u64, need: u64) -> usize {
    ((free / 4 * 3) / need.max(1)).clamp(1, cores.max(1) as u64) as usize
}

/// Of a worker before it has read anything.
const BASE: u64 = 32 << 20;

/// Lanes of a worker, where there are most.
const LANES: u64 = 16;

/// Bytes that a worker is expected to take for such runs: their table, and for each that it trains at a time the design
/// matrix twice, what flows through the network and back for the rows of one step, and what the optimiser remembers.
/// Generous: too few at a time only cost time.
fn need(it: &Prepared, run: &Planned) -> u64 {
    let Some(loaded) = it.catalog.get(&run.dataset) else { return 0 };
    let table = loaded.unit(run.unit).0;
    let (rows, features) = (table.rows() as u64, table.dim() as u64);
    let heads = run.run.likelihood.bindings.len().max(table.classes.len()).max(1) as u64;
    let mut widths: Vec<u64> = match &run.run.model {
        Model::Mlp(it) => it.widths.iter().map(|width| width.0 as u64).collect(),
        _ => vec![],
    };
    widths.push(heads);
    let (mut inputs, mut weights) = (features, 0);
    for width in &widths {
        weights += (inputs + 1) * width;
        inputs = *width;
    }
    let batch = run.run.optimiser.batch().map_or(rows, |batch| rows.min(batch as u64));
    let memory = match &run.run.optimiser {
        Optimiser::Lbfgs(it) => 2 * it.memory.get() as u64,
        _ => 2,
    };
    let beside = if run.run.engine == Engine::Lanes { LANES } else { 1 };
    let tables: u64 = loaded.tables.iter().map(|table| (table.rows() * (table.dim() + 2)) as u64).sum();
    let flow = batch * (features + 4 * widths.iter().sum::<u64>());
    8 * (tables + beside * (2 * rows * (features + 2) + flow + (memory + 8) * weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_runs_go_at_a_time_as_cores_and_memory_allow_and_at_least_one() {
        let gib = 1 << 30;
        assert_eq!(at_a_time(16, 64 * gib, gib), 16);
        assert_eq!(at_a_time(16, 16 * gib, 3 * gib), 4);
        assert_eq!(at_a_time(16, gib, 3 * gib), 1);
    }

    #[test]
    fn times_and_sizes_are_read_as_people_write_them() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!((time("2h"), time("0")), (Ok(Duration::from_secs(7200)), Ok(Duration::ZERO)));
        assert_eq!((size("4G"), size("500MiB"), size("10")), (Ok(4 << 30), Ok(500 << 20), Ok(10)));
        for wrong in ["", "m", "10 parsecs", "-3s", "NaN", "1e400h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "G", "0", "-1G", "4Q", "NaN"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
