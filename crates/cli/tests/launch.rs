//! A sweep in shards ends in the table of one process; its scripts stop in time and say so with 75.
#![cfg(unix)]

mod common;

use common::*;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nine runs, soon done.
const SHORT: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 3, test: 0.1 } } } }
likelihood: { laplace: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
sweep: { grid: { estimator: [mse, mle, map] } }
";

/// Two runs, soon done, and four that take longer than any test waits.
const LONG: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 2, test: 0.1 } } } }
model: { mlp: { widths: [16] } }
likelihood: { gaussian: { scale: learned } }
estimator: mle
sweep: { grid: { optimiser: [{ adam: { epochs: 1 } }, { adam: { epochs: 100000000 } }, { sgd: { epochs: 100000000 } }] } }
";

fn calm() -> Folder {
    let folder = Folder::with(SHORT);
    folder.call(&["run", "a.yaml"]).ends(0);
    folder
}

#[track_caller]
fn same(folder: &Folder, calm: &Folder) {
    assert_eq!(facts(&folder.records("sweep")), facts(&calm.records("sweep")));
    assert_eq!(folder.records("sweep").len(), calm.records("sweep").len(), "no run is done twice");
    assert_eq!(folder.tables("sweep"), calm.tables("sweep"));
}

#[test]
fn shards_run_beside_each_other_on_one_folder_and_leave_the_table_of_one_process() {
    let (folder, calm) = (Folder::with(SHORT), calm());
    let start = |k: usize| {
        let mut command = program(&folder.path(""));
        command.args(["run", "a.yaml", "-j", "1", "--shard", &format!("{k}/4")]).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().expect("the program starts")
    };
    for (k, child) in [1, 2, 3, 4].map(|k| (k, start(k))) {
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && output.stdout.is_empty(), "{said}");
        let own = if k == 1 { 3 } else { 2 };
        assert!(said.contains(&format!("shard {k}/4: {own} of {own} runs have records")), "{said}");
    }
    assert!(!folder.path("results/sweep/table.txt").exists(), "a shard writes no table");
    let said = folder.call(&["table", "a.yaml", "--write"]).ends(0);
    assert_eq!((said.out, said.err), (folder.read("results/sweep/table.txt"), String::new()));
    same(&folder, &calm);
    let said = folder.call(&["run", "a.yaml", "--shard", "3/4"]).ends(0);
    assert!(said.err.contains("nothing to do: all 2 runs of shard 3/4 have records"), "{}", said.err);
    let said = folder.call(&["run", "a.yaml", "--shard", "5/4"]).ends(2);
    assert!(said.err.contains("expected K/N with K from 1 to N, found `5/4`"), "{}", said.err);
}

#[test]
fn a_table_that_is_written_too_early_says_how_many_runs_lack() {
    let folder = Folder::with(SHORT);
    let said = folder.call(&["run", "a.yaml", "--shard", "1/3", "--json"]).ends(0);
    assert_eq!(said.json().len(), 3);
    let said = folder.call(&["table", "a.yaml", "--write"]).ends(0);
    assert!(said.err.contains("note: 6 of 9 runs have no record yet"), "{}", said.err);
}

