//! `surprisal bench sweep`: model-steps per second, ours and others'.

use super::How;
use crate::place::Options;
use crate::{atomic, exit};
use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;
use surprisal_bench::SWEEP_ENGINES;
use surprisal_kernel::Isa;

/// Columns of the table.
pub const WIDTH: usize = 120;

/// Where times come from.
const DOMAIN: &str = "13-50-1, ReLU, Gaussian loss of known scale and prior, Adam, f32, 512 rows: whole epochs, the shuffled order of \
    rows included; our engines with all of a run, from the draw of its weights to its outcome";

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal bench sweep --models 1 --batch 128 --rounds 2 --sample 1
  surprisal bench sweep --models 1 --batch 128 --rounds 2 --peers python3
  surprisal bench sweep --engine candle,lanes --models 1 --batch 128 --rounds 2 --sample 1")]
pub struct Sweep {
    /// Who trains; the others are compared with the first. By default all
    #[arg(long = "engine", value_name = "ENGINE", value_delimiter = ',', value_parser = names())]
    engines: Vec<String>,
    /// Models, trained at once by engines that can
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 64])]
    models: Vec<usize>,
    /// Rows of a step; a divisor of 512
    #[arg(long, value_name = "ROWS", value_delimiter = ',', default_values_t = [32, 128])]
    batch: Vec<usize>,
    #[command(flatten)]
    how: How,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SWEEP_ENGINES.map(|(name, _)| name))
}

impl Sweep {
    /// Measures, and prints the table.
    pub fn call(&self, options: &Options) -> Result<u8> {
        if let Some(batch) =
            self.batch.iter().find(|&&batch| batch == 0 || !surprisal_bench::SWEEP_ROWS.is_multiple_of(batch))
        {
            bail!("`--batch` must divide {}, found {batch}", surprisal_bench::SWEEP_ROWS);
        }
        if self.models.contains(&0) {
            bail!("`--models` must be 1 or more");
        }
        let shapes: Vec<(usize, usize)> =
            self.batch.iter().flat_map(|&b| self.models.iter().map(move |&m| (m, b))).collect();
        let (core, before, isa) = (self.how.pin()?, surprisal_bench::load(), Isa::current());
        let peers = self.how.peers.as_deref();
        let asked = self.engines.iter().filter_map(|it| SWEEP_ENGINES.into_iter().find(|(name, _)| name == it));
        let engines: Vec<_> = if self.engines.is_empty() { SWEEP_ENGINES.to_vec() } else { asked.collect() };
        let rows = surprisal_bench::sweep(&engines, &shapes, &self.how.settings(), peers, isa, &mut |row| {
            if !options.json {
                let us = row.us_per_model_step.map_or(String::new(), |us| format!("{us:.2} µs"));
                let note = row.note.as_deref().unwrap_or_default();
                eprintln!("{} × {}, batch {}: {us} {note}", row.engine, row.models, row.batch);
            }
        })?;
        let sweep = surprisal_bench::Sweep::new(self.how.header(core, isa, before, DOMAIN), rows);
        if let Some(folder) = self.how.folder() {
            atomic::write(&folder.join("sweep.json"), sweep.write().as_bytes())?;
            atomic::write(&folder.join("sweep.txt"), sweep.render(WIDTH).as_bytes())?;
        }
        print!("{}", if options.json { sweep.write() } else { sweep.render(WIDTH) });
        Ok(exit::FINE)
    }
}
