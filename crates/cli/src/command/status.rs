//! `surprisal status`: done, failed, stale, to do, and how the fits ended.

use super::prepared;
use super::run::replay;
use crate::asked::Asked;
use crate::exit;
use crate::launch::{journal, queue};
use crate::place::{Options, show};
use crate::state::{State, why_stale};
use crate::store::Store;
use anyhow::Result;
use std::collections::BTreeMap;
use surprisal_spec::Shard;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal status experiments/first")]
pub struct Status {
    #[command(flatten)]
    asked: Asked,
}

impl Status {
    /// Prints the counts.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = prepared!(&self.asked, options);
        let store = Store::new(&it.place.results(&it.plan.name));
        let known = store.read()?;
        let (mut states, mut ends): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) = Default::default();
        let (mut failures, mut stale, mut found) = (Vec::new(), BTreeMap::<String, usize>::new(), 0);
        for run in &it.plan.runs {
            let record = known.records.get(&run.id);
            *states.entry(State::of(record).word()).or_default() += 1;
            if let Some(record) = record {
                found += 1;
                if let Some(why) = why_stale(record) {
                    *stale.entry(why).or_default() += 1;
                }
                match (&record.outcome.fit, &record.outcome.failure) {
                    (_, Some(why)) => failures.push((run.id.clone(), why.clone())),
                    (Some(fit), _) => *ends.entry(fit.status.word()).or_default() += 1,
                    _ => {}
                }
            }
        }
        // No run is planned twice.
        let others = known.records.len() - found;
        let submissions = journal::submissions(&it.place.results(&it.plan.name).join("launch"));
        let tasks = queue::tasks(&submissions);
        if options.json {
            println!(
                "{}",
                serde_json::json!({ "schema": 1, "name": it.plan.name, "runs": it.plan.runs.len(), "states": states, "fits": ends, "others": others, "failures": failures, "stale": stale, "remarks": known.remarks, "slurm": tasks })
            );
            return Ok(exit::FINE);
        }
        println!("{}: {} runs in {}", it.plan.name, it.plan.runs.len(), show(store.folder()));
        states.iter().for_each(|(state, n)| println!("  {n:6} {state}"));
        stale.iter().for_each(|(why, n)| println!("  stale: {n} {why}; `surprisal run --rerun stale` makes them anew"));
        if !ends.is_empty() {
            println!("  fits: {}", ends.iter().map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", "));
        }
        if others > 0 {
            println!("  {others} records of runs that this experiment no longer asks for");
        }
        for (id, why) in failures.iter().take(10) {
            println!("  failed {id}: {why}");
        }
        if let Some((id, _)) = failures.first() {
            let results = it.place.results(&it.plan.name);
            println!("  to see one again: {}; `surprisal run --rerun failed` tries all again", replay(&results, id));
        }
        known.remarks.iter().for_each(|remark| println!("  {remark}"));
        let done = |shard: Shard| {
            let own: Vec<_> = shard.part(&it.plan.runs).collect();
            (own.iter().filter(|run| known.records.contains(&run.id)).count(), own.len())
        };
        queue::told(&submissions, &tasks, done).iter().for_each(|line| println!("  {line}"));
        // They go with the process: giving a hundred thousand back one by one takes longer than counting them.
        std::mem::forget((it, known));
        Ok(exit::FINE)
    }
}
