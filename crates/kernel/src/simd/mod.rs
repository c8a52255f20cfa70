//! Many numbers at once: what an instruction set must offer, in operations that IEEE 754 defines to the last bit.
//!
//! Every function of this crate is a fixed sequence of these operations, so its bits are the same on every instruction
//! set. No operation crosses lanes; two ask them all, and what these are told changes no number.

mod pair;
mod portable;
pub(crate) mod soon;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
pub use avx2::{F32x8, F64x4};
#[cfg(target_arch = "x86_64")]
pub use avx512::{F32x16, F64x8};
pub use pair::{Pair, Quad};

/// `f32` or `f64`: what differs between the two in the elementary functions.
pub trait Element: Copy + Default + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    /// Its name in tables: `f32`.
    const NAME: &'static str;
    /// Bytes.
    const BYTES: usize;
    /// 1.5 · 2^mantissa: added and subtracted, it rounds to a whole number, which stands in the low bits of the sum.
    const ROUND: f64;
    /// Bits of the mantissa.
    const MANTISSA: f64;
    /// 2^mantissa.
    const TWO_MANTISSA: f64;
    /// Exponent of 1.
    const BIAS: f64;
    /// The least normal number.
    const MIN_NORMAL: f64;
    /// The largest finite number.
    const MAX: f64;
    /// The nearest to a constant.
    fn of(x: f64) -> Self;
    /// Without loss.
    fn to_f64(self) -> f64;
    /// From bits, of which an `f32` takes the low 32.
    fn from_bits(bits: u64) -> Self;
    /// eˣ below this is 0, above that ∞.
    const EXP_RANGE: (f64, f64);
    /// eˣ is a normal number for |x| up to this.
    const EXP_NORMAL: f64;
    /// ln 2 in two parts: the first times an exponent is exact.
    const LN_2: (f64, f64);
    /// (eʳ − 1 − r)/r² on |r| ≤ ½ ln 2.
    const EXP: &'static [f64];
    /// ln m + e ln 2 for m = 1 + f in [√½, √2), and a small correction.
    fn ln_reduced<S: Simd<Elem = Self>>(f: S, e: S, correction: S) -> S;
}

/// A function of one number that is computed in double precision, whatever it is asked for.
pub trait Wide {
    /// Of doubles.
    fn call<S: Simd<Elem = f64>>(x: S) -> S;
}

/// A function of two numbers and its derivative in the first.
pub trait Wide2 {
    /// Of doubles.
    fn call<S: Simd<Elem = f64>>(x: S, y: S) -> (S, S);
}

