//! The host's C compiler.
#![allow(dead_code)] // each test uses what it needs

pub mod host;

use std::path::{Path, PathBuf};
use std::process::Command;

/// A C compiler, if there is one.
pub fn compiler() -> Option<String> {
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    Command::new(&cc).arg("--version").output().is_ok_and(|it| it.status.success()).then_some(cc)
}

/// A program of that name from a C text.
pub fn compile(cc: &str, name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&source, text).expect("a folder to write to");
    let flags = ["-std=gnu11", "-O1", "-ffp-contract=off", "-Wall", "-Werror", "-Wno-unused", "-o"];
    let built = Command::new(cc).args(flags).arg(&program).arg(&source).arg("-lm").output().expect("a C compiler");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}
