//! `surprisal man`: manual pages, from the same declarations as `--help`.

use crate::exit;
use crate::place::{Options, show};
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::path::PathBuf;

/// Without a folder the page of the program itself is printed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal man > surprisal.1
  surprisal man share/man/man1                 # one page for each command")]
pub struct Man {
    /// Where to write a page for each command
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    /// Prints or writes them.
    pub fn call(&self, _: &Options) -> Result<u8> {
        let command = crate::Cli::command();
        let Some(folder) = &self.folder else {
            let mut out = Vec::new();
            clap_mangen::Man::new(command).render(&mut out)?;
            std::io::Write::write_all(&mut std::io::stdout(), &out)?;
            return Ok(exit::FINE);
        };
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", show(folder)))?;
        clap_mangen::generate_to(command, folder).with_context(|| format!("cannot write to `{}`", show(folder)))?;
        println!("manual pages: {}", show(folder));
        Ok(exit::FINE)
    }
}
