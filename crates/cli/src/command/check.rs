//! `surprisal check`: all errors of all files at once.

use crate::exit;
use crate::place::Options;
use crate::prepare::prepare;
use anyhow::Result;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal check experiments/first
  surprisal check experiments/first --json")]
pub struct Check {
    /// YAML files, or folders with an `experiment.yaml`
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<PathBuf>,
}

impl Check {
    /// Prepares each; prints what is wrong.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let mut worst = exit::FINE;
        for path in &self.experiments {
            let prepared = match prepare(path, options) {
                Ok(prepared) => prepared,
                Err(error) => {
                    // The other files are checked all the same.
                    if options.json {
                        let errors = [serde_json::json!({ "code": "file", "title": format!("{error:#}") })];
                        println!("{}", serde_json::json!({ "schema": 1, "file": path, "errors": errors }));
                    } else {
                        eprintln!("error: {error:#}");
                    }
                    worst = worst.max(exit::USAGE);
                    continue;
                }
            };
            match prepared {
                Ok(it) => {
                    if options.json {
                        println!("{}", serde_json::json!({ "schema": 1, "file": it.place.shown, "errors": [] }));
                    } else {
                        let (arms, runs) = (it.plan.arms.len(), it.plan.runs.len());
                        println!("{}: fine ({arms} arms, {runs} runs)", it.place.shown);
                    }
                }
                Err(refused) => worst = worst.max(refused.tell(options)?),
            }
        }
        Ok(worst)
    }
}
