//! Reading what may come from strangers: regular files of a bounded length. A pipe or a device could give bytes for ever.

use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// A file of the results, never through a link: it would lead elsewhere.
pub fn own(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The same, opened.
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

fn regular(is: Metadata, text: &str) -> Result<()> {
    if is.is_file() { Ok(()) } else { Err(Error::new(ErrorKind::InvalidInput, text)) }
}
