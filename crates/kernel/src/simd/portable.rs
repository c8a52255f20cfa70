//! One lane, in plain Rust: every machine, and the meaning of the others.

use super::{Element, Simd};
use crate::elementary::{ln_reduced_f32, ln_reduced_f64};

macro_rules! scalar {
    ($T:ident, $mantissa:literal) => {
        impl Simd for $T {
            type Elem = $T;
            type Double = f64;
            const WIDTH: usize = 1;
            #[inline(always)]
            fn splat(x: $T) -> $T {
                x
            }
            #[inline(always)]
            fn load(from: &[$T]) -> $T {
                from[0]
            }
            #[inline(always)]
            fn store(self, to: &mut [$T]) {
                to[0] = self;
            }
            #[inline(always)]
            fn add(self, o: $T) -> $T {
                self + o
            }
            #[inline(always)]
            fn sub(self, o: $T) -> $T {
                self - o
            }
            #[inline(always)]
            fn mul(self, o: $T) -> $T {
                self * o
            }
            #[inline(always)]
            fn div(self, o: $T) -> $T {
                self / o
            }
            #[inline(always)]
            fn sqrt(self) -> $T {
                $T::sqrt(self)
            }
            #[inline(always)]
            fn fma(self, a: $T, b: $T) -> $T {
                self.mul_add(a, b)
            }
            #[inline(always)]
            fn fnma(self, a: $T, b: $T) -> $T {
                (-self).mul_add(a, b)
            }
            #[inline(always)]
            fn abs(self) -> $T {
                $T::abs(self)
            }
            #[inline(always)]
            fn neg(self) -> $T {
                -self
            }
            #[inline(always)]
            fn at_least(self, lo: $T) -> $T {
                if lo > self { lo } else { self }
            }
            #[inline(always)]
            fn at_most(self, hi: $T) -> $T {
                if hi < self { hi } else { self }
            }
            #[inline(always)]
            fn select_lt(a: $T, b: $T, then: $T, other: $T) -> $T {
                if a < b { then } else { other }
            }
            #[inline(always)]
            fn any_lt(a: $T, b: $T) -> bool {
                a < b
            }
            #[inline(always)]
            fn all_lt(a: $T, b: $T) -> bool {
                a < b
            }
            #[inline(always)]
            fn add_bits(self, o: $T) -> $T {
                $T::from_bits(self.to_bits().wrapping_add(o.to_bits()))
            }
            #[inline(always)]
            fn sub_bits(self, o: $T) -> $T {
                $T::from_bits(self.to_bits().wrapping_sub(o.to_bits()))
            }
            #[inline(always)]
            fn and(self, o: $T) -> $T {
                $T::from_bits(self.to_bits() & o.to_bits())
            }
            #[inline(always)]
            fn or(self, o: $T) -> $T {
                $T::from_bits(self.to_bits() | o.to_bits())
            }
            #[inline(always)]
            fn shift_up(self) -> $T {
                $T::from_bits(self.to_bits() << $mantissa)
            }
            #[inline(always)]
            fn shift_down(self) -> $T {
                $T::from_bits(self.to_bits() >> $mantissa)
            }
            #[inline(always)]
            fn widen(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn narrow(double: f64) -> $T {
                double as $T
            }
        }
    };
}
scalar!(f32, 23);
scalar!(f64, 52);

impl Element for f32 {
    const NAME: &'static str = "f32";
    const BYTES: usize = 4;
    const ROUND: f64 = 12_582_912.0;
    const MANTISSA: f64 = 23.0;
    const TWO_MANTISSA: f64 = 8_388_608.0;
    const BIAS: f64 = 127.0;
    const MIN_NORMAL: f64 = f32::MIN_POSITIVE as f64;
    const MAX: f64 = f32::MAX as f64;
    const EXP_RANGE: (f64, f64) = (-104.5, 89.0);
    const EXP_NORMAL: f64 = 87.0;
    const LN_2: (f64, f64) = (0.693_359_375, -2.121_944_400_546_905_8e-4);
    const EXP: &'static [f64] = crate::elementary::EXP_F32;
    #[inline(always)]
    fn of(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn from_bits(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
    #[inline(always)]
    fn ln_reduced<S: Simd<Elem = f32>>(f: S, e: S, correction: S) -> S {
        ln_reduced_f32(f, e, correction)
    }
}

impl Element for f64 {
    const NAME: &'static str = "f64";
    const BYTES: usize = 8;
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const MANTISSA: f64 = 52.0;
    const TWO_MANTISSA: f64 = 4_503_599_627_370_496.0;
    const BIAS: f64 = 1023.0;
    const MIN_NORMAL: f64 = f64::MIN_POSITIVE;
    const MAX: f64 = f64::MAX;
    const EXP_RANGE: (f64, f64) = (-746.0, 710.0);
    const EXP_NORMAL: f64 = 708.0;
    const LN_2: (f64, f64) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10);
    const EXP: &'static [f64] = crate::elementary::EXP_F64;
    #[inline(always)]
    fn of(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
    #[inline(always)]
    fn ln_reduced<S: Simd<Elem = f64>>(f: S, e: S, correction: S) -> S {
        ln_reduced_f64(f, e, correction)
    }
}
