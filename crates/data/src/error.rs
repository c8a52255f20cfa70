//! What can be wrong with data, each as a sentence that says what to do.

use crate::limit::brief;
use crate::sheet::nearest;

/// Why a data set could not be loaded or used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file is not there; `hint` says where to get it.
    #[error("there is no file `{path}`; {hint}")]
    MissingFile {
        /// The path that was tried.
        path: String,
        /// Where to get it, and which option looks elsewhere.
        hint: String,
    },
    /// `from: data_dir` without a data folder.
    #[error("`{path}` is in the data folder (`from: data_dir`), and none was named; {hint}")]
    NoDataDir {
        /// The path as the configuration gives it.
        path: String,
        /// Where to get it, and which option names the folder.
        hint: String,
    },
    /// The file is there and can't be read.
    #[error("`{path}` can't be read: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        cause: String,
    },
    /// Another file than the declared one.
    #[error("`{path}` is not the declared file: its sha256 is {found}, declared is {declared}")]
    Checksum {
        /// The file.
        path: String,
        /// As the configuration says.
        declared: String,
        /// As computed.
        found: String,
    },
    /// Something about a whole file.
    #[error("`{file}`: {what}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A line, and the column where there is one.
    #[error("`{file}`, line {line}: {what}")]
    Line {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// A cell.
    #[error("`{file}`, line {line}, column `{column}`: {what}")]
    Cell {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// What is wrong there.
        what: String,
    },
    /// A column that the file does not have.
    #[error("`{file}` has no column `{name}`{suggestion}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column asked for.
        name: String,
        /// The nearest name, or all names.
        suggestion: String,
    },
    /// A row of a table without a file.
    #[error("`{table}`, row {row}, target `{target}`: {what}")]
    Row {
        /// The table's name.
        table: String,
        /// Counted from 0.
        row: usize,
        /// The target's name.
        target: String,
        /// What is wrong there.
        what: String,
    },
    /// The declared kind of target and the use of it don't fit.
    #[error("the target `{target}` of `{table}` {what}")]
    Kind {
        /// The table's name.
        table: String,
        /// The target's name.
        target: String,
        /// What doesn't fit.
        what: String,
    },
    /// A file that the configuration may not name.
    #[error(
        "`{path}` leads to `{file}`, outside `{root}`: a data file lies in the folder of its project; if this one is \
         meant, `--data-dir FOLDER` opens its folder"
    )]
    Outside {
        /// The path as the configuration gives it.
        path: String,
        /// The file, links followed.
        file: String,
        /// The folder of the project.
        root: String,
    },
    /// More than fits into memory.
    #[error("`{table}` is too large: {what}")]
    Size {
        /// The table's name.
        table: String,
        /// What is too much, and of how much.
        what: String,
    },
    /// A split that can't be made.
    #[error("`{table}` can't be split: {what}")]
    Split {
        /// The table's name.
        table: String,
        /// Why.
        what: String,
    },
}

impl DataError {
    pub(crate) fn no_column(file: &str, name: &str, names: &[String]) -> DataError {
        let suggestion = match nearest(name, names) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; it has {}", list(names)),
        };
        DataError::NoColumn { file: file.into(), name: name.into(), suggestion }
    }
}

/// The first few names, and how many more.
pub(crate) fn list(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{}`", brief(name))).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}
