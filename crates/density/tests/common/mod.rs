//! Numerical tools that know nothing of the families' formulas.
#![allow(dead_code)]

use surprisal_density::{Arg, Dual, Family, Support};

/// The values as arguments.
pub fn args<F: Family>(family: &F, at: &[f64]) -> Vec<Arg<f64>> {
    at.iter().enumerate().map(|(j, &x)| Arg::fixed(family.domain(j), x)).collect()
}

/// −ln p(y) at the values.
pub fn nll<F: Family>(family: &F, at: &[f64], y: f64) -> f64 {
    family.nll(&args(family, at), y)
}

/// −ln p(y) as a function of the unconstrained numbers.
pub fn nll_at<F: Family>(family: &F, u: &[f64], y: f64) -> f64 {
    let p: Vec<_> = u.iter().enumerate().map(|(j, &u)| Arg::free(family.domain(j), u)).collect();
    family.nll(&p, y)
}

/// The exact slope of −ln p(y) in each unconstrained number, and last in y.
pub fn gradient<F: Family>(family: &F, u: &[f64], y: f64) -> Vec<f64> {
    type D = Dual<f64, 8>;
    let p: Vec<Arg<D>> = u.iter().enumerate().map(|(j, &u)| Arg::free(family.domain(j), D::var(u, j))).collect();
    family.nll(&p, D::var(y, u.len())).slope[..=u.len()].to_vec()
}

/// The unconstrained numbers behind the values.
pub fn free<F: Family>(family: &F, at: &[f64]) -> Vec<f64> {
    args(family, at).iter().map(|a| a.u).collect()
}

/// Central differences, extrapolated (Richardson): right to about 1e-9.
pub fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    let h = 1e-3 * x.abs().max(1.0);
    let difference = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    let (a, b, c) = (difference(h), difference(h / 2.0), difference(h / 4.0));
    let (ab, bc) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    (16.0 * bc - ab) / 15.0
}

/// ∫ f dz between two ends, by tanh-sinh: indifferent to what happens at the ends.
pub fn integrate(f: impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    let step = 1.0 / 16.0;
    let terms = (-56..=56).map(|i| {
        let t = step * f64::from(i);
        let inner = std::f64::consts::FRAC_PI_2 * libm::sinh(t);
        let cosh = libm::cosh(inner);
        let weight = std::f64::consts::FRAC_PI_2 * libm::cosh(t) / (cosh * cosh);
        let x = middle + half * libm::tanh(inner);
        if x <= from || x >= to { 0.0 } else { weight * f(x) }
    });
    half * step * terms.sum::<f64>()
}

/// Where the density bends: quantiles of a distribution, far into both tails, and its kink.
pub fn breaks<F: Family>(family: &F, at: &[f64]) -> Vec<f64> {
    let tails = [1e-12, 1e-9, 1e-7, 1e-5, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.2, 0.35];
    let upper = tails.iter().rev().map(|q| 1.0 - q);
    let mut out: Vec<f64> = tails.into_iter().chain([0.5]).chain(upper).map(|q| family.quantile(at, q)).collect();
    if family.kinked() {
        out.push(at[0]);
    }
    out.sort_by(f64::total_cmp);
    out
}

/// E\[f(Y)\] under the density as the formula gives it: an integral or a sum.
///
/// Beyond the outermost breaks what is left of a tail is followed in ln |y|.
pub fn expect<F: Family>(family: &F, at: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let weighted = |y: f64| {
        let p = libm::exp(-nll(family, at, y));
        if p == 0.0 { 0.0 } else { p * f(y) }
    };
    match family.support() {
        Support::Classes(n) => (0..n.unwrap()).map(|k| weighted(k as f64)).sum(),
        Support::Counts => (0..1_000_000)
            .map(f64::from)
            .take_while(|&k| k <= family.quantile(at, 0.5) || nll(family, at, k) < 45.0)
            .map(weighted)
            .sum(),
        support => {
            let ends = breaks(family, at);
            let inner: f64 = ends.windows(2).filter(|e| e[1] > e[0]).map(|e| integrate(weighted, e[0], e[1])).sum();
            let (first, last) = (ends[0], ends[ends.len() - 1]);
            // y = end · eˢ, or end ± (width) (eˢ − 1)
            let width = last - first;
            let upper = integrate(|s| weighted(last + width * libm::expm1(s)) * width * libm::exp(s), 0.0, 40.0);
            let lower = match support {
                Support::Positive => integrate(|s| weighted(first * libm::exp(-s)) * first * libm::exp(-s), 0.0, 300.0),
                _ => integrate(|s| weighted(first - width * libm::expm1(s)) * width * libm::exp(s), 0.0, 40.0),
            };
            inner + upper + lower
        }
    }
}

/// |a − b| within a tolerance, relative above 1.
#[track_caller]
pub fn close(what: &str, a: f64, b: f64, tolerance: f64) {
    let within = (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0);
    assert!(within || a == b, "{what}: {a:e} and {b:e} differ by {:e}", (a - b).abs());
}

/// Calls `$body` for every family and each of its examples.
#[macro_export]
macro_rules! for_all_examples {
    (|$family:ident, $at:ident, $what:ident| $body:block) => {{
        struct Law;
        impl surprisal_density::Visit for Law {
            type Output = ();
            fn visit<F: surprisal_density::Family>(self, _: F) {
                for ($family, at) in F::examples() {
                    let $at: &[f64] = &at;
                    let $what = format!("{} at {at:?}", F::NAME);
                    let $what = $what.as_str();
                    $body
                }
            }
        }
        for family in surprisal_density::AnyFamily::all() {
            family.visit(Law);
        }
    }};
}
