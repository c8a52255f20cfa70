//! From a path to a plan: compose, read the data, lower. All problems are told at once, before anything runs.

use crate::exit;
use crate::place::{Configs, Options, Place};
use crate::pool::Task;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use surprisal_data::{AnyDataset, MAX_NUMBERS};
use surprisal_spec::yaml::{MAX_BYTES, Problem, Sources, render};
use surprisal_spec::{Catalog, Plan, Planned, Source, compose, plan};

/// An experiment that can be run.
pub struct Prepared {
    /// Where it is.
    pub place: Place,
    /// Its data.
    pub catalog: Catalog,
    /// The same data sets as they were asked for, by [`Catalog::key`].
    pub datasets: BTreeMap<String, AnyDataset>,
    /// Its runs.
    pub plan: Plan,
}

impl Prepared {
    /// Where the rows of a run come from.
    pub fn source(&self, run: &Planned) -> Source {
        let folder = self.place.folder().strip_prefix(&self.place.root).unwrap_or(self.place.folder());
        Source { dataset: self.datasets[&run.dataset].clone(), folder: folder.to_string_lossy().into_owned() }
    }
    /// A run as workers are told of it.
    pub fn task(&self, run: &Planned, options: &Options, keep: Option<(&Path, Option<f64>)>) -> Task {
        Task {
            id: run.id.clone(),
            run: run.run.clone(),
            source: self.source(run),
            root: self.place.root.clone(),
            data_dir: options.data_dir.as_ref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone())),
            results: keep.map(|(results, _)| results.to_path_buf()),
            checkpoint: keep.and_then(|(_, seconds)| seconds),
        }
    }
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
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            // Coloured by us, and clean already: only here may an escape sequence reach a terminal.
            std::eprint!("{}", self.text(colour));
        }
        Ok(self.code)
    }
}

/// Reads an experiment and its data.
pub fn prepare(path: &std::path::Path, options: &Options) -> Result<Result<Prepared, Refused>> {
    let place = Place::find(path)?;
    let text = crate::read::text(&place.file, MAX_BYTES).with_context(|| format!("cannot read `{}`", place.shown))?;
    let mut sources = Sources::default();
    let composed = match compose(&Configs(place.root.clone()), &mut sources, &place.shown, text) {
        Ok(composed) => composed,
        Err(problems) => return Ok(Err(Refused { problems, sources, code: exit::USAGE })),
    };
    let (mut catalog, mut problems) = (Catalog::default(), Vec::<Problem>::new());
    let (mut tried, mut numbers) = (Vec::<AnyDataset>::new(), 0_usize);
    for cell in &composed.cells {
        if numbers > MAX_NUMBERS {
            break;
        }
        let dataset = &cell.experiment.dataset;
        if tried.contains(dataset) {
            continue;
        }
        tried.push(dataset.clone());
        match dataset.load(&place.roots(options)) {
            Ok(loaded) => {
                numbers = numbers.saturating_add(loaded.numbers());
                catalog.insert(dataset, loaded);
            }
            Err(error) => problems.push(Problem::new("data", error.to_string(), cell.data_place(&error))),
        }
    }
    if numbers > MAX_NUMBERS {
        let text = format!("the data sets of this experiment hold more than {MAX_NUMBERS} numbers together");
        let at = composed.cells[0].place("dataset");
        return Ok(Err(Refused { problems: vec![Problem::new("data", text, at)], sources, code: exit::USAGE }));
    }
    let missing = !problems.is_empty();
    Ok(match plan(&composed, &catalog) {
        Ok(plan) if !missing => {
            place.tell_links(&plan.name);
            let datasets = tried.into_iter().map(|dataset| (Catalog::key(&dataset), dataset)).collect();
            Ok(Prepared { place, catalog, datasets, plan })
        }
        planned => {
            problems.extend(planned.err().unwrap_or_default());
            Err(Refused { problems, sources, code: if missing { exit::MISSING } else { exit::USAGE } })
        }
    })
}
