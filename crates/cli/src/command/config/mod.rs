//! `surprisal config`: the composed config, one file for each thing that is done with it.

mod diff;
mod explain;
mod show;

use crate::place::Options;
use anyhow::Result;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal config show experiments/first
  surprisal config schema")]
pub struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The composed config as YAML that gives the same runs
    Show(show::Show),
    /// Where a value comes from, what it replaced, and what varies it
    Explain(explain::Explain),
    /// The keys in which two experiments differ, defaults counted
    Diff(diff::Diff),
    /// JSON Schema (draft 7) of an experiment, or of the files of a group: editors complete and check with it
    Schema(super::schema::Schema),
}

impl Config {
    /// Does it.
    pub fn call(&self, options: &Options) -> Result<u8> {
        match &self.what {
            What::Show(it) => it.call(options),
            What::Explain(it) => it.call(options),
            What::Diff(it) => it.call(options),
            What::Schema(it) => it.call(options),
        }
    }
}

/// Calls the rest with an experiment that is composed, or tells why there is none.
macro_rules! composed {
    ($asked:expr, $options:expr) => {
        match crate::prepare::read($asked)? {
            Ok(read) => read,
            Err(refused) => return refused.tell($options),
        }
    };
}
use composed;
