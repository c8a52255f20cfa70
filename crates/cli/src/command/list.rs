//! `surprisal list`: what a config may name, read off the registries.

use crate::exit;
use crate::place::Options;
use anyhow::Result;
use surprisal_data::AnyDataset;
use surprisal_density::{AnyFamily, AnyScore, Domain, Support};
use surprisal_spec::Optimiser;

/// Example: surprisal list families
#[derive(clap::Args)]
pub struct List {
    /// What to list; everything by default
    #[arg(value_enum)]
    what: Option<What>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum What {
    /// Likelihoods and priors
    Families,
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

impl List {
    /// Prints the registries.
    pub fn call(&self, options: &Options) -> Result<u8> {
        if options.json {
            println!("{}", json());
            return Ok(exit::FINE);
        }
        let all = [
            (What::Families, "families", families as fn()),
            (What::Datasets, "data sets", datasets),
            (What::Models, "models", models),
            (What::Optimisers, "optimisers", optimisers),
            (What::Scores, "scores", scores),
            (What::Keys, "keys of an experiment", keys),
        ];
        for (what, title, print) in all {
            if self.what.is_none_or(|wanted| wanted == what) {
                println!("{title}");
                print();
                println!();
            }
        }
        Ok(exit::FINE)
    }
}

fn link(domain: Domain) -> String {
    match domain {
        Domain::Real => "identity".into(),
        Domain::Positive => "log".into(),
        Domain::Above(bound) => format!("log above {bound}"),
        Domain::Unit => "logit".into(),
    }
}

fn roles(family: AnyFamily) -> &'static str {
    match (family, family.support()) {
        (AnyFamily::Flat(_), _) => "prior",
        (_, Support::Real) => "likelihood, prior on weights",
        (_, Support::Positive) => "likelihood, prior on learned scales and shapes",
        _ => "likelihood",
    }
}

fn families() {
    for family in AnyFamily::all() {
        println!("  {:20} p(y) = {}", family.name(), family.formula());
        println!("  {:20} y: {}; {}", "", family.support().expected(), roles(family));
        for p in family.parameters() {
            let default = if p.location { "predicted" } else { "must be given" };
            let ways = if p.trainable { "number, learned or predicted" } else { "number" };
            println!("  {:20}   {}: {ways}; link {}; default: {default}", "", p.name, link(p.domain));
        }
    }
}

fn datasets() {
    for ((name, about), keys) in AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT).zip(AnyDataset::KEYS) {
        println!("  {name:20} {}", about.what);
        println!("  {:20}   keys: {}", "", keys.join(", "));
    }
}

fn models() {
    println!("  constant             η = b");
    println!("  linear               η = W x + b; bias: true");
    println!(
        "  mlp                  hidden layers, then linear; widths: [50], activation: relu (relu, tanh, softplus)"
    );
}

fn optimisers() {
    for text in ["lbfgs", "sgd", "adam", "adamw"] {
        let empty = serde_json::json!({ text: {} });
        let full = serde_json::from_value::<Optimiser>(empty).ok().and_then(|it| serde_json::to_value(it).ok());
        let defaults = full.and_then(|it| Some(it.get(text)?.to_string())).unwrap_or_default();
        println!(
            "  {text:20} {}",
            defaults.trim_matches(['{', '}']).replace('"', "").replace(':', ": ").replace(',', ", ")
        );
    }
}

fn scores() {
    for score in AnyScore::all() {
        println!("  {:20} {:?}; better: {:?}; unit: {}", score.name(), score.nature(), score.direction(), score.unit());
    }
}

/// The keys of an experiment file, what they hold, and their defaults.
pub const KEYS: &[(&str, &str)] = &[
    ("schema", "1; must be given"),
    ("name", "names the folder of results; must be given"),
    ("question", "text; none"),
    ("dataset", "a data set, or the name of a file under configs/dataset; must be given"),
    ("model", "linear"),
    ("likelihood", "a family; must be given, but for estimator mse"),
    ("prior", "flat; its `bias` (of the output) flat, its `hidden_bias` as the weights"),
    ("estimator", "map (mse, mle, map)"),
    ("optimiser", "lbfgs"),
    ("dtype", "f64 (f32, f64)"),
    ("engine", "auto (auto, candle)"),
    ("seeds", "[0]"),
    ("early_stopping", "none; share: 0.1, score: the arm's own, patience: 20"),
    ("select", "none; over: {key: [values]}, by: nll, rows: {share: 0.2}, refit: true"),
    ("sweep", "none; grid: {key: [values]}"),
];

fn keys() {
    for (key, text) in KEYS {
        println!("  {key:20} {text}");
    }
}

fn json() -> serde_json::Value {
    let families: Vec<_> = AnyFamily::all()
        .into_iter()
        .map(|family| {
            let parameters: Vec<_> = family
                .parameters()
                .iter()
                .map(|p| serde_json::json!({ "name": p.name, "link": link(p.domain), "trainable": p.trainable, "location": p.location }))
                .collect();
            serde_json::json!({ "name": family.name(), "formula": family.formula(), "support": family.support().expected(), "roles": roles(family), "parameters": parameters })
        })
        .collect();
    let datasets: Vec<_> = AnyDataset::NAMES
        .iter()
        .zip(AnyDataset::ABOUT)
        .zip(AnyDataset::KEYS)
        .map(|((name, about), keys)| serde_json::json!({ "name": name, "what": about.what, "keys": keys }))
        .collect();
    serde_json::json!({ "schema": 1, "families": families, "datasets": datasets, "scores": AnyScore::NAMES, "keys": KEYS.iter().map(|(key, text)| serde_json::json!({ "key": key, "default": text })).collect::<Vec<_>>() })
}
