//! Exact gradients: a number that carries its slopes.

use crate::{Real, special};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `value + Σ slope[k]·ε_k` with ε² = 0: all `K` partial derivatives at once, over any [`Real`].
///
/// ```
/// use surprisal_density::{Dual, Real};
/// let x = Dual::<f64, 1>::var(3.0, 0);
/// assert_eq!((x.sq() + x).slope, [7.0]); // d(x² + x)/dx at 3
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<R, const K: usize> {
    /// f(x).
    pub value: R,
    /// ∂f/∂x_k.
    pub slope: [R; K],
}

impl<R: Real, const K: usize> Dual<R, K> {
    /// Variable number `k`; a constant if `k ≥ K`.
    #[inline(always)]
    pub fn var(value: R, k: usize) -> Self {
        let mut slope = [R::lit(0.0); K];
        if k < K {
            slope[k] = R::lit(1.0);
        }
        Dual { value, slope }
    }
    /// A constant.
    #[inline(always)]
    pub fn con(value: R) -> Self {
        Dual { value, slope: [R::lit(0.0); K] }
    }
    /// f(self), where `slope` is f′(value).
    #[inline(always)]
    fn chain(self, value: R, slope: R) -> Self {
        let mut out = [R::lit(0.0); K];
        for k in 0..K {
            out[k] = self.slope[k] * slope;
        }
        Dual { value, slope: out }
    }
    #[inline(always)]
    fn zip(self, o: Self, value: R, f: impl Fn(R, R) -> R) -> Self {
        let mut slope = [R::lit(0.0); K];
        for k in 0..K {
            slope[k] = f(self.slope[k], o.slope[k]);
        }
        Dual { value, slope }
    }
}

impl<R: Real, const K: usize> Add for Dual<R, K> {
    type Output = Self;
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        self.zip(o, self.value + o.value, |a, b| a + b)
    }
}
impl<R: Real, const K: usize> Sub for Dual<R, K> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        self.zip(o, self.value - o.value, |a, b| a - b)
    }
}
#[allow(clippy::suspicious_arithmetic_impl)] // the product rule
impl<R: Real, const K: usize> Mul for Dual<R, K> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        self.zip(o, self.value * o.value, |a, b| a * o.value + self.value * b)
    }
}
#[allow(clippy::suspicious_arithmetic_impl)] // the quotient rule
impl<R: Real, const K: usize> Div for Dual<R, K> {
    type Output = Self;
    #[inline(always)]
    fn div(self, o: Self) -> Self {
        let q = self.value / o.value;
        self.zip(o, q, |a, b| a / o.value - q * (b / o.value))
    }
}
impl<R: Real, const K: usize> Neg for Dual<R, K> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.chain(-self.value, R::lit(-1.0))
    }
}

impl<R: Real, const K: usize> Real for Dual<R, K> {
    #[inline(always)]
    fn lit(c: f64) -> Self {
        Dual::con(R::lit(c))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let e = self.value.exp();
        self.chain(e, e)
    }
    #[inline(always)]
    fn exp_m1(self) -> Self {
        self.chain(self.value.exp_m1(), self.value.exp())
    }
    #[inline(always)]
    fn exp_excess(self) -> Self {
        self.chain(self.value.exp_excess(), self.value.exp_m1())
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), R::lit(1.0) / self.value)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        self.chain(self.value.ln_1p(), R::lit(1.0) / (R::lit(1.0) + self.value))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        let sign = R::select_lt(self.value, R::lit(0.0), R::lit(-1.0), R::lit(1.0));
        self.chain(self.value.abs(), sign)
    }
    #[inline(always)]
    fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
        let value = R::select_lt(a.value, b.value, then.value, other.value);
        then.zip(other, value, |s, t| R::select_lt(a.value, b.value, s, t))
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        let value = self.value.mul_add(a.value, b.value);
        let product = self.zip(a, value, |s, t| s * a.value + self.value * t);
        product.zip(b, value, |s, t| s + t)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, R::lit(0.5) / root)
    }
    #[inline(always)]
    fn lgamma_d(self, order: usize) -> Self {
        self.chain(self.value.lgamma_d(order), self.value.lgamma_d(order + 1))
    }
    #[inline(always)]
    fn rising_excess_d(a: Self, n: Self, order: usize) -> Self {
        let value = R::rising_excess_d(a.value, n.value, order);
        let da = R::rising_excess_d(a.value, n.value, order + 1);
        let of_power = match order {
            0 => a.value.ln(),
            1 => R::lit(1.0) / a.value,
            _ => -(R::lit(1.0) / a.value.sq()),
        };
        let dn = (a.value + n.value).lgamma_d(order + 1) - of_power;
        a.zip(n, value, |s, t| s * da + t * dn)
    }
    #[inline(always)]
    fn softplus(self) -> Self {
        self.chain(self.value.softplus(), self.value.logistic())
    }
    #[inline(always)]
    fn logistic(self) -> Self {
        let p = self.value.logistic();
        self.chain(p, p * (-self.value).logistic())
    }
    #[inline(always)]
    fn soft_abs(self) -> Self {
        self.chain(self.value.soft_abs(), self.value.soft_sign())
    }
    #[inline(always)]
    fn soft_sign(self) -> Self {
        let slope = R::lit(2.0) * self.value.logistic() * (-self.value).logistic();
        self.chain(self.value.soft_sign(), slope)
    }
    #[inline(always)]
    fn ln_normal_cdf(self) -> Self {
        // φ/Φ, in logarithms so that neither underflows.
        let value = self.value.ln_normal_cdf();
        let ln_density = R::lit(-0.5) * self.value.sq() - R::lit(special::LN_SQRT_TAU);
        self.chain(value, (ln_density - value).exp())
    }
}
