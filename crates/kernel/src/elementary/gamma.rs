//! ln Γ, its derivatives, and the difference of two, in double precision whatever is asked for.

use crate::elementary::{ln, ln_1p};
use crate::simd::{Element, Simd, Wide, Wide2};
use surprisal_density::special::{self, BERNOULLI};

/// Below, Γ(x) is taken from Γ(x + 8): there Stirling's series with eight terms leaves 10⁻¹⁶.
const SHIFT: f64 = 8.0;

/// The `order`-th derivative of ln Γ at x > 0; NaN below 0.
#[inline(always)]
pub fn lgamma_d<S: Simd>(x: S, order: usize) -> S {
    match order {
        0 => x.wide::<LnGamma>(),
        1 => x.wide::<Digamma>(),
        2 => x.wide::<Trigamma>(),
        _ => lanes(x, |x| special::lgamma_d(x, order)),
    }
}

/// ln Γ(a + n) − ln Γ(a) − n ln a for a > 0 and n ≥ 0, and its derivative in `a`: a loss looks at both.
#[inline(always)]
pub fn rising_excess<S: Simd>(a: S, n: S) -> (S, S) {
    a.wide2::<RisingExcess>(n)
}

/// Lane by lane: what no loss asks for.
#[cold]
fn lanes<S: Simd>(x: S, f: impl Fn(f64) -> f64) -> S {
    let mut xs = [S::Elem::of(0.0); 64];
    x.store(&mut xs);
    xs[..S::WIDTH].iter_mut().for_each(|x| *x = S::Elem::of(f(x.to_f64())));
    S::load(&xs)
}

/// Σ B₂ₙ/(2n(2n−1)) w²ⁿ⁻¹: what Stirling's formula leaves over (Abramowitz & Stegun 6.1.40).
#[inline(always)]
fn rest<S: Simd>(w: S) -> S {
    const C: [f64; 8] = coefficients(0);
    w.mul(w.mul(w).horner(&C))
}

/// Its derivative in x = 1/w.
#[inline(always)]
fn rest_slope<S: Simd>(w: S) -> S {
    const C: [f64; 8] = coefficients(1);
    let square = w.mul(w);
    square.mul(square.horner(&C))
}

const fn coefficients(order: usize) -> [f64; 8] {
    let mut c = [0.0; 8];
    let mut n = 0;
    while n < 8 {
        let k = 2.0 * (n as f64 + 1.0);
        c[n] = match order {
            0 => BERNOULLI[n] / (k * (k - 1.0)),
            1 => -BERNOULLI[n] / k,
            _ => BERNOULLI[n],
        };
        n += 1;
    }
    c
}

/// A place from which Stirling's series may be used, and x(x+1)…(x+7) with its first two derivatives, or 1, 0, 0.
struct Shifted<S> {
    z: S,
    product: S,
    slope: S,
    bend: S,
}

#[inline(always)]
fn shifted<S: Simd<Elem = f64>>(x: S) -> Shifted<S> {
    let near = S::lit(SHIFT);
    // q = x² + 7x; the factors pair up to q, q + 6, q + 10, q + 12: P is a quartic in q.
    let q = x.mul(x.add(S::lit(7.0)));
    let product = q.mul(q.add(S::lit(6.0))).mul(q.add(S::lit(10.0)).mul(q.add(S::lit(12.0))));
    let in_q = q.horner(&[720.0, 504.0, 84.0, 4.0]);
    let in_q2 = q.horner(&[504.0, 168.0, 12.0]);
    let dq = x.add(x).add(S::lit(7.0));
    let slope = in_q.mul(dq);
    let bend = in_q2.mul(dq).fma(dq, in_q.add(in_q));
    let (zero, one) = (S::lit(0.0), S::lit(1.0));
    Shifted {
        z: S::select_lt(x, near, x.add(near), x),
        product: S::select_lt(x, near, product, one),
        slope: S::select_lt(x, near, slope, zero),
        bend: S::select_lt(x, near, bend, zero),
    }
}

/// NaN below 0.
#[inline(always)]
fn positive<S: Simd>(x: S, value: S) -> S {
    S::select_lt(x, S::lit(0.0), S::lit(f64::NAN), value)
}

struct LnGamma;
impl Wide for LnGamma {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        let at = shifted(x);
        let w = S::lit(1.0).div(at.z);
        let ln_z = ln(at.z);
        let main = at.z.sub(S::lit(0.5)).fma(ln_z.sub(S::lit(1.0)), S::lit(special::LN_SQRT_TAU - 0.5));
        let value = main.add(rest(w)).sub(ln(at.product));
        // Its zeros are whole numbers, and so are they here.
        let zeros = x.sub(S::lit(1.0)).mul(x.sub(S::lit(2.0))).abs();
        let value = S::select_lt(zeros, S::lit(f64::MIN_POSITIVE), S::lit(0.0), value);
        // ∞ − ∞ at ∞.
        positive(x, S::select_lt(x, S::lit(f64::INFINITY), value, x))
    }
}

struct Digamma;
impl Wide for Digamma {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        let at = shifted(x);
        let w = S::lit(1.0).div(at.z);
        let main = w.fma(S::lit(-0.5), ln(at.z)).add(rest_slope(w));
        positive(x, main.sub(at.slope.div(at.product)))
    }
}

