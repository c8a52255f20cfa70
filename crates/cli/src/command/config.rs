//! `surprisal config`: what a config says, and may say.

use super::schema::Schema;
use crate::place::Options;
use anyhow::Result;

/// Looks at configs.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config schema
  surprisal config schema prior")]
pub struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// JSON Schema (draft 7) of an experiment, or of the files of a group: editors complete and check with it
    Schema(Schema),
}

impl Config {
    /// Does what was asked for.
    pub fn call(&self, options: &Options) -> Result<u8> {
        match &self.what {
            What::Schema(it) => it.call(options),
        }
    }
}
