//! The program `surprisal`: one file per command.

mod asked;
mod command;
mod estimate;
mod made;
mod place;
mod prepare;
mod progress;
mod store;
mod words;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Which probabilistic assumption does a loss make, and does it pay?
#[derive(Parser)]
#[command(name = "surprisal", version, max_term_width = 100)]
struct Cli {
    /// Folder of data files that configs name with `from: data_dir`
    #[arg(long, global = true, env = "SURPRISAL_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Machine-readable output on stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Validate experiments: all errors at once, nothing is run
    Check(command::check::Check),
    /// What would be run, and what is done already
    Plan(command::plan::Plan),
    /// Run what is missing, then print the table
    Run(command::run::Run),
    /// What is done, failed, stale or to do
    Status(command::status::Status),
    /// Print the table of an experiment's records
    Table(command::table::Table),
    /// The composed config: shown, explained, compared
    Config(command::config::Config),
    /// Families, priors, data sets, models, optimisers and scores, with their keys and defaults
    List(command::list::List),
    /// The objective of an experiment at given parameters, without training
    Eval(command::eval::Eval),
    /// Records: compact them to one segment
    Runs(command::runs::Runs),
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
    /// Data are missing or not what they should be.
    pub const MISSING: u8 = 4;
    /// Stopped by a signal; the rest can be run later.
    pub const STOPPED: u8 = 130;
}

fn main() -> ExitCode {
    one_thread_per_run();
    let cli = Cli::parse();
    let place = place::Options { data_dir: cli.data_dir, json: cli.json };
    let done = match cli.command {
        Command::Check(it) => it.call(&place),
        Command::Plan(it) => it.call(&place),
        Command::Run(it) => it.call(&place),
        Command::Status(it) => it.call(&place),
        Command::Table(it) => it.call(&place),
        Command::Config(it) => it.call(&place),
        Command::List(it) => it.call(&place),
        Command::Eval(it) => it.call(&place),
        Command::Runs(it) => it.call(&place),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_broken_pipe(&error) => ExitCode::from(exit::FINE),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit::USAGE)
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
