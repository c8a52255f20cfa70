//! `surprisal verify`: trains recorded runs again and compares, bit for bit.

use crate::difference::{Difference, differences};
use crate::found::{self, Found};
use crate::place::Options;
use crate::policy::Limits;
use crate::pool::{self, Ended, Event, News, Turn};
use crate::progress::{Mode, Progress};
use crate::stop::Stop;
use crate::{exit, made};
use anyhow::Result;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use surprisal_spec::{BITS, Record};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal verify results
  surprisal verify results/first --all
  surprisal verify results/first --sample 5")]
pub struct Verify {
    /// A folder of results, a file of records, `results` for everything, or `PATH#ID`
    #[arg(default_value = "results")]
    results: String,
    /// So many records of each experiment, spread evenly over their ids
    #[arg(long, value_name = "N", default_value = "20", conflicts_with = "all")]
    sample: NonZeroUsize,
    /// Every record
    #[arg(long)]
    all: bool,
    /// Compare objectives and scores only, up to this relative difference; 1e-6 for records of another CPU, else bits
    #[arg(long, value_name = "SHARE")]
    within: Option<f64>,
    /// Ask for equal bits also of records that were made on another CPU
    #[arg(long, conflicts_with = "within")]
    exact: bool,
    #[command(flatten)]
    limits: Limits,
}

/// What came of one experiment's records.
#[derive(Default, serde::Serialize)]
struct Verdict {
    name: String,
    records: usize,
    compared: usize,
    equal: usize,
    /// Of these, how many are equal within the tolerance only.
    close: usize,
    failed: usize,
    stale: usize,
    differ: Vec<String>,
    /// Why runs could not be done again, and how many.
    refused: BTreeMap<String, usize>,
}

/// Differing records that are told in full.
const TOLD: usize = 5;

impl Verify {
    /// Exit code 0: all are equal; 3: some are not; 4: some cannot be done again.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let stop = Stop::on_signals()?;
        let mut verdicts = Vec::new();
        for mut found in found::find(&self.results)? {
            let verdict = self.verify(&mut found, options, &stop)?;
            if stop.is_set() {
                return Ok(stop.code());
            }
            if !options.json {
                println!("{}", verdict.text());
            }
            verdicts.push(verdict);
        }
        if options.json {
            println!("{}", serde_json::json!({ "schema": 1, "results": verdicts }));
        }
        Ok(match () {
            () if verdicts.iter().any(|it| !it.differ.is_empty()) => exit::MISMATCH,
            () if verdicts.iter().any(|it| !it.refused.is_empty()) => exit::MISSING,
            () => exit::FINE,
        })
    }

    fn verify(&self, found: &mut Found, options: &Options, stop: &Stop) -> Result<Verdict> {
        let mut verdict = Verdict { name: found.name(), records: found.records.len(), ..Verdict::default() };
        let whole: Vec<Record> =
            found.records.sorted().into_iter().filter(|it| it.outcome.failure.is_none()).cloned().collect();
        verdict.failed = found.records.len() - whole.len();
        let all = whole.len();
        let current: Vec<Record> = whole.into_iter().filter(|it| it.bits == BITS).collect();
        verdict.stale = all - current.len();
        let step = if self.all { 1 } else { current.len().div_ceil(self.sample.get()).max(1) };
        let (mut records, mut tasks) = (Vec::new(), Vec::new());
        for record in current.into_iter().step_by(step) {
            match found.task(&record, options, false) {
                Ok(task) => {
                    tasks.push(task);
                    records.push(record);
                }
                Err(error) => *verdict.refused.entry(format!("{error:#}")).or_default() += 1,
            }
        }
        let mut progress = Progress::new(Mode::Auto, tasks.iter().map(|task| task.cost));
        let policy = self.limits.plain();
        let free = |_: usize| Turn::Free;
        pool::run(&tasks, policy, stop, &free, &mut |news| {
            let Event { index, ended, .. } = match news {
                News::Left(event) => event,
                News::Steps(steps) => return progress.steps(steps),
                News::Note(note) => return Mode::Auto.note(&note),
            };
            let record = &records[index];
            progress.left(index, &record.id, "", None);
            match ended {
                Ended::Done { outcome, .. } => {
                    verdict.compared += 1;
                    let found = differences(&record.outcome, &outcome);
                    let counts = |it: &&Difference| self.tolerance(record).is_none_or(|within| exceeds(it, within));
                    let counted: Vec<Difference> = found.iter().filter(counts).cloned().collect();
                    if counted.is_empty() {
                        verdict.equal += 1;
                        verdict.close += usize::from(!found.is_empty());
                    } else {
                        verdict.differ.push(differing(record, &counted));
                    }
                }
                Ended::Died { cause, .. } => *verdict.refused.entry(cause).or_default() += 1,
                Ended::TimedOut { .. } => {
                    *verdict.refused.entry("it took too long (--timeout)".into()).or_default() += 1
                }
                Ended::Refused(why) => *verdict.refused.entry(why).or_default() += 1,
                Ended::Elsewhere => {}
            }
        });
        progress.finish();
        verdict.differ.sort();
        Ok(verdict)
    }

    /// How far objectives and scores may be apart, where not every bit is asked for: candle's products keep their bits per
    /// CPU model only.
    fn tolerance(&self, record: &Record) -> Option<f64> {
        let elsewhere = record.made.cpu != made::cpu() || record.made.platform != made::platform();
        self.within.or((elsewhere && !self.exact).then_some(ELSEWHERE))
    }
}

