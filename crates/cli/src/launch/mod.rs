//! Scripts that let other programs start the shards of a sweep, and what Slurm says of those it was given.

pub mod any;
pub mod journal;
pub mod queue;
pub mod slurm;

use crate::asked::{self, Asked};
use crate::place::Options;
use crate::prepare::Prepared;
use crate::state::State;
use crate::store::Store;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use surprisal_spec::Shard;

/// Most shards unless told otherwise.
const SHARDS: usize = 16;

/// A sweep that is to be started elsewhere.
pub struct Launch {
    /// Of the experiment.
    pub name: String,
    /// Where it is started.
    pub root: PathBuf,
    /// Scripts and logs.
    pub folder: PathBuf,
    /// The shards in all.
    pub count: usize,
    /// Shards in which a run is to be done.
    pub open: Vec<Shard>,
    /// Runs to be done, and runs in all.
    pub runs: (usize, usize),
    /// This program with its options, and the experiment with its changes, quoted for a shell.
    program: String,
    experiment: String,
}

impl Launch {
    /// What is to be done, in `count` shards: by default one for each run, 16 at most.
    pub fn new(it: &Prepared, asked: &Asked, options: &Options, count: Option<usize>) -> Result<Launch> {
        let results = it.place.results(&it.plan.name);
        let known = Store::new(&results).read()?;
        let is_open = |id: &String| State::of(known.records.get(id)) == State::Todo;
        let todo = it.plan.runs.iter().filter(|run| is_open(&run.id)).count();
        let count = count.unwrap_or(todo.clamp(1, SHARDS));
        let open = Shard::all(count).filter(|shard| shard.part(&it.plan.runs).any(|run| is_open(&run.id))).collect();
        let mut program = quoted(&std::env::current_exe().context("this program cannot be found")?)?;
        if let Some(folder) = &options.data_dir {
            let folder = folder.canonicalize().with_context(|| format!("cannot reach `{}`", folder.display()))?;
            program += &format!(" --data-dir {}", quoted(&folder)?);
        }
        let mut experiment = quoted(&it.place.file)?;
        for change in &asked.changes {
            experiment += &format!(" {}", word(change)?);
        }
        Ok(Launch {
            name: it.plan.name.clone(),
            root: it.place.root.clone(),
            folder: results.join("launch"),
            count,
            open,
            runs: (todo, it.plan.runs.len()),
            program,
            experiment,
        })
    }
    /// The command that runs a shard: `shard` is its number, or what a shell makes it from.
    pub fn run(&self, shard: &str, jobs: &str) -> String {
        format!("{} run {} --shard {shard}/{} --jobs {jobs}", self.program, self.experiment, self.count)
    }
    /// The command that renders the tables.
    pub fn table(&self) -> String {
        format!("{} table {} --write", self.program, self.experiment)
    }
    /// Writes a script.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        crate::atomic::write(&path, text.as_bytes())?;
        Ok(path)
    }
    /// Open shards as ranges: `1-3,7`.
    pub fn ranges(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for shard in &self.open {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == shard.number() => *last += 1,
                _ => ranges.push((shard.number(), shard.number())),
            }
        }
        let text = |(a, b): &(usize, usize)| if a == b { a.to_string() } else { format!("{a}-{b}") };
        ranges.iter().map(text).collect::<Vec<_>>().join(",")
    }
}

/// A path as one word of a shell; a line break in it would begin another line of a script.
fn quoted(path: &Path) -> Result<String> {
    let Some(text) = path.to_str() else { bail!("`{}` is not UTF-8, and cannot stand in a script", path.display()) };
    word(text)
}

/// A text as one word of a shell.
pub fn word(text: &str) -> Result<String> {
    ensure!(!text.contains(char::is_control), "{text:?} has control characters, and cannot stand in a script");
    Ok(asked::quoted(text))
}
