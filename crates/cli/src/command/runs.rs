//! `surprisal runs gc`: the records of an experiment as one segment, sorted by id: the form that is committed.

use crate::asked::Asked;
use crate::exit;
use crate::place::{Options, Place, show};
use crate::prepare::{Read, read};
use crate::store::Store;
use anyhow::Result;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal runs gc experiments/first")]
pub struct Runs {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Compact all segments to one, sorted by id
    #[command(after_help = "\
Examples:
  surprisal runs gc experiments/first")]
    Gc {
        /// A YAML file, or a folder with an `experiment.yaml`
        experiment: PathBuf,
    },
}

impl Runs {
    /// Compacts.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let What::Gc { experiment } = &self.what;
        let place = Place::find(experiment)?;
        let asked = Asked { experiment: experiment.clone(), changes: Vec::new() };
        let Ok(Read { composed, .. }) = read(&asked)? else {
            anyhow::bail!("`{}` has errors: see `surprisal check`", place.shown)
        };
        place.tell_links(&composed.name);
        let store = Store::new(&place.results(&composed.name));
        let it = store.compact()?;
        it.remarks.iter().for_each(|remark| eprintln!("note: {remark}"));
        if it.kept > 0 {
            eprintln!("note: {} segments are kept: they hold lines that cannot be read", it.kept);
        }
        if options.json {
            let (records, segments, kept) = (it.records, it.segments, it.kept);
            println!("{}", serde_json::json!({ "schema": 1, "records": records, "segments": segments, "kept": kept }));
            return Ok(exit::FINE);
        }
        match it.records {
            0 => println!("no records in {}", show(store.folder())),
            n => println!("{n} records of {} segments are one segment in {}", it.segments, show(store.folder())),
        }
        Ok(exit::FINE)
    }
}
