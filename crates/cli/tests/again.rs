//! `verify` and `reproduce`: recorded runs are trained again, and what differs is told.

mod common;

use common::*;

const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { csv: { path: data.csv, target: y, split: { kfold: { k: 4 } } } }
likelihood: { gaussian: { scale: learned } }
prior: { gaussian: { scale: 1.0 } }
sweep: { grid: { estimator: [mse, mle, map] } }
";

fn done() -> Folder {
    let folder = Folder::with(SWEEP).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    folder
}

/// Changes the text of a record on disk, with a checksum that fits.
fn forge(folder: &Folder, line: usize, old: &str, new: &str) -> String {
    let path = &folder.segments("sweep")[0];
    let text = std::fs::read_to_string(path).expect("a segment");
    let mut id = String::new();
    let lines = text.lines().enumerate().map(|(i, it)| {
        if i != line {
            return format!("{it}\n");
        }
        id = it[7..39].to_string();
        assert!(it.contains(old), "{it}");
        let body = it[..it.rfind(",\"crc\"").expect("a checksum")].replacen(old, new, 1);
        format!("{body},\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()))
    });
    let text = lines.collect::<String>();
    std::fs::write(path, text).expect("a segment");
    id
}

#[test]
fn verify_finds_every_record_equal_where_nothing_was_touched() {
    let folder = done();
    let said = folder.call(&["verify", "results/sweep", "--all"]).ends(0);
    assert_eq!(said.out, "sweep: 12 of 12 done again are equal to the bit; 12 records\n");
    let said = folder.call(&["verify", "results", "--sample", "4"]).ends(0);
    assert_eq!(said.out, "sweep: 4 of 4 done again are equal to the bit; 12 records\n");
    let said = folder.call(&["verify", "--all", "--json"]).ends(0).json();
    assert_eq!(said[0]["results"][0]["equal"], 12);
    assert!(!folder.path("results/sweep/claims").exists(), "it writes nothing");
}

#[test]
fn verify_tells_a_forged_number_by_ulps_and_nats_and_exits_3() {
    let folder = done();
    let first = folder.records("sweep").remove(0);
    let nll = first["outcome"]["fit"]["nll"].as_f64().expect("a number");
    let next = f64::from_bits(nll.to_bits() + 3);
    let id = forge(&folder, 0, &format!("\"nll\":{nll:?}"), &format!("\"nll\":{next:?}"));
    let said = folder.call(&["verify", "results/sweep", "--all"]).ends(3);
    assert!(said.out.contains("11 of 12 done again are equal"), "{}", said.out);
    assert!(said.out.contains(&format!("{id} differs in 1 numbers")), "{}", said.out);
    assert!(said.out.contains("fit.nll is recorded as") && said.out.contains(": 3 ulp, "), "{}", said.out);
    folder.call(&["verify", "results/sweep", "--all", "--within", "1e-9"]).ends(0);
    let said = folder.call(&["reproduce", &format!("results/sweep#{id}")]).ends(3);
    assert!(said.err.contains("3 ulp"), "{}", said.err);
}

#[test]
fn verify_names_the_other_cpu_that_a_differing_record_was_made_on() {
    let folder = done();
    let cpu = folder.records("sweep")[0]["made"]["cpu"].as_str().expect("a CPU").to_string();
    forge(&folder, 1, &format!("\"cpu\":\"{cpu}\""), "\"cpu\":\"Another CPU\"");
    folder.call(&["verify", "results/sweep", "--all"]).ends(0);
    forge(&folder, 1, "\"iterations\":", "\"iterations\":9");
    let said = folder.call(&["verify", "results/sweep", "--all"]).ends(0);
    assert!(said.out.contains("12 of 12 done again are equal (1 of them within the tolerance"), "{}", said.out);
    let said = folder.call(&["verify", "results/sweep", "--all", "--exact"]).ends(3);
    assert!(said.out.contains(&format!("CPU: recorded on Another CPU, now {cpu}")), "{}", said.out);
}

#[test]
fn a_run_is_reproduced_from_its_line_alone_in_another_folder() {
    let folder = done();
    let text = std::fs::read_to_string(&folder.segments("sweep")[0]).expect("a segment");
    let line = text.lines().nth(5).expect("a record");
    // The record and the data: no experiment, no plan, no other record.
    let other = Folder::new().file("mailed.jsonl", &format!("{line}\n")).file("data.csv", AB);
    let said = other.call(&["reproduce", "mailed.jsonl"]).ends(0);
    assert!(said.out.contains(" nats, ") && said.err.contains("as recorded, to the bit"), "{}{}", said.out, said.err);
    assert_eq!(other.files().len(), 2, "nothing is written unless asked for");
    let again = other.call(&["reproduce", "mailed.jsonl", "--json"]).ends(0).json();
    let known: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&again[0]["outcome"], &again[0]["run"]), (&known["outcome"], &known["run"]));
    other.write("data.csv", &AB.replace("8.9", "9.8"));
    let said = other.call(&["reproduce", "mailed.jsonl"]).ends(4);
    assert!(said.err.contains("the data `data` have changed since the run was planned"), "{}", said.err);
    std::fs::remove_file(other.path("data.csv")).expect("a file");
    let said = other.call(&["reproduce", "mailed.jsonl"]).ends(4);
    assert!(said.err.contains("there is no file"), "{}", said.err);
}

