//! `surprisal worker`: trains the runs that it is told of on stdin, as many at a time as it has lanes for, and answers on
//! stdout.
//!
//! A run that takes down its process, or must be taken down, takes no result of others with it.

use super::beside::Beside;
use super::task::{Reply, Task};
use crate::side;
use anyhow::{Context, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use surprisal_data::{Loaded, Roots, Split, Table};
use surprisal_spec::{BITS, Catalog, fits_memory, split_hash};
use surprisal_train::{Checkpoint, Constants, Control, Fault, Job, Seen, Task as Member, attempt_all};
use typed_arena::Arena;

/// How long a run may take to stop once nobody wants it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs after which those under way are ended before others begin: what is remembered of each is let go then.
const MOST: usize = 1024;

/// Trains what it is told to.
#[derive(clap::Args)]
pub struct Worker {
    /// Bytes of memory that this process may use
    #[arg(long)]
    memory: Option<u64>,
    /// Seconds that a run may take
    #[arg(long)]
    timeout: Option<f64>,
}

impl Worker {
    /// Answers until stdin ends: then whoever asked is gone or has had enough, and runs under way are given up.
    pub fn call(&self) -> Result<u8> {
        ignore_signals()?;
        #[cfg(unix)]
        if let Some(bytes) = self.memory {
            rlimit::setrlimit(rlimit::Resource::AS, bytes, bytes).context("cannot limit the memory of a worker")?;
        }
        let (stop, (send, lines)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
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
        let timeout = self.timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let (arena, constants) = (Arena::new(), Constants::default());
        let tables = Tables { arena: &arena, known: RefCell::default() };
        let mut inbox = Inbox { lines, open: false, ended: false };
        while !inbox.ended {
            company(&mut inbox, &tables, &constants, &stop, timeout)?;
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

pub fn say(reply: &Reply) -> Result<()> {
    let line = serde_json::to_string(reply)? + "\n";
    std::io::stdout().lock().write_all(line.as_bytes()).context("nobody listens to this worker")
}

/// Where tasks come from.
struct Inbox {
    lines: Receiver<String>,
    /// Whether further runs of the shape under way may be asked for.
    open: bool,
    /// Whether there is nobody to ask any more.
    ended: bool,
}

impl Inbox {
    /// The next run, asked for where others are under way, else waited for.
    fn next(&mut self) -> Result<Option<Task>> {
        if self.open {
            say(&Reply::Ask)?;
        }
        let Ok(line) = self.lines.recv() else {
            self.ended = true;
            return Ok(None);
        };
        let task: Option<Task> = serde_json::from_str(&line).context("a task is a line of JSON")?;
        self.open = task.is_some();
        Ok(task)
    }
}

/// Tables that were read: they outlive the runs.
struct Tables<'t> {
    arena: &'t Arena<Loaded>,
    known: RefCell<BTreeMap<String, &'t Loaded>>,
}

impl<'t> Tables<'t> {
    /// The rows of a run, or why they cannot be had.
    fn rows(&self, task: &Task) -> Result<(&'t Table, &'t Split), String> {
        let key = Catalog::key(&task.source.dataset);
        let known = self.known.borrow().get(&key).copied();
        let loaded = match known {
            Some(loaded) => loaded,
            None => {
                let here = task.root.join(&task.source.folder);
                let roots = Roots { here, root: task.root.clone(), data_dir: task.data_dir.clone() };
                let loaded = &*self.arena.alloc(task.source.dataset.load(&roots).map_err(|error| error.to_string())?);
                self.known.borrow_mut().insert(key, loaded);
                loaded
            }
        };
        let data = &task.run.data;
        if data.unit >= loaded.units() {
            let (units, unit) = (loaded.units(), data.unit);
            return Err(format!("the data have {units} units, and the run is of unit {unit}"));
        }
        let (table, split) = loaded.unit(data.unit);
        if table.hash != data.table || split_hash(split) != data.split {
            let what = if table.hash == data.table { "are split otherwise" } else { "have changed" };
            let short = |hash: &str| hash.chars().take(12).collect::<String>();
            let (name, then, now) = (&table.name, short(&data.table), short(&table.hash));
            return Err(format!("the data `{name}` {what} since the run was planned (table {then}… then, {now}… now)"));
        }
        if let Err(why) = fits_memory(&task.run, table) {
            return Err(format!("the model of run {} is too large: {why}", task.id));
        }
        Ok((table, split))
    }
}

/// Trains runs until there is none that fits beside those under way.
fn company(
    inbox: &mut Inbox,
    tables: &Tables,
    constants: &Constants,
    stop: &AtomicBool,
    timeout: Option<Duration>,
) -> Result<()> {
    let (beside, tasks) = (&Beside::default(), Arena::<Task>::new());
    let (stops, tells) = (Arena::<Box<dyn Fn() -> bool + '_>>::new(), Arena::<Box<dyn Fn(&Seen) + '_>>::new());
    let (broken, given) = (RefCell::new(None), RefCell::new(Vec::<&Task>::new()));
    let mut next = || {
        while broken.borrow().is_none() && given.borrow().len() < MOST {
            let task = match inbox.next() {
                Ok(task) => &*tasks.alloc(task?),
                Err(error) => {
                    *broken.borrow_mut() = Some(error);
                    return None;
                }
            };
            match tables.rows(task) {
                Ok((table, split)) => {
                    let key = given.borrow().len();
                    given.borrow_mut().push(task);
                    let begun = beside.join(key, &task.id);
                    let over = move || timeout.is_some_and(|time| begun.elapsed() >= time);
                    let stop = stops.alloc(Box::new(move || stop.load(Ordering::Relaxed) || over()));
                    let tell = tells.alloc(Box::new(move |seen: &Seen| beside.at(key, seen)));
                    let control = Control::new(stop).telling(tell).failing(fault(&task.id));
                    let job = Job { run: &task.run, table, split };
                    return Some(Member { key, job, control: kept(control, task) });
                }
                Err(why) => {
                    if let Err(error) = say(&Reply::Refused { id: task.id.clone(), why }) {
                        *broken.borrow_mut() = Some(error);
                    }
                }
            }
        }
        None
    };
    attempt_all(&mut next, constants, &mut |key, done| {
        let (task, seconds) = (given.borrow()[key], beside.leave(key));
        let id = task.id.clone();
        let reply = match done {
            None if stop.load(Ordering::Relaxed) => return,
            None => Reply::Overdue { id, seconds },
            Some((outcome, side)) => match task.results.as_ref().map(|results| side::write(results, &id, &side)) {
                Some(Err(error)) => Reply::Refused { id, why: format!("{error:#}") },
                _ => Reply::Done { id, outcome: Box::new(outcome), seconds },
            },
        };
        if let Err(error) = say(&reply) {
            *broken.borrow_mut() = Some(error);
        }
    });
    broken.into_inner().map_or(Ok(()), Err)
}

/// With checkpoints, where they are asked for.
fn kept<'a>(control: Control<'a>, task: &'a Task) -> Control<'a> {
    match (task.checkpoint, &task.results) {
        (Some(seconds), Some(results)) => control.saving(checkpoint(task, seconds, results)),
        _ => control,
    }
}

/// Saves the run every so often, and restores what was saved by the same code on the same kind of CPU.
fn checkpoint<'a>(task: &'a Task, seconds: f64, results: &std::path::Path) -> Checkpoint<'a> {
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
