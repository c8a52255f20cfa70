//! Special functions of the `f64` reference, free to branch; no platform libm, so that bits are the same everywhere.

/// ln √(2π).
pub const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_8;
/// ln √π.
pub const LN_SQRT_PI: f64 = 0.572_364_942_924_700_1;
/// 1/√π.
pub const FRAC_1_SQRT_PI: f64 = 0.564_189_583_547_756_3;

/// Bernoulli numbers B₂, B₄, … for Stirling's series.
const BERNOULLI: [f64; 8] =
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
