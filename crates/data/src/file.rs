//! Where files are, and that they are the declared ones.

use crate::limit::MAX_BYTES;
use crate::{DataError, hash::hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

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
    /// The folder of the project: what is not below it, or below the data folder, is not read.
    pub root: PathBuf,
    /// The folder that `--data-dir` names.
    pub data_dir: Option<PathBuf>,
}

impl Roots {
    /// A project of one folder, without a data folder.
    pub fn here(folder: impl Into<PathBuf>) -> Roots {
        let here = folder.into();
        Roots { root: here.clone(), here, data_dir: None }
    }
    /// The folder, or what to do when there is none.
    fn folder(&self, from: Folder, path: &str, source: Option<&str>) -> Result<&Path, DataError> {
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

impl Roots {
    /// Refuses a file outside the folders, whether by `..`, by an absolute path or by a link. The data folder was named
    /// by the user, so links in it are followed wherever they lead; the project may come from a stranger.
    fn check(&self, full: &Path, path: &str, from: Folder) -> Result<(), DataError> {
        let inner = Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let Ok(real) = full.canonicalize() else { return Ok(()) }; // reading says why
        let below = |folder: &Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
        if from == Folder::DataDir && inner || below(&self.root) || self.data_dir.as_deref().is_some_and(below) {
            return Ok(());
        }
        let root = self.root.display().to_string();
        Err(DataError::Outside { path: path.into(), file: real.display().to_string(), root })
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

impl Text {
    /// The bytes of a file, if they are text.
    pub fn new(file: String, bytes: Vec<u8>) -> Result<Text, DataError> {
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
            DataError::Line { file: file.clone(), line, what: "this is not UTF-8 text".into() }
        })?;
        let text = text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text);
        Ok(Text { file, text })
    }
}

/// The bytes of a file that is not too large; a pipe or a device could give bytes for ever.
fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    let is = std::fs::metadata(path)?;
    let mut bytes = Vec::new();
    if is.len() <= MAX_BYTES {
        std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    }
    if is.len().max(bytes.len() as u64) > MAX_BYTES {
        let text = format!("it is larger than {} GiB, and data are held in memory", MAX_BYTES >> 30);
        return Err(std::io::Error::other(text));
    }
    Ok(bytes)
}

/// Reads a file that a person names, wherever it is: a pipe too.
pub(crate) fn read_named(path: &Path) -> Result<Text, DataError> {
    let file = path.display().to_string();
    let bytes = bytes(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => DataError::MissingFile { path: file.clone(), hint: "is it spelt so?".into() },
        _ => DataError::Unreadable { path: file.clone(), cause: error.to_string() },
    })?;
    Text::new(file, bytes)
}

/// Reads a file below the folders and compares its checksum.
pub(crate) fn read(
    roots: &Roots,
    path: &str,
    from: Folder,
    sha256: Option<&str>,
    source: Option<&str>,
) -> Result<Text, DataError> {
    let full = roots.folder(from, path, source)?.join(path);
    roots.check(&full, path, from)?;
    let file = full.display().to_string();
    let special = std::fs::metadata(&full).is_ok_and(|is| !is.is_file() && !is.is_dir());
    let read = if special { Err(std::io::Error::other("it is no regular file")) } else { bytes(&full) };
    let bytes = read.map_err(|error| match error.kind() {
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
    Text::new(file, bytes)
}
