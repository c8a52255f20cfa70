//! `surprisal config schema`: what an editor needs to complete and check a config.

use crate::exit;
use crate::place::{Configs, Options, root, show};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use surprisal_spec::{GROUPS, schema};

/// What the schema of an experiment file is called; the others are called as their group.
pub const EXPERIMENT: &str = "experiment";

/// Made from the types that read configs, with the names of the files that are under `configs/` now.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config schema
  surprisal config schema likelihood
  surprisal config schema --write schemas      # anew, after a file was added under configs/")]
pub struct Schema {
    /// `experiment`, or a group of `configs/`
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(names()), default_value = EXPERIMENT, hide_default_value = true)]
    what: String,
    /// Write all of them to this folder, each as `<what>.schema.json`
    #[arg(long, value_name = "DIR", conflicts_with = "what")]
    write: Option<PathBuf>,
}

fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once(EXPERIMENT).chain(GROUPS)
}

/// The name of a schema's file, and its text.
pub fn all(configs: &Configs) -> Vec<(String, String)> {
    let text = |what| schema(configs, Some(what).filter(|it| *it != EXPERIMENT)).unwrap_or_default();
    names().map(|what| (format!("{what}.schema.json"), format!("{}\n", text(what)))).collect()
}

impl Schema {
    /// Prints one, or writes all.
    pub fn call(&self, _: &Options) -> Result<u8> {
        let configs = Configs(root(Path::new("."))?);
        let Some(folder) = &self.write else {
            println!(
                "{}",
                schema(&configs, Some(self.what.as_str()).filter(|it| *it != EXPERIMENT)).unwrap_or_default()
            );
            return Ok(exit::FINE);
        };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", show(folder)))?;
        for (name, text) in all(&configs) {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", show(&path)))?;
            println!("{}", show(&path));
        }
        Ok(exit::FINE)
    }
}
