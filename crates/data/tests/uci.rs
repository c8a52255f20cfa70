//! The UCI configurations: always readable; with `SURPRISAL_DATA_DIR` also loaded and counted.

use std::path::{Path, PathBuf};
use surprisal_data::{AnyDataset, Note, Roots, TargetKind};

fn configs() -> Vec<(String, AnyDataset)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/dataset/uci");
    let Ok(files) = std::fs::read_dir(&folder) else { return vec![] };
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let read = |path: PathBuf| {
        let value: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let dataset = serde_json::from_value(value).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), dataset)
    };
    paths.into_iter().map(read).collect()
}

/// Name, n, d, splits, duplicate rows, lattice levels (0: none), constant columns.
const KNOWN: [(&str, usize, usize, usize, usize, usize, usize); 9] = [
    ("boston", 506, 13, 20, 0, 0, 0),
    ("concrete", 1030, 8, 20, 25, 0, 0),
    ("energy", 768, 8, 20, 0, 0, 0),
    ("kin8nm", 8192, 8, 20, 0, 0, 0),
    ("naval", 11934, 16, 20, 0, 51, 2),
    ("power", 9568, 4, 20, 41, 0, 0),
    ("protein", 45730, 9, 5, 1711, 0, 0),
    ("wine-red", 1599, 11, 20, 240, 6, 0),
    ("yacht", 308, 6, 20, 0, 0, 0),
];

#[test]
fn every_uci_set_has_a_configuration_with_checksums_licence_citation_and_source() {
    let configs = configs();
    assert_eq!(configs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), KNOWN.map(|known| known.0));
    for (name, set) in configs {
        assert_eq!(set.kind(), Some(TargetKind::Real), "{name}");
        let AnyDataset::Csv(csv) = set else { panic!("{name} is no csv") };
        assert!(csv.sha256.is_some() && csv.licence.is_some() && csv.citation.is_some(), "{name}");
        assert!(csv.source.unwrap().starts_with("github.com/"), "{name}");
    }
}

#[test]
fn the_files_are_the_declared_ones_with_the_published_shapes_and_splits() {
    let Ok(folder) = std::env::var("SURPRISAL_DATA_DIR") else {
        println!("skipped: SURPRISAL_DATA_DIR does not name the folder of the UCI files");
        return;
    };
    let roots = Roots { data_dir: Some(folder.into()), ..Roots::here(".") };
    for ((_, set), (name, n, d, splits, duplicates, levels, constant)) in configs().into_iter().zip(KNOWN) {
        let loaded = set.load(&roots).unwrap_or_else(|error| panic!("{name}: {error}"));
        let table = &loaded.tables[0];
        assert_eq!((table.rows(), table.dim(), loaded.units()), (n, d, splits), "{name}");
        let share = if name == "protein" { n - (0.9 * n as f64).round() as usize } else { loaded.splits[0].test.len() };
        assert!(loaded.splits.iter().all(|split| split.test.len() == share && split.train.len() == n - share));
        assert!((share as f64 - 0.1 * n as f64).abs() <= 1.0, "{name}");
        let mut notes = vec![];
        if levels > 0 {
            notes.push(Note::Lattice { levels });
        }
        if duplicates > 0 {
            notes.push(Note::DuplicateRows { rows: duplicates });
        }
        assert_eq!(table.notes[..notes.len()], notes, "{name}");
        assert_eq!(table.notes.len() - notes.len(), constant, "{name}");
    }
}

/// The linear column of the published benchmark, by least squares: data, splits and scaling all have to be right.
#[test]
fn least_squares_on_yacht_gives_the_known_error() {
    let Ok(folder) = std::env::var("SURPRISAL_DATA_DIR") else {
        println!("skipped: SURPRISAL_DATA_DIR does not name the folder of the UCI files");
        return;
    };
    let roots = Roots { data_dir: Some(folder.into()), ..Roots::here(".") };
    let yacht = configs().into_iter().find(|(name, _)| name == "yacht").unwrap().1;
    let loaded = yacht.load(&roots).unwrap();
    let errors = (0..loaded.units()).map(|k| {
        let (table, split) = loaded.unit(k);
        let scale = surprisal_data::Scale::fit(table, &split.train, true, true);
        let (x, y) = (scale.x(table, &split.train), scale.y(table, &split.train));
        let d = table.dim();
        // Standardised columns are orthogonal to the intercept, which is 0.
        let mut a = vec![vec![0.0; d + 1]; d];
        for (row, y) in x.chunks(d).zip(&y) {
            for i in 0..d {
                (0..d).for_each(|j| a[i][j] += row[i] * row[j]);
                a[i][d] += row[i] * y;
            }
        }
        for i in 0..d {
            let pivot = a[i].clone();
            for other in (0..d).filter(|&other| other != i) {
                let factor = a[other][i] / pivot[i];
                a[other].iter_mut().zip(&pivot).for_each(|(cell, p)| *cell -= factor * p);
            }
        }
        let weight: Vec<f64> = (0..d).map(|i| a[i][d] / a[i][i]).collect();
        let (x, y) = (scale.x(table, &split.test), scale.y(table, &split.test));
        let error = |(row, y): (&[f64], &f64)| y - row.iter().zip(&weight).map(|(x, w)| x * w).sum::<f64>();
        let squares: f64 = x.chunks(d).zip(&y).map(error).map(|e| e * e).sum();
        scale.y_sd * (squares / y.len() as f64).sqrt()
    });
    let mean = errors.sum::<f64>() / loaded.units() as f64;
    assert!((mean - 8.969).abs() < 1e-3, "{mean}");
}
