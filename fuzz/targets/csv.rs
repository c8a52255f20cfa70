//! A data file from a stranger: it becomes a table of finite numbers with valid splits, or a sentence.
#![no_main]

use libfuzzer_sys::fuzz_target;
use surprisal_data::dataset::{Column, Csv, Delimiter, Missing};
use surprisal_data::{AnyDataset, Kfold, Roots, SplitRule, TargetKind};

/// The keys of the data set, from the first two bytes.
fn keys(a: u8, b: u8) -> Csv {
    let AnyDataset::Csv(mut csv) = serde_json::from_str(r#"{ "csv": { "path": "a.csv", "target": 0 } }"#).unwrap()
    else {
        unreachable!("it says csv")
    };
    csv.delimiter = [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Whitespace][usize::from(a & 3)];
    csv.header = a & 4 == 0;
    csv.missing = if a & 8 == 0 { Missing::Refuse } else { Missing::DropRows };
    csv.categorical = if a & 16 == 0 { vec![] } else { vec![Column::Index(1)] };
    csv.weight = (a & 32 != 0).then_some(Column::Index(2));
    csv.group = (a & 64 != 0).then_some(Column::Index(3));
    csv.kind = [
        None,
        Some(TargetKind::Real),
        Some(TargetKind::Positive),
        Some(TargetKind::Count),
        Some(TargetKind::Class),
        Some(TargetKind::Ordinal),
    ][usize::from(b) % 6];
    csv.split = match b / 6 % 3 {
        0 => SplitRule::None,
        1 => SplitRule::default(),
        _ => SplitRule::Kfold(Kfold { k: 2, seed: 0, groups: None }),
    };
    csv
}

fuzz_target!(|bytes: &[u8]| {
    let [a, b, file @ ..] = bytes else { return };
    let Ok(loaded) = keys(*a, *b).read("a.csv", file.to_vec(), &Roots::here("/nowhere")) else { return };
    for unit in 0..loaded.units() {
        let (table, split) = loaded.unit(unit);
        assert_eq!(table.x.len(), table.rows() * table.dim());
        assert!(table.x.iter().chain(&table.y).all(|x| x.is_finite()));
        let mut rows: Vec<usize> = split.train.iter().chain(&split.test).copied().collect();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..table.rows()));
    }
});
