//! The error function and ln Φ, in double precision whatever is asked for.

// Coefficients are written with more digits than a number has: they are rounded once.
#![allow(clippy::excessive_precision)]

use super::{exp, ln, ln_1p};
use crate::simd::{Simd, Wide};

/// ln(erfc(x) e^{x²}/t) with t = 2/(2 + x), in s = 2t − 1 on x ≥ 0: minimax, 2.8·10⁻¹⁷.
///
/// The form is that of Press et al., Numerical Recipes §6.2; the coefficients are fitted anew.
const ERFC: [f64; 27] = [
    -0.671794084056692267,
    0.672643223977656018,
    0.0473433068419046984,
    -0.0468956102310883578,
    -0.00987268936640338326,
    0.00882493855390512949,
    0.00175893355806138406,
    -0.00234581244720455387,
    -0.000146246866041585378,
    0.000673678289109347272,
    -0.0000937350150961542997,
    -0.000174299946096487071,
    0.0000714009519851869073,
    0.0000317334209811312045,
    -0.000030187724070647269,
    1.6923470381067809e-7,
    8.56234094930412035e-6,
    -3.006626538567749e-6,
    -1.2719724462347042e-6,
    1.32577475313742984e-6,
    -1.68771476459836503e-7,
    -3.16198188325552605e-7,
    1.53484303631680688e-7,
    3.94897016200731573e-8,
    -3.92135752769343602e-8,
    -1.54937117524285686e-9,
    4.0662751051647299e-9,
];

/// erf(x)/x in x² on |x| ≤ ½: minimax, 2.5·10⁻²⁷.
const ERF: [f64; 13] = [
    std::f64::consts::FRAC_2_SQRT_PI,
    -0.37612638903183752463,
    0.11283791670955125739,
    -0.026866170645131251688,
    0.005223977625442184591,
    -0.00085483270234499670352,
    0.00012055332981634744117,
    -0.000014925650340248188487,
    1.6462112908670058997e-6,
    -1.6365764343504956325e-7,
    1.4804196898669300239e-8,
    -1.2218219320274657911e-9,
    8.3955423746871778604e-11,
];

/// For x ≥ 0: ln(erfc(x) e^{x²}), and e^{−x²}.
#[inline(always)]
fn tail<S: Simd<Elem = f64>>(x: S) -> (S, S) {
    let (one, two) = (S::lit(1.0), S::lit(2.0));
    let t = two.div(x.add(two));
    let ln_scaled = t.add(t).sub(one).horner(&ERFC).add(ln(t));
    // x² in two parts: the rounding of the first is a factor of the result.
    let square = x.mul(x);
    let lost = x.fma(x, square.neg());
    let density = exp(square.neg());
    // Far out the square is ∞, and so is what it has lost.
    let corrected = S::select_lt(x, S::lit(1e3), lost.fnma(density, density), S::lit(0.0));
    (ln_scaled, corrected)
}

/// erfc of x ≥ 0.
#[inline(always)]
fn upper<S: Simd<Elem = f64>>(x: S) -> S {
    let (ln_scaled, density) = tail(x);
    exp(ln_scaled).mul(density)
}

struct Erfc;
impl Wide for Erfc {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        let tail = upper(x.abs());
        let far = S::select_lt(x, S::lit(0.0), S::lit(2.0).sub(tail), tail);
        // Near 0 from the series, so that both sides of 1 have all digits.
        let near = S::lit(1.0).sub(series(x));
        S::select_lt(x.abs(), S::lit(0.5), near, far)
    }
}

#[inline(always)]
fn series<S: Simd<Elem = f64>>(x: S) -> S {
    x.mul(x.mul(x).horner(&ERF))
}

struct Erf;
impl Wide for Erf {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        let far = S::lit(1.0).sub(upper(x.abs()));
        let far = far.or(x.and(S::lit(-0.0)));
        S::select_lt(x.abs(), S::lit(0.5), series(x), far)
    }
}

struct LnNormalCdf;
impl Wide for LnNormalCdf {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        let (zero, half) = (S::lit(0.0), S::lit(0.5));
        let z = x.abs().mul(S::lit(std::f64::consts::FRAC_1_SQRT_2));
        let (ln_scaled, density) = tail(z);
        let below = x.mul(x).fma(S::lit(-0.5), ln_scaled.sub(S::lit(std::f64::consts::LN_2)));
        let above = ln_1p(half.mul(exp(ln_scaled)).mul(density).neg());
        S::select_lt(x, zero, below, above)
    }
}

/// erf x.
#[inline(always)]
pub fn erf<S: Simd>(x: S) -> S {
    x.wide::<Erf>()
}

/// 1 − erf x, with all digits where it is small.
#[inline(always)]
pub fn erfc<S: Simd>(x: S) -> S {
    x.wide::<Erfc>()
}

/// ln Φ(x), the standard normal; −∞ at −∞.
#[inline(always)]
pub fn ln_normal_cdf<S: Simd>(x: S) -> S {
    x.wide::<LnNormalCdf>()
}
