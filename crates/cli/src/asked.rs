//! What a command is asked about: an experiment, and what the command line changes of it.

use std::fmt;
use std::path::PathBuf;

/// An experiment under changes.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// A YAML file, or a folder with an `experiment.yaml`
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: PathBuf,
    /// Changes: `a.b=1`, `likelihood=poisson`, `a=1,2,3` or `a=logspace(1e-4,1,5)` to sweep, `~a.b` for the default
    #[arg(value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
}

impl Asked {
    /// The experiments among arguments, each under the changes among them.
    pub fn each(arguments: &[String]) -> Vec<Asked> {
        let is_change = |text: &&String| {
            (text.contains('=') || text.starts_with(['~', '+'])) && !PathBuf::from(text.as_str()).exists()
        };
        let (changes, paths): (Vec<&String>, Vec<&String>) = arguments.iter().partition(is_change);
        let changes: Vec<String> = changes.into_iter().cloned().collect();
        paths.into_iter().map(|path| Asked { experiment: path.into(), changes: changes.clone() }).collect()
    }
}

/// As arguments of a shell.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", quoted(&self.experiment.display().to_string()))?;
        self.changes.iter().try_for_each(|change| write!(f, " {}", quoted(change)))
    }
}

/// A word as a shell takes it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into();
    }
    // Only a NUL cannot be quoted, and no argument has one.
    shlex::try_quote(text).map_or_else(|_| text.into(), std::borrow::Cow::into_owned)
}
