//! Values from an independent program, `golden/make.py` (mpmath, 50 digits).

use serde::Deserialize;
use surprisal_density::{AnyFamily, Support, family, special};

/// One number that the other program computed; which one is said by the field that is there.
#[derive(Deserialize, Debug)]
struct Row {
    #[serde(default)]
    family: String,
    #[serde(default)]
    f: String,
    at: Vec<f64>,
    #[serde(default)]
    y: f64,
    #[serde(default)]
    q: f64,
    value: Option<String>,
    nll: Option<String>,
    cdf: Option<String>,
    survival: Option<String>,
    quantile: Option<String>,
    crps: Option<String>,
}

/// What went wrong, and how large the largest error was in units of the tolerance.
#[derive(Default)]
struct Report {
    checked: usize,
    wrong: Vec<String>,
}

impl Report {
    /// |got − want| ≤ tolerance · scale.
    fn check(
        &mut self,
        what: &str,
        row: &Row,
        got: f64,
        want: &Option<String>,
        tolerance: f64,
        scale: impl Fn(f64) -> f64,
    ) {
        let Some(want) = want else { return };
        let want: f64 = want.parse().unwrap();
        self.checked += 1;
        let error = (got - want).abs() / scale(want);
        if !(error <= tolerance || got == want) {
            let Row { family, f, at, y, q, .. } = row;
            self.wrong.push(format!("{family}{f} {at:?} y={y} q={q}: {what} {got:e}, not {want:e}; off by {error:.1e}, {tolerance:e} allowed"));
        }
    }
    fn finish(self, at_least: usize) {
        assert!(self.wrong.is_empty(), "{} of {}:\n{}", self.wrong.len(), self.checked, self.wrong.join("\n"));
        assert!(self.checked >= at_least, "only {} values", self.checked);
    }
}

fn rows(text: &str) -> Vec<Row> {
    serde_json::from_str(text).unwrap()
}

/// Relative above 1, absolute below.
fn mixed(want: f64) -> f64 {
    want.abs().max(1.0)
}

/// Relative; a far tail is an exponential, whose rounding grows with its exponent.
fn tail_scale(want: f64) -> f64 {
    want.abs() * (0.02 * libm::log(want).abs()).max(1.0)
}

fn named(row: &Row) -> AnyFamily {
    match AnyFamily::named(&row.family).unwrap() {
        AnyFamily::Categorical(_) => family::Categorical { classes: Some(row.at.len()), reference: None }.into(),
        other => other,
    }
}

/// The largest of the terms that the formula adds up: what rounding is relative to.
fn terms(row: &Row) -> f64 {
    match (row.family.as_str(), row.at.as_slice()) {
        ("poisson", [mean]) => mean + row.y * mean.ln_abs() + row.y * row.y.ln_abs(),
        ("negative_binomial", [mean, dispersion]) => {
            mean + row.y * (mean.ln_abs() + row.y.ln_abs() + dispersion.ln_abs())
        }
        // A rounding of y moves k (y/m − 1 − ln y/m) by k |y/m − 1|, and ln y is rounded too.
        ("gamma", [mean, shape]) => shape * (row.y / mean - 1.0).abs() * (1.0 + row.y.ln_abs()),
        _ => 0.0,
    }
}

trait LnAbs {
    fn ln_abs(self) -> f64;
}
impl LnAbs for f64 {
    fn ln_abs(self) -> f64 {
        if self == 0.0 { 0.0 } else { libm::log(self).abs() }
    }
}

#[test]
fn special_functions_match_fifty_digits() {
    let mut report = Report::default();
    for row in rows(include_str!("golden/special.json")) {
        let a = &row.at;
        let (got, tolerance) = match row.f.as_str() {
            "lgamma_d" => (special::lgamma_d(a[0], a[1] as usize), 1e-14),
            "ln_rising_d" => (special::ln_rising_d(a[0], a[1], a[2] as usize), 1e-14),
            "stirling" => (special::stirling(a[0], libm::log(a[0])), 1e-14),
            "ln_normal_cdf" => (special::ln_normal_cdf(a[0]), 1e-14),
            "normal_quantile" => (special::normal_quantile(a[0]), 1e-14),
            "gamma_p" => (special::gamma_p(a[0], a[1]), 1e-12),
            "gamma_q" => (special::gamma_q(a[0], a[1]), 1e-12),
            "beta_inc" => (special::beta_inc(a[0], a[1], a[2]), 1e-12),
            "bessel_i0_plus_i1_scaled" => (special::bessel_i0_plus_i1_scaled(a[0]), 1e-14),
            other => panic!("{other}?"),
        };
        let tail = matches!(row.f.as_str(), "gamma_p" | "gamma_q" | "beta_inc" | "ln_normal_cdf");
        report.check(
            "value",
            &row,
            got,
            &row.value,
            tolerance,
            |want| if tail { tail_scale(want) } else { mixed(want) },
        );
    }
    report.finish(300);
}

#[test]
fn families_match_fifty_digits() {
    let mut report = Report::default();
    for row in rows(include_str!("golden/continuous.json")).into_iter().chain(rows(include_str!("golden/counts.json")))
    {
        let family = named(&row);
        let (at, y) = (row.at.as_slice(), row.y);
        let nll = if row.nll.is_some() { family.nll(at, y) } else { 0.0 };
        report.check("nll", &row, nll, &row.nll, 1e-14, |want| mixed(want).max(terms(&row)));
        report.check("cdf", &row, family.cdf(at, y), &row.cdf, 1e-12, tail_scale);
        report.check("survival", &row, family.survival(at, y), &row.survival, 1e-12, tail_scale);
        if row.quantile.is_some() {
            // Near the location it is a difference: relative to the scale there.
            let scale = if family.support() == Support::Real { *at.last().unwrap() } else { 0.0 };
            report.check("quantile", &row, family.quantile(at, row.q), &row.quantile, 1e-12, |want| {
                want.abs().max(scale)
            });
        }
        if row.crps.is_some() {
            // It is a difference of terms as large as the mean.
            let scale = if family.support() == Support::Counts { at[0].min(1.0) } else { 0.0 };
            report.check("crps", &row, family.crps(at, y).unwrap(), &row.crps, 1e-12, |want| want.abs().max(scale));
        }
    }
    report.finish(500);
}
