//! `surprisal launch`: the sweep in shards, for Slurm or any other scheduler.

use super::prepared;
use crate::asked::Asked;
use crate::exit;
use crate::launch::{Launch as Sweep, any, journal, slurm::Resources};
use crate::place::{Options, show};
use anyhow::Result;
use std::num::NonZeroUsize;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal launch slurm experiments/first --shards 8 --time 60
  surprisal launch script experiments/first --shards 4")]
pub struct Launch {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(clap::Subcommand)]
enum Engine {
    /// Job scripts for Slurm: an array over shards that goes on after a time limit or preemption, then the tables
    #[command(after_help = "\
Examples:
  surprisal launch slurm experiments/first --shards 8 --time 60
  surprisal launch slurm experiments/first --partition short -- --exclude=node7")]
    Slurm {
        #[command(flatten)]
        sweep: What,
        /// Submit them
        #[arg(long)]
        submit: bool,
        #[command(flatten)]
        resources: Box<Resources>,
    },
    /// One shell script that runs a shard: for GNU parallel or another scheduler
    #[command(after_help = "\
Examples:
  surprisal launch script experiments/first --shards 4 --jobs 2")]
    Script {
        #[command(flatten)]
        sweep: What,
        /// Workers of a shard
        #[arg(short, long, default_value = "1", value_name = "N")]
        jobs: NonZeroUsize,
    },
}

#[derive(clap::Args)]
struct What {
    #[command(flatten)]
    asked: Asked,
    /// Parts of the plan; by default one for each run that is to do, 16 at most
    #[arg(long, value_name = "N")]
    shards: Option<NonZeroUsize>,
}

impl Launch {
    /// Writes the scripts, shows them, and submits them where that is asked for.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let (Engine::Slurm { sweep, .. } | Engine::Script { sweep, .. }) = &self.engine;
        let it = prepared!(&sweep.asked, options);
        let it = Sweep::new(&it, &sweep.asked, options, sweep.shards.map(NonZeroUsize::get))?;
        if it.open.is_empty() {
            eprintln!("nothing to do: all {} runs have records", it.runs.1);
            return Ok(exit::FINE);
        }
        let texts = match &self.engine {
            Engine::Slurm { resources, .. } => {
                vec![("array.sh", resources.array(&it)?), ("table.sh", resources.table(&it)?)]
            }
            Engine::Script { jobs, .. } => vec![("shards.sh", any::script(&it, jobs.get())?)],
        };
        let mut scripts = Vec::new();
        for (name, text) in texts {
            scripts.push((it.write(name, &text)?, text));
        }
        let submission = match &self.engine {
            Engine::Slurm { submit: true, .. } => {
                Some(journal::submit(&it.folder, it.count, &scripts[0].0, &scripts[1].0)?)
            }
            _ => None,
        };
        if options.json {
            let scripts: Vec<_> =
                scripts.iter().map(|(path, text)| serde_json::json!({ "path": path, "text": text })).collect();
            println!("{}", serde_json::json!({ "schema": 1, "scripts": scripts, "submission": submission }));
            return Ok(exit::FINE);
        }
        for (path, text) in &scripts {
            println!("# {}\n{text}", show(path));
        }
        let (todo, all) = it.runs;
        eprintln!("{todo} of {all} runs to do, in {} of {} shards", it.open.len(), it.count);
        match (&self.engine, submission) {
            (_, Some(it)) => eprintln!("submitted: array {}, then table {}", it.array, it.table),
            (Engine::Slurm { .. }, None) => eprintln!("written, not submitted: add `--submit`"),
            (Engine::Script { .. }, None) => eprintln!("written; start it with: sh {}", show(&scripts[0].0)),
        }
        Ok(exit::FINE)
    }
}