/// Of the larger number, for records that were made on another CPU.
const ELSEWHERE: f64 = 1e-6;

/// Whether an objective or a score differs by more than this share; how a search got there is no result.
fn exceeds(it: &Difference, within: f64) -> bool {
    let sums = ["fit.nll", "fit.neg_log_prior", "fit.objective"];
    let scores = ["scores", "constant", "truth"];
    let result = sums.contains(&it.at.as_str()) || scores.iter().any(|name| it.at.starts_with(name));
    result && it.relative().is_none_or(|share| share > within)
}

/// A record and what differs; where it was made otherwise, that too: it is the likely reason.
pub fn differing(record: &Record, found: &[Difference]) -> String {
    let mut text = format!("{} differs in {} numbers", record.id, found.len());
    found.iter().take(6).for_each(|it| text += &format!("\n    {}", it.text()));
    if found.len() > 6 {
        text += &format!("\n    and {} more", found.len() - 6);
    }
    let here = made::made(0.0, None, None);
    let (then, pairs) = (
        &record.made,
        [
            ("CPU", &record.made.cpu, &here.cpu),
            ("platform", &record.made.platform, &here.platform),
            ("version", &record.made.version, &here.version),
        ],
    );
    for (what, then, now) in pairs {
        if then != now {
            text += &format!("\n    {what}: recorded on {then}, now {now}");
        }
    }
    if then.revision != here.revision {
        let name = |it: &Option<String>| it.clone().unwrap_or_else(|| "unknown".into());
        text += &format!("\n    revision: recorded at {}, now {}", name(&then.revision), name(&here.revision));
    }
    text
}

impl Verdict {
    fn text(&self) -> String {
        let how = match self.close {
            0 => "to the bit".to_string(),
            n => format!("({n} of them within the tolerance, the others to the bit)"),
        };
        let (name, equal, compared, all) = (&self.name, self.equal, self.compared, self.records);
        let mut text = format!("{name}: {equal} of {compared} done again are equal {how}; {all} records");
        for (n, what) in [(self.failed, "of failed runs"), (self.stale, "of other bits")] {
            if n > 0 {
                text += &format!(", {n} {what} are not compared");
            }
        }
        self.differ.iter().take(TOLD).for_each(|it| text += &format!("\n  {it}"));
        if self.differ.len() > TOLD {
            text += &format!("\n  and {} more", self.differ.len() - TOLD);
        }
        self.refused.iter().take(TOLD).for_each(|(why, n)| text += &format!("\n  {n} not done again: {why}"));
        text
    }
}
