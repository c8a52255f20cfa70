//! `surprisal list`: what a config may name, read off the registries.

use crate::exit;
use crate::place::Options;
use anyhow::Result;
use serde_json::{Value, json};
use surprisal_data::AnyDataset;
use surprisal_density::score::{Direction, Nature};
use surprisal_density::{AnyFamily, AnyScore, Domain, Likelihood, Prior, Support};
use surprisal_spec::{Variant, keys, variants};

/// Families, priors, data sets, models, optimisers, scores, and the keys of an experiment.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal list
  surprisal list families
  surprisal list datasets --json")]
pub struct List {
    /// What to list; everything by default
    #[arg(value_enum)]
    what: Option<What>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum What {
    /// Densities, with their parameters, links, supports and roles
    Families,
    /// The families that may be the density of weights
    Priors,
    /// Data sets
    Datasets,
    /// Models
    Models,
    /// Optimisers
    Optimisers,
    /// Scores
    Scores,
    /// Keys of an experiment and their defaults
    Keys,
}

/// What, its title, the list, and an item of it as text.
type Kind = (What, &'static str, fn() -> Value, fn(&Value) -> String);

impl List {
    /// Prints the registries.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let all: [Kind; 7] = [
            (What::Families, "families", families, family_text),
            (What::Priors, "priors", priors, variant_text),
            (What::Datasets, "datasets", datasets, variant_text),
            (What::Models, "models", || json!(variants("model")), variant_text),
            (What::Optimisers, "optimisers", || json!(variants("optimiser")), variant_text),
            (What::Scores, "scores", scores, score_text),
            (What::Keys, "keys", || json!(keys()), |it| key_text(it, 2)),
        ];
        let wanted = all.into_iter().filter(|(what, ..)| self.what.is_none_or(|wanted| wanted == *what));
        if options.json {
            let lists = wanted.map(|(_, title, list, _)| (title.to_string(), list()));
            let schema = std::iter::once(("schema".to_string(), json!(1)));
            println!("{}", Value::Object(schema.chain(lists).collect()));
            return Ok(exit::FINE);
        }
        for (_, title, list, text) in wanted {
            println!("{title}");
            list().as_array().into_iter().flatten().for_each(|it| print!("{}", text(it)));
            println!();
        }
        Ok(exit::FINE)
    }
}

/// From the trained number to the parameter.
pub fn link(domain: Domain) -> String {
    match domain {
        Domain::Real => "identity".into(),
        Domain::Positive => "log".into(),
        Domain::Above(bound) => format!("log above {bound}"),
        Domain::Unit => "logit".into(),
    }
}

/// What a family may be in a config.
pub fn roles(family: AnyFamily) -> Vec<&'static str> {
    let mut roles = Vec::new();
    if Likelihood::may_be(family) {
        roles.push("likelihood");
    }
    if Prior::may_be(family) {
        roles.push("prior on weights");
    }
    if matches!(family.support(), Support::Positive) {
        roles.push("prior on learned scales and shapes");
    }
    roles
}

/// Every family.
pub fn families() -> Value {
    let parameter = |p: &surprisal_density::Parameter| {
        let takes = if p.trainable { "number, learned or predicted" } else { "number" };
        let default = if p.location { json!("predicted") } else { Value::Null };
        json!({
            "name": p.name, "expected": p.domain.expected(), "takes": takes, "link": link(p.domain),
            "location": p.location, "trainable": p.trainable, "default": default,
        })
    };
    let family = |it: AnyFamily| {
        let parameters: Vec<_> = it.parameters().iter().map(parameter).collect();
        json!({
            "name": it.name(), "formula": it.formula(), "support": it.support().expected(), "roles": roles(it),
            "parameters": parameters,
        })
    };
    AnyFamily::all().into_iter().map(family).collect()
}

/// The variants of a group, with more about each.
fn with(group: &str, more: impl Fn(&str) -> Value) -> Value {
    let whole = |it: Variant| {
        let mut value = json!(it);
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more(&it.name)) {
            value.extend(more);
        }
        value
    };
    variants(group).into_iter().map(whole).collect()
}

/// Every prior.
pub fn priors() -> Value {
    with("prior", |name| {
        let support = AnyFamily::named(name).map(|it| it.support().expected()).unwrap_or_default();
        json!({ "support": support })
    })
}

/// Every data set.
pub fn datasets() -> Value {
    let known: Vec<_> = AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT).collect();
    with("dataset", |name| match known.iter().find(|(it, _)| **it == name) {
        Some((_, about)) => json!({
            "about": about.what, "rows": about.rows, "features": about.features, "kind": about.kind,
            "licence": about.licence, "citation": about.citation,
        }),
        None => json!({}),
    })
}

fn nature(it: Nature) -> String {
    match it {
        Nature::StrictlyProper => "strictly proper".into(),
        Nature::Proper => "proper".into(),
        Nature::Consistent(of) => format!("consistent for the {of}"),
        Nature::Diagnostic => "diagnostic".into(),
    }
}

fn better(it: Direction) -> String {
    match it {
        Direction::Lower => "lower".into(),
        Direction::Higher => "higher".into(),
        Direction::Target(x) => format!("near {x}"),
        Direction::None => "neither".into(),
    }
}

/// Every score.
pub fn scores() -> Value {
    let score = |it: AnyScore| {
        json!({
            "name": it.name(), "nature": nature(it.nature()), "better": better(it.direction()), "unit": it.unit(),
        })
    };
    AnyScore::all().into_iter().map(score).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list(value: &Value) -> String {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn family_text(it: &Value) -> String {
    let mut out = format!("  {:20} p(y) = {}\n", text(it, "name"), text(it, "formula"));
    out += &format!("  {:20} y: {}; {}\n", "", text(it, "support"), list(&it["roles"]));
    for p in it["parameters"].as_array().into_iter().flatten() {
        let default = p["default"].as_str().unwrap_or("must be given");
        let (name, takes, link) = (text(p, "name"), text(p, "takes"), text(p, "link"));
        out += &format!("  {:20}   {name}: {takes}; link {link}; default: {default}\n", "");
    }
    out
}

fn variant_text(it: &Value) -> String {
    let mut out = format!("  {:20} {}\n", text(it, "name"), text(it, "about"));
    it["keys"].as_array().into_iter().flatten().for_each(|key| out += &key_text(key, 23));
    out
}

/// A default as it would be written.
pub fn default_text(default: Option<&Value>) -> String {
    match default {
        None => "must be given".into(),
        Some(Value::Null) => "none".into(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string().replace('"', "").replace(':', ": ").replace(',', ", "),
    }
}

fn key_text(it: &Value, indent: usize) -> String {
    format!(
        "{:indent$}{:20} {}; default: {}\n",
        "",
        text(it, "key"),
        text(it, "takes"),
        default_text(it.get("default"))
    )
}

fn score_text(it: &Value) -> String {
    let unit = if text(it, "unit").is_empty() { "a share" } else { text(it, "unit") };
    format!("  {:20} {}; better: {}; unit: {unit}\n", text(it, "name"), text(it, "nature"), text(it, "better"))
}
