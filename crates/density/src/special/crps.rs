//! The continuous ranked probability score of any distribution function.

use crate::Support;

/// ∫ (F(z) − 1{y ≤ z})² dz by quadrature, or a sum for counts; `None` for classes.
///
/// The slow, general way; families with a closed form use that (Jordan, Krüger & Lerch 2019).
pub fn crps(
    support: Support,
    cdf: impl Fn(f64) -> f64,
    survival: impl Fn(f64) -> f64,
    quantile: impl Fn(f64) -> f64,
    y: f64,
) -> Option<f64> {
    let limits = match support {
        Support::Classes(_) => return None,
        Support::Counts => return Some(count_crps(cdf, survival, y)),
        Support::Clamped(left, right) => (left, right),
        Support::Real | Support::Positive => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let square = |z: f64| {
        let p = if z < y { cdf(z) } else { survival(z) };
        p * p
    };
    // Between two breaks the distribution function changes by a factor of four at most.
    let lower = (1..=25).rev().map(|k| quantile(halved(2 * k)));
    let upper = (1..=25).map(|k| quantile(1.0 - halved(2 * k)));
    let mut breaks: Vec<f64> = lower.chain([quantile(0.5)]).chain(upper).chain([y]).collect();
    breaks.sort_by(f64::total_cmp);
    let (first, last) = (breaks[0].max(limits.0), breaks[breaks.len() - 1].min(limits.1));
    let width = last - first;
    let mut total: f64 = breaks.windows(2).map(|ends| adaptive(&square, ends[0], ends[1], 40)).sum();
    // What is left of the tails, in panels that double, until they add nothing.
    for (end, limit, sign) in [(first, limits.0, -1.0), (last, limits.1, 1.0)] {
        let (mut at, mut step) = (end, 0.25 * width);
        while at != limit && at.is_finite() {
            let next = if sign < 0.0 { (at - step).max(limit) } else { (at + step).min(limit) };
            let part = adaptive(&square, at.min(next), at.max(next), 40);
            total += part;
            if part <= 1e-17 * total {
                break;
            }
            (at, step) = (next, 2.0 * step);
        }
    }
    Some(total)
}

/// 2⁻ᵏ.
fn halved(k: i32) -> f64 {
    (0..k).fold(1.0, |x, _| 0.5 * x)
}

fn count_crps(cdf: impl Fn(f64) -> f64, survival: impl Fn(f64) -> f64, y: f64) -> f64 {
    // Outside the counts the distance to them adds itself.
    let (start, mut total) = (0.0, f64::max(-y, 0.0));
    let mut k = start;
    while k < y {
        let width = f64::min(k + 1.0, y) - k;
        let p = cdf(k);
        total += width * p * p;
        if width < 1.0 {
            let rest = survival(k);
            total += (1.0 - width) * rest * rest;
        }
        k += 1.0;
    }
    loop {
        let rest = survival(k);
        let part = rest * rest;
        total += part;
        if part <= 1e-18 * total || part.is_nan() {
            return total;
        }
        k += 1.0;
    }
}

/// Abscissae and weights of Gauss & Legendre's rule with ten points.
const RULE: [(f64, f64); 5] = [
    (0.148_874_338_981_631_22, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

fn gauss(f: &impl Fn(f64) -> f64, from: f64, to: f64) -> f64 {
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    half * RULE.iter().map(|&(x, w)| w * (f(middle - half * x) + f(middle + half * x))).sum::<f64>()
}

/// Halves the panel until the two halves agree with the whole.
fn adaptive(f: &impl Fn(f64) -> f64, from: f64, to: f64, depth: u32) -> f64 {
    let whole = gauss(f, from, to);
    let middle = 0.5 * (from + to);
    let halves = gauss(f, from, middle) + gauss(f, middle, to);
    if depth == 0 || (whole - halves).abs() <= 1e-13 * halves.abs() || halves.is_nan() {
        return halves;
    }
    adaptive(f, from, middle, depth - 1) + adaptive(f, middle, to, depth - 1)
}
