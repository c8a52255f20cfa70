//! Policies on failures, and what a hundred thousand records cost.

use crate::common::Folder;
use crate::sweep::*;
use std::time::Instant;

#[test]
fn fail_fast_stops_at_the_first_failure_and_max_failures_at_the_stated_one() {
    for (arguments, least, most) in [(vec!["--fail-fast"], 1, 1), (vec!["--max-failures", "3"], 3, 3)] {
        let folder = Folder::with(SWEEP);
        let mut all = vec!["run", "a.yaml", "-j", "1"];
        all.extend(&arguments);
        let (code, said) = ended(start(&folder, &all, Some("panic@2")));
        assert_eq!(code, 1, "{said}");
        let failed = folder.records("sweep").len();
        assert!((least..=most).contains(&failed), "{failed} failures with {arguments:?}: {said}");
        assert!(said.contains("no more are begun"), "{said}");
    }
    let folder = Folder::with(SWEEP);
    let (code, _) = ended(start(&folder, &["run", "a.yaml", "--keep-going"], Some("panic@2")));
    assert_eq!((code, folder.records("sweep").len()), (1, RUNS), "by default all are tried");
}

#[test]
fn only_a_death_is_tried_again_and_no_more_often_than_stated() {
    let calm = Calm::new();
    let id = &calm.ids()[3];
    let folder = Folder::with(SWEEP);
    let fault = format!("kill@3:{id}");
    let (code, said) =
        ended(start(&folder, &["run", "a.yaml", "--retries", "2", "--checkpoint", "never"], Some(&fault)));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("its process aborted (signal 6)"), "{said}");
    assert_eq!(folder.records("sweep").len(), RUNS);
    calm.judge(&folder, 1).assert_nothing();
}

/// Prints what they cost; the limits are loose, for the machine is shared.
#[test]
fn a_hundred_thousand_records_are_listed_and_resumed_in_seconds() {
    let n = 100_000;
    let list = |n: usize| (1..=n).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let yaml = |seeds: usize, scales: usize| {
        let yaml = SWEEP.replace("[0, 1]", &format!("[{}]", list(seeds))).replace("k: 4", "k: 1");
        yaml.replace("estimator: [mse, mle, map]", &format!("prior.gaussian.scale: [{}]", list(scales)))
    };
    let folder = Folder::with(&yaml(1000, 100));
    let plan = folder.call(&["plan", "a.yaml", "--json"]).ends(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).expect("JSON");
    let runs = plan["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), n);
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
    let timed = |arguments: &[&str]| {
        let start = Instant::now();
        let said = folder.call(arguments).ends(0);
        (start.elapsed().as_secs_f64(), said)
    };
    let (listing, said) = timed(&["status", "a.yaml"]);
    assert!(said.out.contains("99900 done") && said.out.contains("100 to do"), "{}", said.out);
    let (resume, said) = timed(&["run", "a.yaml"]);
    assert!(said.err.contains("100/100 runs, 0 failed"), "{}", said.err);
    let (again, said) = timed(&["run", "a.yaml"]);
    assert!(said.err.contains("nothing to do"), "{}", said.err);
    let size = lines.len() as f64 / 1e6;
    println!(
        "100,000 records ({size:.0} MB): status {listing:.1} s, 100 runs more {resume:.1} s, nothing to do {again:.1} s"
    );
}
