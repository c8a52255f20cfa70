//! Manners: what only reads creates nothing, what is piped is plain, what is for programs has a number, and nothing asks.

mod common;

use common::*;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

/// A new folder whose first experiment has records.
fn project() -> Folder {
    let folder = Folder::new();
    folder.call(&["init"]).ends(0);
    folder.call(&["run", "experiments/first"]).ends(0);
    folder
}

/// Commands that only read, with the exit code of each.
const READ_ONLY: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["check", "experiments/first"],
    &["plan", "experiments/first"],
    &["plan", "experiments/first", "--list"],
    &["status", "experiments/first"],
    &["table", "experiments/first"],
    &["table", "experiments/first", "--format", "csv"],
    &["config", "schema"],
    &["config", "schema", "likelihood"],
    &["list"],
    &["list", "keys"],
    &["eval", "experiments/first", "--arm", "1", "--at", r#"{"bias": 0, "w.x1": 1, "w.x2": 0, "scale": 1}"#],
    &["completions", "bash"],
    &["man"],
];

fn set_writable(folder: &std::path::Path, writable: bool) {
    for entry in folder.read_dir().expect("a folder").flatten() {
        if entry.path().is_dir() {
            set_writable(&entry.path(), writable);
        }
    }
    let mode = if writable { 0o755 } else { 0o555 };
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).expect("own folder");
}

#[test]
fn commands_that_only_read_work_in_a_read_only_folder_and_create_nothing() {
    let folder = project();
    let before = folder.files();
    set_writable(&folder.path(""), false);
    let said: Vec<_> = READ_ONLY.iter().map(|call| (call, folder.call(call))).collect();
    set_writable(&folder.path(""), true);
    for (call, said) in said {
        assert_eq!(said.code, 0, "{call:?}: {}", said.err);
    }
    assert_eq!(folder.files(), before);
    let doctor = folder.call(&["doctor", "--json"]);
    assert!([0, 4].contains(&doctor.code), "{doctor:?}");
    assert_eq!(folder.files(), before, "what the doctor tries is removed");
}

#[test]
fn a_folder_that_cannot_be_written_to_is_exit_code_4() {
    let folder = Folder::new();
    folder.call(&["init"]).ends(0);
    set_writable(&folder.path(""), false);
    // Whoever may write anywhere (root) is not stopped by permissions: a file in the way stops everyone.
    let free = std::fs::write(folder.path("probe"), "").is_ok();
    let said = (!free).then(|| folder.call(&["run", "experiments/first"]));
    set_writable(&folder.path(""), true);
    if let Some(said) = said {
        let said = said.ends(4);
        assert!(said.err.contains("cannot create"), "{}", said.err);
    }
    folder.write("results", "a file in the way");
    let said = folder.call(&["run", "experiments/first"]);
    assert!(said.code != 0 && said.err.contains("results"), "{said:?}");
}

