//! `surprisal reproduce`: trains one run again from its record alone.

use super::verify::differing;
use crate::difference::differences;
use crate::place::{Options, show};
use crate::policy::Limits;
use crate::pool::{self, Ended, Event, News, Turn};
use crate::stop::Stop;
use crate::{exit, found, made};
use anyhow::Result;
use surprisal_spec::{BITS, Outcome, Record};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal reproduce results/first#ID")]
pub struct Reproduce {
    /// A record: `PATH#ID`, where the path is a folder of results or a file of records, or its id alone
    record: String,
    /// Write its model, predictions and learning curve beside the records, for `predict`
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    limits: Limits,
}

impl Reproduce {
    /// Trains one run from its record alone. Exit code 0: as recorded; 3: otherwise.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let stop = Stop::on_signals()?;
        let mut found = found::find(&self.record)?.remove(0);
        let record = match found.records.sorted()[..] {
            [record] => &record.clone(),
            _ => {
                let n = found.records.len();
                return Err(found::missing(format!("`{}` names {n} records: add `#` and the id of one", self.record)));
            }
        };
        let task = found.task(record, options, self.keep)?;
        let (mut code, policy) = (exit::FINE, self.limits.plain());
        pool::run(&[task], policy, &stop, &|_| Turn::Free, &mut |news| {
            let ended = match news {
                News::Left(Event { ended, .. }) => ended,
                News::Note(note) => return eprintln!("note: {note}"),
                News::Steps(_) => return,
            };
            code = match ended {
                Ended::Done { outcome, seconds } => told(record, &outcome, seconds, options),
                Ended::Died { cause, .. } => failed(record, &cause),
                Ended::TimedOut { .. } => failed(record, "it did not end in time (--timeout)"),
                Ended::Refused(why) => {
                    eprintln!("error: {why}");
                    exit::MISSING
                }
                Ended::Elsewhere => exit::FINE,
            };
        });
        if stop.is_set() {
            return Ok(stop.code());
        }
        if self.keep && code != exit::MISSING {
            eprintln!("kept in {}", show(&found.results.join("side")));
        }
        Ok(code)
    }
}

fn told(record: &Record, outcome: &Outcome, seconds: f64, options: &Options) -> u8 {
    let found = differences(&record.outcome, outcome);
    if options.json {
        let again = Record {
            outcome: outcome.clone(),
            bits: BITS,
            made: made::made(seconds, record.made.source.clone(), None),
            ..record.clone()
        };
        println!("{}", serde_json::to_string(&again).unwrap_or_default());
    } else {
        let what = match (&outcome.failure, &outcome.fit) {
            (Some(why), _) => format!("it failed: {why}"),
            (_, Some(fit)) => format!("objective {:?} nats, {}", fit.objective.0, fit.status.word()),
            _ => "no fit".into(),
        };
        println!("{}: {what}", record.id);
    }
    // What failed at a moment (a process that died) may do so at another.
    if found.is_empty() || outcome.failure.is_some() && outcome.failure == record.outcome.failure {
        eprintln!("as recorded, to the bit");
        return exit::FINE;
    }
    eprintln!("{}", differing(record, &found));
    exit::MISMATCH
}

fn failed(record: &Record, why: &str) -> u8 {
    println!("{}: it failed: {why}", record.id);
    if record.outcome.failure.as_deref() == Some(why) { exit::FINE } else { exit::MISMATCH }
}