#[test]
fn a_record_is_named_by_the_beginning_of_its_id_and_a_wrong_name_is_told() {
    let folder = done();
    let id = folder.records("sweep")[2]["id"].as_str().expect("an id").to_string();
    folder.call(&["reproduce", &id[..12]]).ends(0);
    for (named, why) in [
        ("results/sweep", "names 12 records: add `#` and the id of one"),
        ("results/sweep#ffffffffffff", "there is no record `ffffffffffff`"),
        ("results/nowhere", "there are no records at `results/nowhere`"),
        ("a.yaml", "skipped a line"),
    ] {
        let said = folder.call(&["reproduce", named]).ends(4);
        assert!(said.err.contains(why), "{named}: {}", said.err);
    }
}

#[test]
fn a_record_of_other_bits_is_stale_with_its_reason_and_only_rerun_stale_makes_it_anew() {
    let folder = done();
    let bits = surprisal_spec::BITS;
    forge(&folder, 3, &format!("\"bits\":{bits}"), "\"bits\":0");
    let said = folder.call(&["status", "a.yaml"]).ends(0);
    assert!(said.out.contains("11 done") && said.out.contains("1 stale"), "{}", said.out);
    assert!(said.out.contains(&format!("whose results have the bits 0 and not {bits}")), "{}", said.out);
    let verified = folder.call(&["verify", "results/sweep", "--all"]).ends(0);
    assert!(verified.out.contains("1 of other bits are not compared"), "{}", verified.out);
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do") && said.err.contains("`--rerun stale`"), "{}", said.err);
    let said = folder.call(&["run", "a.yaml", "--rerun", "stale"]).ends(0);
    assert!(said.err.contains("1/1 runs, 0 failed"), "{}", said.err);
    assert!(folder.call(&["status", "a.yaml"]).ends(0).out.contains("12 done"));
}

#[test]
fn a_version_or_an_environment_alone_makes_nothing_stale() {
    let folder = done();
    let made = folder.records("sweep")[0]["made"].clone();
    let environment = made["environment"].as_str().expect("an environment").to_string();
    let text = folder.read(&format!("results/sweep/environments/{environment}.json"));
    let it: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for key in [
        "revision",
        "dirty",
        "cargo_lock",
        "toolchain",
        "features",
        "cpu",
        "isa",
        "matrix_isa",
        "cores",
        "jobs",
        "data",
        "command",
    ] {
        assert!(it.get(key).is_some(), "{key}: {text}");
    }
    assert!(it["data"].as_object().expect("data").keys().all(|hash| hash.len() == 64), "{text}");
    forge(&folder, 0, "\"version\":\"", "\"version\":\"9.");
    let said = folder.call(&["status", "a.yaml"]).ends(0);
    assert!(said.out.contains("12 done") && !said.out.contains("stale"), "{}", said.out);
}
