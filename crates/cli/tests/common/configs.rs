//! The shipped configs, and what is wrong with one that was changed.

use super::repository;
use std::path::PathBuf;
use surprisal_spec::yaml::{Problem, Sources};
use surprisal_spec::{Files, compose};

/// The shipped options, one of them perhaps misspelt.
struct Shipped<'a> {
    instead: Option<(&'a str, &'a str)>,
}

impl Files for Shipped<'_> {
    fn option(&self, group: &str, name: &str) -> Option<(String, String)> {
        let path = format!("configs/{group}/{name}.yaml");
        let text = match self.instead {
            Some((shipped, text)) if shipped == path => text.to_string(),
            _ if name.split('/').any(str::is_empty) => return None,
            _ => std::fs::read_to_string(repository().join(&path)).ok()?,
        };
        Some((path, text))
    }
    fn options(&self, group: &str) -> Vec<String> {
        let start = format!("configs/{group}/");
        let names = shipped("configs").into_iter().map(|(path, _)| path);
        names.filter_map(|path| Some(path.strip_prefix(&start)?.strip_suffix(".yaml")?.to_string())).collect()
    }
}

/// Every form that a config may have, beside those that the shipped ones use.
const FORMS: &str = "\
schema: 1
name: forms
defaults:
  - dataset: uci/boston
  - prior: { gaussian: { scale: 2.0 } }
model: { mlp: { widths: [8, 4], activation: tanh } }
likelihood: { gaussian: { scale: learned } }
optimiser: { adam: { lr: 1e-2, epochs: 3, batch: 16 } }
early_stopping: { share: 0.2, patience: 5 }
seeds: [0, 1]
select:
  by: rmse
  rows: { kfold: 3 }
  refit: true
  over:
    prior.gaussian.scale: { logspace: [1e-2, 1e2, 2] }
sweep:
  grid:
    estimator: [mle, map]
    optimiser.adam.epochs: { range: [1, 2] }
  zip:
    pairs:
      dtype: [f32, f64]
      optimiser.adam.beta1: { linspace: [0.5, 0.9, 2] }
  when:
    - if: { estimator: map }
      grid: { model.mlp.activation: [relu, softplus] }
  exclude:
    - { estimator: mle, dtype: f32 }
  random:
    n: 1
    seed: 1
    over:
      optimiser.adam.lr: { log_uniform: [1e-4, 1e-1] }
  sobol:
    n: 1
    seed: 1
    over:
      optimiser.adam.batch: { whole: [8, 64] }
";

/// Every YAML file under a folder of the repository, by its path from there.
pub fn shipped(folder: &str) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::from(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in repository().join(&folder).read_dir().expect("a folder").flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(entry.path()).expect("text");
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 8, "{folder}: {found:?}");
    if folder == "experiments" {
        found.push(("experiments/forms/experiment.yaml".into(), FORMS.into()));
    }
    found
}

/// An experiment, and the option it names, if that is what is looked at.
fn experiment(path: &str, text: &str) -> String {
    match path.strip_prefix("configs/dataset/").and_then(|path| path.strip_suffix(".yaml")) {
        None => text.to_string(),
        Some(name) => {
            format!("schema: 1\nname: a\ndataset: {name}\nlikelihood: {{ gaussian: {{ scale: learned }} }}\n")
        }
    }
}

/// What is wrong with a file of that path and text: each problem with its file, line and column.
pub fn problems(path: &str, text: &str) -> Vec<(Problem, String)> {
    let mut sources = Sources::default();
    let composed = if path.starts_with("configs/") {
        compose(&Shipped { instead: Some((path, text)) }, &mut sources, "a.yaml", experiment(path, text))
    } else {
        compose(&Shipped { instead: None }, &mut sources, path, text.into())
    };
    let place = |problem: Problem| {
        let view = problem.view(&sources);
        (problem, format!("{}:{}:{}", view.file, view.line, view.column))
    };
    composed.err().unwrap_or_default().into_iter().map(place).collect()
}

/// `file:line:column` of a byte.
pub fn place(path: &str, text: &str, at: usize) -> String {
    let line = text[..at].matches('\n').count() + 1;
    let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{path}:{line}:{column}")
}
