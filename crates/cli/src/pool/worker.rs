//! `surprisal worker`: trains the runs that it is told of on stdin, one at a time, and answers on stdout.
//!
//! A run that takes down its process, or must be taken down, takes nothing else with it.

use super::task::{Reply, Task};
use crate::side;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use surprisal_data::{Loaded, Roots};
use surprisal_spec::{BITS, Catalog, fits_memory, split_hash};
use surprisal_train::{Checkpoint, Constants, Control, Fault, Job, Seen, attempt, last};

/// Between two words on where a search is.
const TELL: Duration = Duration::from_millis(250);

/// How long a run may take to stop once nobody wants it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Trains what it is told to.
#[derive(clap::Args)]
pub struct Worker {
    /// Bytes of memory that this process may use
    #[arg(long)]
    memory: Option<u64>,
}

impl Worker {
    /// Answers until stdin ends: then whoever asked is gone or has had enough, and a run under way is given up.
    pub fn call(&self) -> Result<u8> {
        ignore_signals()?;
        #[cfg(unix)]
        if let Some(bytes) = self.memory {
            rlimit::setrlimit(rlimit::Resource::AS, bytes, bytes).context("cannot limit the memory of a worker")?;
        }
        let (stop, (send, tasks)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
        let ended = stop.clone();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
            // Whoever asked is gone: a run that does not stop by then hangs, and nobody is left to end it.
            ended.store(true, Ordering::Relaxed);
            drop(send); // no further task comes
            std::thread::sleep(PATIENCE);
            std::process::exit(i32::from(crate::exit::FAILED_RUNS));
        });
        let mut trainer = Trainer { tables: BTreeMap::new(), constants: Constants::default(), stop };
        for line in tasks {
            let task: Task = serde_json::from_str(&line).context("a task is a line of JSON")?;
            let reply = trainer.train(&task);
            say(&reply)?;
        }
        Ok(crate::exit::FINE)
    }
}

/// Signals are for the program that started this one, which says what to do about them.
fn ignore_signals() -> Result<()> {
    use signal_hook::consts as c;
    #[cfg(unix)]
    let signals = [c::SIGINT, c::SIGTERM, c::SIGHUP, c::SIGUSR1, c::SIGUSR2];
    #[cfg(not(unix))]
    let signals = [c::SIGINT, c::SIGTERM];
    for signal in signals {
        signal_hook::flag::register(signal, Arc::default()).context("cannot listen for signals")?;
    }
    Ok(())
}

fn say(reply: &Reply) -> Result<()> {
    let line = serde_json::to_string(reply)? + "\n";
    std::io::stdout().lock().write_all(line.as_bytes()).context("nobody listens to this worker")
}

/// What outlives a run: tables that were read, constants that were fitted.
struct Trainer {
    tables: BTreeMap<String, Loaded>,
    constants: Constants,
    stop: Arc<AtomicBool>,
}

impl Trainer {
    fn train(&mut self, task: &Task) -> Reply {
        let key = Catalog::key(&task.source.dataset);
        if !self.tables.contains_key(&key) {
            let here = task.root.join(&task.source.folder);
            let roots = Roots { here, root: task.root.clone(), data_dir: task.data_dir.clone() };
            match task.source.dataset.load(&roots) {
                Ok(loaded) => drop(self.tables.insert(key.clone(), loaded)),
                Err(error) => return Reply::Refused(error.to_string()),
            }
        }
        let (loaded, data) = (&self.tables[&key], &task.run.data);
        if data.unit >= loaded.units() {
            let (units, unit) = (loaded.units(), data.unit);
            return Reply::Refused(format!("the data have {units} units, and the run is of unit {unit}"));
        }
        let (table, split) = loaded.unit(data.unit);
        if table.hash != data.table || split_hash(split) != data.split {
            let what = if table.hash == data.table { "are split otherwise" } else { "have changed" };
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            let (name, then, now) = (&table.name, short(&data.table), short(&table.hash));
            return Reply::Refused(format!(
                "the data `{name}` {what} since the run was planned (table {then}… then, {now}… now)"
            ));
        }
        if let Err(why) = fits_memory(&task.run, table) {
            return Reply::Refused(format!("the model of run {} is too large: {why}", task.id));
        }
        let (start, told) = (Instant::now(), std::cell::Cell::new(None::<Instant>));
        let stopped = || self.stop.load(Ordering::Relaxed);
        let tell = |seen: &Seen| {
            if told.get().is_none_or(|then| then.elapsed() >= TELL) {
                told.set(Some(Instant::now()));
                // Should nobody listen any more, stdin has ended too.
                let _ = say(&Reply::At(last(seen)));
            }
        };
        let mut control = Control::new(&stopped).telling(&tell).failing(fault(&task.id));
        if let (Some(seconds), Some(results)) = (task.checkpoint, &task.results) {
            control = control.saving(checkpoint(task, seconds, results));
        }
        match attempt(&Job { run: &task.run, table, split }, &self.constants, &control) {
            None => Reply::Stopped,
            Some((outcome, kept)) => {
                if let Some(results) = &task.results
                    && let Err(error) = side::write(results, &task.id, &kept)
                {
                    return Reply::Refused(format!("{error:#}"));
                }
                Reply::Done { outcome: Box::new(outcome), seconds: start.elapsed().as_secs_f64() }
            }
        }
    }
}

/// Saves the run every so often, and restores what was saved by the same code on the same kind of CPU.
fn checkpoint(task: &Task, seconds: f64, results: &std::path::Path) -> Checkpoint<'static> {
    let path = side::checkpoint(results, &task.id);
    let stamp = format!("run {}, bits {BITS}, version {}, {}", task.id, crate::made::code(), crate::made::cpu());
    let to = path.clone();
    let write = move |bytes: &[u8]| {
        if let Err(error) = crate::atomic::write_durably(&to, bytes) {
            let _ = say(&Reply::Note(format!("no checkpoint: {error:#}")));
        }
    };
    let checkpoint = Checkpoint::new(stamp, Duration::from_secs_f64(seconds), Box::new(write));
    let restored = match crate::read::own(&path, crate::read::MAX_CHECKPOINT) {
        Ok(bytes) => checkpoint.restore(&bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("the checkpoint cannot be read: {error}")),
    };
    if let Err(why) = restored {
        let _ = say(&Reply::Note(format!("run {} begins anew: {why}", task.id)));
    }
    checkpoint
}

/// The fault that a test asks for: `SURPRISAL_FAULT=panic@3` at the third step of every run, `nan@2:0a1b` at the second
/// of the runs whose id begins so; several between commas.
fn fault(id: &str) -> Option<Fault> {
    let asked = std::env::var("SURPRISAL_FAULT").ok()?;
    let mut meant = asked.split(',').filter_map(|one| match one.split_once(':') {
        Some((fault, prefix)) => id.starts_with(prefix).then_some(fault),
        None => Some(one),
    });
    let fault = meant.next()?.parse();
    Some(fault.unwrap_or_else(|error| panic!("SURPRISAL_FAULT: {error}")))
}
