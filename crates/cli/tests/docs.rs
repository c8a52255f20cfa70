//! Every command of README and `docs/` is executed, and what is shown of its output is compared.
//!
//! A block ```` ```lang file=path ```` is written to that file. In a block ```` ```console ````, a line `$ …` is a
//! command (`# exits N` at its end states an exit code other than 0), and what follows is its stdout, or its stderr
//! where it fails. In a block ```` ```sh ```` each line is a command, `cargo run --release --` being the program;
//! `cargo test` is what runs this. `…` stands for any text: alone on a line, for any lines. `SURPRISAL_BLESS=1` writes what was said.

mod common;

use common::*;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every Markdown page that has commands, by its path in the repository.
fn pages() -> Vec<PathBuf> {
    let mut found = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(path);
            }
        }
    }
    found.retain(|path| !path.components().any(|part| part.as_os_str() == "reference"));
    found.sort();
    found
}

/// Whether a text is what a pattern with `…` says.
fn matches(pattern: &str, text: &str) -> bool {
    let (first, rest) = match pattern.split_once('…') {
        None => return pattern == text,
        Some(parts) => parts,
    };
    let Some(text) = text.strip_prefix(first) else { return false };
    rest.is_empty() || text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
}

fn shown(lines: &[String]) -> String {
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_string()
}

/// A shell that remembers its folder from one command to the next.
struct Shell {
    folder: Folder,
    here: PathBuf,
}

impl Shell {
    fn call(&mut self, command: &str) -> Said {
        let program = Path::new(env!("CARGO_BIN_EXE_surprisal")).parent().expect("a folder").display().to_string();
        let path = format!("{program}:{}", std::env::var("PATH").expect("a path"));
        let note = self.folder.path(".here");
        let script = format!("{command}\ncode=$?\npwd > '{}'\nexit $code", note.display());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&self.here).env("PATH", path).env_remove("SURPRISAL_DATA_DIR");
        let output = shell.stdin(std::process::Stdio::null()).output().expect("a shell");
        self.here = PathBuf::from(std::fs::read_to_string(&note).expect("a note").trim());
        std::fs::remove_file(note).expect("it was there");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Executes a page; the page as it should be, how many commands it has, and what was not as it says.
fn execute(page: &Path) -> (String, usize, Vec<String>) {
    let text = std::fs::read_to_string(page).expect("a page");
    let folder = Folder::new();
    for part in ["experiments", "configs"] {
        if page.ends_with("README.md") && page.parent() == Some(&repository()) {
            folder.copy(part);
        }
    }
    let here = folder.path("").canonicalize().expect("a folder");
    let mut shell = Shell { folder, here };
    let (mut out, mut commands, mut wrong) = (Vec::<String>::new(), 0, Vec::new());
    let mut lines = text.lines().map(str::to_string).peekable();
    while let Some(line) = lines.next() {
        out.push(line.clone());
        let Some(info) = line.strip_prefix("```").filter(|it| !it.is_empty()) else { continue };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| line != "```") {
            block.push(line);
        }
        if let Some((_, file)) = info.split_once(" file=") {
            let path = shell.here.join(file);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
            std::fs::write(path, block.join("\n") + "\n").expect("a file");
        }
        if info == "sh" {
            for command in block.iter().filter(|line| !line.starts_with("cargo test")) {
                let said = shell.call(&command.replace("cargo run --release --", "surprisal"));
                commands += 1;
                if said.code != 0 {
                    wrong.push(format!("`{command}` ended with {}: {}", said.code, said.err));
                }
            }
        }
        if info != "console" {
            out.extend(block);
            continue;
        }
        let mut rest = block.into_iter().peekable();
        while let Some(line) = rest.next() {
            out.push(line.clone());
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{}: no command: {line}", page.display()));
            let code = command.split_once("# exits ").map_or(0, |(_, code)| code.trim().parse().expect("a number"));
            let mut expected = Vec::new();
            while let Some(line) = rest.next_if(|line| !line.starts_with("$ ")) {
                expected.push(line);
            }
            let said = shell.call(command);
            commands += 1;
            if said.code != code {
                wrong.push(format!("`{command}` ended with {}, not {code}: {}", said.code, said.err));
            }
            let text = if code == 0 { &said.out } else { &said.err };
            let text = text.replace(&format!("{}/", shell.here.display()), "");
            let said = shown(&text.lines().map(str::to_string).collect::<Vec<_>>());
            if expected.is_empty() || matches(&shown(&expected), &said) {
                out.extend(expected);
            } else {
                wrong.push(format!("`{command}` said\n{said}\nand not\n{}", shown(&expected)));
                out.extend(said.lines().map(str::to_string));
            }
        }
    }
    (out.join("\n") + "\n", commands, wrong)
}

#[test]
fn every_command_of_every_page_does_what_the_page_shows() {
    let (mut commands, mut wrong) = (0, Vec::new());
    for page in pages() {
        let (text, n, found) = execute(&page);
        commands += n;
        if std::env::var_os("SURPRISAL_BLESS").is_some() {
            std::fs::write(&page, text).expect("own page");
        }
        wrong.extend(found.into_iter().map(|it| format!("{}: {it}", page.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(commands >= 30, "{commands}");
}

#[test]
fn the_reference_is_what_the_registrations_say() {
    let folder = Folder::new();
    folder.call(&["docs", "reference"]).ends(0);
    for (path, text) in folder.files() {
        let page = repository().join("docs").join(&path);
        if std::env::var_os("SURPRISAL_BLESS").is_some() {
            std::fs::write(&page, &text).expect("own page");
        }
        let committed = std::fs::read(&page).unwrap_or_default();
        assert!(committed == text, "docs/{} is out of date: `surprisal docs docs/reference`", path.display());
    }
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut pages = pages();
    for name in ["DESIGN.md", "METHODOLOGY.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        pages.push(repository().join(name));
    }
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.contains(' ') {
                continue;
            }
            assert!(page.parent().expect("a folder").join(path).exists(), "{}: {link}", page.display());
        }
    }
}
