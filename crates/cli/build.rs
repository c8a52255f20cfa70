//! Notes what the program is built from, for the records: revision, lock file, toolchain, target, profile, features.

use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new("../..");
    // Where revisions are logged, and what makes the tree differ from them.
    for watched in [".git/logs/HEAD", "crates", "Cargo.toml", "Cargo.lock"] {
        if root.join(watched).exists() {
            println!("cargo::rerun-if-changed=../../{watched}");
        }
    }
    let first_line = |command: &mut Command| {
        let out = command.output().ok().filter(|out| out.status.success())?;
        String::from_utf8(out.stdout).ok()?.lines().next().map(str::to_string)
    };
    let variable = |name: &str| std::env::var(name).ok();
    let features = std::env::vars().filter_map(|(key, _)| key.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase));
    let mut features: Vec<String> = features.collect();
    features.sort();
    let notes = [
        // Without git or a repository there is none.
        (
            "REVISION",
            first_line(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"])),
        ),
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