#[test]
fn the_script_for_any_scheduler_runs_the_shards_and_renders_the_tables() {
    let (folder, calm) = (Folder::with(SHORT), calm());
    let shown = folder.call(&["launch", "script", "a.yaml", "--shards", "4"]).ends(0);
    let script = folder.path("results/sweep/launch/shards.sh");
    assert!(
        shown.out.contains(&std::fs::read_to_string(&script).expect("a script")),
        "what is shown is what is written"
    );
    let call = |argument: &str| {
        let done = Command::new("sh").arg(&script).args((!argument.is_empty()).then_some(argument)).output();
        let done = done.expect("a shell");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    call("3");
    assert_eq!(folder.records("sweep").len(), 2);
    let said = folder.call(&["launch", "script", "a.yaml", "--shards", "4"]).ends(0);
    assert!(
        said.err.contains("7 of 9 runs to do, in 3 of 4 shards") && said.out.contains("for shard in 1 2 4;"),
        "{}",
        said.out
    );
    call("");
    same(&folder, &calm);
    let said = folder.call(&["launch", "script", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do: all 9 runs have records") && said.out.is_empty(), "{}", said.err);
}

#[test]
fn the_job_scripts_of_slurm_are_as_people_review_them() {
    let folder = Folder::with(SHORT);
    let options =
        ["-t", "1:00:00", "--mem", "2G", "-c", "2", "-p", "batch", "-A", "stats", "-J", "my sweep", "--at-most", "3"];
    let more = ["--", "--constraint", "it's $(x)"];
    let said = folder.call(&[&["launch", "slurm", "a.yaml", "--shards", "5"][..], &options, &more].concat()).ends(0);
    let root = folder.path("").canonicalize().expect("a folder").display().to_string();
    let text = said.out.replace(env!("CARGO_BIN_EXE_surprisal"), "PROGRAM").replace(root.trim_end_matches('/'), "ROOT");
    insta::assert_snapshot!(text);
    assert!(said.err.contains("9 of 9 runs to do, in 5 of 5 shards\nwritten, not submitted"), "{}", said.err);
    let said = folder.call(&["launch", "slurm", "a.yaml", "-J", "a\n#SBATCH --uid=0"]).ends(2);
    assert!(said.err.contains("has control characters, and cannot stand in a script"), "{}", said.err);
}

#[test]
fn without_slurm_a_submission_says_so_and_status_says_nothing() {
    let folder = Folder::with(SHORT);
    let alone = |arguments: &[&str]| {
        let output = program(&folder.path("")).env("PATH", folder.path("none")).args(arguments).output();
        let output = output.expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = alone(&["launch", "slurm", "a.yaml", "--submit"]);
    assert!(code == Some(2) && said.contains("error: there is no `sbatch` on this machine"), "{said}");
    folder.write(
        "results/sweep/launch/jobs.jsonl",
        "{\"array\":\"1\",\"table\":\"2\",\"shards\":3,\"at\":\"\"}\n{}\nx\n",
    );
    let (code, said) = alone(&["status", "a.yaml"]);
    assert!(code == Some(0) && !said.contains("slurm"), "{said}");
}

/// `status` beside programs of Slurm that print these texts and end with these codes.
fn status_beside(squeue: (&str, i32), sacct: (&str, i32)) -> String {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(SHORT);
    let journal = r#"{"array":"12","table":"13","shards":9,"at":""}"#;
    folder.write("results/sweep/launch/jobs.jsonl", &format!("{journal}\n"));
    for (name, (text, code)) in [("squeue", squeue), ("sacct", sacct)] {
        let path = format!("bin/{name}");
        folder.write(&path, &format!("#!/bin/sh\ncat <<'END'\n{text}END\nexit {code}\n"));
        std::fs::set_permissions(folder.path(&path), std::fs::Permissions::from_mode(0o755)).expect("a program");
    }
    let path = format!("{}:/usr/bin:/bin", folder.path("bin").display());
    let output = program(&folder.path("")).env("PATH", path).args(["status", "a.yaml"]).output().expect("it starts");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What `sacct -X --noheader --parsable2 --format=JobID,State,NodeList` prints (Slurm 22.05): tasks that wait share a line.
const SACCT: &str = "\
12_1|COMPLETED|node1
12_2|TIMEOUT|node2
12_3|CANCELLED by 1000|node3
12_[4-5,7%2]|PENDING|None assigned
13|PENDING|None assigned
99_1|FAILED|node1
";

#[test]
fn status_joins_what_squeue_sees_now_with_what_sacct_remembers() {
    let said = status_beside(("12|2|RUNNING|None|node2\n13|N/A|PENDING|Dependency|\n", 0), (SACCT, 0));
    let line = "slurm 12: 1 cancelled, 1 completed, 3 pending, 1 running on node2; table 13: pending (Dependency)\n";
    assert!(said.contains(line), "{said}");
    for line in ["shard 2/9: 0 of 1 runs done, running on node2", "shard 7/9: 0 of 1 runs done, pending"] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("failed"), "jobs of others are none of ours: {said}");
}

#[test]
fn status_needs_either_of_squeue_and_sacct_and_says_nothing_of_slurm_without_both() {
    let none = ("Slurm accounting storage is disabled\n", 1);
    let said = status_beside(("12|1|RUNNING|None|node2\n", 0), none);
    assert!(said.contains("slurm 12: 1 running on node2; table 13: gone\n"), "{said}");
    let said = status_beside(("slurm_load_jobs error: Invalid job id specified\n", 1), (SACCT, 0));
    assert!(said.contains("slurm 12: 1 cancelled, 1 completed, 3 pending, 1 timeout; table 13: pending\n"), "{said}");
    assert!(!status_beside(none, none).contains("slurm"));
}

/// Starts it and waits until the short runs are done.
fn started(mut command: Command, folder: &Folder) -> Child {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let start = Instant::now();
    while folder.records("sweep").is_empty() {
        assert!(start.elapsed() < Duration::from_secs(120), "no record in two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

#[track_caller]
fn ends_with(child: Child, signal: &str, code: i32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_scheduler_s_signal_ends_a_run_cleanly_with_75_and_what_is_done_is_kept() {
    for (signal, in_slurm, code) in [("USR1", false, 75), ("USR1", true, 75), ("TERM", true, 75), ("TERM", false, 143)]
    {
        let folder = Folder::with(LONG);
        let mut command = program(&folder.path(""));
        command.args(["run", "a.yaml", "-j", "1", "--shard", "1/2"]).env_remove("SLURM_JOB_ID");
        if in_slurm {
            command.env("SLURM_JOB_ID", "1");
        }
        ends_with(started(command, &folder), signal, code);
        assert_eq!(folder.records("sweep").len(), 1, "{signal}");
        assert!(folder.call(&["status", "a.yaml"]).ends(0).out.contains("1 done"));
    }
}

#[test]
fn the_array_script_passes_the_signal_on_waits_for_a_clean_end_and_tells_75() {
    for signal in ["USR1", "TERM"] {
        let folder = Folder::with(LONG);
        folder.call(&["launch", "slurm", "a.yaml", "--shards", "2"]).ends(0);
        let mut command = Command::new("bash");
        // As Slurm starts it; there is no such job, so it is not put back into a queue.
        command.arg(folder.path("results/sweep/launch/array.sh")).env("PATH", "/usr/bin:/bin");
        for (key, value) in [("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_JOB_ID", "0"), ("SLURM_JOB_ID", "0")] {
            command.env(key, value);
        }
        ends_with(started(command, &folder), signal, 75);
        assert_eq!(folder.records("sweep").len(), 1, "{signal}");
    }
}

#[test]
fn a_task_that_asked_to_be_requeued_ends_with_75_though_slurm_ends_it_meanwhile() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with(LONG);
    folder.call(&["launch", "slurm", "a.yaml", "--shards", "2"]).ends(0);
    // `scontrol` returns when the script has been told to end, as a cluster does.
    for (name, text) in [("squeue", "echo RUNNING"), ("scontrol", "echo \"$@\" > requeued; kill -TERM $PPID")] {
        folder.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{text}\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(&format!("bin/{name}")), mode).expect("own file");
    }
    let mut command = Command::new("bash");
    command.arg(folder.path("results/sweep/launch/array.sh")).current_dir(folder.path(""));
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.path("bin").display()));
    for (key, value) in [("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_JOB_ID", "8")] {
        command.env(key, value);
    }
    let child = started(command, &folder);
    let sent = Command::new("sh").args(["-c", &format!("kill -USR1 {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(75) && !said.contains("No such process"), "{:?}: {said}", output.status);
    assert_eq!(folder.read("requeued"), "requeue 7_1\n");
}

#[test]
fn changes_of_the_command_line_travel_with_the_scripts() {
    let folder = Folder::with(SHORT);
    let changes = ["estimator=mle,map", "prior={ gaussian: { scale: 2 } }"];
    let said = folder.call(&[&["launch", "script", "a.yaml", "--shards", "2"][..], &changes].concat()).ends(0);
    let quoted = " estimator=mle,map 'prior={ gaussian: { scale: 2 } }'";
    assert_eq!(said.out.matches(quoted).count(), 2, "{}", said.out);
    let done = Command::new("sh").arg(folder.path("results/sweep/launch/shards.sh")).output().expect("a shell");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(folder.records("sweep").len(), 6);
    let status = folder.call(&[&["status", "a.yaml"][..], &changes].concat()).ends(0);
    assert!(status.out.contains("6 done"), "{}", status.out);
}
