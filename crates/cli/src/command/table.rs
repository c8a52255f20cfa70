//! `surprisal table`: the arms of an experiment side by side, from its records alone.

use super::prepared;
use crate::asked::Asked;
use crate::exit;
use crate::place::Options;
use crate::prepare::Prepared;
use crate::store::{Contents, Store};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use surprisal_data::TargetKind;
use surprisal_density::AnyScore;
use surprisal_report::{Errors, Format, Summary, splice, summarise_with};
use surprisal_spec::yaml::MAX_BYTES;
use surprisal_spec::{likelihood_text, prior_text};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal table experiments/first
  surprisal table experiments/first --format latex --scores nll,crps
  surprisal table experiments/first --splice
  surprisal table experiments/first --write")]
pub struct Table {
    #[command(flatten)]
    asked: Asked,
    /// text, md, csv, latex or json
    #[arg(long, default_value = "text")]
    format: Format,
    /// Standard errors as if splits did not overlap: only beside published tables that did so
    #[arg(long)]
    naive: bool,
    /// Scores to show, by name; by default those that suit the target
    #[arg(long, value_delimiter = ',', value_name = "SCORE")]
    scores: Vec<String>,
    /// Put the Markdown table between `<!-- surprisal:table -->` and `<!-- /surprisal -->` of the README beside the YAML
    #[arg(long)]
    splice: bool,
    /// Fail if that README holds another table
    #[arg(long)]
    check: bool,
    /// Write the table in every format beside the records, as `run` does
    #[arg(long)]
    write: bool,
}

impl Table {
    /// Prints the table.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let it = prepared!(&self.asked, options);
        let known = Store::new(&it.place.results(&it.plan.name)).read()?;
        known.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
        let scores = if self.scores.is_empty() {
            usual(&it)
        } else {
            self.scores.iter().map(|name| named(name)).collect::<Result<_>>()?
        };
        let errors = if self.naive { Errors::Naive } else { Errors::Corrected };
        let summary = summarise_with(&it.plan.name, &it.plan.arms, &known.records, &scores, errors);
        if self.splice || self.check {
            return spliced(&it.place.folder().join("README.md"), &summary, self.check);
        }
        let lacking = it.plan.runs.iter().filter(|run| !known.records.contains(&run.id)).count();
        if lacking > 0 {
            eprintln!("note: {lacking} of {} runs have no record yet", it.plan.runs.len());
        }
        if self.write {
            write(&it.place.results(&it.plan.name), &summary)?;
        }
        let format = if options.json { Format::Json } else { self.format };
        print!("{}", if format == Format::Text { shown(&it, &known, &summary) } else { summary.render(format) });
        Ok(exit::FINE)
    }
}

/// What a terminal shows: the table or, where nothing was tested, the fits.
pub fn shown(it: &Prepared, known: &Contents, summary: &Summary) -> String {
    if it.plan.arms.iter().flat_map(|arm| &arm.units).any(|unit| unit.test > 0) {
        let terminal = console::Term::stdout();
        return match terminal.is_term() {
            true => summary.render_within(usize::from(terminal.size().1)),
            false => summary.render(Format::Text),
        };
    }
    let mut out = format!(
        "{}: no rows test, so there is nothing to score; the fits, in nats over the train rows:\n",
        it.plan.name
    );
    for arm in &it.plan.arms {
        let name =
            format!("{} {} × {}", arm.estimator.name(), likelihood_text(&arm.likelihood), prior_text(&arm.prior));
        for record in arm.units.iter().flat_map(|unit| &unit.runs).filter_map(|id| known.records.get(id)) {
            out += &match (&record.outcome.fit, &record.outcome.failure) {
                (Some(fit), _) => {
                    let (nll, nlp, all) = (fit.nll.0, fit.neg_log_prior.0, fit.objective.0);
                    format!("  {name}: {all:.6} = nll {nll:.6} + neg_log_prior {nlp:.6}, {}\n", fit.status.word())
                }
                (None, why) => format!("  {name}: failed: {}\n", why.as_deref().unwrap_or("without a reason")),
            };
            if let Some(fit) = &record.outcome.fit {
                fit.parameters.iter().for_each(|(name, x)| out += &format!("    {name} = {:?}\n", x.0));
            }
        }
    }
    out
}

fn named(name: &str) -> Result<AnyScore> {
    AnyScore::named(name).with_context(|| {
        let near = surprisal_spec::yaml::nearest(name, AnyScore::NAMES.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("`{name}` is no score; known: {}{near}", AnyScore::NAMES.join(", "))
    })
}

/// The scores that a table shows unless told otherwise.
fn usual(it: &Prepared) -> Vec<AnyScore> {
    let classes = it.plan.arms.iter().any(|arm| matches!(arm.kind, TargetKind::Class));
    let numbers = it.plan.arms.iter().any(|arm| !matches!(arm.kind, TargetKind::Class));
    let mut names = vec!["nll"];
    if numbers {
        names.extend(["rmse", "crps", "coverage_90"]);
    }
    if classes {
        names.extend(["brier", "accuracy"]);
    }
    names.into_iter().filter_map(AnyScore::named).collect()
}

/// The summary that `run` shows and writes.
pub fn summary(it: &Prepared, known: &Contents) -> Summary {
    summarise_with(&it.plan.name, &it.plan.arms, &known.records, &usual(it), Errors::Corrected)
}

/// Writes the table beside the records in every format.
pub fn write(folder: &Path, summary: &Summary) -> Result<PathBuf> {
    for (name, format) in [
        ("table.txt", Format::Text),
        ("table.md", Format::Md),
        ("table.csv", Format::Csv),
        ("table.tex", Format::Latex),
    ] {
        let path = folder.join(name);
        let text = summary.render(format);
        // Untouched where nothing changed.
        if crate::read::own(&path, MAX_BYTES as u64).ok().as_deref() != Some(text.as_bytes()) {
            crate::atomic::write(&path, text.as_bytes())?;
        }
    }
    Ok(folder.join("table.md"))
}

fn spliced(readme: &Path, summary: &Summary, check: bool) -> Result<u8> {
    let shown = crate::place::show(readme);
    let old = crate::read::text(readme, MAX_BYTES).with_context(|| format!("cannot read `{shown}`"))?;
    let Some(new) = splice(&old, "table", &summary.render(Format::Md)) else {
        bail!("`{shown}` has no line `<!-- surprisal:table -->` with a line `<!-- /surprisal -->` after it");
    };
    if new == old {
        println!("{shown}: up to date");
        return Ok(exit::FINE);
    }
    if check {
        println!("{shown}: holds another table than the records give");
        return Ok(exit::MISMATCH);
    }
    crate::atomic::write(readme, new.as_bytes())?;
    println!("{shown}: table renewed");
    Ok(exit::FINE)
}
