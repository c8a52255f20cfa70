//! From a path to a plan: compose, read the data, lower. All problems are told at once, before anything runs.

use crate::asked::Asked;
use crate::exit;
use crate::place::{Configs, Options, Place};
use crate::pool::Task;
use crate::words::number_of;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use surprisal_data::{AnyDataset, MAX_NUMBERS};
use surprisal_spec::yaml::{MAX_BYTES, Problem, Sources, render, render_github, render_short};
use surprisal_spec::{Catalog, Composed, Model, Optimiser, Plan, Planned, Source, compose_with, plan};

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
    /// How long a run takes beside the others, roughly: rows that it looks at, times weights.
    fn cost(&self, run: &Planned) -> f64 {
        let rows = self.catalog.get(&run.dataset).map_or(0, |loaded| loaded.unit(run.unit).1.train.len());
        let widths = match &run.run.model {
            Model::Mlp(it) => it.widths.iter().map(|width| width.0).collect(),
            _ => vec![],
        };
        let layers: Vec<usize> = [run.run.data.features.len()].into_iter().chain(widths).chain([1]).collect();
        let weights: usize = layers.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        let passes = |optimiser: &Optimiser| optimiser.epochs().unwrap_or(SEARCH);
        let candidates = run.run.select.iter().flat_map(|select| &select.candidates);
        let tried: usize = candidates.map(|it| passes(&it.optimiser)).sum();
        (passes(&run.run.optimiser) + tried) as f64 * (rows * weights) as f64
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
            cost: self.cost(run),
        }
    }
}

/// Passes over the rows that a search over all of them is taken to need.
const SEARCH: usize = 100;

/// How problems are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// With the lines they concern, on stderr
    Human,
    /// `file:line:column: error[code]: title`, a line each
    Short,
    /// One JSON value for each experiment, on a line
    Json,
    /// Commands that GitHub Actions shows beside the lines
    Github,
}

/// Why an experiment cannot be run: told already, with the exit code to give.
pub struct Refused {
    /// The experiment, as a person gave it.
    pub file: String,
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
        out + &format!("{}. Nothing was run.\n", number_of(self.problems.len(), "error"))
    }
    /// Prints the problems: to stderr for people, to stdout as JSON for programs.
    pub fn tell(&self, options: &Options) -> Result<u8> {
        self.tell_as(if options.json { Form::Json } else { Form::Human }, options)
    }
    /// Prints the problems in a form: to stderr for people, to stdout for programs.
    pub fn tell_as(&self, form: Form, options: &Options) -> Result<u8> {
        let (sources, problems) = (&self.sources, &self.problems);
        match form {
            Form::Human => {
                // Coloured by us, and clean already: only here may an escape sequence reach a terminal.
                std::eprint!("{}", self.text(crate::colour::wanted(options.colour, std::io::stderr().is_terminal())));
            }
            Form::Short => problems.iter().for_each(|problem| println!("{}", render_short(sources, problem))),
            Form::Github => problems.iter().for_each(|problem| println!("{}", render_github(sources, problem))),
            Form::Json => {
                let problems: Vec<_> = problems.iter().map(|problem| problem.view(sources)).collect();
                println!("{}", serde_json::json!({ "schema": 1, "file": self.file, "errors": problems }));
            }
        }
        Ok(self.code)
    }
}

/// An experiment without its data.
pub struct Read {
    /// Where it is.
    pub place: Place,
    /// Its cells, and the document they are made of.
    pub composed: Composed,
    /// What their places point into.
    pub sources: Sources,
}

/// Reads an experiment, the files it names and what the command line changes.
pub fn read(asked: &Asked) -> Result<Result<Read, Refused>> {
    let place = Place::find(&asked.experiment)?;
    let text = crate::read::text(&place.file, MAX_BYTES).with_context(|| format!("cannot read `{}`", place.shown))?;
    let mut sources = Sources::default();
    let files = Configs(place.root.clone());
    Ok(match compose_with(&files, &mut sources, &place.shown, text, &asked.changes) {
        Ok(composed) => Ok(Read { place, composed, sources }),
        Err(problems) => Err(Refused { file: place.shown, problems, sources, code: exit::USAGE }),
    })
}

/// Reads an experiment and its data.
pub fn prepare(asked: &Asked, options: &Options) -> Result<Result<Prepared, Refused>> {
    let Read { place, composed, sources } = match read(asked)? {
        Ok(read) => read,
        Err(refused) => return Ok(Err(refused)),
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
        return Ok(Err(Refused {
            file: place.shown,
            problems: vec![Problem::new("data", text, at)],
            sources,
            code: exit::USAGE,
        }));
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
            let code = if missing { exit::MISSING } else { exit::USAGE };
            Err(Refused { file: place.shown, problems, sources, code })
        }
    })
}