struct Trigamma;
impl Wide for Trigamma {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(x: S) -> S {
        const C: [f64; 8] = coefficients(2);
        let at = shifted(x);
        let w = S::lit(1.0).div(at.z);
        let square = w.mul(w);
        let main = square.fma(S::lit(0.5), w).add(square.mul(w).mul(square.horner(&C)));
        let ratio = at.slope.div(at.product);
        positive(x, main.add(ratio.fma(ratio, at.bend.div(at.product).neg())))
    }
}

/// Counts up to this are a product: ln Π (1 + i/a) over i < n.
const FEW: f64 = 16.0;
/// Below, that product would not be finite.
const LEAST: f64 = 1e-18;

struct RisingExcess;
impl Wide2 for RisingExcess {
    #[inline(always)]
    fn call<S: Simd<Elem = f64>>(a: S, n: S) -> (S, S) {
        let (zero, half, one, round) = (S::lit(0.0), S::lit(0.5), S::lit(1.0), S::lit(<f64 as Element>::ROUND));
        // 1 where the product will not do: n is no small whole number, a is too small, or either is no number.
        let fraction = n.sub(n.add(round).sub(round)).abs();
        let many = S::select_lt(fraction, S::lit(f64::MIN_POSITIVE), zero, one);
        let many = S::select_lt(n, S::lit(FEW + 0.5), S::select_lt(n, zero, one, many), one);
        let many = S::select_lt(S::lit(LEAST), a, many, one);
        let (mut value, mut slope) = (zero, zero);
        if S::any_lt(half, many) {
            (value, slope) = by_stirling(a, n);
        }
        if S::any_lt(many, half) {
            let (of_few, slope_of_few) = by_product(a, n);
            (value, slope) = (S::select_lt(many, half, of_few, value), S::select_lt(many, half, slope_of_few, slope));
        }
        (value, slope)
    }
}

/// ln P and P′/P for P = Π (1 + i/a) over 0 < i < n, n ≤ 16. As many factors as some lane needs are looked at, in fours.
#[inline(always)]
fn by_product<S: Simd<Elem = f64>>(a: S, n: S) -> (S, S) {
    let (zero, one, alpha) = (S::lit(0.0), S::lit(1.0), S::lit(1.0).div(a));
    // P, and its derivative in 1/a.
    let (mut product, mut slope, mut i) = (one, zero, one);
    for _ in 0..4 {
        if !S::any_lt(i, n) {
            break;
        }
        for _ in 0..4 {
            // Beyond n a factor is 1.
            let of = S::select_lt(i, n, i, zero);
            let factor = of.fma(alpha, one);
            slope = slope.fma(factor, product.mul(of));
            product = product.mul(factor);
            i = i.add(one);
        }
    }
    (ln(product), alpha.mul(alpha).mul(slope.div(product)).neg())
}

/// Stirling on both sides; what is equal cancels in the formula, not in the numbers.
#[inline(always)]
fn by_stirling<S: Simd<Elem = f64>>(a: S, n: S) -> (S, S) {
    let b = a.add(n);
    let (low, high) = (shifted(a), shifted(b));
    let (zero, one, half, near) = (S::lit(0.0), S::lit(1.0), S::lit(0.5), S::lit(SHIFT));
    let (d, wa, wb) = (distance(a, b, n), one.div(low.z), one.div(high.z));
    let ratio = ln_1p(d.mul(wa));
    let main = high.z.sub(half).fma(ratio, d.neg());
    // Where a is shifted: n ln(z/a), and the products; z⁸ stands for that of b where b is not.
    let square = low.z.mul(low.z);
    let fourth = square.mul(square);
    let product = S::select_lt(b, near, high.product, S::select_lt(a, near, fourth.mul(fourth), one));
    let shift = n.mul(ln(low.z.div(a))).sub(ln(product.div(low.product)));
    let value = main.add(rest(wb).sub(rest(wa))).add(S::select_lt(a, near, shift, zero));
    let main = d.mul(half).fma(wa.mul(wb), ratio.sub(n.div(a)));
    let products = high.slope.div(high.product).sub(low.slope.div(low.product));
    let slope = main.add(rest_slope(wb).sub(rest_slope(wa))).sub(products);
    (vanishing(a, value), vanishing(a, slope))
}

/// 0 at ∞, NaN below 0.
#[inline(always)]
fn vanishing<S: Simd>(a: S, value: S) -> S {
    positive(a, S::select_lt(S::lit(f64::MAX), a, S::lit(0.0), value))
}

/// From the shifted a to the shifted b: n, unless only one of them is shifted.
#[inline(always)]
fn distance<S: Simd<Elem = f64>>(a: S, b: S, n: S) -> S {
    let (near, zero) = (S::lit(SHIFT), S::lit(0.0));
    n.add(S::select_lt(b, near, near, zero).sub(S::select_lt(a, near, near, zero)))
}

/// ln Γ(x).
#[inline(always)]
pub fn lgamma<S: Simd>(x: S) -> S {
    lgamma_d(x, 0)
}

/// d ln Γ(x)/dx.
#[inline(always)]
pub fn digamma<S: Simd>(x: S) -> S {
    lgamma_d(x, 1)
}
