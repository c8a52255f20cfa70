//! What splits promise, on tables made for it.

mod common;

use common::{File, dataset};
use surprisal_data::{Folder, InnerRule, Loaded, Roots, Split, SplitRule, Table, TargetKind, inner_split};

/// Classes in unequal shares, groups of different sizes, some duplicate rows.
fn table(n: usize) -> Table {
    let class = |i: usize| f64::from(u8::from(i % 10 >= 6) + u8::from(i % 10 == 9));
    let x = (0..n).map(|i| (i / 3 % 50) as f64 + class(i) / 4.0).collect();
    let mut table = Table::new("t", vec!["x".into()], x, "y", (0..n).map(class).collect(), Some(TargetKind::Class));
    table.group = Some((0..n).map(|i| (i * i / 17) as u64).collect());
    table.seal()
}

fn rule(json: &str) -> SplitRule {
    serde_json::from_str(json).unwrap()
}

fn split(table: &Table, json: &str) -> Loaded {
    rule(json).split(table.clone(), &Roots::here("."), Folder::Here).unwrap()
}

fn per_class(table: &Table, rows: &[usize]) -> Vec<usize> {
    (0..3).map(|k| rows.iter().filter(|&&i| table.y[i] == k as f64).count()).collect()
}

#[test]
fn random_splits_of_classes_keep_their_shares_to_a_row() {
    let table = table(203);
    let all = per_class(&table, &(0..203).collect::<Vec<_>>());
    for split in split(&table, r#"{ "random": { "k": 7, "test": 0.3, "groups": "none" } }"#).splits {
        assert_eq!(split.test.len(), 61);
        for (test, all) in per_class(&table, &split.test).into_iter().zip(&all) {
            assert!((test as f64 - 61.0 * *all as f64 / 203.0).abs() < 1.0);
        }
    }
}

