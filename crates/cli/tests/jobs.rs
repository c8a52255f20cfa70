//! How many workers train, and in how many processes, changes nothing that a record says.

mod common;

use common::*;

const SWEEP: &str = "\
schema: 1
name: sweep
dataset: { diabetes: { split: { random: { k: 4, test: 0.1 } } } }
likelihood: { student_t: { nu: 4, scale: learned } }
prior: { gaussian: { scale: 0.5 } }
seeds: [0, 1]
early_stopping: { share: 0.2, patience: 3 }
sweep:
  grid:
    estimator: [mse, mle, map]
    model: [linear, { mlp: { widths: [8], activation: softplus } }]
    optimiser: [{ adam: { lr: 0.02, epochs: 8 } }, { sgd: { lr: 0.002, momentum: 0.9, epochs: 8, batch: 64 } }]
";

const EXACT: &str = "\
schema: 1
name: exact
dataset: { diabetes: { split: { kfold: { k: 3 } } } }
prior: { laplace: { scale: 0.1 } }
estimator: map
sweep: { grid: { likelihood: [{ gaussian: { scale: learned } }, { laplace: { scale: 1.0 } }, { logistic: { scale: predicted } }] } }
";

#[test]
fn records_are_equal_bit_for_bit_however_many_runs_train_at_a_time() {
    for (yaml, name) in [(SWEEP, "sweep"), (EXACT, "exact")] {
        let mut known = None;
        for jobs in ["1", "2", "7"] {
            let folder = Folder::with(yaml);
            let said = folder.call(&["run", "a.yaml", "--json", "-j", jobs]).ends(0);
            let this = (facts(&said.json()), facts(&folder.records(name)), folder.tables(name));
            assert_eq!(this.0, this.1, "what is printed is what is stored");
            assert_eq!(&this, known.get_or_insert_with(|| this.clone()), "{name} with -j {jobs}");
        }
    }
}

#[test]
fn two_processes_share_a_folder_of_results_and_both_end_with_the_whole_table() {
    let calm = Folder::with(SWEEP);
    calm.call(&["run", "a.yaml"]).ends(0);
    let folder = Folder::with(SWEEP);
    let start = || {
        let mut command = program(&folder.path(""));
        command
            .args(["run", "a.yaml", "-j", "1"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().expect("the program starts")
    };
    let outputs = [start(), start()].map(|child| child.wait_with_output().expect("it ends"));
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(outputs[0].stdout, outputs[1].stdout, "both print the same table");
    assert_eq!(facts(&folder.records("sweep")), facts(&calm.records("sweep")));
    assert_eq!(folder.tables("sweep"), calm.tables("sweep"));
    let said = folder.call(&["run", "a.yaml"]).ends(0);
    assert!(said.err.contains("nothing to do") && !said.err.contains("non-determinism"), "{}", said.err);
}

#[test]
fn a_record_that_differs_from_another_of_its_run_is_reported() {
    let folder = Folder::with(RIDGE).file("data.csv", AB);
    folder.call(&["run", "a.yaml"]).ends(0);
    let path = &folder.segments("ridge")[0];
    let line = std::fs::read_to_string(path).expect("a segment");
    let at = line.find("\"iterations\":").expect("a fit") + "\"iterations\":".len();
    let body = format!("{}9{}", &line[..at], &line[at..line.rfind(",\"crc\"").expect("a checksum")]);
    let other = format!("{body},\"crc\":\"{:08x}\"}}\n", crc32(body.as_bytes()));
    folder.write("results/ridge/records/30000101T000000-00000000.jsonl", &other);
    let said = folder.call(&["table", "a.yaml"]).ends(0);
    assert!(said.err.contains("was computed twice with different results"), "{}", said.err);
}

/// CRC-32 as zip and PNG have it, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
