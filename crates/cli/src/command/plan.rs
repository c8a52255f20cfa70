//! `surprisal plan`: what would be run, what is done, and why.

use super::prepared;
use crate::exit;
use crate::place::{Options, show};
use crate::store::{State, Store};
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::PathBuf;
use surprisal_spec::{Arm, likelihood_text, prior_text};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal plan experiments/first
  surprisal plan experiments/first --list")]
pub struct Plan {
    /// A YAML file, or a folder with an `experiment.yaml`
    experiment: PathBuf,
    /// Every run with its id and state
    #[arg(long)]
    list: bool,
}

impl Plan {
    /// Prints the plan.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = prepared!(&self.experiment, options);
        let store = Store::new(&it.place.results(&it.plan.name));
        let known = store.read()?;
        let states: Vec<State> = it.plan.runs.iter().map(|run| State::of(known.records.get(&run.id))).collect();
        let mut counts: BTreeMap<State, usize> = BTreeMap::new();
        states.iter().for_each(|state| *counts.entry(*state).or_default() += 1);
        if options.json {
            let runs: Vec<_> = it.plan.runs.iter().zip(&states).map(|(run, state)| serde_json::json!({ "id": run.id, "state": state.word(), "run": run.run.canonical() })).collect();
            println!(
                "{}",
                serde_json::json!({ "schema": 1, "name": it.plan.name, "runs": runs, "shared": it.plan.shared, "collapsed": it.plan.collapsed, "notes": it.plan.notes })
            );
            return Ok(exit::FINE);
        }
        println!("{}", it.plan.name);
        if let Some(question) = &it.plan.question {
            tell("  ", question);
        }
        for arm in &it.plan.arms {
            tell("  ", &describe(arm));
        }
        let (arms, runs) = (it.plan.arms.len(), it.plan.runs.len());
        println!("  {arms} arms, {runs} runs; {} more are equal to one of them and shared", it.plan.shared);
        if it.plan.collapsed > 0 {
            let n = it.plan.collapsed;
            tell("  ", &format!("{n} cells vary what their estimator does not look at: they are no arms of their own"));
        }
        let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {}", state.word())).collect();
        println!("  {} in {}", counts.join(", "), show(store.folder()));
        for note in &it.plan.notes {
            tell("  note: ", note);
        }
        if self.list {
            for (run, state) in it.plan.runs.iter().zip(&states) {
                println!("{} {:6} unit {:3} {}", run.id, state.word(), run.unit, likelihood_text(&run.run.likelihood));
            }
        }
        Ok(exit::FINE)
    }
}

/// A line; on a terminal that is narrower, several.
fn tell(mark: &str, text: &str) {
    let terminal = console::Term::stdout();
    let width = if terminal.is_term() { usize::from(terminal.size().1) } else { usize::MAX };
    print!("{}", surprisal_report::text::wrapped(mark, text, width));
}

/// One arm on one line: what was asked for, and what it lowers to.
fn describe(arm: &Arm) -> String {
    let model = serde_json::to_value(&arm.model)
        .ok()
        .and_then(|v| v.as_object().and_then(|m| m.keys().next().cloned()))
        .unwrap_or_default();
    let (likelihood, prior) = (likelihood_text(&arm.likelihood), prior_text(&arm.prior));
    let (units, candidates) = (arm.units.len(), arm.candidates);
    let select = if candidates > 1 { format!(", best of {candidates} candidates") } else { String::new() };
    format!("{}: {model}, {} = {likelihood} × {prior}{select}, {units} units", arm.dataset, arm.estimator.name())
}
