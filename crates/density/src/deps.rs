//! A number that only remembers what it was computed from.

use crate::{Arg, Family, Real};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A set of inputs: bit `j` is parameter `j`, the top bit is y.
///
/// Run through `log_norm` and `base` it says, with the bindings, what is computed once, per step or per row.
/// No family declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deps(pub u32);

impl Deps {
    /// The target.
    pub const Y: Deps = Deps(1 << 31);

    /// What `log_norm` and `base` of a family look at. Families with more than 31 parameters look at all.
    pub fn of<F: Family>(f: &F) -> (Deps, Deps) {
        if f.arity() > 31 {
            return (Deps(u32::MAX), Deps(u32::MAX));
        }
        let p: Vec<_> = (0..f.arity()).map(|j| Arg { x: Deps(1 << j), u: Deps(1 << j) }).collect();
        (f.log_norm(&p), f.base(&p, Deps::Y))
    }
    #[inline(always)]
    fn union(self, o: Deps) -> Deps {
        Deps(self.0 | o.0)
    }
    /// Whether parameter `j` is among the inputs.
    #[inline(always)]
    pub fn parameter(self, j: usize) -> bool {
        self.0 & (1 << j.min(31)) != 0 && j < 31 || self.0 == u32::MAX
    }
}

macro_rules! union { ($($Op:ident::$op:ident),*) => { $(impl $Op for Deps {
    type Output = Deps;
    #[inline(always)]
    fn $op(self, o: Deps) -> Deps { self.union(o) }
})* } }
union!(Add::add, Sub::sub, Mul::mul, Div::div);

impl Neg for Deps {
    type Output = Deps;
    #[inline(always)]
    fn neg(self) -> Deps {
        self
    }
}

macro_rules! same { ($($f:ident),*) => { $(
    #[inline(always)]
    fn $f(self) -> Deps { self }
)* } }
impl Real for Deps {
    #[inline(always)]
    fn lit(_: f64) -> Deps {
        Deps(0)
    }
    same!(exp, exp_m1, exp_excess, ln, ln_1p, abs, sqrt, ln_normal_cdf);
    #[inline(always)]
    fn lgamma_d(self, _: usize) -> Deps {
        self
    }
    #[inline(always)]
    fn rising_excess_d(a: Deps, n: Deps, _: usize) -> Deps {
        a + n
    }
    #[inline(always)]
    fn select_lt(a: Deps, b: Deps, then: Deps, other: Deps) -> Deps {
        a + b + then + other
    }
    #[inline(always)]
    fn mul_add(self, a: Deps, b: Deps) -> Deps {
        self + a + b
    }
}
