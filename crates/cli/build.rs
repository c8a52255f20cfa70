//! Notes what the program is built from, for the records: revision, lock file, toolchain, target, profile, features.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new("../..");
    let first_line = |command: &mut Command| {
        let out = command.output().ok().filter(|out| out.status.success())?;
        String::from_utf8(out.stdout).ok()?.lines().next().map(str::to_string)
    };
    let git = |arguments: &[&str]| first_line(Command::new("git").current_dir(root).args(arguments));
    // Where revisions are logged (a worktree has a log of its own), and what the program is built from.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"]).unwrap_or_default();
    for watched in SOURCES.into_iter().chain([log.as_str()]) {
        let path = root.join(watched);
        if !watched.is_empty() && path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    // Dirty: what it is built from differs from the revision, files that git does not know included.
    let dirty = git(&[&["status", "--porcelain", "--"][..], &SOURCES].concat()).is_some();
    let revision = git(&["rev-parse", "--short=12", "HEAD"]);
    let variable = |name: &str| std::env::var(name).ok();
    let features = std::env::vars().filter_map(|(key, _)| key.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let mut features: Vec<String> = features.collect();
    features.sort();
    let notes = [
        // Without git or a repository there is none.
        ("REVISION", revision.map(|it| if dirty { it + "-dirty" } else { it })),
        ("RUSTC", variable("RUSTC").and_then(|rustc| first_line(Command::new(rustc).arg("--version")))),
        ("TARGET", variable("TARGET")),
        ("PROFILE", variable("PROFILE")),
        ("FEATURES", Some(features.join(","))),
        ("LOCK", std::fs::read(root.join("Cargo.lock")).ok().map(|text| hex(&Sha256::digest(text)))),
    ];
    for (name, note) in notes {
        if let Some(note) = note {
            println!("cargo::rustc-env=SURPRISAL_{name}={note}");
        }
    }
}

/// What the program is built from.
const SOURCES: [&str; 3] = ["crates", "Cargo.toml", "Cargo.lock"];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
