//! `surprisal completions`: what a shell needs to complete commands, flags and values.

use crate::exit;
use crate::place::Options;
use anyhow::Result;
use clap::CommandFactory;

/// Printed on stdout; where it belongs is the shell's business.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal completions bash
  surprisal completions zsh > _surprisal
  surprisal completions fish > surprisal.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Completions {
    /// Prints them.
    pub fn call(&self, _: &Options) -> Result<u8> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Cli::command(), "surprisal", &mut out);
        std::io::Write::write_all(&mut std::io::stdout(), &out)?;
        Ok(exit::FINE)
    }
}
