//! What the tests of the binary share: a folder of one's own, and what the program said there.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod configs;

use assert_cmd::Command;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there")
}

/// The program: what cargo built for the tests, or what SURPRISAL names, a release build say.
pub fn binary() -> PathBuf {
    std::env::var_os("SURPRISAL").map_or_else(|| env!("CARGO_BIN_EXE_surprisal").into(), PathBuf::from)
}

/// The program, as the tests start it: nothing of the caller's environment reaches it.
pub fn program(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(binary());
    command.current_dir(folder).env_remove("SURPRISAL_DATA_DIR").env_remove("SURPRISAL_ISA").env_remove("NO_COLOR");
    command
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// stdout.
    pub out: String,
    /// stderr.
    pub err: String,
}

impl Said {
    /// It ended with this code; if not, the test tells all that was said.
    #[track_caller]
    pub fn ends(self, code: i32) -> Said {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
    /// Each line of stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.out.lines().map(line).collect()
    }
}

/// A temporary folder that is the current one of every call.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// An empty one.
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a temporary folder"))
    }
    /// One with an experiment `a.yaml`.
    pub fn with(yaml: &str) -> Folder {
        Folder::new().file("a.yaml", yaml)
    }
    /// With one file more.
    pub fn file(self, path: &str, text: &str) -> Folder {
        self.write(path, text);
        self
    }
    /// Writes a file, and the folders it is in.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
    }
    /// A path inside.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
    /// The text of a file inside.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }
    /// Copies a folder or file of the repository to the same place inside.
    pub fn copy(&self, path: &str) {
        copy(&repository().join(path), &self.path(path));
    }
    /// Calls the program.
    pub fn call(&self, arguments: &[&str]) -> Said {
        self.call_from("", arguments)
    }
    /// Calls the program from a folder inside.
    pub fn call_from(&self, folder: &str, arguments: &[&str]) -> Said {
        let mut command = Command::from_std(program(&self.path(folder)));
        let output = command.args(arguments).output().expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
    /// Every file inside, with its bytes.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.0.path().to_path_buf()]);
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.0.path()).expect("inside").to_path_buf();
                    found.insert(name, std::fs::read(&path).expect("a file"));
                }
            }
        }
        found
    }
    /// The tables beside the records, in all formats.
    #[track_caller]
    pub fn tables(&self, name: &str) -> Vec<String> {
        ["txt", "md", "csv", "tex"].map(|end| self.read(&format!("results/{name}/table.{end}"))).to_vec()
    }
    /// The segments of records, in the order of their names.
    pub fn segments(&self, name: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = match self.path(&format!("results/{name}/records")).read_dir() {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(_) => Vec::new(),
        };
        found.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
        found.sort();
        found
    }
    /// All lines of all segments that are whole records.
    pub fn records(&self, name: &str) -> Vec<Value> {
        let texts = self.segments(name).into_iter().map(|path| std::fs::read(path).expect("a segment"));
        let whole = |line: &str| {
            let (body, crc) = line.rsplit_once(",\"crc\":\"")?;
            let fits = crc.strip_suffix("\"}")? == format!("{:08x}", crc32fast::hash(body.as_bytes()));
            serde_json::from_str(line).ok().filter(|_| fits)
        };
        texts
            .flat_map(|bytes| String::from_utf8_lossy(&bytes).lines().filter_map(whole).collect::<Vec<Value>>())
            .collect()
    }
}

/// What must be equal between two computations of a run: all of a record but `made`, the checksum that covers it, and
/// the number of the printed form.
pub fn facts(records: &[Value]) -> BTreeMap<String, String> {
    let fact = |record: &Value| {
        let mut record = record.clone();
        let map = record.as_object_mut().expect("a record is a mapping");
        assert!(map.remove("made").is_some(), "a record says by what it was made");
        map.remove("crc");
        map.remove("schema");
        (map["id"].as_str().expect("an id").to_string(), record.to_string())
    };
    records.iter().map(fact).collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("a folder");
        for entry in from.read_dir().expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        std::fs::create_dir_all(to.parent().expect("it has one")).expect("a folder");
        std::fs::copy(from, to).expect("a file");
    }
}

/// The spreadsheet most tests train on: y = 1 + 2a − b and a little more.
pub const AB: &str = "a,b,y\n0,1,0.1\n1,0,3.2\n2,2,2.9\n3,1,6.1\n4,5,3.8\n5,3,8.3\n6,4,8.9\n-1,2,-3.2\n";

/// The experiment that the documentation shows.
pub const RIDGE: &str = "\
schema: 1
name: ridge
dataset: { csv: { path: data.csv, target: y, features: [a, b], standardise: false, split: none } }
model: { linear: { bias: true } }
likelihood: { gaussian: { scale: 0.5 } }          # or: scale: learned | predicted
prior: { gaussian: { scale: 2.0, bias: flat } }
estimator: map
optimiser: { lbfgs: { max_iterations: 2000, tolerance: 1e-12 } }
dtype: f64
seeds: [0]
";

/// The ridge experiment with one piece of its text replaced.
pub fn ridge(old: &str, new: &str) -> Folder {
    assert!(RIDGE.contains(old), "{old}");
    Folder::with(&RIDGE.replace(old, new)).file("data.csv", AB)
}

/// What `check` says about an experiment; it creates nothing, and neither does `run`, which says the same.
#[track_caller]
pub fn check(folder: &Folder, code: i32) -> String {
    let before = folder.files();
    let said = folder.call(&["check", "a.yaml"]).ends(code);
    assert_eq!(said.out, "");
    let ran = folder.call(&["run", "a.yaml"]).ends(code);
    assert_eq!((ran.out, &ran.err), (said.out, &said.err));
    assert_eq!(folder.files(), before, "nothing is created");
    let root = folder.path("").canonicalize().expect("a folder").display().to_string();
    said.err.replace(&format!("{}/", root.trim_end_matches('/')), "")
}
