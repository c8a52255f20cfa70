//! What the tests of composition share: files in memory, and what composing them says.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::collections::BTreeMap;
use surprisal_spec::yaml::{Sources, render, render_short};
use surprisal_spec::{Composed, Files, compose_with};

/// Files under `configs/`, by `group/name`.
#[derive(Default)]
pub struct Shelf(pub BTreeMap<String, String>);

impl Files for Shelf {
    fn option(&self, group: &str, name: &str) -> Option<(String, String)> {
        let text = self.0.get(&format!("{group}/{name}"))?;
        Some((format!("configs/{group}/{name}.yaml"), text.clone()))
    }
    fn options(&self, group: &str) -> Vec<String> {
        self.0.keys().filter_map(|key| key.strip_prefix(group)?.strip_prefix('/').map(str::to_string)).collect()
    }
}

pub fn shelf(files: &[(&str, &str)]) -> Shelf {
    Shelf(files.iter().map(|(path, text)| ((*path).to_string(), (*text).to_string())).collect())
}

pub const BASE: &str = "\
schema: 1
name: a
dataset: diabetes
likelihood: { gaussian: { scale: learned } }
prior: { gaussian: { scale: 1 } }
";

pub fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|text| (*text).to_string()).collect()
}

/// Composes, and gives each problem in full.
pub fn composed(shelf: &Shelf, yaml: &str, arguments: &[&str]) -> Result<(Composed, Sources), String> {
    let mut sources = Sources::default();
    match compose_with(shelf, &mut sources, "a.yaml", yaml.into(), &owned(arguments)) {
        Ok(composed) => Ok((composed, sources)),
        Err(problems) => {
            Err(problems.iter().map(|problem| render(&sources, problem, false)).collect::<Vec<_>>().join("\n"))
        }
    }
}

#[track_caller]
pub fn fine(shelf: &Shelf, yaml: &str, arguments: &[&str]) -> Composed {
    composed(shelf, yaml, arguments).unwrap_or_else(|told| panic!("{told}")).0
}

#[track_caller]
pub fn told(shelf: &Shelf, yaml: &str, arguments: &[&str]) -> String {
    match composed(shelf, yaml, arguments) {
        Ok((composed, _)) => panic!("composed: {}", composed.document.write()),
        Err(told) => told,
    }
}

/// Each problem on a line.
#[track_caller]
pub fn short(shelf: &Shelf, yaml: &str, arguments: &[&str]) -> Vec<String> {
    let mut sources = Sources::default();
    match compose_with(shelf, &mut sources, "a.yaml", yaml.into(), &owned(arguments)) {
        Ok(composed) => panic!("composed: {}", composed.document.write()),
        Err(problems) => problems.iter().map(|problem| render_short(&sources, problem)).collect(),
    }
}

/// What each cell varies: `estimator=map prior=flat`.
pub fn varied(composed: &Composed) -> Vec<String> {
    let one = |(key, value): &(String, String)| format!("{key}={value}");
    composed.cells.iter().map(|cell| cell.values.iter().map(one).collect::<Vec<_>>().join(" ")).collect()
}

/// The value of a key in each cell, as written.
pub fn each(composed: &Composed, key: &str) -> Vec<String> {
    composed.cells.iter().map(|cell| cell.node.at(key).map_or("-".into(), |node| node.flow())).collect()
}
