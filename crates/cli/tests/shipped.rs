//! The committed results belong to the committed experiments, and the READMEs show them.

use assert_cmd::Command;
use std::path::Path;

#[test]
fn every_shipped_experiment_is_done_and_its_readme_holds_its_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("SURPRISAL_DATA_DIR");
    let mut checked = 0;
    for entry in root.join("experiments").read_dir().expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        if name.starts_with("uci-") && data.is_none() {
            eprintln!("skipped {name}: SURPRISAL_DATA_DIR does not name the folder of the UCI sets");
            continue;
        }
        // The quickstart's records lie where `run` does not look, so that its reader's first run trains.
        let copy = tempfile::tempdir().expect("a folder");
        let place = if name == "quickstart" {
            let folder = copy.path().join("results/quickstart/records");
            std::fs::create_dir_all(&folder).expect("folders");
            std::fs::create_dir_all(copy.path().join("experiments/quickstart")).expect("folders");
            let files = [("results/quickstart/shipped.jsonl", "results/quickstart/records/shipped.jsonl")];
            let pages = ["experiment.yaml", "README.md"].map(|file| format!("experiments/quickstart/{file}"));
            let files = files.into_iter().map(|(a, b)| (a.to_string(), b.to_string()));
            for (from, to) in files.chain(pages.into_iter().map(|page| (page.clone(), page))) {
                std::fs::copy(root.join(from), copy.path().join(to)).expect("a committed file");
            }
            copy.path().to_path_buf()
        } else {
            root.clone()
        };
        let call = |arguments: &[&str]| {
            let mut command = Command::cargo_bin("surprisal").expect("the program is built");
            let out = command
                .current_dir(&place)
                .args(arguments)
                .arg(format!("experiments/{name}"))
                .output()
                .expect("it runs");
            (
                out.status.code(),
                String::from_utf8_lossy(&out.stdout).into_owned(),
                String::from_utf8_lossy(&out.stderr).into_owned(),
            )
        };
        let (code, out, err) = call(&["table", "--check"]);
        assert_eq!(code, Some(0), "{name}: {out}{err}");
        let (_, out, _) = call(&["status", "--json"]);
        let status: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(status["states"]["done"], status["runs"], "{name}: {out}");
        assert_eq!(status["others"], 0, "{name} has records that nobody asks for");
        checked += 1;
    }
    assert!(checked >= 7);
}
