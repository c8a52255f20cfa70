//! Results that come from a stranger: names that are paths, files without end, numbers out of all measure.
#![cfg(unix)]

mod common;

use common::*;
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

/// A sweep of one run that is done, and its record.
fn done() -> (Folder, Value) {
    let folder = Folder::with(RIDGE).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let record = folder.records("ridge").remove(0);
    (folder, record)
}

/// The line of a record, its checksum made to fit.
fn line(record: &Value) -> String {
    let mut record = record.clone();
    record.as_object_mut().expect("a mapping").retain(|key, _| key != "crc");
    let text = record.to_string();
    let body = text.strip_suffix('}').expect("a mapping");
    format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()))
}

/// A file with a hole: as long as it says, and no disk is filled.
fn hole(folder: &Folder, path: &str, gib: u64) {
    folder.write(path, "");
    let file = std::fs::OpenOptions::new().write(true).open(folder.path(path)).expect("a file");
    file.set_len(gib << 30).expect("a file with a hole");
}

/// What the program says: nothing may hang.
#[track_caller]
fn soon(folder: &Folder, arguments: &[&str]) -> Said {
    let start = Instant::now();
    let said = folder.call(arguments);
    assert!(start.elapsed() < Duration::from_secs(600), "{arguments:?} took {:?}", start.elapsed());
    said
}

