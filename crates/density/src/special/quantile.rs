//! Quantiles without a formula: Newton's method in logarithms, and a search over the counts.

use super::{LN_SQRT_PI, ln_beta_inc, ln_gamma_pq, ln_rising_d, normal_cdf, normal_quantile, stirling};

/// A root of a concave monotone function of ln x, where Newton's method converges from anywhere; `f` gives value and slope.
fn newton(mut s: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    for _ in 0..200 {
        let (value, slope) = f(s);
        let step = value / slope;
        s -= step;
        if step.is_nan() || step.abs() < 1e-11 {
            break;
        }
    }
    s
}

/// (ln P(|T| > t), ln P(|T| ≤ t)) for t ≥ 0 and T of Student's t with ν degrees of freedom.
fn student_t_outside(t: f64, nu: f64) -> (f64, f64) {
    let square = t * t;
    ln_beta_inc(0.5 * nu, 0.5, nu / (nu + square), square / (nu + square))
}

/// P(T ≤ t) of Student's t with ν degrees of freedom, right also in the lower tail.
pub fn student_t_cdf(t: f64, nu: f64) -> f64 {
    if nu.is_infinite() {
        return normal_cdf(t);
    }
    let tail = 0.5 * libm::exp(student_t_outside(t.abs(), nu).0);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The inverse of [`student_t_cdf`].
pub fn student_t_quantile(q: f64, nu: f64) -> f64 {
    let z = normal_quantile(q);
    if nu.is_infinite() || z.is_infinite() || z.is_nan() || q == 0.5 {
        return z;
    }
    if q > 0.5 {
        return -student_t_quantile(1.0 - q, nu); // exact: 1 − q loses nothing for q ≥ ½
    }
    // Both tail and middle are log-concave in ln t.
    let ln_norm = ln_rising_d(0.5 * nu, 0.5, 0) - 0.5 * libm::log(nu) - LN_SQRT_PI;
    let from_tail = q < 0.25;
    let target = if from_tail { libm::log(2.0 * q) } else { libm::log(1.0 - 2.0 * q) };
    let s = newton(libm::log(-z), |s| {
        let t = libm::exp(s);
        let (outside, inside) = student_t_outside(t, nu);
        let ln_density = ln_norm - 0.5 * (nu + 1.0) * libm::log1p(t * t / nu);
        let (ln_p, sign) = if from_tail { (outside, -2.0) } else { (inside, 2.0) };
        (ln_p - target, sign * libm::exp(ln_density + s - ln_p))
    });
    -libm::exp(s)
}

/// x with P(shape, x) = q: the quantile of the gamma distribution with scale 1.
pub fn gamma_quantile(q: f64, shape: f64) -> f64 {
    if !(q > 0.0 && q < 1.0) {
        return match q {
            0.0 => 0.0,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    // Wilson & Hilferty 1931, or the first term of the series where that is negative.
    let ninth = 1.0 / (9.0 * shape);
    let root = 1.0 - ninth + normal_quantile(q) * ninth.sqrt();
    let ln_shape = libm::log(shape);
    let start =
        if root > 0.3 { 3.0 * libm::log(root) } else { (libm::log(q) + libm::lgamma(shape + 1.0)) / shape - ln_shape };
    // s = ln(x / shape); P and Q are log-concave in it.
    let rest = stirling(shape, ln_shape);
    let from_below = q <= 0.5;
    let target = if from_below { libm::log(q) } else { libm::log1p(-q) };
    let s = newton(start, |s| {
        let (p, upper) = ln_gamma_pq(shape, shape * libm::exp(s));
        let ln_density = -shape * (libm::expm1(s) - s) - rest; // of s
        let (ln_p, sign) = if from_below { (p, 1.0) } else { (upper, -1.0) };
        (ln_p - target, sign * libm::exp(ln_density - ln_p))
    });
    shape * libm::exp(s)
}

/// The smallest count k with `cdf(k)` ≥ q, searched from a guess.
///
/// A probability that misses q by a few roundings counts as reaching it, so that k is the quantile of its own
/// probability however that was added up.
pub fn count_quantile(q: f64, guess: f64, cdf: impl Fn(f64) -> f64, survival: impl Fn(f64) -> f64) -> f64 {
    if !(q > 0.0 && q < 1.0) {
        return match q {
            0.0 => 0.0,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    const EPS: f64 = f64::EPSILON;
    let enough = |k: f64| match q <= 0.5 {
        true => cdf(k) >= q * (1.0 - 16.0 * EPS),
        // 1 − q is exact, but q itself was rounded.
        false => survival(k) <= (1.0 - q) * (1.0 + 16.0 * EPS) + EPS,
    };
    let mut high = if guess > 0.0 { guess.floor() } else { 0.0 };
    let (mut low, mut step) = (-1.0, 1.0);
    if enough(high) {
        while high - step >= 0.0 && enough(high - step) {
            high -= step;
            step *= 2.0;
        }
        low = f64::max(low, high - step);
    } else {
        low = high;
        high += step;
        while !enough(high) {
            if high.is_infinite() {
                return f64::NAN;
            }
            low = high;
            step *= 2.0;
            high += step;
        }
    }
    while high - low > 1.0 {
        let middle = (0.5 * (low + high)).floor();
        if middle <= low || middle >= high {
            break; // beyond 2⁵³ not every count is a number
        }
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
