//! Special functions of the `f64` reference, free to branch; no platform libm, so that bits are the same everywhere.

use crate::Real;

mod crps;
mod incomplete;
mod normal;
mod quantile;

pub use crps::crps;
pub use incomplete::{bessel_i0_plus_i1_scaled, beta_inc, gamma_p, gamma_q, ln_beta_inc, ln_gamma_pq};
pub use normal::{ln_normal_cdf, normal_cdf, normal_quantile};
pub use quantile::{count_quantile, gamma_quantile, student_t_cdf, student_t_quantile};

/// ln √(2π).
pub const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;
/// ln √π.
pub const LN_SQRT_PI: f64 = 0.572_364_942_924_700_1;
/// 1/√π.
pub const FRAC_1_SQRT_PI: f64 = 0.564_189_583_547_756_3;

/// Bernoulli numbers B₂, B₄, … for Stirling's series.
pub const BERNOULLI: [f64; 8] =
    [1. / 6., -1. / 30., 1. / 42., -1. / 30., 5. / 66., -691. / 2730., 7. / 6., -3617. / 510.];

/// From here Stirling's series with eight terms is right to the last bits.
const STIRLING_FROM: f64 = 12.0;

/// What Stirling's formula leaves over, or its derivatives: Σ B₂ₙ / (2n(2n−1) x²ⁿ⁻¹) (Abramowitz & Stegun 6.1.40).
fn stirling_rest(x: f64, order: usize) -> f64 {
    let w = 1.0 / x;
    let mut sum = 0.0;
    for n in (1..=BERNOULLI.len()).rev() {
        let k = 2.0 * n as f64;
        let c = BERNOULLI[n - 1] / (k * (k - 1.0)); // times x^(1−k)
        let c = match order {
            0 => c,
            1 => c * (1.0 - k),
            2 => c * (1.0 - k) * -k,
            _ => c * (1.0 - k) * -k * (-k - 1.0),
        };
        sum = sum * w * w + c;
    }
    sum * [w, w * w, w * w * w, w * w * w * w][order]
}

/// eˣ − 1 − x: by its series for |x| < 1, where the terms of the difference cancel.
pub fn exp_excess(x: f64) -> f64 {
    if x.abs() < 1.0 {
        // xⁿ/(n + 2)!, from the smallest on.
        let sum = (1..=17).rev().fold(1.0, |sum, n| 1.0 + x / f64::from(n + 2) * sum);
        return 0.5 * x * x * sum;
    }
    // eˣ is ∞ long before x is.
    libm::expm1(x) - x.min(f64::MAX)
}

/// The `order`-th derivative of ln Γ at x > 0: ln Γ, digamma, trigamma, tetragamma.
pub fn lgamma_d(x: f64, order: usize) -> f64 {
    if order == 0 {
        return libm::lgamma(x);
    }
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    // ψ(x) = ψ(x + n) − Σ 1/(x + i)
    let (mut z, mut shift) = (x, 0.0);
    while z < STIRLING_FROM {
        shift += match order {
            1 => -1.0 / z,
            2 => 1.0 / (z * z),
            _ => -2.0 / (z * z * z),
        };
        z += 1.0;
    }
    let w = 1.0 / z;
    let main = match order {
        1 => libm::log(z) - 0.5 * w,
        2 => w + 0.5 * w * w,
        _ => -w * w - w * w * w,
    };
    main + stirling_rest(z, order) + shift
}

/// The `order`-th derivative in `a` of ln Γ(a + n) − ln Γ(a): right also where both terms are huge.
pub fn ln_rising_d(a: f64, n: f64, order: usize) -> f64 {
    let b = a + n;
    if !(a >= STIRLING_FROM && b >= STIRLING_FROM) || a.is_infinite() {
        return match (order, a.is_infinite()) {
            (0, _) if n == 0.0 => 0.0,
            _ => lgamma_d(b, order) - lgamma_d(a, order),
        };
    }
    // Stirling on both sides; what is equal cancels in the formula, not in the numbers.
    let ratio = libm::log1p(n / a);
    let main = match order {
        0 => n * libm::log(a) + ((b - 0.5) * ratio - n),
        1 => ratio + 0.5 * n / (a * b),
        2 => -n / (a * b) - 0.5 * n * (a + b) / (a * b * (a * b)),
        _ => n * (a + b) / (a * b * (a * b)) + n * (a * a + a * b + b * b) / (a * b * (a * b) * (a * b)),
    };
    main + (stirling_rest(b, order) - stirling_rest(a, order))
}

