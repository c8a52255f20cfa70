//! A new folder runs on a machine that has the program and nothing else.

mod common;

use common::*;
use std::process::Command;

#[test]
fn a_new_folder_runs_with_nothing_but_the_program() {
    let folder = Folder::new();
    let program = folder.path("surprisal");
    std::fs::copy(env!("CARGO_BIN_EXE_surprisal"), &program).expect("a copy");
    let call = |place: &str, arguments: &[&str]| {
        let mut command = Command::new(&program);
        let output = command.args(arguments).current_dir(folder.path(place)).env_clear().output().expect("it starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    };
    let said = call("", &["init", "demo"]).ends(0);
    assert!(said.out.ends_with("Now: cd demo && surprisal run experiments/first\n"), "{}", said.out);
    let table = call("demo", &["run", "experiments/first"]).ends(0).out;
    for arm in ["mse", "mle", "map", "student_t"] {
        assert!(table.contains(arm), "{table}");
    }
    call("demo", &["table", "experiments/first", "--splice"]).ends(0);
    call("demo", &["table", "experiments/first", "--check"]).ends(0);
    assert!(folder.read("demo/experiments/first/README.md").contains("student_t"));
    let settings: serde_json::Value = serde_json::from_str(&folder.read("demo/.vscode/settings.json")).expect("JSON");
    for (schema, _) in settings["yaml.schemas"].as_object().expect("a mapping") {
        let text = folder.read(&format!("demo/{schema}"));
        let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        jsonschema::draft7::meta::validate(&schema).expect("a schema of draft 7");
    }
    let experiment: serde_json::Value =
        serde_json::from_str(&folder.read("demo/schemas/experiment.schema.json")).expect("JSON");
    let names = experiment["properties"]["likelihood"]["anyOf"][1]["enum"].to_string();
    assert_eq!(names, r#"["heavy"]"#, "schemas name the files under configs/");
}

#[test]
fn init_touches_nothing_that_is_there() {
    let folder = Folder::new().file("demo/experiments/first/experiment.yaml", "mine");
    let before = folder.files();
    let said = folder.call(&["init", "demo"]).ends(2);
    assert!(said.err.contains("`demo` holds `experiments/first/experiment.yaml` already"), "{}", said.err);
    assert_eq!(folder.files(), before);
    let folder = Folder::new();
    folder.call(&["init"]).ends(0);
    let before = folder.files();
    folder.call(&["init"]).ends(2);
    assert_eq!(folder.files(), before);
}
