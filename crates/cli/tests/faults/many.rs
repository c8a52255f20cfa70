//! What a hundred thousand records cost.

use crate::common::{Folder, binary};
use crate::sweep::SWEEP;
use std::fmt::Write;
use std::process::Command;

const RECORDS: usize = 100_000;

/// A sweep of so many runs, with the records of all but each thousandth; the length of its segment.
fn folder() -> (Folder, usize) {
    let list = |n: usize| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let yaml = |seeds: usize, scales: usize| {
        let yaml = SWEEP.replace("[0, 1]", &format!("[{}]", list(seeds))).replace("k: 4", "k: 1");
        yaml.replace("estimator: [mse, mle, map]", &format!("prior.gaussian.scale: [{}]", list(scales)))
    };
    let folder = Folder::with(&yaml(1000, RECORDS / 1000));
    let plan = folder.call(&["plan", "a.yaml", "--json"]).ends(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("JSON");
    let runs = plan["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), RECORDS);
    // The outcome of a real run, in the place of each.
    let one = Folder::with(&yaml(1, 1));
    one.call(&["run", "a.yaml"]).ends(0);
    let real = one.records("sweep").remove(0);
    let (outcome, made) = (real["outcome"].to_string(), real["made"].to_string());
    let mut lines = String::new();
    for (_, it) in runs.iter().enumerate().filter(|(i, _)| i % 1000 != 0) {
        let (id, run, bits) = (&it["id"], &it["run"], surprisal_spec::BITS);
        let body = format!("{{\"id\":{id},\"bits\":{bits},\"run\":{run},\"outcome\":{outcome},\"made\":{made}");
        lines += &format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()));
    }
    folder.write("results/sweep/records/20260101T000000-00000000.jsonl", &lines);
    (folder, lines.len())
}

/// Calls the program; what it said, and its seconds of wall-clock time and of CPU.
fn timed(folder: &Folder, arguments: &[&str]) -> (String, f64, f64) {
    let script = "TIMEFORMAT='%R %U %S'; time \"$0\" \"$@\" 2>&1";
    let mut bash = Command::new("bash");
    bash.args(["-c", script]).arg(binary()).args(arguments).current_dir(folder.path(""));
    let output = bash.output().expect("bash");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    let times = String::from_utf8_lossy(&output.stderr).into_owned();
    let times: Vec<f64> = times.split_whitespace().map(|x| x.parse().expect("seconds")).collect();
    (said, times[0], times[1] + times[2])
}

fn median(mut xs: Vec<f64>) -> f64 {
    xs.sort_by(f64::total_cmp);
    xs[xs.len() / 2]
}

/// Prints what they cost, and writes it beside the table of faults; no limit on the time of a shared machine.
#[test]
fn a_hundred_thousand_records_are_listed_and_resumed() {
    let (folder, length) = folder();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let times = if std::env::var_os("SURPRISAL_FAULTS").is_some() { 5 } else { 1 };
    let mut text = format!(
        "{} records ({:.0} MB) and a plan of {RECORDS} runs; {cores} cores, load {} before; medians of {times}.\n\n\
         | command | seconds | seconds of CPU |\n|---|---:|---:|\n",
        RECORDS - RECORDS / 1000,
        length as f64 / 1e6,
        load.split(' ').next().unwrap_or("unknown"),
    );
    let mut row = |what: &str, arguments: &[&str], told: &str, times: usize| {
        let all: Vec<(String, f64, f64)> = (0..times).map(|_| timed(&folder, arguments)).collect();
        all.iter().for_each(|(said, ..)| assert!(said.contains(told), "{said}"));
        let wall = median(all.iter().map(|it| it.1).collect());
        let cpu = median(all.iter().map(|it| it.2).collect());
        writeln!(text, "| {what} | {wall:.1} | {cpu:.1} |").expect("a string");
    };
    row("`check`: the plan alone", &["check", "a.yaml"], "100000 runs", times);
    row("`status`", &["status", "a.yaml"], "99900 done", times);
    row("`run`, 100 runs to do", &["run", "a.yaml"], "100/100 runs, 0 failed", 1);
    row("`run`, nothing to do", &["run", "a.yaml"], "nothing to do", times);
    println!("{text}");
    if let Some(folder) = std::env::var_os("SURPRISAL_FAULTS") {
        std::fs::write(std::path::Path::new(&folder).join("records.md"), &text).expect("a file");
    }
}