#[test]
fn every_json_says_its_schema_and_is_nothing_but_json() {
    let folder = project();
    folder.write("bad.yaml", "schema: 2\n");
    let calls: &[(&[&str], i32)] = &[
        (&["check", "experiments/first"], 0),
        (&["check", "bad.yaml"], 2),
        (&["check", "experiments/nowhere"], 2),
        (&["plan", "experiments/first"], 0),
        (&["plan", "experiments/nowhere"], 2),
        (&["run", "experiments/first"], 0),
        (&["status", "experiments/first"], 0),
        (&["table", "experiments/first"], 0),
        (&["eval", "experiments/first", "--arm", "1", "--at", r#"{"bias": 0, "w.x1": 1, "w.x2": 0, "scale": 1}"#], 0),
        (&["list"], 0),
        (&["list", "scores"], 0),
        (&["init", "other"], 0),
        (&["init", "other"], 2),
        (&["runs", "gc", "experiments/first"], 0),
    ];
    for (call, code) in calls {
        let said = folder.call(&[call, &["--json"][..]].concat()).ends(*code);
        let values = serde_json::Deserializer::from_str(&said.out).into_iter::<serde_json::Value>();
        let values: Vec<_> = values.map(|value| value.unwrap_or_else(|e| panic!("{call:?}: {e}"))).collect();
        assert!(!values.is_empty(), "{call:?}");
        for value in values {
            assert_eq!(value["schema"], 1, "{call:?}: {value}");
        }
    }
    let said = folder.call(&["doctor", "--json"]);
    assert_eq!(said.json()[0]["schema"], 1);
    assert!(said.json()[0]["findings"].as_array().is_some_and(|it| it.len() > 8), "{}", said.out);
}

#[test]
fn colours_are_written_where_they_are_asked_for_and_nowhere_else() {
    let folder = Folder::with("schema: 2\n");
    let coloured = |arguments: &[&str], set: &[(&str, &str)]| {
        let mut command = program(&folder.path(""));
        let output = command.args(arguments).envs(set.iter().copied()).output().expect("it starts");
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    for call in [&["check", "a.yaml"][..], &["--help"], &["chekc"]] {
        assert!(!coloured(call, &[]), "{call:?}: a pipe is plain");
        assert!(coloured(call, &[("CLICOLOR_FORCE", "1")]), "{call:?}");
        assert!(!coloured(call, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "{call:?}");
        assert!(coloured(&[call, &["--color", "always"][..]].concat(), &[("NO_COLOR", "1")]), "{call:?}");
        assert!(!coloured(&[call, &["--color=never"][..]].concat(), &[("CLICOLOR_FORCE", "1")]), "{call:?}");
    }
}

#[test]
fn a_reader_that_closes_early_is_no_error() {
    let folder = Folder::new();
    for call in [&["list"][..], &["config", "schema"], &["list", "--json"], &["man"], &["completions", "zsh"]] {
        let mut command = program(&folder.path(""));
        let mut child = command.args(call).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && err.is_empty(), "{call:?}: {err}");
    }
}

#[test]
fn nothing_waits_for_an_answer() {
    let folder = project();
    // A pipe that stays open and says nothing: whoever asks would wait for ever.
    for call in READ_ONLY.iter().copied().chain([&["init", "other"][..], &["init"], &["run", "experiments/first"]]) {
        let mut command = program(&folder.path(""));
        command.args(call).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let stdin = child.stdin.take();
        child.wait().expect("it ends");
        drop(stdin);
    }
}

#[test]
fn progress_is_told_as_asked() {
    let yaml = "schema: 1\nname: a\ndataset: { csv: { path: data.csv, target: y, split: { kfold: { k: 4 } } } }\n\
                likelihood: { gaussian: { scale: learned } }\nsweep: { grid: { estimator: [mse, mle] } }\n";
    let folder = || Folder::with(yaml).file("data.csv", AB);
    let json = folder().call(&["run", "a.yaml", "--progress", "json", "--json"]).ends(0);
    let events: Vec<serde_json::Value> =
        json.err.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect();
    assert!(events.iter().all(|event| event["schema"] == 1), "{}", json.err);
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    assert_eq!((of("start").len(), of("end").len()), (1, 1));
    assert_eq!(
        (&of("start")[0]["runs"], &of("end")[0]["done"], &of("end")[0]["failed"]),
        (&8.into(), &8.into(), &0.into())
    );
    let done: Vec<_> = of("run").iter().map(|event| event["done"].as_u64().expect("a count")).collect();
    assert_eq!(done, (1..=8).collect::<Vec<_>>());
    let mut told: Vec<_> = of("run").iter().map(|event| event["id"].as_str().expect("an id").to_string()).collect();
    let mut ran: Vec<_> = json.json().iter().map(|line| line["id"].as_str().expect("an id").to_string()).collect();
    told.sort();
    ran.sort();
    assert_eq!(told, ran);
    assert!(of("run").iter().any(|event| event["varied"] == "mle"), "{}", json.err);

    let plain = folder().call(&["run", "a.yaml"]).ends(0);
    assert!(plain.err.contains("8/8 runs, 0 failed"), "{}", plain.err);
    let none = folder().call(&["run", "a.yaml", "--progress", "none"]).ends(0);
    assert!(!none.err.contains("8/8") && none.err.contains("records: "), "{}", none.err);
    assert_eq!(none.out, plain.out);
}
