//! `surprisal eval`: the three terms of the objective at given parameters, JSON in, JSON out.

use super::prepared;
use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use anyhow::{Context, Result, bail};
use surprisal_spec::Number;
use surprisal_train::{At, Job, evaluate};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal eval experiments/first --arm 1 --at '{\"bias\": 0, \"w.x1\": 1, \"w.x2\": 0, \"scale\": 1}'")]
pub struct Eval {
    #[command(flatten)]
    asked: Asked,
    /// Parameters by name, in the network's coordinates, as a JSON mapping; `-` reads it from stdin
    #[arg(long, value_name = "JSON")]
    at: String,
    /// Which arm of the sweep, from 0, in the order of `plan`
    #[arg(long, default_value_t = 0)]
    arm: usize,
    /// Which candidate of the arm's `select`, from 0
    #[arg(long)]
    candidate: Option<usize>,
    /// Which split or replicate, from 0
    #[arg(long, default_value_t = 0)]
    unit: usize,
}

impl Eval {
    /// Prints `{"nll": …, "neg_log_prior": …, "objective": …}`.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = prepared!(&self.asked, options);
        let text = if self.at == "-" { std::io::read_to_string(std::io::stdin())? } else { self.at.clone() };
        let at: std::collections::BTreeMap<String, Number> =
            serde_json::from_str(&text).context("`--at` must be a JSON mapping of parameter names to numbers")?;
        let at: At = at.into_iter().map(|(name, x)| (name, x.0)).collect();
        let Some(arm) = it.plan.arms.get(self.arm) else {
            bail!("there are {} arms, counted from 0", it.plan.arms.len())
        };
        let Some(unit) = arm.units.get(self.unit) else { bail!("there are {} units, counted from 0", arm.units.len()) };
        let planned =
            it.plan.runs.iter().find(|run| run.id == unit.runs[0]).context("every run of an arm is planned")?;
        let mut run = planned.run.clone();
        match (&planned.run.select, self.candidate) {
            (Some(select), Some(k)) => match select.candidates.get(k) {
                Some(candidate) => run = planned.run.with(candidate),
                None => bail!("there are {} candidates, counted from 0", select.candidates.len()),
            },
            (Some(select), None) => {
                let n = select.candidates.len();
                bail!(
                    "the arm selects among {n} candidates: say which with `--candidate K`, from 0 (its refit carries no early stopping)"
                )
            }
            (None, Some(_)) => bail!("the arm has no `select`, so no `--candidate`"),
            (None, None) => {}
        }
        if planned.run.select.as_ref().is_some_and(|select| select.refit) {
            run.early_stopping = None;
        }
        let loaded = it.catalog.get(&planned.dataset).context("every data set was read")?;
        let (table, split) = loaded.unit(planned.unit);
        match evaluate(Job { run: &run, table, split }, &at) {
            Ok(parts) => {
                let number = |x: f64| serde_json::to_value(Number(x)).unwrap_or_default();
                let mut said = serde_json::json!({
                    "nll": number(parts.nll), "neg_log_prior": number(parts.neg_log_prior),
                    "objective": number(parts.objective()),
                });
                if options.json {
                    said["schema"] = 1.into();
                }
                println!("{said}");
                Ok(exit::FINE)
            }
            Err(error) => bail!("{error}"),
        }
    }
}
