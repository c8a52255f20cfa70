//! The standard normal.

use super::LN_SQRT_TAU;

/// Φ(x), the standard normal, right also in the lower tail.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// ln Φ(x), right also where Φ underflows.
pub fn ln_normal_cdf(x: f64) -> f64 {
    if x > -5.0 {
        let upper = 0.5 * libm::erfc(x * std::f64::consts::FRAC_1_SQRT_2);
        return if x > 0.0 { libm::log1p(-upper) } else { libm::log(normal_cdf(x)) };
    }
    // Laplace's continued fraction for the Mills ratio (Abramowitz & Stegun 26.2.14).
    let t = -x;
    let mills = 1.0 / (1..=60).rev().fold(t, |f, k| t + k as f64 / f);
    -0.5 * t * t - LN_SQRT_TAU + libm::log(mills)
}

/// Φ⁻¹(q) for 0 < q < 1: Abramowitz & Stegun 26.2.23, then Halley's method on ln Φ.
pub fn normal_quantile(q: f64) -> f64 {
    if !(q > 0.0 && q < 1.0) {
        return match q {
            0.0 => f64::NEG_INFINITY,
            1.0 => f64::INFINITY,
            _ => f64::NAN,
        };
    }
    if q == 0.5 {
        return 0.0; // a median is its location, to the last bit
    }
    if q > 0.5 {
        return -normal_quantile(1.0 - q); // exact: 1 − q loses nothing for q ≥ ½
    }
    let ln_q = libm::log(q);
    let t = (-2.0 * ln_q).sqrt();
    let mut x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for _ in 0..3 {
        let ln_cdf = ln_normal_cdf(x);
        let slope = libm::exp(-0.5 * x * x - LN_SQRT_TAU - ln_cdf); // (ln Φ)′
        let step = (ln_cdf - ln_q) / slope;
        x -= step / (1.0 + 0.5 * step * (x + slope)); // (ln Φ)″ = −slope (x + slope)
    }
    x
}
