//! Generators: their tables come from the truth they tell, and never change.

mod common;

use common::dataset;
use surprisal_data::{AnyDataset, Loaded, Roots, Table};
use surprisal_density::Support;

fn load(json: &str) -> Loaded {
    dataset(json).load(&Roots::here(".")).unwrap()
}

fn generators() -> Vec<&'static str> {
    let all = AnyDataset::NAMES.iter().zip(AnyDataset::ABOUT);
    all.filter(|(_, about)| about.licence == "generated").map(|(name, _)| *name).collect()
}

#[test]
fn replicates_are_independent_and_reproducible() {
    for name in generators() {
        let some = load(&format!(r#"{{ "{name}": {{ "n": 20, "test_n": 10, "replicates": 2 }} }}"#));
        let more = load(&format!(r#"{{ "{name}": {{ "n": 20, "test_n": 10, "replicates": 3 }} }}"#));
        assert_eq!(some.tables[..], more.tables[..2], "{name}");
        let mut hashes: Vec<_> = more.tables.iter().map(|table| &table.hash).collect();
        hashes.dedup();
        assert_eq!(hashes.len(), 3);
        let other = load(&format!(r#"{{ "{name}": {{ "n": 20, "test_n": 10, "replicates": 2, "seed": 1 }} }}"#));
        assert!(other.tables.iter().all(|table| more.tables.iter().all(|it| it.x != table.x)));
        assert!(!more.overlapping && more.units() == 3);
        assert_eq!(more.unit(2), (&more.tables[2], &more.splits[2]));
    }
}

#[test]
fn a_larger_n_keeps_the_rows_of_a_smaller_one_and_the_same_test_rows() {
    for name in generators() {
        let few = load(&format!(r#"{{ "{name}": {{ "n": 10, "test_n": 5, "replicates": 1 }} }}"#)).tables.remove(0);
        let many = load(&format!(r#"{{ "{name}": {{ "n": 30, "test_n": 5, "replicates": 1 }} }}"#)).tables.remove(0);
        let d = few.dim();
        assert_eq!(few.x[..10 * d], many.x[..10 * d], "{name}");
        assert_eq!(few.y[..10], many.y[..10], "{name}");
        assert_eq!(few.x[10 * d..], many.x[30 * d..], "{name}");
        assert_eq!(few.y[10..], many.y[30..], "{name}");
    }
}

/// z of the mean of a sum of independent terms.
fn z(terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut sum, mut variance) = (0.0, 0.0);
    terms.for_each(|(term, own)| (sum, variance) = (sum + term, variance + own));
    sum / variance.sqrt()
}

#[test]
fn targets_have_the_moments_or_frequencies_of_their_truth() {
    for name in generators() {
        let loaded = load(&format!(r#"{{ "{name}": {{ "n": 1500, "test_n": 500, "replicates": 3 }} }}"#));
        let rows = || {
            let tables = loaded.tables.iter();
            tables.flat_map(|table: &Table| table.y.iter().copied().zip(table.truth.as_ref().unwrap()))
        };
        let support = rows().next().unwrap().1.family.support();
        if let Support::Classes(classes) = support {
            for class in 0..classes.unwrap() {
                let probability = |y: f64, truth: &surprisal_data::Truth| {
                    let p = libm::exp(-truth.family.nll(&truth.at, class as f64));
                    (f64::from(u8::from(y == class as f64)) - p, p * (1.0 - p))
                };
                let z = z(rows().map(|(y, truth)| probability(y, truth)));
                assert!(z.abs() < 4.0, "{name} class {class}: {z}");
            }
            continue;
        }
        let residual = |y: f64, truth: &surprisal_data::Truth| {
            let (mean, variance) = (truth.family.mean(&truth.at).unwrap(), truth.family.variance(&truth.at).unwrap());
            (y - mean, variance)
        };
        let z1 = z(rows().map(|(y, truth)| residual(y, truth)));
        assert!(z1.abs() < 4.0, "{name}: {z1}");
        // Half of the targets at most are below the median of their truth, and half above.
        let side = |y: f64, truth: &surprisal_data::Truth| {
            let below = truth.family.cdf(&truth.at, truth.family.median(&truth.at));
            (f64::from(u8::from(y <= truth.family.median(&truth.at))) - below, below * (1.0 - below))
        };
        let z2 = z(rows().map(|(y, truth)| side(y, truth)));
        assert!(z2.abs() < 4.0, "{name}: {z2}");
        // The spread: P(Y ≤ q90) as well.
        let tail = |y: f64, truth: &surprisal_data::Truth| {
            let q = truth.family.quantile(&truth.at, 0.9);
            let below = truth.family.cdf(&truth.at, q);
            (f64::from(u8::from(y <= q)) - below, below * (1.0 - below))
        };
        let z3 = z(rows().map(|(y, truth)| tail(y, truth)));
        assert!(z3.abs() < 4.0, "{name}: {z3}");
    }
}

#[test]
fn heavy_tails_are_those_of_the_student_t_for_every_nu() {
    for nu in ["0.7", "3", "1e6"] {
        let json = format!(r#"{{ "heavy_tails": {{ "nu": {nu}, "tau": 0, "n": 4000, "replicates": 1 }} }}"#);
        let table = load(&json).tables.remove(0);
        let truth = &table.truth.as_ref().unwrap()[0];
        let mut pit: Vec<f64> = table.y.iter().map(|&y| truth.family.cdf(&truth.at, y)).collect();
        pit.sort_by(f64::total_cmp);
        // Kolmogorov & Smirnov: 1.95 / √n at one in a thousand.
        let n = pit.len() as f64;
        let distance = pit.iter().enumerate().map(|(i, u)| (u - (i as f64 + 0.5) / n).abs()).fold(0.0, f64::max);
        assert!(distance < 1.95 / n.sqrt(), "{nu}: {distance}");
    }
}

#[test]
fn keys_reach_the_truth() {
    let truth = |json: &str| load(json).tables.remove(0).truth.unwrap();
    let line = truth(r#"{ "linear_gaussian": { "tau": 0, "noise": 0.25, "replicates": 1 } }"#);
    assert!(line.iter().all(|truth| truth.at == [0.0, 0.25] && truth.family.name() == "gaussian"));
    let tails = truth(r#"{ "heavy_tails": { "tau": 0, "nu": 2.5, "scale": 0.5, "replicates": 1 } }"#);
    assert!(tails.iter().all(|truth| truth.at == [0.0, 2.5, 0.5]));
    let counts = truth(r#"{ "overdispersed_counts": { "tau": 0, "rate": 3, "dispersion": 0.7, "replicates": 1 } }"#);
    assert!(counts.iter().all(|truth| truth.at == [3.0, 0.7]));
    let sine = load(r#"{ "heteroscedastic_sine": { "low": 0.1, "high": 1, "replicates": 1 } }"#).tables.remove(0);
    assert!(sine.x.iter().all(|x| x.abs() < 3.0));
    assert!(sine.truth.unwrap().iter().all(|truth| (0.1..=1.0).contains(&truth.at[1])));
    let classes = load(r#"{ "many_class": { "classes": 3, "dim": 2, "replicates": 1 } }"#).tables.remove(0);
    assert_eq!((classes.classes.len(), classes.dim(), classes.truth.unwrap()[0].at.len()), (3, 2, 3));
    let fail = |json: &str| serde_json::from_str::<AnyDataset>(json).unwrap_err().to_string();
    assert!(fail(r#"{ "linear_gaussian": { "noise": 0 } }"#).starts_with("expected a number greater than 0, found 0"));
    assert!(fail(r#"{ "heavy_tails": { "nu": 0.5 } }"#).starts_with("expected a number greater than 0.5, found 0.5"));
    assert!(fail(r#"{ "linear_gaussian": { "split": "none" } }"#).starts_with("unknown field `split`"));
}

#[test]
fn a_kind_that_the_truth_has_no_density_for_is_refused() {
    let error = |json: &str| dataset(json).load(&Roots::here(".")).unwrap_err().to_string();
    load(r#"{ "poisson_counts": { "kind": "real", "replicates": 1 } }"#);
    assert_eq!(
        error(r#"{ "poisson_counts": { "kind": "class", "replicates": 1 } }"#),
        "the target `y` of `poisson_counts` is declared `class`: a label is no number, take a likelihood for classes"
    );
    assert!(
        error(r#"{ "linear_gaussian": { "kind": "positive" } }"#).contains("declared `kind: positive`, so expected")
    );
}

/// Name, the hash and the first draws of replicate 1 with n = 4, test_n = 2: records rest on these bits.
const GOLDEN: &[(&str, &str, [f64; 2], [f64; 3])] = &[
    (
        "linear_gaussian",
        "10fa34d596f45e00b17d2b4a2be60f79ecd885331a3ace3bdabdc5a7ea05c7f3",
        [0.33617680830595437, -0.8987666850248194],
        [1.988586260982161, 3.814973231655744, 2.0771428462706654],
    ),
    (
        "heteroscedastic_sine",
        "28b235c78261e5a475c68626749e4ec021df866d2f5867f238f7965c889d3078",
        [2.786764563476965, -0.5467555359388777],
        [0.1941605939383853, -0.5096255231637609, -0.9255480024883412],
    ),
    (
        "heavy_tails",
        "38ffb9bf805ba43cb1cf59e148e82df04726aa6cf915714309fdf11289acc85e",
        [-0.337068956213812, 1.2692454563417266],
        [0.9203171500348953, -2.699712397653885, 1.0802049984391213],
    ),
    (
        "poisson_counts",
        "98d69c22f006ca9ccf39f2da1c216a765345d3cb017b32050972c65ca0107a15",
        [0.6291330576751895, 0.5958141514389538],
        [0.0, 1.0, 0.0],
    ),
    (
        "overdispersed_counts",
        "31890536a5023dc8dc61ba8542edbf0718a88b9f8ec622a4acad3a17837f3f49",
        [1.090375034216058, 0.5480055330265013],
        [1.0, 0.0, 7.0],
    ),
    (
        "two_class",
        "d2eed95ca28f1ef206ce9e28b9ef9b350e5a7bb2aa4cf952b4792b5551710e27",
        [1.2319332358677635, -0.3447924592372741],
        [1.0, 1.0, 1.0],
    ),
    (
        "many_class",
        "3898558634fb6ca2030b0a099c6da388a40e13b0a4c086a24628bb6b1bd51eb9",
        [0.7003121137476622, -0.7515036208874226],
        [3.0, 3.0, 1.0],
    ),
];

#[test]
fn tables_are_the_ones_of_the_records() {
    let mut found = String::new();
    let mut same = GOLDEN.len() == generators().len();
    for (k, name) in generators().into_iter().enumerate() {
        let table = load(&format!(r#"{{ "{name}": {{ "n": 4, "test_n": 2, "replicates": 2 }} }}"#)).tables.remove(1);
        let (x, y) = ([table.x[0], table.x[1]], [table.y[0], table.y[1], table.y[2]]);
        found += &format!("    (\"{name}\", \"{}\", {x:?}, {y:?}),\n", table.hash);
        same &= GOLDEN.get(k).is_some_and(|golden| *golden == (name, table.hash.as_str(), x, y));
    }
    assert!(same, "the tables changed; they are now\n{found}");
}
