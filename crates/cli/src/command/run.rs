//! `surprisal run`: trains what is missing, appends records, prints the table.

use super::{prepared, table};
use crate::asked::Asked;
use crate::exit;
use crate::made::{cpu, made};
use crate::place::{Options, show};
use crate::prepare::Prepared;
use crate::progress::{Mode, Progress, varied};
use crate::store::{Contents, State, Store};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use surprisal_spec::{BITS, Number, Planned, Record, Status};
use surprisal_train::{Job, Side, fit};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal run experiments/first
  surprisal run experiments/first --jobs 1 --rerun failed
  surprisal run experiments/first --progress json --json")]
pub struct Run {
    #[command(flatten)]
    asked: Asked,
    /// Runs at a time, one thread each; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,
    /// Which runs to do again though there is a record
    #[arg(long, value_enum, default_value_t = Rerun::None)]
    rerun: Rerun,
    /// How progress is told, on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    progress: Mode,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Rerun {
    /// Only what is missing
    None,
    /// Failed runs too
    Failed,
    /// Records of another version's bits too
    Stale,
    /// Everything
    All,
}

/// A record on stdout: its line in the store has no need of a number, a reader of stdout has.
#[derive(serde::Serialize)]
struct Line<'a> {
    schema: u32,
    #[serde(flatten)]
    record: &'a Record,
}

/// Between two looks at what other processes have done meanwhile.
const LOOK: Duration = Duration::from_secs(2);

impl Run {
    /// Runs, then prints the table.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let (it, tell) = (prepared!(&self.asked, options), self.progress);
        let results = it.place.results(&it.plan.name);
        let mut store = Store::new(&results);
        let known = store.read()?;
        known.remarks.iter().for_each(|remark| tell.note(remark));
        it.plan.notes.iter().for_each(|note| tell.note(note));
        let again = |state: State| match self.rerun {
            Rerun::None => false,
            Rerun::Failed => state == State::Failed,
            Rerun::Stale => state == State::Stale,
            Rerun::All => state != State::Todo,
        };
        let wanted = |run: &&Planned| {
            let state = State::of(known.records.get(&run.id));
            state == State::Todo || again(state)
        };
        let todo: Vec<&Planned> = it.plan.runs.iter().filter(wanted).collect();
        let stale = it.plan.runs.iter().filter(|run| State::of(known.records.get(&run.id)) == State::Stale).count();
        if stale > 0 && !matches!(self.rerun, Rerun::Stale | Rerun::All) {
            tell.note(&format!(
                "{stale} records were made by a version with other bits; `--rerun stale` makes them anew"
            ));
        }
        let stopped = if todo.is_empty() {
            tell.say(&format!("nothing to do: all {} runs have records", it.plan.runs.len()));
            false
        } else {
            environment(&results)?;
            let reread = self.rerun == Rerun::None;
            self.train(&it, &todo, &mut store, &results, reread)?
        };
        let known = store.read()?;
        let summary = table::summary(&it, &known);
        let written = table::write(&results, &summary)?;
        if options.json {
            for run in &it.plan.runs {
                if let Some(record) = known.records.get(&run.id) {
                    println!("{}", serde_json::to_string(&Line { schema: 1, record })?);
                }
            }
        } else {
            print!("{}", table::shown(&it, &known, &summary));
        }
        tell.say(&format!("records: {}", show(store.folder())));
        tell.say(&format!("table:   {} (also .txt, .csv, .tex)", show(&written)));
        if stopped {
            tell.say(&format!("stopped; go on with: surprisal run {}", self.asked));
            return Ok(exit::STOPPED);
        }
        Ok(failures(&it, &known, tell))
    }

    /// Trains; whether it was stopped.
    fn train(&self, it: &Prepared, todo: &[&Planned], store: &mut Store, results: &Path, reread: bool) -> Result<bool> {
        let stop = Arc::new(AtomicBool::new(false));
        on_signal(stop.clone())?;
        let jobs =
            self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, std::num::NonZeroUsize::get);
        let (mut progress, varied) = (Progress::new(self.progress, todo.len()), varied(&it.plan));
        let work: Vec<Job> = todo.iter().filter_map(|run| work(it, run)).collect();
        let done: Mutex<BTreeSet<String>> = Mutex::default();
        let known = || done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (mut looked, mut broken) = (Instant::now(), None);
        fit(&work, jobs, &stop, &|index| known().contains(&todo[index].id), &mut |event| {
            let run = todo[event.index];
            let current = varied.get(run.id.as_str()).map_or("", String::as_str);
            progress.step(&run.id, current, event.outcome.failure.as_deref());
            let record = Record {
                id: run.id.clone(),
                bits: BITS,
                run: run.run.clone(),
                outcome: event.outcome,
                made: made(event.seconds),
            };
            // What lies beside comes first: a record says that its run is done.
            let written = beside(results, &run.id, &event.side).and_then(|()| store.append(&record));
            if let Err(error) = written {
                stop.store(true, Ordering::Relaxed);
                broken.get_or_insert(error);
            }
            if reread && looked.elapsed() >= LOOK {
                looked = Instant::now();
                // Another process may share the folder: what it has done is not done again.
                if let Ok(contents) = store.read() {
                    *known() = contents.records.into_keys().collect();
                }
            }
        });
        store.sync()?;
        if let Some(error) = broken {
            progress.finish();
            return Err(error);
        }
        progress.finish();
        Ok(stop.load(Ordering::Relaxed))
    }
}

