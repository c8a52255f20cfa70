//! What holds for every data set in the registry.

mod common;

use common::{dataset, every};
use surprisal_data::{AnyDataset, Note, Roots, Scale, Table, TargetKind};

#[test]
fn names_are_the_keys_and_every_set_says_what_it_is() {
    for ((name, about), keys) in AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT).zip(AnyDataset::KEYS) {
        assert!(!about.what.is_empty() && !about.licence.is_empty() && !about.citation.is_empty());
        let stored = about.licence != "generated";
        assert_eq!(keys.contains(&"split"), stored, "{name}");
        assert!(keys.contains(&"standardise") && keys.contains(&"kind"), "{name}");
    }
    let (_folder, _, sets) = every();
    for (set, name) in sets.iter().zip(AnyDataset::NAMES) {
        assert_eq!(set.name(), *name);
        let json = serde_json::to_value(set).unwrap();
        assert_eq!(json.as_object().unwrap().keys().next().unwrap(), name);
        assert_eq!(&serde_json::from_value::<AnyDataset>(json).unwrap(), set);
    }
}

#[test]
fn shapes_are_the_declared_ones_and_all_numbers_are_finite() {
    let (_folder, roots, sets) = every();
    for set in sets {
        let loaded = set.load(&roots).unwrap();
        assert!(loaded.tables.len() == 1 || loaded.tables.len() == loaded.units());
        for table in &loaded.tables {
            let about = set.about();
            assert_eq!(about.rows.unwrap_or(table.rows()), table.rows(), "{}", set.name());
            assert_eq!(about.features.unwrap_or(table.dim()), table.dim(), "{}", set.name());
            assert_eq!(table.x.len(), table.rows() * table.dim());
            assert!(table.x.iter().chain(&table.y).all(|x| x.is_finite()));
            assert_eq!(table.kind, set.kind());
            let support = table.kind.unwrap().support();
            table.check_support(support).unwrap();
            assert_eq!(table.classes.is_empty(), !table.kind.unwrap().is_labelled());
        }
    }
}

#[test]
fn a_reload_gives_the_same_bits_and_hash() {
    let (_folder, roots, sets) = every();
    for set in sets {
        assert_eq!(set.load(&roots).unwrap(), set.load(&roots).unwrap(), "{}", set.name());
    }
}

#[test]
fn the_hash_changes_with_one_bit_of_anything_a_run_can_see_and_with_nothing_else() {
    let (_folder, roots, sets) = every();
    for set in sets {
        let table = set.load(&roots).unwrap().tables.remove(0);
        let flip = |x: f64| f64::from_bits(x.to_bits() ^ 1);
        let n = table.rows();
        let changes: Vec<fn(&mut Table)> = vec![
            |t| t.features[0].push('x'),
            |t| t.target.push('x'),
            |t| t.kind = None,
            |t| t.classes.push("more".into()),
            |t| t.weight = Some(vec![1.0; t.rows()]),
            |t| t.offset = Some(vec![1.0; t.rows()]),
            |t| t.group = Some(vec![1; t.rows()]),
        ];
        let mut hashes = vec![table.hash.clone()];
        for change in changes {
            let mut other = table.clone();
            change(&mut other);
            hashes.push(other.seal().hash);
        }
        for at in [0, n / 2, n - 1] {
            let mut other = table.clone();
            other.x[at * table.dim()] = flip(other.x[at * table.dim()]);
            hashes.push(other.seal().hash);
            let mut other = table.clone();
            other.y[at] = flip(other.y[at]);
            hashes.push(other.seal().hash);
        }
        let count = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), count, "{}", set.name());

        let mut renamed = table.clone();
        renamed.name = "another".into();
        renamed.places = None;
        renamed.truth = None;
        assert_eq!(renamed.seal().hash, table.hash);
    }
}

#[test]
fn a_split_is_a_partition_in_ascending_order() {
    let (_folder, roots, sets) = every();
    for set in sets {
        let loaded = set.load(&roots).unwrap();
        for k in 0..loaded.units() {
            let (table, split) = loaded.unit(k);
            assert!(split.train.is_sorted() && split.test.is_sorted());
            let mut all: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
            all.sort();
            assert_eq!(all, (0..table.rows()).collect::<Vec<_>>());
            if set.split().is_some() {
                assert_eq!(split.test.len(), (0.1 * table.rows() as f64).round() as usize);
            }
        }
        assert_eq!(loaded.overlapping, set.split().is_some());
    }
}

