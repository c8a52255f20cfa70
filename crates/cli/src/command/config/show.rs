//! `surprisal config show`: all layers of an experiment laid over each other, as YAML.

use super::composed;
use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use anyhow::{Result, bail};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config show experiments/first
  surprisal config show experiments/first dataset.heavy_tails.nu=5")]
pub struct Show {
    #[command(flatten)]
    asked: Asked,
    /// With the place of each value as a comment
    #[arg(long)]
    places: bool,
    /// One cell of the sweep, from 0, in the order of `plan`
    #[arg(long, value_name = "N")]
    cell: Option<usize>,
}

impl Show {
    /// Prints YAML.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = composed!(&self.asked, options);
        let document = match self.cell {
            None => it.composed.document,
            Some(n) => match it.composed.cell(n) {
                Some(document) => document,
                None => bail!("there are {} cells, counted from 0", it.composed.cells.len()),
            },
        };
        if options.json {
            println!("{}", serde_json::json!({ "schema": 1, "config": document.root }));
        } else if self.places {
            print!("{}", document.write_with_places(&it.sources));
        } else {
            print!("{}", document.write());
        }
        Ok(exit::FINE)
    }
}
