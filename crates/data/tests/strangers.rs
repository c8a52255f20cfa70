//! A config or a data file from a stranger: nothing outside the folders is read, and memory is not asked for in vain.

mod common;

use common::*;
use surprisal_data::{AnyDataset, DataError, Roots};

fn load(roots: &Roots, path: &str, from: &str) -> Result<surprisal_data::Loaded, DataError> {
    let json = serde_json::json!({ "csv": { "path": path, "target": "y", "from": from, "split": "none" } });
    serde_json::from_value::<AnyDataset>(json).unwrap().load(roots)
}

const DATA: &str = "a,y\n1,2\n3,4\n";

#[test]
fn a_path_leads_out_of_the_project_only_into_the_data_folder() {
    let all = tempfile::tempdir().unwrap();
    let at = |path: &str| all.path().join(path);
    for folder in ["project/experiments/x", "project/data", "project-else", "open/deep"] {
        std::fs::create_dir_all(at(folder)).unwrap();
    }
    for file in ["project/data/d.csv", "project/experiments/x/d.csv", "project-else/d.csv", "open/deep/d.csv", "d.csv"]
    {
        std::fs::write(at(file), DATA).unwrap();
    }
    let closed = Roots { root: at("project"), ..Roots::here(at("project/experiments/x")) };
    let open = Roots { data_dir: Some(at("open")), ..closed.clone() };
    let absolute = |path: &str| at(path).display().to_string();

    for path in ["d.csv", "./d.csv", "../../data/d.csv", "../x/d.csv", &absolute("project/data/d.csv")] {
        load(&closed, path, "here").unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    for path in ["../../../d.csv", "../../../project-else/d.csv", &absolute("open/deep/d.csv"), "/etc/passwd"] {
        let error = load(&closed, path, "here").unwrap_err();
        assert!(matches!(&error, DataError::Outside { .. }), "{path}: {error}");
        let text = error.to_string();
        assert!(text.starts_with(&format!("`{path}` leads to `/")) && text.contains("`--data-dir FOLDER`"), "{text}");
    }
    for (path, from) in
        [("deep/d.csv", "data_dir"), (&absolute("open/deep/d.csv"), "here"), ("../open/deep/d.csv", "data_dir")]
    {
        load(&open, path, from).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    for (path, from) in [("../d.csv", "data_dir"), ("../project-else/d.csv", "data_dir"), ("../../../d.csv", "here")] {
        assert!(matches!(load(&open, path, from), Err(DataError::Outside { .. })), "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_project_leads_nowhere_else_and_one_in_the_data_folder_where_its_owner_wants() {
    use std::os::unix::fs::symlink;
    let (project, data, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(other.path().join("secret.csv"), DATA).unwrap();
    symlink(other.path().join("secret.csv"), project.path().join("d.csv")).unwrap();
    symlink(other.path(), project.path().join("folder")).unwrap();
    symlink(other.path().join("secret.csv"), data.path().join("d.csv")).unwrap();
    let roots = Roots { data_dir: Some(data.path().into()), ..Roots::here(project.path()) };
    for path in ["d.csv", "folder/secret.csv"] {
        assert!(matches!(load(&roots, path, "here"), Err(DataError::Outside { .. })), "{path}");
    }
    load(&roots, "d.csv", "data_dir").unwrap();
    let opened = Roots { data_dir: Some(other.path().into()), ..roots };
    load(&opened, "d.csv", "here").unwrap();
    // A split file is a file too.
    let json =
        serde_json::json!({ "csv": { "path": "own.csv", "target": "y", "split": { "files": { "test": "d.csv" } } } });
    std::fs::write(project.path().join("own.csv"), DATA).unwrap();
    let error = serde_json::from_value::<AnyDataset>(json).unwrap().load(&Roots::here(project.path())).unwrap_err();
    assert!(matches!(error, DataError::Outside { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_device_and_a_pipe_are_no_data_files() {
    let open = Roots { data_dir: Some("/dev".into()), ..Roots::here("/dev") };
    for path in ["/dev/zero", "/dev/full"] {
        let text = load(&open, path, "here").unwrap_err().to_string();
        assert!(text.ends_with("can't be read: it is no regular file"), "{text}");
    }
}

#[test]
fn a_file_of_four_gibibytes_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("d.csv")).unwrap();
    // It has a hole: no disk is filled.
    file.set_len(4 << 30).unwrap();
    let text = load(&Roots::here(folder.path()), "d.csv", "here").unwrap_err().to_string();
    assert!(text.ends_with("it is larger than 1 GiB, and data are held in memory"), "{text}");
}

#[test]
fn a_message_quotes_the_beginning_of_a_long_cell_or_name() {
    let cell = "x".repeat(1_000_000);
    let file = File::new(&format!("a,y\n{cell},1\n"));
    let text = file.error(r#""target": "y", "split": "none""#);
    assert!(text.contains(&format!("expected a number, found `{}…`", "x".repeat(80))) && text.len() < 300, "{text}");
    let file = File::new(&format!("{cell},b\n1,2\n"));
    assert!(file.error(r#""target": "y", "split": "none""#).len() < 400);
}

#[test]
fn a_column_of_names_is_not_made_a_million_indicators() {
    let rows: String = (0..20_000).map(|i| format!("name{i},{i}\n")).collect();
    let file = File::new(&format!("a,y\n{rows}"));
    let text = file.error(r#""target": "y", "categorical": ["a"], "split": "none""#);
    assert!(
        text.starts_with("`d.csv` is too large: with an indicator for each level of `a`, it has 20000 features"),
        "{text}"
    );
    let wide: Vec<String> = (0..70_000).map(|j| format!("c{j}")).collect();
    let text = File::new(&format!("{}\n", wide.join(","))).error(r#""target": 0, "split": "none""#);
    assert_eq!(text, "`d.csv`: it has 70000 columns, more than 65536");
}

#[test]
fn huge_generators_are_refused_before_a_number_is_drawn() {
    let start = std::time::Instant::now();
    for name in
        AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT).filter(|(name, about)| about.rows.is_none() && **name != "csv")
    {
        let name = name.0;
        for keys in [
            r#""n": 100000000, "replicates": 1"#,
            r#""n": 100000000, "test_n": 100000000, "replicates": 100000"#,
            r#""test_n": 134217728"#,
        ] {
            let set = dataset(&format!(r#"{{ "{name}": {{ {keys} }} }}"#));
            let text = set.load(&Roots::here(".")).unwrap_err().to_string();
            assert!(text.contains("are more than the 134217728 numbers that a data set may hold"), "{text}");
        }
        for keys in [r#""n": 1000000000000"#, r#""replicates": 18446744073709551615"#, r#""test_n": 9000000000"#] {
            let json = format!(r#"{{ "{name}": {{ {keys} }} }}"#);
            let text = serde_json::from_str::<AnyDataset>(&json).unwrap_err().to_string();
            assert!(text.starts_with("expected a whole number from 1 to "), "{text}");
        }
    }
    assert!(serde_json::from_str::<AnyDataset>(r#"{ "linear_gaussian": { "dim": 1000000000 } }"#).is_err());
    let many = dataset(r#"{ "many_class": { "dim": 60000, "classes": 60000 } }"#);
    assert!(matches!(many.load(&Roots::here(".")), Err(DataError::Size { .. })));
    assert!(start.elapsed().as_secs() < 10, "nothing was drawn");
}

#[test]
fn splits_that_no_memory_holds_are_refused_before_they_are_drawn() {
    let rows: String = (0..3_000).map(|i| format!("{i},{}\n", i % 7)).collect();
    let file = File::new(&format!("a,y\n{rows}"));
    let text = file.error(r#""target": "y", "split": { "random": { "k": 100000 } }"#);
    assert_eq!(
        text,
        "`d` is too large: 100000 splits of 3000 rows are more than the 134217728 places that splits may hold"
    );
    let json = r#"{ "csv": { "path": "d.csv", "target": "y", "split": { "random": { "k": 1000000000 } } } }"#;
    let text = serde_json::from_str::<AnyDataset>(json).unwrap_err().to_string();
    assert!(text.starts_with("expected a whole number from 1 to 100000, found 1000000000"), "{text}");
    file.load(r#""target": "y", "split": { "kfold": { "k": 3000 } }"#).expect("leaving one out is fine");
}
