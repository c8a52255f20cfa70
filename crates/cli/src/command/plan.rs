//! `surprisal plan`: what would be run, what is done, and why.

use super::prepared;
use crate::asked::Asked;
use crate::estimate::{Estimate, estimate};
use crate::exit;
use crate::place::{Options, show};
use crate::prepare::Prepared;
use crate::state::State;
use crate::store::Store;
use crate::words::{duration, number_of, size};
use anyhow::Result;
use serde_json::json;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use surprisal_spec::{Arm, Engine, Planned, likelihood_text, prior_text};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal plan experiments/first
  surprisal plan experiments/first --list")]
pub struct Plan {
    #[command(flatten)]
    asked: Asked,
    /// Every run with its id and state
    #[arg(long)]
    list: bool,
    /// Workers, for the estimate; all cores by default
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Plan {
    /// Prints the plan.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = prepared!(&self.asked, options);
        let results = it.place.results(&it.plan.name);
        let store = Store::new(&results);
        let known = store.read()?;
        let states: Vec<State> = it.plan.runs.iter().map(|run| State::of(known.records.get(&run.id))).collect();
        let todo: Vec<&Planned> =
            it.plan.runs.iter().zip(&states).filter(|(_, state)| **state == State::Todo).map(|(run, _)| run).collect();
        let jobs = self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let guess = estimate(&it.plan.runs, &todo, &known, &results, jobs);
        let mut counts: BTreeMap<State, usize> = BTreeMap::new();
        states.iter().for_each(|state| *counts.entry(*state).or_default() += 1);
        if options.json {
            println!("{}", as_json(&it, &states, &counts, guess.as_ref(), jobs));
            return Ok(exit::FINE);
        }
        println!("{}", it.plan.name);
        if let Some(question) = &it.plan.question {
            tell("  ", question);
        }
        for arm in &it.plan.arms {
            tell("  ", &describe(arm));
        }
        counted(&it);
        for (k, (engine, why, runs)) in it.plan.engines.iter().enumerate() {
            let label = if k == 0 { "engine" } else { "" };
            tell(&format!("  {label:<10} "), &format!("{} {}: {why}", engine.name(), number_of(*runs, "run")));
        }
        let counts: Vec<String> = counts.iter().map(|(state, n)| format!("{n} {}", state.word())).collect();
        println!("  {:<10} {} in {}", "store", counts.join(", "), show(store.folder()));
        match &guess {
            Some(guess) => {
                let (n, from) = (todo.len(), guess.from);
                let elsewhere = if guess.elsewhere { " of another CPU" } else { "" };
                println!(
                    "  {:<10} about {} and {}: {n} runs of {}, {}, from {from} records{elsewhere}",
                    "estimate",
                    duration(guess.seconds),
                    size(guess.bytes),
                    duration(guess.median),
                    number_of(jobs, "worker")
                );
            }
            None if !todo.is_empty() => println!("  {:<10} unknown: there are no records yet", "estimate"),
            None => {}
        }
        for (state, again) in [(State::Failed, "failed"), (State::Stale, "stale")] {
            if states.contains(&state) {
                println!("  {:<10} `surprisal run {} --rerun {again}`", format!("{again}:"), self.asked);
            }
        }
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

/// How the number of runs comes to be: each dimension and rule, what collapses and why, splits and seeds.
fn counted(it: &Prepared) {
    let plan = &it.plan;
    let mut cells = 1;
    for step in &plan.steps {
        let change = match step.what {
            "when" => format!("+ {} = {}", step.cells - cells, step.cells),
            "exclude" => format!("− {} = {}", cells - step.cells, step.cells),
            _ => format!("= {}", step.cells),
        };
        tell(&format!("  {:<10} ", step.what), &format!("{}  {change}", step.text));
        cells = step.cells;
    }
    for (why, n) in &plan.no_effect {
        cells -= n;
        tell(&format!("  {:<10} ", "no effect"), &format!("{why}  − {n} = {cells}"));
    }
    let units: usize = plan.arms.iter().map(|arm| arm.units.len()).sum();
    let all: usize = plan.arms.iter().flat_map(|arm| &arm.units).map(|unit| unit.runs.len()).sum();
    let arms = plan.arms.len();
    let each =
        |n: usize| if n == arms * (n / arms.max(1)) { format!(", {} each", n / arms.max(1)) } else { String::new() };
    println!("  {:<10} splits or replicates{}  = {units}", "× units", each(units));
    if all != units {
        println!("  {:<10} of what is drawn  = {all}", "× seeds");
    }
    if plan.shared > 0 {
        println!("  {:<10} runs that several arms ask for  − {} = {}", "shared", plan.shared, plan.runs.len());
    }
    println!("  {:<10} {}, {}", "in all", number_of(arms, "arm"), number_of(plan.runs.len(), "run"));
}

fn as_json(
    it: &Prepared,
    states: &[State],
    counts: &BTreeMap<State, usize>,
    guess: Option<&Estimate>,
    jobs: usize,
) -> serde_json::Value {
    let plan = &it.plan;
    let run =
        |(run, state): (&Planned, &State)| json!({ "id": run.id, "state": state.word(), "run": run.run.canonical() });
    let runs: Vec<_> = plan.runs.iter().zip(states).map(run).collect();
    let steps: Vec<_> =
        plan.steps.iter().map(|step| json!({ "what": step.what, "text": step.text, "cells": step.cells })).collect();
    let no_effect: Vec<_> = plan.no_effect.iter().map(|(why, n)| json!({ "why": why, "cells": n })).collect();
    let arms: Vec<_> = plan
        .arms
        .iter()
        .map(|arm| {
            let varied: serde_json::Map<_, _> =
                arm.varied.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            let (units, runs) = (arm.units.len(), arm.units.iter().map(|unit| unit.runs.len()).sum::<usize>());
            json!({ "text": describe(arm), "varied": varied, "units": units, "runs": runs })
        })
        .collect();
    let engine = |(engine, why, runs): &(Engine, String, usize)| json!({ "engine": engine, "why": why, "runs": runs });
    let engines: Vec<_> = plan.engines.iter().map(engine).collect();
    let counts: BTreeMap<&str, usize> = counts.iter().map(|(state, n)| (state.word(), *n)).collect();
    let estimate =
        guess.map(|it| json!({ "seconds": it.seconds, "bytes": it.bytes, "records": it.from, "jobs": jobs }));
    json!({
        "schema": 1, "name": plan.name, "runs": runs, "arms": arms, "engines": engines, "steps": steps, "no_effect": no_effect,
        "shared": plan.shared, "collapsed": plan.collapsed, "states": counts, "estimate": estimate, "notes": plan.notes,
    })
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
