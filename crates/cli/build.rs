//! Notes the revision that the program is built from, for the records; without git or a repository there is none.

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
    let describe = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]).output();
    if let Some(out) = describe.ok().filter(|out| out.status.success()) {
        println!("cargo::rustc-env=SURPRISAL_REVISION={}", String::from_utf8_lossy(&out.stdout).trim());
    }
}