fn work<'a>(it: &'a Prepared, run: &'a Planned) -> Option<Job<'a>> {
    let (table, split) = it.catalog.get(&run.dataset)?.unit(run.unit);
    Some(Job { run: &run.run, table, split })
}

/// Failed runs, and fits that ended in numbers that are not finite, make the exit code 1; degenerate fits do not.
fn failures(it: &Prepared, known: &Contents, tell: Mode) -> u8 {
    let mut failed = Vec::new();
    for run in &it.plan.runs {
        let Some(record) = known.records.get(&run.id) else { continue };
        match (&record.outcome.failure, &record.outcome.fit) {
            (Some(why), _) => failed.push((&run.id, why.clone())),
            (_, Some(fit)) if matches!(fit.status, Status::NonFinite { .. }) => {
                failed.push((&run.id, serde_json::to_string(&fit.status).unwrap_or_default()));
            }
            _ => {}
        }
    }
    for (id, why) in failed.iter().take(5) {
        tell.say(&format!("failed {id}: {why}"));
    }
    if failed.is_empty() {
        return exit::FINE;
    }
    tell.say(&format!("{} runs failed", failed.len()));
    exit::FAILED_RUNS
}

/// First Ctrl-C: give up what is under way and keep the rest. Second: leave now.
fn on_signal(stop: Arc<AtomicBool>) -> Result<()> {
    ctrlc::set_handler(move || {
        if stop.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(exit::STOPPED));
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// What the records were made with.
fn environment(results: &Path) -> Result<()> {
    std::fs::create_dir_all(results).with_context(|| format!("cannot create `{}`", results.display()))?;
    let made = made(0.0);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let text = serde_json::json!({
        "schema": 1, "version": made.version, "revision": made.revision, "bits": BITS, "platform": made.platform,
        "cpu": cpu(), "cores": cores, "debug": cfg!(debug_assertions),
        "command": std::env::args().skip(1).collect::<Vec<_>>(),
    });
    let path = results.join("environment.json");
    std::fs::write(&path, format!("{text:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Test rows with their targets and predictions, and the learning curve: scores are functions of them.
fn beside(results: &Path, id: &str, side: &Side) -> Result<()> {
    let Some(family) = side.family.filter(|_| !side.rows.is_empty() || !side.curve.is_empty()) else { return Ok(()) };
    let folder = results.join("side");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let numbers = |xs: &[f64]| xs.iter().copied().map(Number).collect::<Vec<_>>();
    let at: Vec<_> = side.at.iter().map(|at| numbers(at)).collect();
    let curve: Vec<_> =
        side.curve.iter().map(|(epoch, mean, score)| (epoch, Number(*mean), score.map(Number))).collect();
    let text = serde_json::json!({
        "id": id, "family": family.name(), "rows": side.rows, "y": numbers(&side.y), "at": at, "curve": curve,
    });
    let (part, path) = (folder.join(format!("{id}.part")), folder.join(format!("{id}.json")));
    std::fs::write(&part, text.to_string()).with_context(|| format!("cannot write `{}`", part.display()))?;
    std::fs::rename(&part, &path).with_context(|| format!("cannot write `{}`", path.display()))
}
