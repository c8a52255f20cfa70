//! What the tests share.
#![allow(dead_code)]

use surprisal_data::{AnyDataset, Roots};

/// A data set from the text of its mapping.
pub fn dataset(json: &str) -> AnyDataset {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Every registered data set with default keys where it can, small where it is generated.
pub fn every() -> (tempfile::TempDir, Roots, Vec<AnyDataset>) {
    let folder = tempfile::tempdir().unwrap();
    let cells = |i: u32| format!("{},{},{}\n", i % 7, f64::from(i * i % 11) / 3.0, f64::from(i * 7919 % 101) / 10.0);
    let rows: String = (0..60).map(cells).collect();
    std::fs::write(folder.path().join("some.csv"), format!("a,b,y\n{rows}")).unwrap();
    let sets = AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT).map(|(name, about)| match *name {
        "csv" => dataset(r#"{ "csv": { "path": "some.csv", "target": "y", "kind": "real" } }"#),
        name if about.rows.is_some() => dataset(&format!(r#"{{ "{name}": {{}} }}"#)),
        name => dataset(&format!(r#"{{ "{name}": {{ "n": 40, "test_n": 30, "replicates": 3 }} }}"#)),
    });
    let sets = sets.collect();
    let roots = Roots::here(folder.path());
    (folder, roots, sets)
}

/// A CSV file in a folder of its own.
pub struct File {
    folder: tempfile::TempDir,
}

impl File {
    pub fn new(text: &str) -> File {
        let file = File { folder: tempfile::tempdir().unwrap() };
        file.add("d.csv", text);
        file
    }
    pub fn add(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
    pub fn roots(&self) -> Roots {
        Roots::here(self.folder.path())
    }
    /// Loads `d.csv` with further keys.
    pub fn load(&self, keys: &str) -> Result<surprisal_data::Loaded, surprisal_data::DataError> {
        dataset(&format!(r#"{{ "csv": {{ "path": "d.csv", {keys} }} }}"#)).load(&self.roots())
    }
    /// The text of the error, without the folder.
    pub fn error(&self, keys: &str) -> String {
        let error = self.load(keys).expect_err("this must fail").to_string();
        error.replace(&format!("{}/", self.folder.path().display()), "")
    }
}
