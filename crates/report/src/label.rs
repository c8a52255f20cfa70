//! What rows are called: the labels that tell arms apart, and those they share.

use std::collections::BTreeSet;
use surprisal_spec::{Arm, Model, likelihood_text, prior_text};

/// Labels of each row: (key, value), the same keys in the same order for all rows of a section.
pub(crate) type Labels = Vec<(String, String)>;

const OWN: [&str; 4] = ["estimator", "likelihood", "prior", "model"];

/// `linear`, `mlp(50, relu)`.
pub(crate) fn model_text(model: &Model) -> String {
    match model {
        Model::Constant(_) => "constant".into(),
        Model::Linear(it) if it.bias => "linear".into(),
        Model::Linear(_) => "linear(bias=false)".into(),
        Model::Mlp(it) => {
            let activation = serde_json::to_value(it.activation).ok();
            let activation = activation.as_ref().and_then(|v| v.as_str()).unwrap_or_default();
            let widths: Vec<String> = it.widths.iter().map(|w| w.0.to_string()).collect();
            format!("mlp({}, {activation})", widths.join(", "))
        }
    }
}

/// Whether `key` is `part` or inside it.
pub(crate) fn is_within(key: &str, part: &str) -> bool {
    key.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn varied<'a>(arm: &'a Arm, key: &str) -> Option<&'a str> {
    arm.varied.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}

/// Keys that the sweep varies and `keep` keeps, in order of first appearance.
fn keys<'a>(arms: &[&'a Arm], keep: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let mut keys: Vec<&str> = vec![];
    for (key, _) in arms.iter().flat_map(|arm| &arm.varied) {
        if keep(key) && !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    keys
}

/// What tells the rows of one section from those of another: the data set and the varied keys inside it.
pub(crate) fn section_heading(arm: &Arm) -> String {
    let mut heading = arm.dataset.clone();
    for (key, value) in arm.varied.iter().filter(|(key, _)| is_within(key, "dataset")) {
        let last = key.rsplit('.').next().unwrap_or(key);
        if key != "dataset" {
            heading += &format!(", {last} = {value}");
        } else if value.starts_with(&format!("{}(", arm.dataset)) {
            heading.clone_from(value);
        } else if *value != arm.dataset {
            heading += &format!(", {value}");
        }
    }
    heading
}

/// Varied keys that are no part of estimator, likelihood, prior, model or data set.
pub(crate) fn others(arms: &[&Arm]) -> Vec<(String, Vec<String>)> {
    let keys = keys(arms, |key| OWN.iter().chain(&["dataset"]).all(|part| !is_within(key, part)));
    let value = |arm: &Arm, key: &str| varied(arm, key).unwrap_or("–").to_string();
    keys.into_iter().map(|key| (key.to_string(), arms.iter().map(|arm| value(arm, key)).collect())).collect()
}

/// The labels of each arm.
pub(crate) fn labels(arms: &[&Arm]) -> Vec<Labels> {
    let others = others(arms);
    let mut rows: Vec<Labels> = vec![];
    for (i, arm) in arms.iter().enumerate() {
        let own = [
            arm.estimator.name().to_string(),
            likelihood_text(&arm.likelihood),
            prior_text(&arm.prior),
            model_text(&arm.model),
        ];
        let mut row: Labels = OWN.iter().map(|key| key.to_string()).zip(own).collect();
        row.extend(others.iter().map(|(key, values)| (key.clone(), values[i].clone())));
        rows.push(row);
    }
    // Two cells of a sweep may lower to one assumption; what was asked for then tells them apart.
    for key in keys(arms, |key| OWN.iter().any(|part| is_within(key, part))) {
        let twins = |i: usize, j: usize| rows[i] == rows[j] && varied(arms[i], key) != varied(arms[j], key);
        if (0..arms.len()).any(|i| (0..i).any(|j| twins(i, j))) {
            let asked: Vec<String> = arms.iter().map(|arm| varied(arm, key).unwrap_or("–").to_string()).collect();
            for (row, value) in rows.iter_mut().zip(asked) {
                row.push((format!("asked: {key}"), value));
            }
        }
    }
    rows
}

/// Keys whose values differ; always the estimator, by which the reference rows are told too.
pub(crate) fn shown(rows: &[Labels]) -> Vec<String> {
    let Some(first) = rows.first() else { return vec![] };
    let differs = |k: usize| rows.iter().map(|row| &row[k].1).collect::<BTreeSet<_>>().len() > 1;
    (0..first.len()).filter(|&k| k == 0 || differs(k)).map(|k| first[k].0.clone()).collect()
}

/// A row in words: its shown labels.
pub(crate) fn title(row: &Labels, shown: &[String]) -> String {
    let parts: Vec<&str> = row.iter().filter(|(key, _)| shown.contains(key)).map(|(_, value)| value.as_str()).collect();
    parts.join(", ")
}
