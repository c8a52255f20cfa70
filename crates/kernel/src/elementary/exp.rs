//! eˣ and what is made of it.

// Coefficients are written with more digits than a number has: they are rounded once.
#![allow(clippy::excessive_precision)]

use super::ln_1p;
use crate::simd::{Element, Simd};

/// (eʳ − 1 − r)/r² on |r| ≤ ½ ln 2: minimax, 4.9·10⁻¹¹ of eʳ.
pub const EXP_F32: &[f64] = &[
    0.500000007910741707,
    0.16666666823750538,
    0.0416662669674798134,
    0.00833327245390620574,
    0.00139462461064908274,
    0.000199141341882722323,
];

/// The same in double precision: 5.6·10⁻²².
pub const EXP_F64: &[f64] = &[
    0.5,
    0.166666666666666667,
    0.0416666666666667131,
    0.00833333333333333997,
    0.00138888888888638642,
    0.000198412698412413655,
    0.0000248015873635346882,
    2.75573192831481806e-6,
    2.75572417066452819e-7,
    2.50520441211178506e-8,
    2.0924462308428516e-9,
    1.60941989634264705e-10,
];

/// x = k ln 2 + r: k in the low bits of a number (see [`Element::ROUND`]), k, r, and eʳ − 1 − r without its factor r².
#[inline(always)]
fn reduce<S: Simd>(x: S) -> (S, S, S, S) {
    let round = S::lit(S::Elem::ROUND);
    let shifted = x.fma(S::lit(std::f64::consts::LOG2_E), round);
    let k = shifted.sub(round);
    let r = k.fnma(S::lit(S::Elem::LN_2.0), x);
    let r = k.fnma(S::lit(S::Elem::LN_2.1), r);
    (shifted, k, r, r.horner(S::Elem::EXP))
}

/// k and eʳ − 1, for x brought to where eˣ is 0 or ∞ if it is beyond: k then stays within the bits it has.
#[inline(always)]
fn reduce_far<S: Simd>(x: S) -> (S, S) {
    let (_, k, r, series) = reduce(x.at_least(S::lit(S::Elem::EXP_RANGE.0)).at_most(S::lit(S::Elem::EXP_RANGE.1)));
    (k, r.mul(r).fma(series, r))
}

/// 2ᵏ for whole k within the exponents.
#[inline(always)]
fn power_of_two<S: Simd>(k: S) -> S {
    k.add(S::lit(S::Elem::ROUND)).shift_up().add_bits(S::lit(1.0))
}

/// y · 2ᵏ in two steps, so that neither factor leaves the exponents and a subnormal result is rounded once.
#[inline(always)]
fn scale<S: Simd>(y: S, k: S) -> S {
    let round = S::lit(S::Elem::ROUND);
    let half = k.fma(S::lit(0.5), round).sub(round);
    y.mul(power_of_two(half)).mul(power_of_two(k.sub(half)))
}

/// eˣ where it is a normal number in every lane.
#[inline(always)]
fn exp_near<S: Simd>(x: S) -> S {
    exps_near(x)[0]
}

/// The same bits, and all others.
#[inline(always)]
fn exp_far<S: Simd>(x: S) -> S {
    let (k, z) = reduce_far(x);
    scale(z.add(S::lit(1.0)), k)
}

/// eˣ.
#[inline(always)]
pub fn exp<S: Simd>(x: S) -> S {
    if S::all_lt(x.abs(), S::lit(S::Elem::EXP_NORMAL)) { exp_near(x) } else { exp_far(x) }
}

/// eˣ for x ≤ 0.
#[inline(always)]
pub fn exp_falling<S: Simd>(x: S) -> S {
    if S::all_lt(S::lit(-S::Elem::EXP_NORMAL), x) { exp_near(x) } else { exp_far(x) }
}

