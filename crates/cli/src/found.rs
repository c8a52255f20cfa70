//! Records as a person names them: a folder of results, a file of records, one of its ids.

use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use crate::pool::Task;
use crate::prepare::prepare;
use crate::store::Store;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use surprisal_spec::{Record, Records, Source};

/// The records of one experiment, and where it is.
pub struct Found {
    /// `results/<name>`.
    pub results: PathBuf,
    /// By id.
    pub records: Records,
    /// The folder that paths of sources start from: the one that `results` is in.
    root: PathBuf,
    /// Where rows come from, for records that do not say it: from the experiment of that name.
    planned: Option<Result<BTreeMap<String, Source>, String>>,
}

/// What `results/x`, `results`, `x.jsonl` or any of them followed by `#id` names; or an id, or its beginning, alone.
pub fn find(named: &str) -> Result<Vec<Found>> {
    let (path, id) = named.split_once('#').map_or((named, None), |(path, id)| (path, Some(id)));
    let given = Path::new(path);
    let mut found = match (given.is_dir(), given.is_file()) {
        (true, _) => folders(given)?,
        (_, true) => vec![Found::file(given)?],
        _ if id.is_none() && path.len() >= 4 && path.bytes().all(|b| b.is_ascii_hexdigit()) => {
            return chosen(folders(&results()?)?, path);
        }
        _ => {
            return Err(missing(format!(
                "there are no records at `{path}`: expected a folder of results, a file of records, or the id of a run"
            )));
        }
    };
    found.retain(|it| !it.records.is_empty());
    if found.is_empty() {
        return Err(missing(format!("there are no records in `{path}`")));
    }
    match id {
        None => Ok(found),
        Some(id) => chosen(found, id),
    }
}

/// The folder `results` of the project that the current folder is in.
pub fn results() -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let up = here.ancestors().map(|up| up.join("results")).find(|it| it.is_dir());
    up.ok_or_else(|| missing("there is no folder `results` here or above".into()))
}

pub fn missing(what: String) -> anyhow::Error {
    anyhow::Error::new(exit::Missing(what))
}

/// The one record whose id begins so.
fn chosen(mut found: Vec<Found>, id: &str) -> Result<Vec<Found>> {
    found.iter_mut().for_each(|it| it.records.retain(|it| it.id.starts_with(id)));
    found.retain(|it| !it.records.is_empty());
    let ids: std::collections::BTreeSet<&str> =
        found.iter().flat_map(|it| it.records.sorted()).map(|it| it.id.as_str()).collect();
    match ids.len() {
        0 => Err(missing(format!("there is no record `{id}`"))),
        1 => Ok(found.into_iter().take(1).collect()),
        n => Err(missing(format!("{n} records begin with `{id}`: give more of it"))),
    }
}

/// A folder of results, or all in a folder of such folders.
fn folders(given: &Path) -> Result<Vec<Found>> {
    let given = given.canonicalize().with_context(|| format!("cannot reach `{}`", given.display()))?;
    if given.file_name().is_some_and(|name| name == "records") {
        return Ok(vec![Found::folder(given.parent().unwrap_or(&given))?]);
    }
    if given.join("records").is_dir() {
        return Ok(vec![Found::folder(&given)?]);
    }
    let mut inner: Vec<PathBuf> = given.read_dir()?.flatten().map(|entry| entry.path()).collect();
    inner.sort();
    inner.into_iter().filter(|path| path.join("records").is_dir()).map(|path| Found::folder(&path)).collect()
}

impl Found {
    fn folder(results: &Path) -> Result<Found> {
        let contents = Store::new(results).read()?;
        contents.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
        Ok(Found::new(results, contents.records))
    }
    fn file(path: &Path) -> Result<Found> {
        let path = path.canonicalize().with_context(|| format!("cannot reach `{}`", path.display()))?;
        let contents = Store::read_file(&path)?;
        contents.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
        let folder = path.parent().unwrap_or(Path::new("/"));
        let results = if folder.ends_with("records") { folder.parent().unwrap_or(folder) } else { folder };
        Ok(Found::new(results, contents.records))
    }
    fn new(results: &Path, records: Records) -> Found {
        let up = results.parent().filter(|up| up.ends_with("results")).and_then(Path::parent);
        Found { results: results.into(), records, root: up.unwrap_or(results).into(), planned: None }
    }
    /// What the experiment is called.
    pub fn name(&self) -> String {
        self.results.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
    /// A record's run as workers are told of it; the error says why it cannot be done again.
    pub fn task(&mut self, record: &Record, options: &Options, keep: bool) -> Result<Task> {
        let id = record.run.id();
        if id != record.id {
            return Err(missing(format!(
                "the record {} is not of its run, whose id is {id}: it was changed",
                record.id
            )));
        }
        let source = match &record.made.source {
            Some(source) => source.clone(),
            None => self.planned(options)?.get(&record.id).cloned().ok_or_else(|| {
                missing(format!(
                    "the record {} does not say where its rows come from, and its experiment no longer asks for it",
                    record.id
                ))
            })?,
        };
        let data_dir = options.data_dir.as_ref().map(|dir| std::path::absolute(dir).unwrap_or_else(|_| dir.clone()));
        let results = keep.then(|| self.results.clone());
        let (id, run, root) = (record.id.clone(), record.run.clone(), self.root.clone());
        Ok(Task { id, run, source, root, data_dir, results, checkpoint: None, cost: record.made.seconds })
    }
    /// Records of earlier versions do not say where their rows come from: their experiment does.
    fn planned(&mut self, options: &Options) -> Result<&BTreeMap<String, Source>> {
        let (path, name) = (self.root.join("experiments").join(self.name()), self.name());
        let plan = || match prepare(&Asked { experiment: path, changes: vec![] }, options) {
            Ok(Ok(it)) => Ok(it.plan.runs.iter().map(|run| (run.id.clone(), it.source(run))).collect()),
            Ok(Err(refused)) => {
                let first = refused.problems.first().map(|problem| problem.title().to_string()).unwrap_or_default();
                Err(format!("the experiment `{name}`, which says where its rows come from, has errors: {first}"))
            }
            Err(error) => Err(format!("{error:#}")),
        };
        self.planned.get_or_insert_with(plan).as_ref().map_err(|why| missing(why.clone()))
    }
}
