//! `surprisal check`: all errors of all files at once.

use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use crate::prepare::{Form, prepare};
use crate::words::number_of;
use anyhow::{Result, bail};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal check experiments/first
  surprisal check experiments/first --json")]
pub struct Check {
    /// YAML files, or folders with an `experiment.yaml`; and changes, as `KEY=VALUE`, under which each is checked
    #[arg(required = true, value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// How errors are printed
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

impl Check {
    /// Prepares each; prints what is wrong.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let form = if options.json { Form::Json } else { self.format };
        let asked = Asked::each(&self.experiments);
        if asked.is_empty() {
            bail!("there are changes, and no experiment to check under them");
        }
        let mut worst = exit::FINE;
        for asked in asked {
            let path = asked.experiment.display();
            let prepared = match prepare(&asked, options) {
                Ok(prepared) => prepared,
                Err(error) => {
                    // The other files are checked all the same.
                    match form {
                        Form::Json => {
                            let error = serde_json::json!({ "code": "file", "title": format!("{error:#}"), "file": asked.experiment });
                            println!(
                                "{}",
                                serde_json::json!({ "schema": 1, "file": asked.experiment, "errors": [error] })
                            );
                        }
                        Form::Github => println!("::error title=file::{error:#}"),
                        Form::Short => println!("{path}: error[file]: {error:#}"),
                        Form::Human => eprintln!("error: {error:#}"),
                    }
                    worst = worst.max(exit::USAGE);
                    continue;
                }
            };
            match prepared {
                Ok(it) if form == Form::Json => {
                    println!("{}", serde_json::json!({ "schema": 1, "file": it.place.shown, "errors": [] }));
                }
                Ok(it) => {
                    let (arms, runs) = (number_of(it.plan.arms.len(), "arm"), number_of(it.plan.runs.len(), "run"));
                    println!("{}: fine ({arms}, {runs})", it.place.shown);
                }
                Err(refused) => worst = worst.max(refused.tell_as(form, options)?),
            }
        }
        Ok(worst)
    }
}