/// eˣ − 1.
#[inline(always)]
pub fn exp_m1<S: Simd>(x: S) -> S {
    let (k, z) = reduce_far(x);
    // 2ᵏ(z + 1) − 1 with the difference of the large terms first; 2ᵏ is halved so that it is finite.
    let p = power_of_two(k.sub(S::lit(1.0)).at_least(S::lit(-S::Elem::BIAS + 1.0)));
    let half = p.fma(z, p.sub(S::lit(0.5)));
    let out = half.add(half);
    // Near 0 the sum is z itself, which keeps the sign of a zero.
    S::select_lt(x.abs(), S::lit(0.25), z, out)
}

/// eˣ − 1 − x.
#[inline(always)]
pub fn exp_excess<S: Simd>(x: S) -> S {
    exps(x)[2]
}

/// eˣ, eˣ − 1 and eˣ − 1 − x, from one reduction: the bits of each alone, but for the sign of eˣ − 1 = 0.
#[inline(always)]
pub fn exps<S: Simd>(x: S) -> [S; 3] {
    let normal = S::lit(S::Elem::EXP_NORMAL);
    let all = exps_near(x);
    if S::all_lt(x.abs(), normal) {
        return all;
    }
    let exp_m1 = exp_m1(x);
    // So far out x is nothing beside eˣ, or eˣ beside x; eˣ is ∞ long before x is.
    let excess = exp_m1.sub(x.at_most(S::lit(S::Elem::MAX)));
    [exp_far(x), S::select_lt(normal, x.abs(), exp_m1, all[1]), S::select_lt(normal, x.abs(), excess, all[2])]
}

/// The same where eˣ is a normal number: 2ᵏ(1 + r + q) less 1, and less 1 + k ln 2 + r, the terms of size 1 first. Where k
/// is 0 these are r + q and q. To multiply a normal number by 2ᵏ, k is added to its exponent; NaN has none.
#[inline(always)]
fn exps_near<S: Simd>(x: S) -> [S; 3] {
    let (shifted, k, r, series) = reduce(x);
    let (square, k_bits) = (r.mul(r), shifted.shift_up());
    let power = S::lit(1.0).add_bits(k_bits);
    let (z, less) = (square.fma(series, r), power.sub(S::lit(1.0)));
    let known = less.fma(r, k.fnma(S::lit(S::Elem::LN_2.0), less));
    let excess = power.fma(square.mul(series), k.fnma(S::lit(S::Elem::LN_2.1), known));
    [z.add(S::lit(1.0)).add_bits(k_bits), power.fma(z, less), excess]
}

/// 1 / (1 + e⁻ˣ).
///
/// e^(−|x|), the sum and the quotient each carry what their rounding lost; only the last operation rounds.
#[inline(always)]
pub fn logistic<S: Simd>(x: S) -> S {
    let (one, zero) = (S::lit(1.0), S::lit(0.0));
    let (k, z) = reduce_far(x.abs().neg());
    let rounded = z.add(one);
    let (e, e_lost) = (scale(rounded, k), scale(z.sub(rounded.sub(one)), k));
    let u = one.add(e);
    let u_lost = e.sub(u.sub(one)).add(e_lost);
    let q = one.div(u);
    // 1/(u + lost) = q(1 + r)
    let r = u_lost.fnma(q, u.fnma(q, one));
    let (top, top_lost) = (S::select_lt(x, zero, e, one), S::select_lt(x, zero, e_lost, zero));
    q.fma(top, q.mul(top.fma(r, top_lost)))
}

/// ln(1 + eˣ).
#[inline(always)]
pub fn softplus<S: Simd>(x: S) -> S {
    let e = exp_falling(x.abs().neg());
    ln_1p(e).add(x.at_least(S::lit(0.0)))
}

/// tanh x, with the sign of x: −m/(m + 2) for |x| < 1, 1 − 2(m + 1)/(m + 2) above, m = e^(−2|x|) − 1.
#[inline(always)]
pub fn tanh<S: Simd>(x: S) -> S {
    let (one, two) = (S::lit(1.0), S::lit(2.0));
    let twice = x.abs().mul(S::lit(-2.0));
    let m = exp_m1(twice);
    let bottom = one.div(m.add(two));
    let near = m.neg().div(m.add(two));
    let far = exp(twice).mul(bottom).fnma(two, one);
    S::select_lt(x.abs(), one, near, far).or(x.and(S::lit(-0.0)))
}
