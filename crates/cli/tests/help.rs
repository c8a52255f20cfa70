//! `--help` of every command ends in examples, and each example does what it says: in a folder that `init` made.

mod common;

use common::*;
use std::process::Command;

/// Every command and subcommand, as `--help` lists them.
fn commands(folder: &Folder, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let help = folder.call(&words).ends(0).out;
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<String> = lines
        .filter(|line| line.starts_with("  ") && !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_string))
        .filter(|name| name != "help")
        .collect();
    found.push((path.to_vec(), help));
    for name in names {
        commands(folder, &[path, &[name]].concat(), found);
    }
}

/// The lines under `Examples:`, which is the last part.
fn examples(help: &str) -> Vec<String> {
    let Some((_, last)) = help.split_once("\nExamples:\n") else { return Vec::new() };
    last.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_example_of_every_help_is_executed_and_ends_as_it_says() {
    let empty = Folder::new();
    let mut all = Vec::new();
    commands(&empty, &[], &mut all);
    assert!(all.len() > 15, "{:?}", all.iter().map(|(path, _)| path).collect::<Vec<_>>());
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_surprisal"));
    let path = format!("{}:{}", program.parent().expect("a folder").display(), std::env::var("PATH").expect("a path"));
    for (words, help) in all {
        let name = words.join(" ");
        let examples = examples(&help);
        assert!(!examples.is_empty(), "`surprisal {name} --help` has no examples:\n{help}");
        let folder = Folder::new();
        folder.call(&["init"]).ends(0);
        // What looks at results has some, the id of a run, and rows to predict.
        let mut id = String::new();
        if ["verify", "reproduce", "predict"].contains(&name.as_str()) {
            let records = folder.call(&["run", "experiments/first", "--json"]).ends(0).out;
            let first: serde_json::Value =
                serde_json::from_str(records.lines().next().expect("a record")).expect("JSON");
            id = first["id"].as_str().expect("an id").to_string();
            std::fs::write(folder.path("new.csv"), "x1,x2\n0.5,-1\n2,0.25\n").expect("a file");
        }
        for example in examples {
            let example = example.replace("ID", &id);
            assert!(example.starts_with(&format!("surprisal {name}")) || words.len() <= 1, "{name}: {example}");
            // `# exits 3` at the end states another exit code than 0.
            let code = example.split_once("# exits ").map_or(0, |(_, code)| code.trim().parse().expect("a number"));
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &example])
                .current_dir(folder.path(""))
                .env("PATH", &path)
                .stdin(std::process::Stdio::null());
            let output = shell.output().expect("a shell");
            assert_eq!(output.status.code(), Some(code), "{example}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = Folder::new();
    let mut all = Vec::new();
    commands(&folder, &[], &mut all);
    folder.call(&["man", "pages"]).ends(0);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = folder.call(&["completions", shell]).ends(0).out;
        for (path, _) in &all {
            assert!(path.iter().all(|word| text.contains(word.as_str())), "{shell}: {path:?}");
        }
    }
    for (path, _) in &all {
        let page = ["surprisal"].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
        let page = folder.read(&format!("pages/{page}.1"));
        assert!(page.contains("Examples:"), "{page}");
    }
}
