//! The committed table of `uci-linear` against the reference values that come with the data.

use assert_cmd::Command;
use std::path::Path;

/// Six significant digits for a mean, three for its naive standard error: what the manifests state.
fn digits(x: f64, n: usize) -> String {
    format!("{x:.*e}", n - 1)
}

#[test]
fn constant_and_linear_baselines_equal_the_manifests_to_the_digits_given() {
    let Some(data) = std::env::var_os("SURPRISAL_DATA_DIR") else {
        eprintln!("skipped: SURPRISAL_DATA_DIR does not name the folder of the UCI sets");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::cargo_bin("surprisal").expect("the program is built");
    command.current_dir(&root).env("SURPRISAL_DATA_DIR", &data);
    let out =
        command.args(["table", "experiments/uci-linear", "--naive", "--format", "csv"]).output().expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    let mut compared = 0;
    for (name, model, key) in
        ["boston", "concrete", "energy", "kin8nm", "naval", "power", "protein", "wine-red", "yacht"]
            .iter()
            .flat_map(|name| [(name, "constant", "constant_gaussian"), (name, "linear", "linear_gaussian_mle")])
    {
        let manifest = std::fs::read_to_string(Path::new(&data).join(name).join("manifest.json")).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        for (score, field, sign) in [("rmse", "rmse", 1.0), ("nll", "test_ll", -1.0)] {
            let stated = &manifest["trivial_baseline"][key][field];
            let (mean, error) =
                (stated["mean"].as_f64().expect("a mean"), stated["stderr"].as_f64().expect("an error"));
            let ours = text.lines().filter_map(|line| line.split_once(&format!("{model},{score},"))).filter_map(
                |(head, tail)| {
                    let numbers: Vec<&str> = tail.split(',').collect();
                    head.starts_with(&format!("uci/{name},arm,"))
                        .then(|| (numbers[1].parse::<f64>(), numbers[2].parse::<f64>()))
                },
            );
            for (found, se) in ours {
                let (found, se) = (sign * found.expect("a number"), se.expect("a number"));
                // The manifests round to six digits after leading zeros, or print fewer where the last are 0.
                assert_eq!(digits(found, 6), digits(mean, 6), "{name} {model} {score}");
                assert_eq!(digits(se, 3), digits(error, 3), "{name} {model} {score}, standard error");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 9 * 2 * 2 * 2, "every data set, model, score, and both mse and mle");
}
