//! From a path to a plan: compose, read the data, lower. All problems are told at once, before anything runs.

use crate::exit;
use crate::place::{Configs, Options, Place};
use anyhow::{Context, Result};
use std::io::IsTerminal;
use surprisal_data::AnyDataset;
use surprisal_spec::yaml::{Problem, Sources, render};
use surprisal_spec::{Catalog, Plan, compose, plan};

/// An experiment that can be run.
pub struct Prepared {
    /// Where it is.
    pub place: Place,
    /// Its data.
    pub catalog: Catalog,
    /// Its runs.
    pub plan: Plan,
}

/// Why an experiment cannot be run: told already, with the exit code to give.
pub struct Refused {
    /// For stderr, or a program.
    pub problems: Vec<Problem>,
    /// What they point into.
    pub sources: Sources,
    /// The exit code.
    pub code: u8,
}

impl Refused {
    /// Every problem, rustc-style, and their number.
    pub fn text(&self, colour: bool) -> String {
        let mut out = String::new();
        for problem in &self.problems {
            out += &render(&self.sources, problem, colour);
            out += "\n\n";
        }
        let n = self.problems.len();
        out + &format!("{n} {}. Nothing was run.\n", if n == 1 { "error" } else { "errors" })
    }
    /// Prints the problems: to stderr for people, to stdout as JSON for programs.
    pub fn tell(&self, options: &Options) -> Result<u8> {
        if options.json {
            let problems: Vec<_> = self.problems.iter().map(|problem| problem.view(&self.sources)).collect();
            println!("{}", serde_json::json!({ "schema": 1, "errors": problems }));
        } else {
            eprint!("{}", self.text(crate::colour::wanted(options.colour, std::io::stderr().is_terminal())));
        }
        Ok(self.code)
    }
}

/// Reads an experiment and its data.
pub fn prepare(path: &std::path::Path, options: &Options) -> Result<Result<Prepared, Refused>> {
    let place = Place::find(path)?;
    let text = std::fs::read_to_string(&place.file).with_context(|| format!("cannot read `{}`", place.shown))?;
    let mut sources = Sources::default();
    let composed = match compose(&Configs(place.root.clone()), &mut sources, &place.shown, text) {
        Ok(composed) => composed,
        Err(problems) => return Ok(Err(Refused { problems, sources, code: exit::USAGE })),
    };
    let (mut catalog, mut problems) = (Catalog::default(), Vec::<Problem>::new());
    let mut tried: Vec<AnyDataset> = Vec::new();
    for cell in &composed.cells {
        let dataset = &cell.experiment.dataset;
        if tried.contains(dataset) {
            continue;
        }
        tried.push(dataset.clone());
        match dataset.load(&place.roots(options)) {
            Ok(loaded) => catalog.insert(dataset, loaded),
            Err(error) => problems.push(Problem::new("data", error.to_string(), cell.data_place(&error))),
        }
    }
    let missing = !problems.is_empty();
    Ok(match plan(&composed, &catalog) {
        Ok(plan) if !missing => Ok(Prepared { place, catalog, plan }),
        planned => {
            problems.extend(planned.err().unwrap_or_default());
            Err(Refused { problems, sources, code: if missing { exit::MISSING } else { exit::USAGE } })
        }
    })
}
