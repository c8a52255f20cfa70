//! Disks that are full, files that may not grow, folders that may not be written.

use crate::common::{Folder, binary};
use crate::signals::add;
use crate::sweep::*;
use std::process::{Command, Stdio};

/// A small disk at `results/`, where this user may make one; it goes when dropped.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(folder: &Folder, options: &str) -> Option<Disk> {
        let at = folder.path("results");
        std::fs::create_dir_all(&at).expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(&at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Disk(at))
    }
    fn change(&self, options: &str) {
        let changed = Command::new("mount").args(["-o", &format!("remount,{options}")]).arg(&self.0).status();
        assert!(changed.is_ok_and(|status| status.success()), "{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Runs by itself under a limit on the size of files: where no disk can be mounted, the other tests say the same.
pub fn limited(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for i in 0..times {
        let folder = calm.folder();
        // In blocks of 1,024 bytes: 12 KiB hold a few records, a model and the predictions of a run each fit.
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" run a.yaml", 12 + i);
        let mut command = Command::new("bash");
        command.args(["-c", &script]).arg(binary()).current_dir(folder.path(""));
        let output = command.output().expect("bash");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("cannot write to") && said.contains("what is done is kept"), "{said}");
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// A disk that is full in mid-sweep; then it is made larger.
pub fn full(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for i in 0..times {
        let folder = calm.folder();
        let Some(disk) = Disk::mount(&folder, &format!("size={}k", 64 + 16 * i)) else {
            eprintln!("no disk can be mounted here: the limit on the size of files stands for it");
            return limited(calm, times);
        };
        let said = folder.call(&["run", "a.yaml"]).ends(4);
        assert!(said.err.contains("No space left on device"), "{}", said.err);
        assert!(said.err.contains("what is done is kept"), "{}", said.err);
        let kept = folder.records("sweep").len();
        assert!(kept < RUNS, "the disk was large enough");
        // Still full: the same, and what is there stays.
        folder.call(&["run", "a.yaml"]).ends(4);
        assert!(folder.records("sweep").len() >= kept);
        disk.change("size=16m");
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// Results that may not be written: told before anything is trained, and what can be read is shown.
pub fn read_only(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for _ in 0..times {
        let folder = calm.folder();
        let disk = Disk::mount(&folder, "size=16m");
        let mut child = start(&folder, &["run", "a.yaml"], None);
        until(&folder, &mut child, 5);
        signal(&child, "INT");
        ended(child);
        let before = folder.records("sweep").len();
        let may = |yes: bool| match &disk {
            Some(disk) => disk.change(if yes { "rw" } else { "ro" }),
            None => permit(&folder, yes),
        };
        may(false);
        if before < RUNS {
            let said = folder.call(&["run", "a.yaml"]).ends(4);
            assert!(said.err.contains("cannot"), "{}", said.err);
        }
        folder.call(&["status", "a.yaml"]).ends(0);
        assert_eq!(folder.records("sweep").len(), before);
        may(true);
        add(&mut cost, calm.judge(&folder, 1));
        may(false);
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        assert!(said.err.contains("nothing to do"), "a finished sweep needs no right to write: {}", said.err);
        may(true);
    }
    cost
}

/// Gives or takes the right to write in the folders of results.
fn permit(folder: &Folder, yes: bool) {
    use std::os::unix::fs::PermissionsExt;
    for path in ["results", "results/sweep", "results/sweep/records"] {
        let mode = std::fs::Permissions::from_mode(if yes { 0o755 } else { 0o555 });
        std::fs::set_permissions(folder.path(path), mode).expect("a folder of ours");
    }
}
