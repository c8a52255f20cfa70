//! When colours are written: as asked, else as the environment says, else only to a terminal.

use clap::ColorChoice;
use std::ffi::{OsStr, OsString};

/// Whether to colour what goes to a stream.
///
/// `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors) count unless empty or `0`.
pub fn wanted(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty()) => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => terminal && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
    }
}

/// What `--color` says, before the arguments are parsed: help and usage errors obey it as well.
pub fn asked(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let mut arguments = arguments.take_while(|it| it != "--");
    let mut choice = None;
    while let Some(argument) = arguments.next() {
        let value = match argument.to_str().and_then(|it| it.strip_prefix("--color=")) {
            Some(value) => Some(OsString::from(value)),
            None if argument == OsStr::new("--color") => arguments.next(),
            None => None,
        };
        choice = value.and_then(|it| it.to_str()?.parse().ok()).or(choice);
    }
    match choice {
        None if wanted(ColorChoice::Auto, false) => ColorChoice::Always,
        choice => choice.unwrap_or_default(),
    }
}
