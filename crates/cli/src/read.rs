//! Reading what may come from strangers: regular files of a bounded length. A pipe or a device could give bytes for ever.

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Most bytes of a model: those of the most weights that one may have, and their names.
pub const MAX_MODEL: u64 = 1 << 30;
/// Most bytes of what a run saves on its way: an optimiser remembers its weights several times.
pub const MAX_CHECKPOINT: u64 = 5 << 30;
/// Most bytes of all records of an experiment: some two million, as many as a plan may have.
pub const MAX_RECORDS: u64 = 4 << 30;
/// Most entries of a folder that are looked at.
pub const MAX_ENTRIES: usize = 1 << 22;

/// A file of the results of at most `most` bytes, never through a link: it would lead elsewhere.
pub fn own(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    whole(file, most)
}

/// A file that a person names, wherever it is, of at most `most` bytes.
pub fn named(path: &Path, most: u64) -> Result<Vec<u8>> {
    regular(fs::metadata(path)?, "it is no regular file")?;
    whole(File::open(path)?, most)
}

/// A file of the results, opened.
pub fn open(path: &Path) -> Result<File> {
    let text = "it is no regular file, and files of results are not read through links";
    regular(fs::symlink_metadata(path)?, text)?;
    File::open(path)
}

/// A text that a person names or writes, of at most `most` bytes; a longer one is cut off one byte later.
pub fn text(path: &Path, most: usize) -> Result<String> {
    regular(fs::metadata(path)?, "it is no regular file")?;
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64 + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// All of a file; its length is looked at before memory is asked for, and again as it may grow.
fn whole(file: File, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file.metadata()?.len() <= most {
        (&file).take(most + 1).read_to_end(&mut bytes)?;
    }
    let length = file.metadata()?.len().max(bytes.len() as u64);
    if length > most {
        return Err(Error::new(ErrorKind::FileTooLarge, too_large(length, most)));
    }
    Ok(bytes)
}

/// `it holds 2.0 GiB, more than 1.0 GiB`.
pub fn too_large(length: u64, most: u64) -> String {
    let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
    format!("it holds {:.1} GiB, and more than {:.1} GiB are not read", gib(length), gib(most))
}

fn regular(is: Metadata, text: &str) -> Result<()> {
    if is.is_file() { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, text)) }
}
