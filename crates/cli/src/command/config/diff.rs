//! `surprisal config diff`: the keys in which two experiments differ.

use super::composed;
use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use anyhow::{Result, bail};
use serde_json::json;
use surprisal_spec::yaml::{Sources, Span};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config diff experiments/first experiments/first")]
pub struct Diff {
    /// Two experiments; or one, to see what changes make of it
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<String>,
}

type Side = Option<(String, Option<Span>)>;

impl Diff {
    /// Prints each key that differs, with the value and place on both sides.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let asked = Asked::each(&self.experiments);
        let plain = |asked: &Asked| Asked { changes: Vec::new(), ..asked.clone() };
        let (old, new) = match &asked[..] {
            [old, new] => (plain(old), new.clone()),
            [only] if !only.changes.is_empty() => (plain(only), only.clone()),
            other => bail!("expected two experiments, or one and changes; found {} experiments", other.len()),
        };
        let (old, new) = (composed!(&old, options), composed!(&new, options));
        let changes = old.composed.document.diff(&new.composed.document);
        let place = |sources: &Sources, at: Option<Span>| at.map(|at| sources.describe(at));
        if options.json {
            let side = |side: Side, sources: &Sources| {
                side.map(|(value, at)| json!({ "value": value, "at": place(sources, at) }))
            };
            let changes = changes.into_iter().map(
                |it| json!({ "key": it.key, "old": side(it.old, &old.sources), "new": side(it.new, &new.sources) }),
            );
            println!("{}", json!({ "schema": 1, "changes": changes.collect::<Vec<_>>() }));
            return Ok(exit::FINE);
        }
        if changes.is_empty() {
            println!("no difference: {} and {} say the same", old.place.shown, new.place.shown);
        }
        for change in changes {
            println!("{}", change.key);
            for (sign, side, sources) in [("-", change.old, &old.sources), ("+", change.new, &new.sources)] {
                if let Some((value, at)) = side {
                    println!("  {sign} {value}  ({})", place(sources, at).unwrap_or_else(|| "the default".into()));
                }
            }
        }
        Ok(exit::FINE)
    }
}
