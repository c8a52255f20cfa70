//! The file of `surprisal bench`: it is read as it was written, compared with care, and shown.

use std::collections::BTreeMap;
use surprisal_bench::{
    Estimate, Header, Kernels, Row, SCHEMA, Variant, Verdict, compare, goals, render, roofline, verdict,
};

fn header() -> Header {
    Header {
        cpu: "A CPU".into(),
        isa: "avx2".into(),
        allocator: "glibc".into(),
        load: [0.25, 1.0],
        date: "2026-01-02T03:04:05Z".into(),
        core: Some(1),
        versions: BTreeMap::from([("candle-core".into(), "0.11.1".into())]),
        peak_gflops: 100.0,
        rounds: (15, 5.0, 3),
        domain: "somewhere".into(),
    }
}

/// A row of the Gaussian with a fixed scale; 12 bytes and 5 operations an element.
fn row(variant: Variant, n: usize, ns: f64, times_fused: f64) -> Row {
    let timed = |x: f64| Estimate { value: x, low: 0.99 * x, high: 1.01 * x };
    Row {
        family: "gaussian".into(),
        parameters: "location".into(),
        variant,
        dtype: "f32".into(),
        isa: (variant == Variant::Fused).then(|| "avx2".into()),
        threads: 1,
        n,
        ns_per_element: Some(ns),
        ns_interval: Some([0.99 * ns, 1.01 * ns]),
        bytes_per_element: 12.0,
        flop_per_element: 5.0,
        memcpy_ratio: Some(1.3),
        fused_ratio: Some(timed(times_fused)),
        max_ulp: Some(1.5),
        max_nat_error: Some(2.5e-7),
        note: None,
    }
}

fn file() -> Kernels {
    let mut ambiguous = row(Variant::Candle, 1 << 17, 20.0, 100.0);
    (ambiguous.fused_ratio, ambiguous.memcpy_ratio) = (None, None);
    ambiguous.note = Some("ambiguous".into());
    let mut absent = row(Variant::Jax, 1 << 17, 1.0, 1.0);
    (absent.ns_per_element, absent.ns_interval, absent.fused_ratio) = (None, None, None);
    absent.note = Some("no such op".into());
    let rows = vec![
        row(Variant::Fused, 4096, 0.2, 1.0),
        row(Variant::Naive, 4096, 0.6, 3.0),
        row(Variant::Memcpy, 4096, 0.05, 0.25),
        row(Variant::Fused, 1 << 17, 0.2, 1.0),
        ambiguous,
        row(Variant::CandleTuned, 1 << 17, 2.0, 10.0),
        absent,
        row(Variant::Fused, 1 << 24, 1.0, 1.0),
    ];
    Kernels { schema: SCHEMA, header: header(), rows }
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let text = file().write();
    assert_eq!(Kernels::read(&text).expect("a file"), file());
    assert_eq!(text.lines().filter(|line| line.starts_with("    {")).count(), file().rows.len(), "a row is a line");
    let first = text.replace("\"schema\": 1", "\"schema\": 2");
    assert_eq!(Kernels::read(&first), Err("expected `\"schema\": 1`, found 2".into()));
    assert!(Kernels::read("{").expect_err("no JSON").starts_with("it is no JSON"));
    let more = text.replace("\"threads\":1", "\"threads\":1,\"speed\":2");
    assert!(Kernels::read(&more).expect_err("an unknown key").contains("speed"));
}

#[test]
fn a_file_compared_with_itself_is_ambiguous_and_a_real_difference_is_not() {
    let (a, same) = (row(Variant::Fused, 4096, 0.2, 1.0), row(Variant::Fused, 4096, 0.203, 1.0));
    assert!(matches!(verdict(&a, &a), Some((_, Verdict::Ambiguous))));
    assert!(matches!(verdict(&a, &same), Some((_, Verdict::Ambiguous))));
    let slower = row(Variant::Fused, 4096, 0.21, 1.0);
    assert!(matches!(verdict(&a, &slower), Some((_, Verdict::Slower(low, high))) if low > 1.0 && high < 1.08));
    assert!(matches!(verdict(&slower, &a), Some((_, Verdict::Faster(..)))));
    let unsure = Row { note: Some("ambiguous".into()), ..slower };
    assert!(matches!(verdict(&a, &unsure), Some((_, Verdict::Ambiguous))), "what is ambiguous itself tells nothing");
    let absent = Row { ns_per_element: None, ns_interval: None, ..a.clone() };
    assert_eq!(verdict(&a, &absent), None);
    let table = compare(&file(), &file(), 160);
    assert_eq!(table.matches("ambiguous").count(), file().rows.len() - 1, "{table}");
    assert!(!table.contains("faster") && !table.contains("slower"), "{table}");
}

#[test]
fn two_cpus_are_told_apart() {
    let mut other = file();
    other.header.cpu = "Another".into();
    assert!(compare(&file(), &other, 160).starts_with("note: another CPU: A CPU, Another\n"));
}

#[test]
fn tables_say_what_was_measured_and_by_how_much_goals_are_missed() {
    insta::assert_snapshot!(format!("{}\n{}", render(&file(), 170), goals(&file(), 170)));
}

#[test]
fn the_roofline_has_a_roof_and_a_point_for_each_size() {
    let svg = roofline(&file(), "f32").expect("a figure");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert_eq!(svg.matches("<circle").count(), 3);
    assert!(svg.contains("gaussian (location)") && svg.contains("FLOP per byte"));
    assert!(roofline(&file(), "f64").is_err());
}
