//! `surprisal bench`, end to end with next to nothing to time.

mod common;

use common::*;

const TINY: [&str; 7] = ["--size", "256", "--rounds", "2", "--sample", "0.05", "--out"];

fn measure(folder: &Folder, more: &[&str]) -> Said {
    let words = [&["bench"], more, &TINY[..], &["out"]].concat();
    folder.call(&words).ends(0)
}

/// The file that was written, wherever the CPU's name has put it.
fn written(folder: &Folder, name: &str) -> std::path::PathBuf {
    let mut cpus = folder.path("out").read_dir().expect("a folder");
    cpus.next().expect("a CPU").expect("a CPU").path().join(name)
}

#[test]
fn every_variant_of_a_loss_is_timed_beside_the_others_and_compared_with_the_reference() {
    let folder = Folder::new();
    let said = measure(&folder, &["--case", "gaussian", "--dtype", "f32,f64"]);
    assert!(
        said.out.contains("f32, about 256 elements") && said.out.contains("f64, about 256 elements"),
        "{}",
        said.out
    );
    let text = std::fs::read_to_string(written(&folder, "kernels.json")).expect("a file");
    let file: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(file["schema"], 1);
    let rows = file["rows"].as_array().expect("rows");
    // Two bindings, two dtypes, and all that runs without Python.
    assert_eq!(rows.len(), 2 * 2 * 7, "{text}");
    for row in rows {
        assert!(row["ns_per_element"].as_f64().is_some_and(|ns| ns > 0.0), "{row}");
        if row["variant"] == "fused" {
            let (ulp, nats) = (row["max_ulp"].as_f64().expect("ulp"), row["max_nat_error"].as_f64().expect("nats"));
            assert!(ulp < 16.0 && nats < 1e-3, "{row}");
            assert!(row["isa"].is_string(), "{row}");
        }
    }
    assert!(std::fs::read_to_string(written(&folder, "roofline.svg")).expect("a figure").contains("</svg>"));
    let file = written(&folder, "kernels.json").display().to_string();
    let shown = folder.call(&["bench", "--show", &file]).ends(0).out;
    assert!(said.out.ends_with(&shown), "what was measured and what is shown differ:\n{shown}");
    let twice = folder.call(&["bench", "--show", &file, &file]).ends(0).out;
    assert_eq!(twice, shown.repeat(2));
    let compared = folder.call(&["bench", "--compare", &file, &file]).ends(0).out;
    assert_eq!(compared.matches("ambiguous").count(), rows.len(), "{compared}");
}

#[test]
fn what_has_no_operation_and_what_cannot_start_is_a_row_that_says_so() {
    let folder = Folder::new();
    let said = measure(
        &folder,
        &["--case", "negative_binomial/mean+dispersion", "--peers", "no-such-python", "--isa", "scalar"],
    );
    assert_eq!(said.out.matches("no such op").count(), 2, "candle, with both allocators: {}", said.out);
    assert!(said.out.contains("`no-such-python` does not start"), "{}", said.out);
    assert!(said.out.contains("kernels on scalar"), "{}", said.out);
}

#[test]
fn wrong_names_are_told_with_the_nearest_right_one() {
    let folder = Folder::new();
    let said = folder.call(&["bench", "--case", "gausian/location"]).ends(2);
    assert!(said.err.contains("did you mean `gaussian/location`?"), "{}", said.err);
    let said = folder.call(&["bench", "--variant", "fusd"]).ends(2);
    assert!(said.err.contains("`fusd` is no variant; there are fused, "), "{}", said.err);
    let said = folder.call(&["bench", "--show", "nowhere.json"]).ends(4);
    assert!(said.err.contains("cannot read `nowhere.json`"), "{}", said.err);
    folder.write("other.json", "{\"schema\": 7}");
    let said = folder.call(&["bench", "--show", "other.json"]).ends(2);
    assert!(said.err.contains("expected `\"schema\": 1`, found 7"), "{}", said.err);
    let said = folder.call(&["bench", "--sample", "0"]).ends(2);
    assert!(said.err.contains("greater than 0"), "{}", said.err);
}

#[test]
fn training_is_timed_in_our_engines_and_in_the_loop_of_candle() {
    let folder = Folder::new();
    let words = ["bench", "sweep", "--models", "1", "--batch", "256", "--rounds", "2", "--sample", "0.05", "--json"];
    let said = folder.call(&words).ends(0);
    let file: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    for engine in ["lanes", "candle", "candle_nn"] {
        let row = file["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["engine"] == engine));
        let us = row.and_then(|row| row["us_per_model_step"].as_f64());
        assert!(us.is_some_and(|us| us > 0.0), "{engine}: {}", said.out);
    }
    assert!(said.out.contains("no Python was named"), "{}", said.out);
    let said = folder.call(&["bench", "sweep", "--batch", "100"]).ends(2);
    assert!(said.err.contains("`--batch` must divide 512"), "{}", said.err);
}

#[test]
fn engines_that_are_named_are_compared_with_the_first_of_them_and_shown_again_from_the_file() {
    let folder = Folder::new();
    let tiny = ["--models", "1", "--batch", "256", "--rounds", "2", "--sample", "0.05", "--out", "out"];
    let call = |engines| folder.call(&[&["bench", "sweep", "--engine", engines], &tiny[..]].concat());
    let said = call("candle,lanes").ends(0);
    let file = written(&folder, "sweep.json");
    let rows = |text: &str| -> Vec<serde_json::Value> {
        let file: serde_json::Value = serde_json::from_str(text).expect("JSON");
        file["rows"].as_array().expect("rows").clone()
    };
    let text = std::fs::read_to_string(&file).expect("a file");
    let engines: Vec<String> = rows(&text).iter().map(|row| row["engine"].to_string()).collect();
    assert_eq!(engines, ["\"candle\"", "\"lanes\""]);
    let shown = folder.call(&["bench", "--show", &file.display().to_string()]).ends(0).out;
    assert_eq!(shown, said.out);
    let json = folder.call(&["bench", "--show", &file.display().to_string(), "--json"]).ends(0).out;
    assert_eq!(json, text);

    // Where the first has no time, the others have no ratio and say why, unless their own times disagree.
    call("jax_scan_vmap,candle").ends(0);
    let rows = rows(&std::fs::read_to_string(&file).expect("a file"));
    assert!(rows[0]["us_per_model_step"].is_null() && rows[0]["note"] == "no Python was named", "{rows:?}");
    assert!(rows[1]["us_per_model_step"].is_f64() && rows[1]["ratio"].is_null(), "{rows:?}");
    assert!(rows[1]["note"] == "no sure time of jax_scan_vmap" || rows[1]["note"] == "ambiguous", "{rows:?}");

    let said = call("lane").ends(2);
    assert!(said.err.contains("a similar value exists: 'lanes'"), "{}", said.err);
}