#[test]
fn standardised_train_columns_have_mean_0_and_sd_1() {
    let (_folder, roots, sets) = every();
    for set in sets {
        let loaded = set.load(&roots).unwrap();
        let (table, split) = loaded.unit(0);
        let scale = Scale::fit(table, &split.train, true, true);
        let (x, y, d, n) = (scale.x(table, &split.train), scale.y(table, &split.train), table.dim(), split.train.len());
        let columns = (0..d).map(|j| x.iter().skip(j).step_by(d).copied().collect::<Vec<_>>());
        for column in columns.chain([y]) {
            let mean = column.iter().sum::<f64>() / n as f64;
            let sd = (column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n as f64).sqrt();
            assert!(mean.abs() < 1e-12 && (sd - 1.0).abs() < 1e-12, "{}: {mean} {sd}", set.name());
        }
        let identity = Scale::fit(table, &split.train, false, false);
        assert_eq!(identity, Scale::identity(d));
        let rows: Vec<usize> = (0..table.rows()).collect();
        assert_eq!((identity.x(table, &rows), identity.y(table, &rows)), (table.x.clone(), table.y.clone()));
    }
}

#[test]
fn a_constant_column_is_0_on_all_rows_and_is_told() {
    let names = vec!["a".into(), "b".into()];
    let x = vec![0.1, 1.0, 0.1, 2.0, 0.1, 4.0, 7.0, 9.0];
    let table = Table::new("t", names.clone(), x.clone(), "y", vec![1.5, 2.5, 3.5, 3.0], Some(TargetKind::Real));
    let scale = Scale::fit(&table, &[0, 1, 2], true, true);
    assert_eq!(scale.constant_columns(), [0]);
    assert_eq!((scale.x_mean[0], scale.x_sd[0]), (0.1, 0.0));
    // Also on the test row, where it is 7: a weight on it learned nothing.
    assert_eq!(scale.x(&table, &[3])[0], 0.0);
    assert!(!table.notes.iter().any(|note| matches!(note, Note::ConstantColumn { .. })));
    let constant = Table::new("t", names, x[..6].to_vec(), "y", vec![1.5, 2.5, 3.5], None);
    assert_eq!(constant.notes, [Note::ConstantColumn { name: "a".into() }]);
}

#[test]
fn scaling_survives_large_means_huge_values_and_constant_targets() {
    let fit = |y: Vec<f64>| {
        let rows: Vec<usize> = (0..y.len()).collect();
        Scale::fit(&Table::new("t", vec![], vec![], "y", y, Some(TargetKind::Real)), &rows, true, true)
    };
    let scale = fit(vec![1e9 - 1.0, 1e9, 1e9 + 1.0]);
    assert!((scale.y_sd - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12 && scale.y_mean == 1e9);
    let scale = fit(vec![1e200, 3e200]);
    assert!((scale.y_sd / 1e200 - 1.0).abs() < 1e-12);
    let scale = fit(vec![0.3; 7]);
    assert_eq!((scale.y_mean, scale.y_sd), (0.3, 1.0));
}

#[test]
fn the_sets_inside_the_binary_are_the_known_ones() {
    let roots = Roots::here(".");
    let load = |name: &str| dataset(&format!(r#"{{ "{name}": {{}} }}"#)).load(&roots).unwrap().tables.remove(0);
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;

    let diabetes = load("diabetes");
    assert_eq!((diabetes.rows(), diabetes.dim()), (442, 10));
    assert!((mean(&diabetes.y) - 152.133_484_162_895_9).abs() < 1e-9);
    assert_eq!(diabetes.y[..3], [151.0, 75.0, 141.0]);
    for j in 0..10 {
        // Centred, with a sum of squares of 1: only so if no row is lost.
        let column: Vec<f64> = (0..442).map(|i| diabetes.row(i)[j]).collect();
        assert!(column.iter().sum::<f64>().abs() < 1e-12, "{j}");
        assert!((column.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12, "{j}");
    }
    assert_eq!(diabetes.notes, [Note::Lattice { levels: 214 }]);

    let iris = load("iris");
    assert_eq!((iris.rows(), iris.dim(), iris.kind), (150, 4, Some(TargetKind::Class)));
    assert_eq!(iris.classes, ["setosa", "versicolor", "virginica"]);
    assert_eq!([0.0, 1.0, 2.0].map(|k| iris.y.iter().filter(|&&y| y == k).count()), [50; 3]);
    assert_eq!(iris.row(0), [5.1, 3.5, 1.4, 0.2]);

    let wine = load("wine_quality");
    assert_eq!((wine.rows(), wine.dim(), wine.kind), (1599, 11, Some(TargetKind::Real)));
    assert_eq!(wine.notes, [Note::Lattice { levels: 6 }, Note::DuplicateRows { rows: 240 }]);
    let ordinal = dataset(r#"{ "wine_quality": { "kind": "ordinal" } }"#).load(&roots).unwrap().tables.remove(0);
    assert_eq!(ordinal.classes, ["3", "4", "5", "6", "7", "8"]);
    assert_eq!((ordinal.y[0], wine.y[0]), (2.0, 5.0));
    assert_ne!(ordinal.hash, wine.hash);
}
