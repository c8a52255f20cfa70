//! `surprisal predict`: mean, quantiles and density of a trained model for the rows of a new file.

use crate::exit;
use crate::found;
use crate::place::Options;
use crate::{read, side};
use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use surprisal_data::{Delimiter, NewRows, Wanted, read_rows};
use surprisal_spec::{Number, shown, shown_json};
use surprisal_train::{Inputs, Trained};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal predict ID new.csv
  surprisal predict ID new.csv --quantiles 0.1,0.5,0.9")]
pub struct Predict {
    /// The id of a run (its beginning is enough), or a file of a model
    model: String,
    /// A CSV with a header and the columns that the model was trained on; with the target, its density is given
    rows: PathBuf,
    /// Which quantiles
    #[arg(long, value_delimiter = ',', value_name = "SHARE", default_values_t = [0.05, 0.5, 0.95])]
    quantiles: Vec<f64>,
    /// Density at these targets, too
    #[arg(long, value_delimiter = ',', value_name = "Y", allow_hyphen_values = true)]
    at: Vec<f64>,
    /// The column that is added to the location head: the log exposure of a count
    #[arg(long, value_name = "COLUMN")]
    offset: Option<String>,
    /// What separates cells: comma, semicolon, tab or whitespace
    #[arg(long, default_value = "comma", value_parser = delimiter)]
    delimiter: Delimiter,
}

fn delimiter(text: &str) -> Result<Delimiter, String> {
    serde_json::from_value(text.into())
        .map_err(|_| format!("expected comma, semicolon, tab or whitespace, found `{text}`"))
}

impl Predict {
    /// Prints a CSV, or with `--json` one mapping a row: all in the target's original units.
    pub fn call(&self, options: &Options) -> Result<u8> {
        if let Some(q) = self.quantiles.iter().find(|q| !(**q > 0.0 && **q < 1.0)) {
            bail!("`--quantiles` are shares between 0 and 1, found {q}");
        }
        let (path, bytes) = self.find()?;
        let bytes = bytes.with_context(|| format!("cannot read `{}`", path.display()))?;
        let model = Trained::read(&bytes).with_context(|| format!("`{}`", path.display()))?;
        if model.offset && self.offset.is_none() {
            bail!(
                "the model was trained with an offset: say with `--offset COLUMN` where it is in `{}`",
                self.rows.display()
            );
        }
        let wanted = Wanted {
            features: &model.features,
            levels: &model.levels,
            target: &model.target,
            classes: &model.classes,
            offset: self.offset.as_deref().filter(|_| model.offset),
        };
        let rows = read_rows(&self.rows, self.delimiter, wanted).map_err(|error| found::missing(error.to_string()))?;
        let new = Inputs { x: rows.x.clone(), rows: rows.lines.len(), offset: rows.offset.clone() };
        let at = model.predict(&new)?;
        self.print(&model, &rows, &at, options)?;
        Ok(exit::FINE)
    }

    /// The file of the model that is meant, and what is in it.
    fn find(&self) -> Result<(PathBuf, std::io::Result<Vec<u8>>)> {
        let given = Path::new(&self.model);
        if given.is_file() {
            return Ok((given.to_path_buf(), read::named(given, read::MAX_MODEL)));
        }
        let record = found::find(&self.model)?.remove(0);
        let id = record.records.sorted().first().map(|it| it.id.clone()).unwrap_or_default();
        let path = side::model(&record.results, &id);
        if path.symlink_metadata().is_err() {
            return Err(found::missing(format!(
                "the model of run {id} is not there: `surprisal reproduce {}#{id} --keep` makes it again",
                crate::place::show(&record.results)
            )));
        }
        let bytes = read::own(&path, read::MAX_MODEL);
        Ok((path, bytes))
    }

    fn print(&self, model: &Trained, rows: &NewRows, at: &[Vec<f64>], options: &Options) -> Result<()> {
        let (family, classes) = (model.family(), model.is_of_classes());
        let mut names = vec!["line".to_string()];
        if classes {
            let labels =
                (0..model.classes.len().max(2)).map(|k| model.classes.get(k).cloned().unwrap_or(k.to_string()));
            names.extend(labels.map(|label| format!("p.{label}")));
        } else {
            names.push("mean".into());
            names.extend(self.quantiles.iter().map(|q| format!("q{q}")));
            names.extend(self.at.iter().map(|y| format!("density({y})")));
        }
        let told = rows.y.iter().any(Option::is_some);
        if told {
            names.extend(["density".into(), "nll".into()]);
        }
        let known = names.len();
        let lines = rows.lines.iter().zip(at).zip(&rows.y).map(|((line, at), y)| {
            let density = |y: f64| libm::exp(-family.nll(at, y));
            let mut cells: Vec<Option<f64>> = vec![Some(*line as f64)];
            if classes {
                cells.extend((0..model.classes.len().max(2)).map(|k| Some(density(k as f64))));
            } else {
                cells.push(family.mean(at));
                cells.extend(self.quantiles.iter().map(|q| Some(family.quantile(at, *q))));
                cells.extend(self.at.iter().map(|y| Some(inside(family, *y, density))));
            }
            if told {
                cells.push(y.map(|y| inside(family, y, density)));
                cells.push(y.map(|y| if family.support().contains(y) { family.nll(at, y) } else { f64::INFINITY }));
            }
            debug_assert_eq!(cells.len(), known);
            cells
        });
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        if !options.json {
            // Labels come from strangers.
            let quoted = |name: &String| match shown(name) {
                name if name.contains([',', '"']) => format!("\"{}\"", name.replace('"', "\"\"")),
                name => name.into_owned(),
            };
            writeln!(out, "{}", names.iter().map(quoted).collect::<Vec<_>>().join(","))?;
        }
        for cells in lines {
            if options.json {
                let pairs = names.iter().cloned().zip(cells.into_iter().map(|x| serde_json::json!(x.map(Number))));
                let line = serde_json::Value::Object(pairs.collect()).to_string();
                writeln!(out, "{}", shown_json(&line))?;
            } else {
                let text = |x: Option<f64>| x.map(|x| format!("{x}")).unwrap_or_default();
                writeln!(out, "{}", cells.into_iter().map(text).collect::<Vec<_>>().join(","))?;
            }
        }
        Ok(out.flush()?)
    }
}

/// The density; 0 where the family has none.
fn inside(family: surprisal_density::AnyFamily, y: f64, density: impl Fn(f64) -> f64) -> f64 {
    if family.support().contains(y) { density(y) } else { 0.0 }
}
