//! C text with `@NAMES@` to fill in.

use super::dtype::Precision;

/// Fills the names of a template.
pub(super) fn fill(template: &str, names: &[(&str, &str)]) -> String {
    names.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), value))
}

/// What every kernel needs before it: both precisions of the elementary functions, the special ones, and sums.
pub(super) fn library() -> String {
    let special = fill(include_str!("text/special.h"), &[("LN_SQRT_TAU", "0.9189385332046728")]);
    [
        include_str!("text/prelude.h"),
        &elementary(Precision::Single),
        &elementary(Precision::Double),
        &special,
        include_str!("text/sums.h"),
        &for_precision(include_str!("text/classes.h"), Precision::Single),
        &for_precision(include_str!("text/classes.h"), Precision::Double),
    ]
    .concat()
}

/// Fills a template that is written for either precision.
pub(super) fn for_precision(template: &str, precision: Precision) -> String {
    fill(template, &[("R", precision.c()), ("B", precision.bits())])
}

fn elementary(precision: Precision) -> String {
    let literal = |c: f64| precision.literal(c);
    let single = precision == Precision::Single;
    // 1/n! for n ≥ 2, and 2/(2n + 1) for n ≥ 1: as many as the precision can see.
    let factorials = (2..if single { 8 } else { 14 }).map(|n| 1.0 / (1..=n).map(f64::from).product::<f64>());
    let odd = (1..if single { 6 } else { 12 }).map(|n| 2.0 / f64::from(2 * n + 1));
    let fma = if single { "FMAF" } else { "FMA" };
    let series = |terms: Vec<f64>, x: &str| {
        let mut lines = terms.iter().rev().map(|&c| literal(c));
        let first = lines.next().expect("terms");
        let rest: String = lines.map(|c| format!("  p = {fma}(p, {x}, {c});\n")).collect();
        format!("  {} p = {first};\n{}", precision.c(), rest.trim_end())
    };
    let pick = |a: &'static str, b: &'static str| if single { a } else { b };
    fill(
        &for_precision(include_str!("text/elementary.h"), precision),
        &[
            ("U", pick("unsigned", "unsigned long long")),
            ("S", pick("int", "i64")),
            ("FMA", fma),
            ("MANTISSA", pick("23", "52")),
            ("BIAS", pick("127", "1023")),
            ("SQRT_HALF", pick("0x3f3504f3u", "0x3fe6a09e667f3bcdull")),
            ("MIN_NORMAL", &literal(if single { f64::from(f32::MIN_POSITIVE) } else { f64::MIN_POSITIVE })),
            // 1.5 · 2^mantissa
            ("MAGIC", &literal(if single { 12_582_912.0 } else { 6_755_399_441_055_744.0 })),
            ("LOG2_E", &literal(std::f64::consts::LOG2_E)),
            // The upper part has zeros at its end: k times it is exact.
            ("LN_2_HIGH", pick("0x1.62e4p-1f", "0x1.62e42feep-1")),
            ("LN_2_LOW", pick("0x1.7f7d1cp-20f", "0x1.a39ef35793c76p-33")),
            ("EXP_LOW", pick("-104", "-746")),
            ("EXP_HIGH", pick("89", "710")),
            ("EXP_SERIES", &series(factorials.collect(), "r")),
            ("LN_SERIES", &series(odd.collect(), "w")),
        ],
    )
}
