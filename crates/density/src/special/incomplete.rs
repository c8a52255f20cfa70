//! Incomplete gamma and beta functions, in logarithms so that no tail underflows.

use super::stirling;

/// More terms than any argument below 1e12 needs; the count grows like the root of the larger argument.
const TERMS: usize = 10_000_000;
const TINY: f64 = 1e-300;

/// δ − ln(1 + δ), where `ratio` = 1 + δ.
fn excess(delta: f64, ratio: f64) -> f64 {
    delta - if (0.5..2.0).contains(&ratio) { libm::log1p(delta) } else { libm::log(ratio) }
}

/// ln(1 − eˡ) for l ≤ 0.
fn ln_rest(l: f64) -> f64 {
    if l > -std::f64::consts::LN_2 { libm::log(-libm::expm1(l.min(0.0))) } else { libm::log1p(-libm::exp(l)) }
}

/// A continued fraction b₀ + a₁/(b₁ + a₂/(b₂ + …)), by the modified method of Lentz (Thompson & Barnett 1986).
fn lentz(b0: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    let guard = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut f = guard(b0);
    let (mut c, mut d) = (f, 0.0);
    for i in 1..TERMS {
        let (a, b) = term(i as f64);
        d = 1.0 / guard(b + a * d);
        c = guard(b + a / c);
        f *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    f
}

/// (ln P(a, x), ln Q(a, x)): the regularised incomplete gamma functions, P + Q = 1 (DLMF 8.2.4).
///
/// The series for P below a + 1 (DLMF 8.11.4), Legendre's continued fraction for Q above it (DLMF 8.9.2).
pub fn ln_gamma_pq(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || x.is_nan() || a <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if x.is_infinite() {
        return (0.0, f64::NEG_INFINITY);
    }
    // xᵃ e⁻ˣ / Γ(a), as a deviance and Stirling's rest: right for large a.
    let front = -a * excess((x - a) / a, x / a) - stirling(a, libm::log(a));
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let p = front + libm::log(sum);
        (p, ln_rest(p))
    } else {
        let fraction = lentz(x + 1.0 - a, |i| (i * (a - i), x + 1.0 - a + 2.0 * i));
        let q = front - libm::log(fraction);
        (ln_rest(q), q)
    }
}

/// P(a, x) = ∫₀ˣ tᵃ⁻¹ e⁻ᵗ dt / Γ(a).
pub fn gamma_p(a: f64, x: f64) -> f64 {
    libm::exp(ln_gamma_pq(a, x).0)
}

/// Q(a, x) = 1 − P(a, x).
pub fn gamma_q(a: f64, x: f64) -> f64 {
    libm::exp(ln_gamma_pq(a, x).1)
}

/// (ln I_x(a, b), ln(1 − I_x(a, b))): the regularised incomplete beta function, by a continued fraction (Didonato & Morris 1992).
///
/// `rest` is 1 − x: who knows it better than by subtraction says so.
pub fn ln_beta_inc(a: f64, b: f64, x: f64, rest: f64) -> (f64, f64) {
    if a.is_nan() || b.is_nan() || x.is_nan() || a <= 0.0 || b <= 0.0 {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if rest <= 0.0 {
        return (0.0, f64::NEG_INFINITY);
    }
    // xᵃ (1 − x)ᵇ / B(a, b), as deviances from x = a / (a + b).
    let n = a + b;
    let cross = b * x - a * rest;
    let deviance = a * excess(cross / a, x * n / a) + b * excess(-cross / b, rest * n / b);
    let front = stirling(n, libm::log(n)) - stirling(a, libm::log(a)) - stirling(b, libm::log(b)) - deviance;
    // x < (a + 1) / (a + b + 2), as it can be told where x is next to 1.
    if cross < 1.0 - 2.0 * x {
        let lower = front - libm::log(beta_fraction(a, b, x, rest, -cross));
        (lower, ln_rest(lower))
    } else {
        let upper = front - libm::log(beta_fraction(b, a, rest, x, cross));
        (ln_rest(upper), upper)
    }
}

/// β₁ + α₂/(β₂ + α₃/(β₃ + …)) of Didonato & Morris 1992, eq. 9, for `excess` = a (1 − x) − b x.
///
/// It is the even part of DLMF 8.17.22, which itself loses all digits for a ≫ b.
fn beta_fraction(a: f64, b: f64, x: f64, rest: f64, excess: f64) -> f64 {
    let beta = |n: f64| {
        let odd = a + 2.0 * n - 1.0;
        let middle = if n == 0.0 { 0.0 } else { n * (b - n) * x / odd };
        n + middle + (a + n) / (odd + 2.0) * (excess + 1.0 + n * (1.0 + rest))
    };
    lentz(beta(0.0), |n| {
        let odd = a + 2.0 * n - 1.0;
        let top = (a + n - 1.0) / odd * ((a + b + n - 1.0) / odd) * (n * (b - n));
        (top * x * x, beta(n))
    })
}

/// I_x(a, b).
pub fn beta_inc(a: f64, b: f64, x: f64) -> f64 {
    libm::exp(ln_beta_inc(a, b, x, 1.0 - x).0)
}

/// e⁻ˣ (I₀(x) + I₁(x)) of the modified Bessel functions, for x ≥ 0.
///
/// ∫₀^π e^{x (cos θ − 1)} (1 + cos θ) dθ / π by the trapezoidal rule, which for a periodic function converges faster than any
/// power (Trefethen & Weideman 2014); beyond 60 by Hankel's expansion (DLMF 10.40.1).
pub fn bessel_i0_plus_i1_scaled(x: f64) -> f64 {
    if x < 60.0 {
        const N: usize = 48;
        // The ends count half; at θ = π the integrand is 0.
        let inner = (1..N).map(|i| {
            let half = libm::sin(i as f64 * std::f64::consts::PI / (2 * N) as f64);
            let less = 2.0 * half * half; // 1 − cos θ
            libm::exp(-x * less) * (2.0 - less)
        });
        return (1.0 + inner.sum::<f64>()) / N as f64;
    }
    let expansion = |order: f64| {
        let (mut term, mut sum) = (1.0, 1.0);
        for k in 1..40 {
            let odd = (2 * k - 1) as f64;
            term *= -(4.0 * order * order - odd * odd) / (8.0 * k as f64 * x);
            sum += term;
        }
        sum
    };
    (expansion(0.0) + expansion(1.0)) / (std::f64::consts::TAU * x).sqrt()
}
