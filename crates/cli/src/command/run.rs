//! `surprisal run`: trains what is missing, appends records, prints the table.

use super::{prepared, table};
use crate::asked::{Asked, quoted};
use crate::claim::Claim;
use crate::place::{Options, show};
use crate::policy::Limits;
use crate::pool::{self, Ended, Event, News, Turn};
use crate::prepare::Prepared;
use crate::progress::{Mode, Progress, varied};
use crate::state::State;
use crate::stop::Stop;
use crate::store::{Contents, Store};
use crate::{exit, made, side};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use surprisal_spec::{BITS, Outcome, Planned, Record, Shard, Status};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal run experiments/first
  surprisal run experiments/first --jobs 1 --rerun failed
  surprisal run experiments/first --progress json --json
  surprisal run experiments/first --shard 1/4")]
pub struct Run {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    limits: Limits,
    /// Which runs to do again though there is a record
    #[arg(long, value_enum, default_value_t = Rerun::None)]
    rerun: Rerun,
    /// How progress is told, on stderr
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    progress: Mode,
    /// Go on when runs fail (the default)
    #[arg(long, conflicts_with_all = ["fail_fast", "max_failures"])]
    keep_going: bool,
    /// Stop at the first run that fails
    #[arg(long, conflicts_with = "max_failures")]
    fail_fast: bool,
    /// Stop once so many runs have failed
    #[arg(long, value_name = "N")]
    max_failures: Option<std::num::NonZeroUsize>,
    /// Only the K-th of N parts of the plan, for processes that share a sweep; the table is left to `table --write`
    #[arg(long, value_name = "K/N", default_value_t = Shard::WHOLE, hide_default_value = true)]
    shard: Shard,
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

impl Run {
    /// Runs, then prints the table.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let stop = Stop::on_signals()?;
        let (it, tell) = (prepared!(&self.asked, options), self.progress);
        let results = it.place.results(&it.plan.name);
        let mut store = Store::new(&results);
        let mut known = store.read()?;
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
        let own: Vec<&Planned> = self.shard.part(&it.plan.runs).collect();
        let todo: Vec<&Planned> = own.iter().copied().filter(wanted).collect();
        let stale = own.iter().filter(|run| State::of(known.records.get(&run.id)) == State::Stale).count();
        if stale > 0 && !matches!(self.rerun, Rerun::Stale | Rerun::All) {
            tell.note(&format!(
                "{stale} records were made by a version with other bits; `--rerun stale` makes them anew"
            ));
        }
        let whole = self.shard == Shard::WHOLE;
        if todo.is_empty() {
            let of = if whole { String::new() } else { format!(" of shard {}", self.shard) };
            tell.say(&format!("nothing to do: all {} runs{of} have records", own.len()));
        } else {
            known = self.train(&it, options, &todo, &mut store, known, &stop)?;
        }
        if options.json {
            for record in own.iter().filter_map(|run| known.records.get(&run.id)) {
                println!("{}", serde_json::to_string(&Line { schema: 1, record })?);
            }
        }
        tell.say(&format!("records: {}", show(store.folder())));
        if whole {
            let summary = table::summary(&it, &known);
            let written = table::write(&results, &summary)?;
            if !options.json {
                print!("{}", table::shown(&it, &known, &summary));
            }
            tell.say(&format!("table:   {} (also .txt, .csv, .tex)", show(&written)));
        } else {
            let done = own.iter().filter(|run| known.records.contains(&run.id)).count();
            tell.say(&format!("shard {}: {done} of {} runs have records", self.shard, own.len()));
        }
        let failed = failures(&it, &own, &known, tell);
        if stop.is_set() {
            tell.say(&format!("stopped; go on with: {}", command_line()));
            return Ok(stop.code());
        }
        // They go with the process: giving a hundred thousand back one by one takes longer than looking at them.
        std::mem::forget((it, known));
        Ok(failed)
    }

