//! `--isa`: the instructions of the loss kernels are named in the environment of a record and change no bit of it.

mod common;

use common::*;
use surprisal_kernel::Isa;

const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { csv: { path: data.csv, target: y, split: { kfold: { k: 4 } } } }
likelihood: { student_t: { nu: learned, scale: predicted } }
prior: { gaussian: { scale: 1.0 } }
sweep: { grid: { estimator: [mse, map], dtype: [f32, f64] } }
";

/// Records by their ids without what says how they were made, and the instructions that their environment names.
fn trained(arguments: &[&str]) -> (Vec<String>, String) {
    let folder = Folder::with(SWEEP).file("data.csv", AB);
    folder.call(&[&["run", "a.yaml"], arguments].concat()).ends(0);
    let records = folder.records("sweep");
    let environment = records[0]["made"]["environment"].as_str().expect("an environment").to_string();
    let text = folder.read(&format!("results/sweep/environments/{environment}.json"));
    let environment: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut lines: Vec<String> =
        (records.iter()).map(|record| format!("{} {}", record["id"], record["outcome"])).collect();
    lines.sort();
    (lines, environment["isa"].as_str().expect("a name").to_string())
}

#[test]
fn every_instruction_set_gives_the_same_records_and_is_named_in_them() {
    let (expected, best) = trained(&[]);
    assert_eq!(best, Isa::best().name());
    assert_eq!(expected.len(), 16);
    for isa in Isa::available() {
        let (found, named) = trained(&["--isa", isa.name()]);
        assert_eq!(found, expected, "{isa}");
        assert_eq!(named, isa.name());
    }
}

#[test]
fn an_instruction_set_that_there_is_not_is_told_with_those_that_there_are() {
    let said = Folder::with(SWEEP).call(&["run", "a.yaml", "--isa", "avx3"]).ends(2);
    assert!(said.err.contains("`avx3` is no instruction set; there are scalar, avx2, avx512"), "{}", said.err);
}