#[test]
fn a_record_whose_id_is_a_path_is_none_and_nothing_is_written_there() {
    let (folder, record) = done();
    for id in ["../../../escape", "/tmp/escape", "", "0123", &"A".repeat(32), "..%2f..%2f..%2f..%2fescape.........."] {
        let mut evil = record.clone();
        evil["id"] = json!(id);
        folder.write("results/evil/records/a.jsonl", &line(&evil));
        for arguments in [&["reproduce", "results/evil", "--keep"][..], &["verify", "results/evil"]] {
            let said = soon(&folder, arguments).ends(4);
            assert!(said.err.contains("its id is not 32 hexadecimal digits"), "{id}: {}", said.err);
        }
    }
    let outside: Vec<_> = folder.files().into_keys().filter(|path| path.to_string_lossy().contains("escape")).collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn a_model_without_end_or_through_a_link_is_refused_before_it_is_read() {
    let (folder, record) = done();
    let id = record["id"].as_str().expect("an id");
    folder.write("new.csv", "a,b\n1,2\n");
    folder.call(&["predict", id, "new.csv"]).ends(0);
    hole(&folder, "large.safetensors", 2);
    let said = soon(&folder, &["predict", "large.safetensors", "new.csv"]).ends(4);
    assert!(said.err.contains("it holds 2.0 GiB, and more than 1.0 GiB are not read"), "{}", said.err);
    let model = format!("results/ridge/side/{id}.safetensors");
    for target in ["/dev/zero", "/etc/passwd", "../../../a.yaml"] {
        std::fs::remove_file(folder.path(&model)).expect("a model");
        symlink(target, folder.path(&model)).expect("a link");
        let said = soon(&folder, &["predict", id, "new.csv"]);
        assert!(said.code != 0 && said.err.contains("not read through links"), "{}", said.err);
    }
    let said = soon(&folder, &["predict", "/dev/zero", "new.csv"]);
    assert!(said.code != 0 && said.err.contains("there are no records at `/dev/zero`"), "{}", said.err);
}

#[test]
fn records_that_no_memory_holds_are_refused_before_they_are_read() {
    let (folder, _) = done();
    for name in ["a", "b", "c"] {
        hole(&folder, &format!("results/ridge/records/{name}.jsonl"), 2);
    }
    for arguments in [
        &["status", "a.yaml"][..],
        &["run", "a.yaml"],
        &["table", "a.yaml"],
        &["runs", "gc", "a.yaml"],
        &["verify", "results/ridge"],
    ] {
        let said = soon(&folder, arguments).ends(4);
        assert!(said.err.contains("holds 6.0 GiB, and more than 4.0 GiB are not read"), "{arguments:?}: {}", said.err);
    }
    hole(&folder, "one.jsonl", 5);
    let said = soon(&folder, &["verify", "one.jsonl"]).ends(4);
    assert!(said.err.contains("it holds 5.0 GiB"), "{}", said.err);
}

#[test]
fn a_link_or_a_pipe_in_the_place_of_a_claim_makes_no_file_elsewhere_and_hangs_nothing() {
    let (folder, record) = done();
    let id = record["id"].as_str().expect("an id");
    for segment in folder.segments("ridge") {
        std::fs::remove_file(segment).expect("a segment");
    }
    let claim = folder.path(&format!("results/ridge/claims/{id}"));
    std::fs::create_dir_all(claim.parent().expect("a folder")).expect("a folder");
    symlink(folder.path("elsewhere"), &claim).expect("a link");
    assert!(Command::new("mkfifo").arg(claim.with_file_name("pipe")).status().is_ok_and(|it| it.success()));
    let mut child = program(&folder.path("")).args(["run", "a.yaml"]).spawn().expect("the program starts");
    let start = Instant::now();
    let ended = loop {
        match child.try_wait().expect("a child") {
            Some(status) => break Some(status),
            None if start.elapsed() > Duration::from_secs(600) => break None,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let _ = child.kill();
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    assert!(!folder.path("elsewhere").exists(), "no file is made through the link");
    assert_eq!(folder.records("ridge").len(), 1);
}

#[test]
fn a_checkpoint_without_end_is_not_read_and_the_run_begins_anew() {
    let (folder, record) = done();
    let id = record["id"].as_str().expect("an id");
    for segment in folder.segments("ridge") {
        std::fs::remove_file(segment).expect("a segment");
    }
    hole(&folder, &format!("results/ridge/checkpoints/{id}.safetensors"), 6);
    let said = soon(&folder, &["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("begins anew: the checkpoint cannot be read: it holds 6.0 GiB"), "{}", said.err);
    assert_eq!(facts(&folder.records("ridge")), facts(&[record]));
}

#[test]
fn a_record_of_a_model_that_no_memory_holds_is_not_done_again() {
    let (folder, record) = done();
    let widths = |widths: &[usize]| json!({ "mlp": { "widths": widths, "activation": "relu" } });
    for (model, why) in [
        (widths(&[65_536, 65_536]), "weights, more than 67108864"),
        (widths(&[65_536; 5_000]), "weights, more than 67108864"),
    ] {
        let mut evil = record.clone();
        evil["run"]["model"] = model;
        let run: surprisal_spec::Run = serde_json::from_value(evil["run"].clone()).expect("a run");
        evil["id"] = json!(run.id());
        folder.write("results/evil/records/a.jsonl", &line(&evil));
        let said = soon(&folder, &["verify", "results/evil", "--all"]).ends(4);
        assert!(said.out.contains(why), "{}", said.out);
    }
    let mut changed = record.clone();
    changed["run"]["seed"] = json!(9);
    folder.write("results/evil/records/a.jsonl", &line(&changed));
    let said = soon(&folder, &["reproduce", "results/evil"]).ends(4);
    assert!(said.err.contains("is not of its run, whose id is"), "{}", said.err);
}

/// Every leaf of a value in turn as something else.
fn mutated(value: &Value, others: &[Value], out: &mut dyn FnMut(Value)) {
    others.iter().filter(|other| *other != value).for_each(|other| out(other.clone()));
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                mutated(inner, others, &mut |it| {
                    let mut map = map.clone();
                    map.insert(key.clone(), it);
                    out(Value::Object(map));
                });
            }
        }
        Value::Array(list) => {
            for (k, inner) in list.iter().enumerate().take(2) {
                mutated(inner, others, &mut |it| {
                    let mut list = list.clone();
                    list[k] = it;
                    out(Value::Array(list));
                });
            }
        }
        _ => {}
    }
}

#[test]
fn records_with_absurd_numbers_are_skipped_or_shown_and_nothing_panics() {
    let folder = Folder::with(&RIDGE.replace("split: none", "split: { kfold: { k: 2 } }")).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let record = folder.records("ridge").remove(0);
    let absurd = [
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!("inf"),
        json!("nan"),
        json!(""),
        json!([]),
        json!({}),
        json!(null),
    ];
    let mut own = record.clone();
    // What names the run stays, so that the table finds it.
    let (outcome, made) = (record["outcome"].clone(), record["made"].clone());
    let mut lines = Vec::new();
    mutated(&outcome, &absurd, &mut |it| {
        own["outcome"] = it;
        lines.push(line(&own));
    });
    own["outcome"] = outcome;
    mutated(&made, &absurd, &mut |it| {
        own["made"] = it;
        lines.push(line(&own));
    });
    let kept: Vec<&String> =
        lines.iter().filter(|line| surprisal_spec::Record::from_line(line.trim_end()).is_ok()).collect();
    assert!(kept.len() > 100, "{} of {} mutations are records", kept.len(), lines.len());
    let clean = |said: Said, what: &str| {
        assert!((0..=4).contains(&said.code) && !said.err.contains("panicked"), "{what}\n{}", said.err);
    };
    // One by one where the table shows them; a few commands each, for a process each takes its time.
    for line in kept.iter().step_by(kept.len().div_ceil(120)) {
        folder.segments("ridge").iter().for_each(|path| std::fs::remove_file(path).expect("a segment"));
        folder.write("results/ridge/records/a.jsonl", line);
        clean(folder.call(&["run", "a.yaml"]), line);
        clean(folder.call(&["plan", "a.yaml"]), line);
    }
    folder.write("results/ridge/records/a.jsonl", &lines.concat());
    for arguments in [
        &["status", "a.yaml"][..],
        &["plan", "a.yaml"],
        &["table", "a.yaml", "--format", "latex"],
        &["verify", "results/ridge", "--all"],
    ] {
        clean(soon(&folder, arguments), &format!("{arguments:?}"));
    }
}
