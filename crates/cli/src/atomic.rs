//! Files that are there whole or not at all: written beside, renamed; synced where that matters.

use anyhow::{Context, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a file so that a reader or a kill sees the old one or the new one; its folder is created.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, bytes, false)
}

/// The same, also should power be lost.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<()> {
    put(path, bytes, true)
}

fn put(path: &Path, bytes: &[u8], durable: bool) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let (part, mut file) = beside(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let written = (|| {
        file.write_all(bytes)?;
        if durable {
            file.sync_data()?;
        }
        fs::rename(&part, path)?;
        // The name is part of the folder.
        if durable { File::open(folder)?.sync_all() } else { Ok(()) }
    })();
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

/// A new file in the same folder. Two processes may write one file, on two machines with one process number: each has a
/// part of its own. A link that lies there is not followed, and renaming replaces a link of the file's name.
fn beside(path: &Path) -> std::io::Result<(PathBuf, File)> {
    for attempt in 0.. {
        let part = path.with_extension(format!("{:08x}.part", unique(attempt)));
        match OpenOptions::new().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempt < 100 => {}
            opened => return opened.map(|file| (part, file)),
        }
    }
    unreachable!("a hundred names are enough")
}

/// A number that another process, or another attempt, hardly draws.
pub fn unique(attempt: u32) -> u32 {
    let seed = format!("{}/{:?}/{attempt}", std::process::id(), std::time::SystemTime::now());
    crc32fast::hash(seed.as_bytes())
}