#[test]
fn folds_test_every_row_once_in_equal_sizes_and_shares() {
    let table = table(203);
    let loaded = split(&table, r#"{ "kfold": { "k": 4, "groups": "none" } }"#);
    assert!(loaded.overlapping);
    let mut all: Vec<usize> = loaded.splits.iter().flat_map(|split| split.test.clone()).collect();
    all.sort();
    assert_eq!(all, (0..203).collect::<Vec<_>>());
    let sizes: Vec<usize> = loaded.splits.iter().map(|split| split.test.len()).collect();
    assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
    let classes: Vec<_> = loaded.splits.iter().map(|split| per_class(&table, &split.test)).collect();
    for k in 0..3 {
        let counts = classes.iter().map(|counts| counts[k]);
        assert!(counts.clone().max().unwrap() - counts.min().unwrap() <= 1);
    }
}

fn straddles(split: &Split, same: impl Fn(usize, usize) -> bool) -> bool {
    split.train.iter().any(|&a| split.test.iter().any(|&b| same(a, b)))
}

#[test]
fn groups_never_straddle_a_split() {
    let table = table(203);
    let group = table.group.clone().unwrap();
    for json in ["{ \"random\": {} }", "{ \"random\": { \"test\": 0.4 } }", "{ \"kfold\": { \"k\": 3 } }"] {
        for split in split(&table, json).splits {
            assert!(!straddles(&split, |a, b| group[a] == group[b]), "{json}");
        }
    }
    let same = |a: usize, b: usize| table.row(a) == table.row(b) && table.y[a] == table.y[b];
    let duplicates = split(&table, r#"{ "random": { "test": 0.4, "groups": "duplicates" } }"#).splits;
    assert!(duplicates.iter().all(|split| !straddles(split, same)));
    // The law can fail: rows on their own do straddle.
    let free = split(&table, r#"{ "random": { "test": 0.4, "groups": "none" } }"#).splits;
    assert!(free.iter().all(|split| straddles(split, same) && straddles(split, |a, b| group[a] == group[b])));
    let size = |splits: &[Split]| splits.iter().map(|s| s.test.len()).sum::<usize>() as f64 / 20.0;
    assert!((size(&duplicates) - 81.0).abs() < 8.0, "{}", size(&duplicates));
}

#[test]
fn splits_depend_on_seed_content_and_index_and_on_nothing_else() {
    let t = table(90);
    let tests = |table: &Table, json| split(table, json).splits;
    let base = tests(&t, r#"{ "random": { "k": 3 } }"#);
    assert_eq!(base[..], tests(&t, r#"{ "random": { "k": 5 } }"#)[..3]);
    assert!(base[0] != base[1] && base[1] != base[2]);
    assert_ne!(base, tests(&t, r#"{ "random": { "k": 3, "seed": 1 } }"#));
    let mut renamed = t.clone();
    renamed.name = "another".into();
    assert_eq!(base, tests(&renamed.seal(), r#"{ "random": { "k": 3 } }"#));
    let mut other = t.clone();
    other.x[0] += 1.0;
    assert_ne!(base, tests(&other.seal(), r#"{ "random": { "k": 3 } }"#));
}

#[test]
fn every_row_tests_about_equally_often() {
    let mut t = table(50);
    (t.group, t.kind) = (None, Some(TargetKind::Real));
    let splits = split(&t.seal(), r#"{ "random": { "k": 2000, "test": 0.2 } }"#).splits;
    let mut counts = [0_i32; 50];
    splits.iter().flat_map(|split| &split.test).for_each(|&row| counts[row] += 1);
    // Binomial(2000, 0.2): mean 400, sd 18.
    assert!(counts.iter().all(|count| (count - 400).abs() < 90), "{counts:?}");
}

#[test]
fn none_trains_on_all_rows_and_rows_are_taken_at_their_word() {
    let t = table(10);
    let all = split(&t, r#""none""#);
    assert_eq!((all.splits[0].train.len(), all.splits[0].test.len(), all.overlapping), (10, 0, false));
    let rows = split(&t, r#"{ "rows": { "test": [7, 2] } }"#);
    assert_eq!((rows.splits[0].test.clone(), rows.units()), (vec![2, 7], 1));
    let fail = |json| rule(json).split(t.clone(), &Roots::here("."), Folder::Here).unwrap_err().to_string();
    assert_eq!(fail(r#"{ "rows": { "test": [10] } }"#), "`t` can't be split: test row 10 is not one of the rows 0 … 9");
    assert_eq!(fail(r#"{ "rows": { "test": [1, 1] } }"#), "`t` can't be split: test row 1 is given twice");
    assert_eq!(
        fail(r#"{ "rows": { "test": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } }"#),
        "`t` can't be split: no row of 10 is left to train in split 0"
    );
    assert_eq!(
        fail(r#"{ "random": { "test": 0.01 } }"#),
        "`t` can't be split: no row of 10 is left to test in split 0"
    );
    assert_eq!(fail(r#"{ "kfold": { "k": 11 } }"#), "`t` can't be split: 11 folds of 5 rows or groups");
    let mut free = t.clone();
    free.group = None;
    let error = rule(r#"{ "random": { "groups": "column" } }"#).split(free.seal(), &Roots::here("."), Folder::Here);
    assert_eq!(
        error.unwrap_err().to_string(),
        "`t` can't be split: `groups: column` needs a group column, and the data set names none with `group`"
    );
}

#[test]
fn a_file_of_splits_has_a_line_for_each() {
    let file = File::new("a,y\n1,2\n2,3\n3,4\n4,5\n");
    file.add("splits.txt", "3 1\n\n0\n");
    let keys = r#""target": "y", "split": { "files": { "test": "splits.txt" } }"#;
    let loaded = file.load(keys).unwrap();
    let tests: Vec<_> = loaded.splits.iter().map(|split| split.test.clone()).collect();
    assert_eq!(tests, [vec![1, 3], vec![0]]);
    file.add("splits.txt", "3 1\n0 4\n");
    assert_eq!(file.error(keys), "`splits.txt`, line 2: test row 4 is not one of the rows 0 … 3");
    file.add("splits.txt", "3 one\n");
    assert_eq!(file.error(keys), "`splits.txt`, line 1: expected the zero-based numbers of test rows, found `one`");
    file.add("splits.txt", "\n");
    assert_eq!(file.error(keys), "`splits.txt`: there is no split in it");
}

#[test]
fn inner_splits_stay_inside_the_train_rows_and_are_the_same_for_every_arm() {
    let t = table(203);
    let train = split(&t, r#"{ "random": { "k": 1 } }"#).splits.remove(0).train;
    let group = t.group.clone().unwrap();
    for inner in [InnerRule::Share(0.2), InnerRule::Kfold(5)] {
        let splits = inner_split(&t, &train, inner, 3);
        assert_eq!(splits, inner_split(&t, &train, inner, 3));
        assert_ne!(splits, inner_split(&t, &train, inner, 4));
        assert_eq!(splits.len(), if inner == InnerRule::Share(0.2) { 1 } else { 5 });
        for split in &splits {
            let mut all: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
            all.sort();
            assert_eq!(all, train);
            assert!(split.test.is_sorted() && split.train.is_sorted());
            assert!(!straddles(split, |a, b| group[a] == group[b]));
        }
    }
    let mut free = t.clone();
    free.group = None;
    let free = free.seal();
    let share = &inner_split(&free, &train, InnerRule::Share(0.2), 0)[0];
    assert_eq!(share.test.len(), (0.2 * train.len() as f64).round() as usize);
    for (test, all) in per_class(&t, &share.test).into_iter().zip(per_class(&t, &train)) {
        assert!((test as f64 - 0.2 * all as f64).abs() < 1.5);
    }
    // Never a side without rows.
    let two = inner_split(&free, &train[..2], InnerRule::Share(0.01), 0);
    assert_eq!((two[0].train.len(), two[0].test.len()), (1, 1));
    assert_eq!(inner_split(&free, &train[..3], InnerRule::Kfold(10), 0).len(), 3);
    assert!(inner_split(&free, &train[..1], InnerRule::Share(0.5), 0).is_empty());
    assert!(inner_split(&free, &[], InnerRule::Kfold(3), 0).is_empty());
}

#[test]
fn shares_and_folds_are_in_range_when_read() {
    let fail = |json: &str| serde_json::from_str::<SplitRule>(json).unwrap_err().to_string();
    assert!(fail(r#"{ "random": { "test": 1.0 } }"#).starts_with("expected a number between 0 and 1, found 1"));
    assert!(fail(r#"{ "random": { "k": 0 } }"#).starts_with("expected a whole number from 1 to 100000, found 0"));
    assert!(fail(r#"{ "kfold": { "k": 1 } }"#).starts_with("expected a whole number from 2 to 100000, found 1"));
    assert!(fail(r#"{ "random": { "tests": 1 } }"#).starts_with("unknown field `tests`, expected one of `k`, `test`"));
    assert!(fail(r#"{ "rows": {} }"#).starts_with("missing field `test`"));
    let inner = |json: &str| serde_json::from_str::<InnerRule>(json);
    assert_eq!(inner(r#"{ "share": 0.2 }"#).unwrap(), InnerRule::Share(0.2));
    assert!(inner(r#"{ "share": 1.2 }"#).is_err() && inner(r#"{ "kfold": 1 }"#).is_err());
    assert_eq!(serde_json::to_string(&SplitRule::default()).unwrap(), r#"{"random":{}}"#);
    let set = dataset(r#"{ "iris": { "split": { "kfold": { "k": 3 } } } }"#);
    assert_eq!(serde_json::to_string(&set).unwrap(), r#"{"iris":{"split":{"kfold":{"k":3}}}}"#);
}