/// The `order`-th derivative in `a` of ln Γ(a + n) − ln Γ(a) − n ln a, for a > 0 and n ≥ 0; 0 at a = ∞.
pub fn rising_excess_d(a: f64, n: f64, order: usize) -> f64 {
    let b = a + n;
    if a.is_infinite() && n.is_finite() {
        return 0.0;
    }
    if !(a >= STIRLING_FROM && b >= STIRLING_FROM) {
        let of_power = match order {
            0 if n == 0.0 => 0.0,
            0 => n * libm::log(a),
            1 => n / a,
            2 => -n / (a * a),
            _ => 2.0 * n / (a * a * a),
        };
        return ln_rising_d(a, n, order) - of_power;
    }
    let x = n / a;
    let main = match order {
        0 => (b - 0.5) * libm::log1p(x) - n,
        1 => libm::log1p(x) - x + 0.5 * n / (a * b),
        2 => n * n / (a * a * b) - 0.5 * n * (a + b) / (a * b * (a * b)),
        _ => ln_rising_d(a, n, order) - stirling_rest(b, order) + stirling_rest(a, order) - 2.0 * n / (a * a * a),
    };
    main + (stirling_rest(b, order) - stirling_rest(a, order))
}

/// ln Γ(x) − x ln x + x, right also where the three are huge; `ln_x` is ln x.
///
/// What a gamma density forgets beside its deviance. Over any number: below 12 as written, above by Stirling's series.
#[inline(always)]
pub fn stirling<R: Real>(x: R, ln_x: R) -> R {
    let w = R::lit(1.0) / x;
    let mut sum = R::lit(0.0);
    for n in (1..=BERNOULLI.len()).rev() {
        let k = 2.0 * n as f64;
        sum = sum * w.sq() + R::lit(BERNOULLI[n - 1] / (k * (k - 1.0)));
    }
    let far = R::lit(LN_SQRT_TAU) - R::lit(0.5) * ln_x + sum * w;
    R::select_lt(x, R::lit(STIRLING_FROM), x.lgamma() - x * ln_x + x, far)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// eˣ − 1 − x of x.
    const EXCESS: [(f64, f64); 11] = [
        (1e-9, 5.000000001666667e-19),
        (-1e-5, 4.999983333375001e-11),
        (0.01, 5.016708416805754e-05),
        (-0.3, 0.040818220681717865),
        (0.34, 0.06494759056359381),
        (-0.99, 0.3615766910220457),
        (0.999, 0.7165649053185666),
        (1.0, 0.7182818284590452),
        (-3.5, 2.5301973834223186),
        (20.0, 485165174.4097903),
        (-700.0, 699.0),
    ];

    #[test]
    fn the_excess_of_e_to_the_x_over_its_tangent_keeps_its_digits() {
        // mpmath 1.3, 40 digits: expm1(x) − x, rounded to doubles.
        for (x, exact) in EXCESS {
            let found = exp_excess(x);
            assert!((found - exact).abs() <= 4e-16 * exact, "{x}: {found:e} for {exact:e}");
        }
        assert_eq!([exp_excess(f64::INFINITY), exp_excess(f64::NEG_INFINITY)], [f64::INFINITY; 2]);
        assert_eq!((exp_excess(0.0), exp_excess(800.0)), (0.0, f64::INFINITY));
        assert!(exp_excess(f64::NAN).is_nan());
    }

    #[test]
    fn the_rising_factorial_exceeds_the_power_by_what_both_say() {
        for (a, n) in [(0.3, 0.5), (2.5, 7.0), (9.0, 30.0), (11.9, 0.2), (12.1, 0.5), (40.0, 3.0), (300.0, 1000.0)] {
            for order in 0..4 {
                let power = [n * libm::log(a), n / a, -n / (a * a), 2.0 * n / (a * a * a)][order];
                let expected = ln_rising_d(a, n, order) - power;
                let found = rising_excess_d(a, n, order);
                assert!((found - expected).abs() <= 2e-13 * (1.0 + power.abs()), "{a} {n} {order}: {found} {expected}");
            }
        }
    }

    #[test]
    fn far_out_the_excess_is_that_of_its_first_terms() {
        for (a, n) in [(1e7, 5.0), (1e9, 40.0), (1e12, 3.0)] {
            // n(n − 1)/2a, and its derivative.
            let first = n * (n - 1.0) / (2.0 * a);
            assert!((rising_excess_d(a, n, 0) - first).abs() <= 1e-14 * n + 1e-5 * first);
            assert!((rising_excess_d(a, n, 1) * a + first).abs() <= 1e-14 * n + 1e-5 * first);
            assert_eq!(rising_excess_d(f64::INFINITY, n, 0), 0.0);
        }
    }
}