    /// Trains until all is done or the token is set; what is known then.
    fn train(
        &self,
        it: &Prepared,
        options: &Options,
        todo: &[&Planned],
        store: &mut Store,
        known: Contents,
        stop: &Stop,
    ) -> Result<Contents> {
        let results = it.place.results(&it.plan.name);
        let keep = Some((results.as_path(), self.limits.checkpoint()));
        let tasks: Vec<_> = todo.iter().map(|run| it.task(run, options, keep)).collect();
        let policy = self.limits.policy(it, todo);
        let environment = made::note(&results, &made::environment(policy.jobs, &data(it, todo)))?;
        let (claims, reader) = (results.join("claims"), Store::new(&results));
        let seen = Mutex::new((known, BTreeSet::new()));
        let turn = |index: usize| {
            let id = &todo[index].id;
            let Some(claim) = Claim::take(&claims, id) else { return Turn::Taken };
            // Whoever had the claim may have done the run: another process may share the folder.
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let (known, done) = &mut *seen;
            done.extend(reader.update(known).unwrap_or_default());
            if done.contains(id) { Turn::Done } else { Turn::Ours(claim) }
        };
        let most = if self.fail_fast { Some(1) } else { self.max_failures.map(std::num::NonZeroUsize::get) };
        let (mut failed, mut broken) = (0, None);
        let mut progress = Progress::new(self.progress, tasks.iter().map(|task| task.cost));
        let varied = varied(&it.plan);
        let current = |run: &Planned| varied.get(run.id.as_str()).map_or("", String::as_str);
        pool::run(&tasks, policy, stop, &turn, &mut |news| {
            let Event { index, ended, claim } = match news {
                News::Left(event) => event,
                News::Steps(steps) => return progress.steps(steps),
                News::Note(note) => return self.progress.note(&note),
            };
            let run = todo[index];
            let (outcome, seconds) = match ended {
                Ended::Done { outcome, seconds } => (*outcome, seconds),
                Ended::Died { cause, last, seconds } => (Outcome { last, ..no_result(it, run, cause) }, seconds),
                Ended::TimedOut { last, seconds } => {
                    let why = format!("it did not end within {} (--timeout)", self.limits.timeout_text());
                    (Outcome { last, ..no_result(it, run, why) }, seconds)
                }
                Ended::Elsewhere => return progress.left(index, &run.id, current(run), None),
                Ended::Refused(why) => {
                    stop.set(exit::MISSING);
                    broken.get_or_insert(anyhow::Error::new(exit::Missing(why)));
                    return;
                }
            };
            let source = Some(it.source(run));
            let made = made::made(seconds, source, Some(environment.clone()));
            let bad = is_failure(&outcome);
            let record = Record { id: run.id.clone(), bits: BITS, run: run.run.clone(), outcome, made };
            match store.append(&record) {
                Ok(()) => {
                    progress.left(index, &run.id, current(run), bad.as_deref());
                    let _ = std::fs::remove_file(side::checkpoint(&results, &run.id));
                }
                Err(error) => {
                    stop.set(exit::MISSING);
                    broken.get_or_insert(error);
                }
            }
            // Its record can be read: now others may look.
            drop(claim);
            failed += usize::from(bad.is_some());
            if most.is_some_and(|most| failed >= most) && !stop.is_set() {
                self.progress.note(&format!("{failed} failed: no more are begun"));
                stop.set(exit::FAILED_RUNS);
            }
        });
        progress.finish();
        let synced = store.sync();
        Claim::sweep(&claims);
        match broken {
            Some(error) => {
                Err(error.context(format!("what is done is kept; mend this and run again: {}", command_line())))
            }
            None => {
                synced?;
                let (mut known, _) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
                reader.update(&mut known)?;
                side::sweep(&results, |id| known.records.contains(id));
                Ok(known)
            }
        }
    }
}

/// A failure that a run could not tell itself.
fn no_result(it: &Prepared, run: &Planned, why: String) -> Outcome {
    let test_rows = it.catalog.get(&run.dataset).map_or(0, |loaded| loaded.unit(run.unit).1.test.len());
    Outcome { failure: Some(why), test_rows, ..Outcome::default() }
}

/// The data sets of the runs, by the hashes of their tables.
fn data(it: &Prepared, todo: &[&Planned]) -> BTreeMap<String, serde_json::Value> {
    let source = |run: &&Planned| serde_json::to_value(&it.datasets[&run.dataset]).unwrap_or_default();
    todo.iter().map(|run| (run.run.data.table.clone(), source(run))).collect()
}

/// What was typed, to be typed again.
pub fn command_line() -> String {
    std::iter::once("surprisal".to_string())
        .chain(std::env::args().skip(1).map(|word| quoted(&word)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Why a run counts as failed: it gave no result, or numbers that are not finite. Degenerate fits are results.
pub fn is_failure(outcome: &Outcome) -> Option<String> {
    match (&outcome.failure, &outcome.fit) {
        (Some(why), _) => Some(why.clone()),
        (_, Some(fit)) if matches!(fit.status, Status::NonFinite { .. }) => serde_json::to_string(&fit.status).ok(),
        _ => None,
    }
}

/// Tells the failed runs, each with where it last was and how to do it again; they make the exit code 1.
fn failures(it: &Prepared, own: &[&Planned], known: &Contents, tell: Mode) -> u8 {
    let records = own.iter().filter_map(|run| known.records.get(&run.id));
    let failed: Vec<_> = records.filter_map(|record| Some((record, is_failure(&record.outcome)?))).collect();
    for (record, why) in failed.iter().take(5) {
        let last = record.outcome.last.as_ref();
        let last = last.map(|at| format!("; last finite at step {}: {}", at.step, at.value.0)).unwrap_or_default();
        tell.say(&format!("failed {}: {why}{last}", record.id));
    }
    let Some((first, _)) = failed.first() else { return exit::FINE };
    let again = replay(&it.place.results(&it.plan.name), &first.id);
    tell.say(&format!("{} runs failed; to see one again: {again}", failed.len()));
    exit::FAILED_RUNS
}

/// The command that does one run again.
pub fn replay(results: &Path, id: &str) -> String {
    format!("surprisal reproduce {}#{}", show(&results.join("records")), id)
}
