//! The numbers a density is written over.

use crate::special;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number, or anything that computes like one: `f64` for truth, [`Dual`](crate::Dual) for gradients,
/// [`Deps`](crate::Deps) for what is computed when.
///
/// There is no `PartialOrd`: the only branch is [`Real::select_lt`], which an implementation can take lane by lane.
pub trait Real:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// The constant `c`.
    fn lit(c: f64) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, right also near 0.
    fn exp_m1(self) -> Self;
    /// eˣ − 1 − x, what eˣ has over its tangent at 0: right also near it.
    fn exp_excess(self) -> Self;
    /// ln x, for x > 0.
    fn ln(self) -> Self;
    /// ln(1 + x), for x > −1.
    fn ln_1p(self) -> Self;
    /// |x|, with derivative +1 at zero.
    fn abs(self) -> Self;
    /// `if a < b { then } else { other }`.
    fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self;
    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// √x, for x ≥ 0.
    fn sqrt(self) -> Self;
    /// The `order`-th derivative of ln Γ at x > 0: ln Γ, digamma, trigamma.
    ///
    /// Indexed by order so that the derivative of one is the next.
    fn lgamma_d(self, order: usize) -> Self;
    /// The `order`-th derivative in `a` of ln Γ(a + n) − ln Γ(a) − n ln a, for a > 0 and n ≥ 0: what the rising factorial
    /// has over the power, right also where the terms are huge.
    fn rising_excess_d(a: Self, n: Self, order: usize) -> Self;
    /// ln Φ(x), the standard normal.
    fn ln_normal_cdf(self) -> Self;

    /// ln Γ(x), for x > 0.
    #[inline(always)]
    fn lgamma(self) -> Self {
        self.lgamma_d(0)
    }
    /// ln Γ(a + n) − ln Γ(a) − n ln a, for a > 0 and n ≥ 0.
    #[inline(always)]
    fn rising_excess(a: Self, n: Self) -> Self {
        Self::rising_excess_d(a, n, 0)
    }
    /// max(x, y).
    #[inline(always)]
    fn max(self, y: Self) -> Self {
        Self::select_lt(self, y, y, self)
    }
    /// x².
    #[inline(always)]
    fn sq(self) -> Self {
        self * self
    }
    /// ln(1 + eˣ), without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        self.max(Self::lit(0.0)) + (-self.abs()).exp().ln_1p()
    }
    /// 1 / (1 + e⁻ˣ), without overflow.
    #[inline(always)]
    fn logistic(self) -> Self {
        (-(-self).softplus()).exp()
    }
    /// ln(1 + eˣ) + ln(1 + e⁻ˣ): |x| without its corner.
    #[inline(always)]
    fn soft_abs(self) -> Self {
        let x = self.abs();
        x + Self::lit(2.0) * (-x).exp().ln_1p()
    }
    /// (eˣ − 1)/(eˣ + 1) = tanh ½x, the slope of [`soft_abs`](Real::soft_abs): right also near 0.
    #[inline(always)]
    fn soft_sign(self) -> Self {
        let m = (-self.abs()).exp_m1();
        let negative = m / (m + Self::lit(2.0));
        Self::select_lt(self, Self::lit(0.0), negative, -negative)
    }
}

impl Real for f64 {
    #[inline(always)]
    fn lit(c: f64) -> f64 {
        c
    }
    #[inline(always)]
    fn exp(self) -> f64 {
        libm::exp(self)
    }
    #[inline(always)]
    fn exp_m1(self) -> f64 {
        libm::expm1(self)
    }
    fn exp_excess(self) -> f64 {
        special::exp_excess(self)
    }
    #[inline(always)]
    fn ln(self) -> f64 {
        libm::log(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> f64 {
        libm::log1p(self)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn select_lt(a: f64, b: f64, then: f64, other: f64) -> f64 {
        if a < b { then } else { other }
    }
    #[inline(always)]
    fn mul_add(self, a: f64, b: f64) -> f64 {
        f64::mul_add(self, a, b)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    fn lgamma_d(self, order: usize) -> f64 {
        special::lgamma_d(self, order)
    }
    fn rising_excess_d(a: f64, n: f64, order: usize) -> f64 {
        special::rising_excess_d(a, n, order)
    }
    fn ln_normal_cdf(self) -> f64 {
        special::ln_normal_cdf(self)
    }
}
