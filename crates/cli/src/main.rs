//! The program `surprisal`: one file per command.

#[macro_use]
mod say;

mod asked;
mod atomic;
mod claim;
mod colour;
mod command;
mod difference;
mod estimate;
mod found;
mod launch;
mod made;
mod memory;
mod place;
mod policy;
mod pool;
mod prepare;
mod progress;
mod read;
mod side;
mod state;
mod stop;
mod store;
mod words;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use surprisal_kernel::Isa;

/// Which probabilistic assumption does a loss make, and does it pay?
#[derive(Parser)]
#[command(
    name = "surprisal",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  surprisal init demo                          # a folder to begin with
  surprisal run demo/experiments/first         # train, and see the table
  surprisal table demo/experiments/first --format md"
)]
struct Cli {
    /// Folder of data files that configs name with `from: data_dir`
    #[arg(long, global = true, env = "SURPRISAL_DATA_DIR", hide_env_values = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Machine-readable output on stdout
    #[arg(long, global = true)]
    json: bool,
    /// Colours; `auto` asks the terminal, NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: clap::ColorChoice,
    /// Instructions of the loss kernels: scalar, avx2 or avx512; the widest of this machine if none is named. The bits of
    /// results are the same
    #[arg(long, global = true, env = "SURPRISAL_ISA", hide_env_values = true, value_name = "ISA")]
    isa: Option<Isa>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A new folder: a first experiment that runs, and settings for an editor
    Init(command::init::Init),
    /// Validate experiments: all errors at once, nothing is run
    Check(command::check::Check),
    /// What would be run, and what is done already
    Plan(command::plan::Plan),
    /// Run what is missing, then print the table
    Run(command::run::Run),
    /// Shards of a sweep for Slurm or another scheduler
    Launch(command::launch::Launch),
    /// What is done, failed, stale or to do
    Status(command::status::Status),
    /// Print the table of an experiment's records
    Table(command::table::Table),
    /// The composed config: shown, explained, compared; and what it may say
    Config(command::config::Config),
    /// Families, priors, data sets, models, optimisers and scores, with their keys and defaults
    List(command::list::List),
    /// The objective of an experiment at given parameters, without training
    Eval(command::eval::Eval),
    /// Train recorded runs again, and compare bit for bit
    Verify(command::verify::Verify),
    /// Train one run again from its record alone
    Reproduce(command::reproduce::Reproduce),
    /// Mean, quantiles and density of a trained model for new rows
    Predict(command::predict::Predict),
    /// Records: compact them to one segment
    Runs(command::runs::Runs),
    /// Time the losses beside others, on this machine
    Bench(Box<command::bench::Bench>),
    /// What this machine and this folder offer, and what is missing
    Doctor(command::doctor::Doctor),
    /// Completions for a shell
    Completions(command::completions::Completions),
    /// Manual pages
    Man(command::man::Man),
    /// The pages of docs/reference
    #[command(hide = true)]
    Docs(command::docs::Docs),
    /// Train what stdin says; `run` starts it
    #[command(hide = true)]
    Worker(pool::worker::Worker),
}

/// Exit codes, as the reference lists them.
pub mod exit {
    /// All is well.
    pub const FINE: u8 = 0;
    /// Finished, but some runs failed.
    pub const FAILED_RUNS: u8 = 1;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 2;
    /// A result is out of date.
    pub const MISMATCH: u8 = 3;
    /// Data or records are missing, not what they should be, or cannot be written; or there is no permission or room.
    pub const MISSING: u8 = 4;
    /// Stopped by a scheduler, and to be started again: `EX_TEMPFAIL`.
    pub const LATER: u8 = 75;

    /// What an error means for the exit code: a device that is full or read-only is not wrong usage.
    pub fn of(error: &anyhow::Error) -> u8 {
        use std::io::ErrorKind as Kind;
        let device = [
            Kind::StorageFull,
            Kind::QuotaExceeded,
            Kind::FileTooLarge,
            Kind::ReadOnlyFilesystem,
            Kind::PermissionDenied,
        ];
        let missing = |e: &(dyn std::error::Error + 'static)| {
            e.is::<Missing>() || e.downcast_ref::<std::io::Error>().is_some_and(|e| device.contains(&e.kind()))
        };
        if error.chain().any(missing) { MISSING } else { USAGE }
    }

    /// Something that a run needs is missing or was changed; a sentence.
    #[derive(Debug)]
    pub struct Missing(pub String);

    impl std::fmt::Display for Missing {
        fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str(&self.0)
        }
    }
    impl std::error::Error for Missing {}
}

fn main() -> ExitCode {
    one_thread_per_run();
    let command = Cli::command().color(colour::asked(std::env::args_os()));
    let cli = Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit());
    if let Some(isa) = cli.isa {
        isa.force();
    }
    let place = place::Options { data_dir: cli.data_dir, json: cli.json, colour: cli.color };
    let done = match cli.command {
        Command::Init(it) => it.call(&place),
        Command::Check(it) => it.call(&place),
        Command::Plan(it) => it.call(&place),
        Command::Run(it) => it.call(&place),
        Command::Launch(it) => it.call(&place),
        Command::Status(it) => it.call(&place),
        Command::Table(it) => it.call(&place),
        Command::Config(it) => it.call(&place),
        Command::List(it) => it.call(&place),
        Command::Eval(it) => it.call(&place),
        Command::Verify(it) => it.call(&place),
        Command::Reproduce(it) => it.call(&place),
        Command::Predict(it) => it.call(&place),
        Command::Runs(it) => it.call(&place),
        Command::Bench(it) => it.call(&place),
        Command::Doctor(it) => it.call(&place),
        Command::Completions(it) => it.call(&place),
        Command::Man(it) => it.call(&place),
        Command::Docs(it) => it.call(&place),
        Command::Worker(it) => it.call(),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::from(exit::FINE),
        Err(error) => {
            if place.json {
                println!("{}", serde_json::json!({ "schema": 1, "errors": [{ "title": format!("{error:#}") }] }));
            } else {
                eprintln!("error: {error:#}");
            }
            ExitCode::from(exit::of(&error))
        }
    }
}

/// A reader that closes early (`| head`) is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|e| e.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}

/// candle asks the environment at every matrix product how many threads to use, and by default counts the cores each
/// time. Runs are parallel, their products are not: the program starts again with that said, once.
fn one_thread_per_run() {
    #[cfg(unix)]
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        use std::os::unix::process::CommandExt;
        if let Ok(program) = std::env::current_exe() {
            let mut arguments = std::env::args_os();
            let name = arguments.next().unwrap_or_else(|| "surprisal".into());
            // Returns only if it failed; then the program goes on, slower.
            let _ = std::process::Command::new(program).arg0(name).args(arguments).env("RAYON_NUM_THREADS", "1").exec();
        }
    }
}
