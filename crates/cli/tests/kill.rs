//! A sweep that is killed, or whose records are damaged, ends in the table of an undisturbed one.

mod common;

use common::*;
use std::path::Path;
use std::time::Duration;

/// Sixty runs of some 50 ms: long enough to be caught on the way.
const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 5, test: 0.1 } } } }
model: { mlp: { widths: [16], activation: tanh } }
likelihood: { laplace: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
optimiser: { adam: { lr: 0.01, epochs: 12, batch: 32 } }
seeds: [0, 1, 2, 3]
sweep: { grid: { estimator: [mse, mle, map] } }
";

/// The same, short: for damage after the fact.
const SHORT: &str = "\
schema: 1
name: short
dataset: { diabetes: { split: { random: { k: 3, test: 0.1 } } } }
likelihood: { laplace: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
sweep: { grid: { estimator: [mse, mle, map] } }
";

/// Numbers in [0, 1) that are the same in every run of the tests.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn lines(folder: &Folder, name: &str) -> usize {
    folder.records(name).len()
}

#[test]
fn a_sweep_killed_ten_times_at_random_moments_ends_in_the_undisturbed_table() {
    let calm = Folder::with(SWEEP);
    calm.call(&["run", "a.yaml"]).ends(0);
    let runs = lines(&calm, "sweep");
    assert_eq!(runs, 60);

    let folder = Folder::with(SWEEP);
    let (mut draws, mut caught) = (Draws(2026), 0);
    for _ in 0..10 {
        let mut child = program(folder.path("").as_path())
            .args(["run", "a.yaml"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the program starts");
        // So many more records, however fast the machine is just then; and a moment that falls where it may.
        let enough = lines(&folder, "sweep") + (draws.next() * 6.0) as usize;
        while lines(&folder, "sweep") <= enough && child.try_wait().expect("its state is known").is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_secs_f64(draws.next() * 0.005));
        child.kill().expect("a signal is sent");
        child.wait().expect("it ends");
        let done = facts(&folder.records("sweep")).len();
        caught += usize::from(done > 0 && done < runs);
    }
    assert!(caught >= 4, "only {caught} of ten kills came when some runs were done and some were not");

    folder.call(&["run", "a.yaml"]).ends(0);
    assert_eq!(folder.tables("sweep"), calm.tables("sweep"));
    assert_eq!(facts(&folder.records("sweep")), facts(&calm.records("sweep")));

    let before = folder.segments("sweep").len();
    let said = folder.call(&["runs", "gc", "a.yaml"]).ends(0);
    assert!(said.out.starts_with("60 records of "), "{}", said.out);
    // What a kill tore may be told by a person yet: only whole segments go.
    let torn = folder.segments("sweep").len() - 1;
    assert!(torn < before, "{before} segments, and {torn} are left beside the compact one");
    for format in ["text", "md", "csv", "latex"] {
        let table = |folder: &Folder| folder.call(&["table", "a.yaml", "--format", format]).ends(0).out;
        assert_eq!(table(&folder), table(&calm), "{format}");
    }
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do"), "{}", said.err);
    assert_eq!(folder.tables("sweep"), calm.tables("sweep"));
}

/// A finished sweep, compacted: its only segment, and its tables.
fn finished() -> (Folder, Vec<u8>, Vec<String>) {
    let folder = Folder::with(SHORT);
    folder.call(&["run", "a.yaml"]).ends(0);
    folder.call(&["runs", "gc", "a.yaml"]).ends(0);
    let bytes = std::fs::read(&folder.segments("short")[0]).expect("a segment");
    let tables = folder.tables("short");
    (folder, bytes, tables)
}

/// Puts `bytes` in the place of all segments, runs again, and gives what was said.
fn after_damage(folder: &Folder, bytes: &[u8], tables: &[String]) -> Said {
    folder.segments("short").iter().for_each(|path| std::fs::remove_file(path).expect("a segment"));
    let path = folder.path("results/short/records/20260101T000000-00000000.jsonl");
    std::fs::write(Path::new(&path), bytes).expect("a segment");
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert_eq!(folder.tables("short"), tables);
    said
}

#[test]
fn a_segment_cut_off_anywhere_is_read_up_to_there_and_the_rest_is_done_again() {
    let (folder, bytes, tables) = finished();
    let ends: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'\n').map(|i| i + 1).collect();
    assert_eq!(ends.len(), 9);
    // Nothing, one byte, inside a line, before the brace, before the line end, whole lines, in the checksum.
    for cut in [0, 1, ends[0] / 2, ends[0] - 2, ends[0] - 1, ends[0], ends[3] + 17, ends[7], ends[8] - 7, ends[8] - 1] {
        let said = after_damage(&folder, &bytes[..cut], &tables);
        let whole = ends.iter().filter(|&&end| end - 1 <= cut).count();
        let torn = cut > 0 && !ends.iter().any(|&end| cut == end || cut + 1 == end);
        assert_eq!(said.err.contains("skipped a line"), torn, "cut at {cut}: {}", said.err);
        assert_eq!(said.err.contains("nothing to do"), whole == 9, "cut at {cut}: {}", said.err);
        if whole < 9 {
            let todo = 9 - whole;
            assert!(said.err.contains(&format!("{todo}/{todo} runs, 0 failed")), "cut at {cut}: {}", said.err);
        }
    }
}

#[test]
fn a_damaged_line_is_skipped_and_reported_with_its_place_and_done_again() {
    let (folder, bytes, tables) = finished();
    let first = bytes.iter().position(|b| *b == b'\n').expect("a line") + 1;
    let at =
        |text: &[u8], from: usize| from + bytes[from..].windows(text.len()).position(|w| w == text).expect("found");
    let mut flipped = bytes.clone();
    let digit = at(b"\"nll\":", first) + 6;
    flipped[digit] = if flipped[digit] == b'1' { b'2' } else { b'1' };
    let said = after_damage(&folder, &flipped, &tables);
    let remark = "note: 20260101T000000-00000000.jsonl:2: skipped a line: its checksum does not fit";
    assert!(said.err.contains(remark), "{}", said.err);
    assert!(said.err.contains("1/1 runs, 0 failed"), "{}", said.err);

    for garbage in
        [&b"garbage\n"[..], b"{\"id\":1}\n", b"\xff\xfe\x00\n", b"\n\n", b"{}\n", b"null\n", "ü\n".as_bytes()]
    {
        let mut dirty = bytes[..first].to_vec();
        dirty.extend(garbage);
        dirty.extend(&bytes[first..]);
        let said = after_damage(&folder, &dirty, &tables);
        let blank = garbage.iter().all(|b| *b == b'\n');
        assert_eq!(said.err.contains(":2: skipped a line"), !blank, "{garbage:?}: {}", said.err);
        assert!(said.err.contains("nothing to do"), "{garbage:?}: {}", said.err);
        let status = folder.call(&["status", "a.yaml"]).ends(0);
        assert!(status.out.contains("9 done"), "{}", status.out);
        assert_eq!(status.out.contains("skipped a line"), !blank, "{}", status.out);
    }
}

#[test]
fn empty_segments_are_nothing_and_a_line_torn_in_one_segment_costs_no_line_of_another() {
    let (folder, bytes, tables) = finished();
    for name in ["10000000T000000-00000000", "20260101T000000-00000001", "99990101T000000-00000000"] {
        folder.write(&format!("results/short/records/{name}.jsonl"), "");
    }
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do"), "{}", said.err);
    assert_eq!(folder.tables("short"), tables);

    let half = bytes.len() / 2;
    std::fs::write(folder.path("results/short/records/10000000T000000-00000000.jsonl"), &bytes[..half])
        .expect("a segment");
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do") && said.err.contains("skipped a line"), "{}", said.err);
    folder.call(&["runs", "gc", "a.yaml"]).ends(0);
    assert_eq!(std::fs::read(&folder.segments("short")[0]).expect("a segment"), bytes, "compacting is canonical");
    assert_eq!(folder.segments("short").len(), 2, "a segment with a torn line stays");
}