/// A vector of [`Simd::WIDTH`] numbers.
///
/// The methods are compiled for the instruction set of the function they are inlined into: those of a wider set may be
/// called only below an entry that has made sure of it (see [`Isa`](crate::Isa)). The types are not public.
pub trait Simd: Copy {
    /// What a lane holds.
    type Elem: Element;
    /// As many lanes in double precision.
    type Double: Simd<Elem = f64>;
    /// Lanes.
    const WIDTH: usize;
    /// The same number in every lane.
    fn splat(x: Self::Elem) -> Self;
    /// The first [`Simd::WIDTH`] numbers of a slice.
    fn load(from: &[Self::Elem]) -> Self;
    /// Into the first [`Simd::WIDTH`] places of a slice.
    fn store(self, to: &mut [Self::Elem]);
    /// self + o.
    fn add(self, o: Self) -> Self;
    /// self − o.
    fn sub(self, o: Self) -> Self;
    /// self · o.
    fn mul(self, o: Self) -> Self;
    /// self / o.
    fn div(self, o: Self) -> Self;
    /// √self.
    fn sqrt(self) -> Self;
    /// self · a + b, rounded once.
    fn fma(self, a: Self, b: Self) -> Self;
    /// b − self · a, rounded once.
    fn fnma(self, a: Self, b: Self) -> Self;
    /// |self|: the sign bit is cleared.
    fn abs(self) -> Self;
    /// −self: the sign bit is turned.
    fn neg(self) -> Self;
    /// `if lo > self { lo } else { self }`: a NaN stays.
    fn at_least(self, lo: Self) -> Self;
    /// `if hi < self { hi } else { self }`: a NaN stays.
    fn at_most(self, hi: Self) -> Self;
    /// `if a < b { then } else { other }`.
    fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self;
    /// `if a < b { self } else { 0 }`: a mask, where a selection would cost AVX2 a comparison more.
    #[inline(always)]
    fn where_lt(self, a: Self, b: Self) -> Self {
        Self::select_lt(a, b, self, Self::lit(0.0))
    }
    /// `if a < b { 0 } else { self }`, likewise.
    #[inline(always)]
    fn unless_lt(self, a: Self, b: Self) -> Self {
        Self::select_lt(a, b, Self::lit(0.0), self)
    }
    /// Whether a < b in any lane. It may choose whether something is computed, never what a lane gets.
    fn any_lt(a: Self, b: Self) -> bool;
    /// Whether a < b in every lane: not where one is NaN.
    fn all_lt(a: Self, b: Self) -> bool;
    /// Sum of the bits as whole numbers, wrapping.
    fn add_bits(self, o: Self) -> Self;
    /// Difference of the bits as whole numbers, wrapping.
    fn sub_bits(self, o: Self) -> Self;
    /// Bitwise and.
    fn and(self, o: Self) -> Self;
    /// Bitwise or.
    fn or(self, o: Self) -> Self;
    /// The bits moved up by the length of the mantissa: the low ones become an exponent.
    fn shift_up(self) -> Self;
    /// The bits moved down by the length of the mantissa, zeros following.
    fn shift_down(self) -> Self;
    /// The same numbers in double precision.
    fn widen(self) -> Self::Double;
    /// Numbers in double precision, rounded.
    fn narrow(double: Self::Double) -> Self;
    /// Numbers that [`Simd::turn`] takes of each lane.
    const TURN: usize = 1;
    /// Lays numbers that stand apart lane by lane beside those of the other lanes: of each lane's slice the
    /// [`Simd::TURN`] numbers from `k` on, each to its lane of a vector, the vectors `step` numbers apart.
    #[inline(always)]
    fn turn(from: &[&[Self::Elem]], k: usize, to: &mut [Self::Elem], step: usize) {
        for (lane, from) in from[..Self::WIDTH].iter().enumerate() {
            for (i, x) in from[k..k + Self::TURN].iter().enumerate() {
                to[i * step + lane] = *x;
            }
        }
    }
    /// The same for all `n` numbers of each lane.
    #[inline(always)]
    fn turn_all(from: &[&[Self::Elem]], n: usize, to: &mut [Self::Elem], step: usize) {
        if n >= Self::TURN {
            for k in (0..n).step_by(Self::TURN) {
                // The last numbers may be copied twice.
                let k = k.min(n - Self::TURN);
                Self::turn(from, k, &mut to[k * step..], step);
            }
        } else {
            for (lane, from) in from[..Self::WIDTH].iter().enumerate() {
                from[..n].iter().enumerate().for_each(|(k, x)| to[k * step + lane] = *x);
            }
        }
    }

    /// The constant nearest to `x`.
    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self::splat(Self::Elem::of(x))
    }
    /// A function in double precision.
    #[inline(always)]
    fn wide<F: Wide>(self) -> Self {
        Self::narrow(F::call(self.widen()))
    }
    /// A function of two in double precision, and its derivative.
    #[inline(always)]
    fn wide2<F: Wide2>(self, o: Self) -> (Self, Self) {
        let (value, slope) = F::call(self.widen(), o.widen());
        (Self::narrow(value), Self::narrow(slope))
    }
    /// Σ cₖ xᵏ by Horner's rule.
    #[inline(always)]
    fn horner(self, c: &[f64]) -> Self {
        let mut sum = Self::lit(c[c.len() - 1]);
        for &c in c[..c.len() - 1].iter().rev() {
            sum = sum.fma(self, Self::lit(c));
        }
        sum
    }
    /// Σ cₖ xᵏ, the even and the odd powers apart: as many operations as Horner's rule, half as long a chain.
    #[inline(always)]
    fn even_odd(self, square: Self, c: &[f64]) -> Self {
        let (mut even, mut odd) = (Self::lit(c[(c.len() - 1) / 2 * 2]), Self::lit(c[c.len() / 2 * 2 - 1]));
        for k in (0..(c.len() - 1) / 2).rev() {
            even = even.fma(square, Self::lit(c[2 * k]));
        }
        for k in (0..c.len() / 2 - 1).rev() {
            odd = odd.fma(square, Self::lit(c[2 * k + 1]));
        }
        odd.fma(self, even)
    }
}
