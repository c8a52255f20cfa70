//! ln x.

// Coefficients are written with more digits than a number has: they are rounded once.
#![allow(clippy::excessive_precision)]

use crate::simd::{Element, Simd};

/// (ln(1+f) − f + ½f²)/f³ on [√½ − 1, √2 − 1]: 7.3·10⁻¹⁰ of ln(1+f), by Lawson's iteration.
const LN_F32: &[f64] = &[
    0.33333310584798315,
    -0.2499998661766731,
    0.20002218831696053,
    -0.1666924586488225,
    0.14218788451073194,
    -0.12384488683533212,
    0.11872251023181757,
    -0.11788813418620529,
    0.06915717397274314,
];

/// ln(1+f) = 2 artanh s, s = f/(2+f): what is left after 2s, in s² (fdlibm, e_log.c).
const LN_F64: &[f64] = &[
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
];

/// See [`Element::ln_reduced`].
#[inline(always)]
pub fn ln_reduced_f32<S: Simd<Elem = f32>>(f: S, e: S, correction: S) -> S {
    let square = f.mul(f);
    let bend = f.fma(f.even_odd(square, LN_F32), S::lit(-0.5));
    let small = square.fma(bend, e.fma(S::lit(f32::LN_2.1), correction));
    e.fma(S::lit(f32::LN_2.0), f.add(small))
}

/// See [`Element::ln_reduced`].
#[inline(always)]
pub fn ln_reduced_f64<S: Simd<Elem = f64>>(f: S, e: S, correction: S) -> S {
    let s = f.div(S::lit(2.0).add(f));
    let z = s.mul(s);
    let rest = z.mul(z.horner(LN_F64));
    let half = S::lit(0.5).mul(f).mul(f);
    let small = s.fma(half.add(rest), e.fma(S::lit(f64::LN_2.1), correction));
    e.fma(S::lit(f64::LN_2.0), f.sub(half.sub(small)))
}

/// x = 2ᵉ(1 + f) with 1 + f in [√½, √2), for positive normal x: f, e.
#[inline(always)]
fn split<S: Simd>(x: S) -> (S, S) {
    let root = S::lit(std::f64::consts::FRAC_1_SQRT_2);
    // Biased by one more than need be, so that the exponent is positive.
    let biased = x.sub_bits(root).add_bits(S::lit(1.0));
    let two = S::lit(S::Elem::TWO_MANTISSA);
    let e = biased.shift_down().or(two).sub(S::lit(S::Elem::TWO_MANTISSA + S::Elem::BIAS));
    let mantissa = S::splat(S::Elem::from_bits(mantissa_bits::<S>()));
    let m = x.sub_bits(root).and(mantissa).add_bits(root);
    (m.sub(S::lit(1.0)), e)
}

const fn mantissa_bits<S: Simd>() -> u64 {
    if S::Elem::BYTES == 4 { 0x007f_ffff } else { 0x000f_ffff_ffff_ffff }
}

/// −∞ at 0, NaN below, ∞ at ∞, NaN at NaN.
#[inline(always)]
fn ends<S: Simd>(x: S, value: S) -> S {
    let zero = S::lit(0.0);
    let infinity = S::lit(f64::INFINITY);
    let below = S::select_lt(x, zero, S::lit(f64::NAN), infinity.neg());
    S::select_lt(x, infinity, S::select_lt(zero, x, value, below), x)
}

/// Whether some lane is not in [least, ∞).
#[inline(always)]
fn any_outside<S: Simd>(x: S, least: f64) -> bool {
    S::any_lt(x, S::lit(least)) | S::any_lt(S::lit(S::Elem::MAX), x)
}

/// ln x.
#[inline(always)]
pub fn ln<S: Simd>(x: S) -> S {
    if any_outside(x, S::Elem::MIN_NORMAL) { ln_far(x) } else { ln_near(x) }
}

/// ln x where every lane is positive, normal and finite, or no number.
#[inline(always)]
fn ln_near<S: Simd>(x: S) -> S {
    let (f, e) = split(x);
    // x − x is 0, or NaN where x is none.
    S::Elem::ln_reduced(f, e, x.sub(x))
}

/// The same bits, and all others.
#[inline(always)]
fn ln_far<S: Simd>(x: S) -> S {
    let least = S::lit(S::Elem::MIN_NORMAL);
    let shift = S::Elem::TWO_MANTISSA;
    let normal = S::select_lt(x, least, x.mul(S::lit(shift)), x);
    let exponent = S::select_lt(x, least, S::lit(S::Elem::MANTISSA), S::lit(0.0));
    let (f, e) = split(normal);
    ends(x, S::Elem::ln_reduced(f, e.sub(exponent), S::lit(0.0)))
}

/// ln(1 + x).
#[inline(always)]
pub fn ln_1p<S: Simd>(x: S) -> S {
    let one = S::lit(1.0);
    let u = one.add(x);
    // What the sum has lost, exactly (Knuth's two-sum); NaN where x is no number.
    let of_x = u.sub(one);
    let lost = x.sub(of_x).add(one.sub(u.sub(of_x)));
    let (f, e) = split(u);
    let value = S::Elem::ln_reduced(f, e, lost.div(u));
    if any_outside(u, S::Elem::MIN_NORMAL) { ends(u, value) } else { value }
}
