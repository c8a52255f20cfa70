//! Damage to records after the fact: tails that power cut off, garbage, other schemas, names from a wrong clock.

use crate::common::Folder;
use crate::signals::add;
use crate::sweep::*;

/// A finished sweep, compacted, and the bytes of its only segment.
fn finished(calm: &Calm) -> (Folder, Vec<u8>) {
    let folder = calm.folder();
    folder.call(&["run", "a.yaml"]).ends(0);
    folder.call(&["runs", "gc", "a.yaml"]).ends(0);
    let bytes = std::fs::read(&folder.segments("sweep")[0]).expect("a segment");
    (folder, bytes)
}

fn put(folder: &Folder, bytes: &[u8]) {
    folder.segments("sweep").iter().for_each(|path| std::fs::remove_file(path).expect("a segment"));
    std::fs::write(folder.path("results/sweep/records/20260101T000000-00000000.jsonl"), bytes).expect("a segment");
}

/// The last lines of a segment, cut at bytes spread over all of them.
pub fn cut(calm: &Calm, times: usize) -> Cost {
    let (folder, bytes) = finished(calm);
    let from = bytes[..bytes.len() - 1].iter().enumerate().rev().filter(|(_, b)| **b == b'\n').nth(1);
    let from = from.map_or(0, |(at, _)| at + 1);
    let mut cost = Cost::default();
    for i in 0..times {
        let at = from + (bytes.len() - from) * i / times;
        put(&folder, &bytes[..at]);
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// Bytes at random places become others.
pub fn garbage(calm: &Calm, times: usize) -> Cost {
    let ((folder, bytes), mut draws, mut cost) = (finished(calm), Draws(5), Cost::default());
    for _ in 0..times {
        let mut dirty = bytes.clone();
        for _ in 0..3 {
            let at = (draws.next() * dirty.len() as f64) as usize;
            dirty[at] = (draws.next() * 256.0) as u8;
        }
        dirty.splice(0..0, b"\xff\xfe{garbage\n[]\n".iter().copied());
        put(&folder, &dirty);
        let said = folder.call(&["status", "a.yaml"]).ends(0);
        assert!(said.out.contains("skipped a line"), "{}", said.out);
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// Whole lines of another schema beside ours: they are told, left where they are, and no run of ours is lost to them.
pub fn older(calm: &Calm, times: usize) -> Cost {
    let ((folder, bytes), mut cost) = (finished(calm), Cost::default());
    for _ in 0..times {
        put(&folder, &bytes);
        let body = r#"{"id":"0123456789abcdef0123456789abcdef","bits":0,"run":{"schema":0,"loss":"mse"},"outcome":{}"#;
        let line = format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()));
        folder.write("results/sweep/records/20200101T000000-00000000.jsonl", &line);
        let said = folder.call(&["run", "a.yaml"]).ends(0);
        assert!(said.err.contains("it is no record of this version"), "{}", said.err);
        assert!(said.err.contains("nothing to do"), "{}", said.err);
        folder.call(&["runs", "gc", "a.yaml"]).ends(0);
        assert_eq!(folder.read("results/sweep/records/20200101T000000-00000000.jsonl"), line, "it is left alone");
        std::fs::remove_file(folder.path("results/sweep/records/20200101T000000-00000000.jsonl")).expect("a segment");
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// A sweep in many pieces, whose segments then get names as if each had been written before the one before it: the
/// only thing that a clock names. Ages of records, too, are turned round.
pub fn clock(calm: &Calm, times: usize) -> Cost {
    let mut cost = Cost::default();
    for _ in 0..times {
        let folder = calm.folder();
        for pieces in 1..4 {
            let mut child = start(&folder, &["run", "a.yaml", "-j", "1"], None);
            until(&folder, &mut child, 4 * pieces);
            signal(&child, "INT");
            ended(child);
        }
        for (i, path) in folder.segments("sweep").into_iter().enumerate() {
            let text = std::fs::read_to_string(&path).expect("a segment");
            let backwards: String = text.lines().map(|line| aged(line, 2090 - 10 * i)).collect();
            std::fs::remove_file(&path).expect("a segment");
            let name = format!("{}0101T000000-{i:08x}.jsonl", 2090 - 10 * i);
            folder.write(&format!("results/sweep/records/{name}"), &backwards);
        }
        add(&mut cost, calm.judge(&folder, 1));
    }
    cost
}

/// A record as made in another year.
fn aged(line: &str, year: usize) -> String {
    let at = line.rfind("\"at\":\"").expect("a time") + 6;
    let body = &line[..line.rfind(",\"crc\"").expect("a checksum")];
    let body = format!("{}{year}{}", &body[..at], &body[at + 4..]);
    format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()))
}
