//! Where files are, and that they are the declared ones.

use crate::{DataError, hash::hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The folder a path starts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Folder {
    /// The folder of the YAML file.
    #[default]
    Here,
    /// The folder that `--data-dir` names.
    DataDir,
}

/// The folders that paths start from.
#[derive(Clone, Debug, PartialEq)]
pub struct Roots {
    /// The folder of the YAML file.
    pub here: PathBuf,
    /// The folder that `--data-dir` names.
    pub data_dir: Option<PathBuf>,
}

impl Roots {
    /// Without a data folder.
    pub fn here(folder: impl Into<PathBuf>) -> Roots {
        Roots { here: folder.into(), data_dir: None }
    }
    /// The folder, or what to do when there is none.
    pub(crate) fn folder(&self, from: Folder, path: &str, source: Option<&str>) -> Result<&Path, DataError> {
        match (from, &self.data_dir) {
            (Folder::Here, _) => Ok(&self.here),
            (Folder::DataDir, Some(folder)) => Ok(folder),
            (Folder::DataDir, None) => Err(DataError::NoDataDir {
                path: path.into(),
                hint: format!("pass `--data-dir FOLDER`{}", origin(source, "; the file comes from ")),
            }),
        }
    }
}

fn origin(source: Option<&str>, before: &str) -> String {
    source.map(|source| format!("{before}{source}")).unwrap_or_default()
}

/// A text file and its name for messages.
pub(crate) struct Text {
    /// The path as tried.
    pub file: String,
    /// What is in it, without a byte order mark.
    pub text: String,
}

/// Reads `folder/path` and compares its checksum.
pub(crate) fn read(
    folder: &Path,
    path: &str,
    from: Folder,
    sha256: Option<&str>,
    source: Option<&str>,
) -> Result<Text, DataError> {
    let full = folder.join(path);
    let file = full.display().to_string();
    let bytes = std::fs::read(&full).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let get = origin(source, "get it from ");
            let look = match from {
                Folder::Here => "with `from: data_dir`, `--data-dir FOLDER` says where to look",
                Folder::DataDir => "`--data-dir FOLDER` says where to look",
            };
            let hint = if get.is_empty() { look.into() } else { format!("{get}; {look}") };
            DataError::MissingFile { path: file.clone(), hint }
        }
        _ => DataError::Unreadable { path: file.clone(), cause: error.to_string() },
    })?;
    if let Some(declared) = sha256 {
        let found = hex(&Sha256::digest(&bytes));
        if !found.eq_ignore_ascii_case(declared) {
            return Err(DataError::Checksum { path: file, declared: declared.to_ascii_lowercase(), found });
        }
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
        DataError::Line { file: file.clone(), line, what: "this is not UTF-8 text".into() }
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
    Ok(Text { file, text })
}
