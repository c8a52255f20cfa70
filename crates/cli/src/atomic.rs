//! Files that are there whole or not at all: written beside, renamed; synced where that matters.

use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

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
    // Two processes may write one file: each has a name of its own for the part.
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        if durable {
            file.sync_data()?;
        }
        fs::rename(&part, path)?;
        // The name is part of the folder.
        if durable { File::open(folder)?.sync_all() } else { Ok(()) }
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.with_context(|| format!("cannot write `{}`", path.display()))
}
