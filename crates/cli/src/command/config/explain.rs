//! `surprisal config explain`: where a value comes from.

use super::composed;
use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use anyhow::{Result, bail};
use serde_json::json;
use surprisal_spec::Swept;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config explain dataset.heavy_tails.nu experiments/first")]
pub struct Explain {
    /// A dotted key: `prior.gaussian.scale`
    key: String,
    #[command(flatten)]
    asked: Asked,
}

impl Explain {
    /// Prints every value that the key ever had, and the dimensions that vary it.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let (it, key) = (composed!(&self.asked, options), &self.key);
        let sources = &it.sources;
        let known = match it.composed.document.explain(key) {
            Ok(known) => known,
            Err(near) => {
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                bail!("`{key}` is not set in `{}`, and has no default there{near}", it.place.shown);
            }
        };
        if options.json {
            let layers: Vec<_> =
                known.layers.iter().map(|it| json!({ "value": it.value, "at": sources.describe(it.at) })).collect();
            let swept = known.swept.iter().map(|it| {
                let at = sources.describe(it.layer.at);
                json!({ "by": it.by, "when": it.when, "key": it.key, "values": it.layer.value, "at": at })
            });
            let shadowed = known.shadowed.iter().map(|it| {
                json!({ "key": it.key, "values": it.values, "at": sources.describe(it.at), "by": sources.describe(it.by) })
            });
            let (swept, shadowed) = (swept.collect::<Vec<_>>(), shadowed.collect::<Vec<_>>());
            println!(
                "{}",
                json!({ "schema": 1, "key": key, "value": known.value, "default": known.default, "layers": layers, "swept": swept, "shadowed": shadowed })
            );
            return Ok(exit::FINE);
        }
        let own = |it: &&Swept| it.key == *key;
        let always = known.swept.iter().filter(own).any(|it| it.when.is_none());
        match (&known.value, &known.default) {
            _ if always => println!("{key} is swept"),
            (Some(value), _) => println!("{key} = {value}"),
            (None, Some(none)) if none == "null" => println!("{key} is not set, and there is none by default"),
            (None, Some(default)) => println!("{key} = {default}, the default: it is not set"),
            (None, None) => println!("{key} is not set"),
        }
        let width = known.layers.iter().map(|it| it.value.chars().count()).max().unwrap_or(0).min(40);
        for (i, layer) in known.layers.iter().enumerate() {
            let last = i + 1 == known.layers.len() && known.value.is_some() && !always;
            let chosen = sources.get(layer.at.source).chosen;
            let chosen = chosen.map(|at| format!(" (chosen at {})", sources.describe(at))).unwrap_or_default();
            let place = format!("{}{chosen}", sources.describe(layer.at));
            let mark = if last { "  <- in effect" } else { "" };
            println!("  {:width$}  {place}{mark}", layer.value);
        }
        for it in &known.swept {
            let by = if it.key == *key { it.by.clone() } else { format!("{}, as `{}`,", it.by, it.key) };
            let when = it.when.as_ref().map(|rule| format!(" when {rule}")).unwrap_or_default();
            let mark = if own(&it) { "  <- in effect" } else { "" };
            println!("  {}  swept by {by} at {}{when}{mark}", it.layer.value, sources.describe(it.layer.at));
        }
        for it in &known.shadowed {
            let (at, by) = (sources.describe(it.at), sources.describe(it.by));
            println!("  `{}` swept at {at}: {}, shadowed by {by}", it.key, it.values);
        }
        Ok(exit::FINE)
    }
}
