//! Eight or four lanes in a register of 256 bits: AVX2 and FMA.

// Each method is one instruction, sound below an entry of `Isa` that has asked the machine for it.
#![allow(unsafe_code)]

use super::{Pair, Simd};
use std::arch::x86_64::*;

/// Eight `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x8(__m256);

/// Four `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64x4(__m256d);

macro_rules! avx2 {
    ($V:ident, $T:ident, $W:literal, $M:literal, $to_int:ident, $from_int:ident,
     $cmp:ident, $blend:ident, $set1:ident, $loadu:ident, $storeu:ident, $add:ident, $sub:ident, $mul:ident,
     $div:ident, $sqrt:ident, $fma:ident, $fnma:ident, $and:ident, $or:ident, $xor:ident, $andnot:ident, $max:ident,
     $min:ident, $addi:ident, $subi:ident, $slli:ident, $srli:ident, { $($wide:item)* }) => {
        impl Simd for $V {
            type Elem = $T;
            const WIDTH: usize = $W;
            #[inline(always)]
            fn splat(x: $T) -> Self {
                Self(unsafe { $set1(x) })
            }
            #[inline(always)]
            fn load(from: &[$T]) -> Self {
                let from: &[$T; $W] = from[..$W].try_into().expect("as many as lanes");
                Self(unsafe { $loadu(from.as_ptr()) })
            }
            #[inline(always)]
            fn store(self, to: &mut [$T]) {
                let to: &mut [$T; $W] = (&mut to[..$W]).try_into().expect("as many as lanes");
                unsafe { $storeu(to.as_mut_ptr(), self.0) }
            }
            #[inline(always)]
            fn add(self, o: Self) -> Self {
                Self(unsafe { $add(self.0, o.0) })
            }
            #[inline(always)]
            fn sub(self, o: Self) -> Self {
                Self(unsafe { $sub(self.0, o.0) })
            }
            #[inline(always)]
            fn mul(self, o: Self) -> Self {
                Self(unsafe { $mul(self.0, o.0) })
            }
            #[inline(always)]
            fn div(self, o: Self) -> Self {
                Self(unsafe { $div(self.0, o.0) })
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                Self(unsafe { $sqrt(self.0) })
            }
            #[inline(always)]
            fn fma(self, a: Self, b: Self) -> Self {
                Self(unsafe { $fma(self.0, a.0, b.0) })
            }
            #[inline(always)]
            fn fnma(self, a: Self, b: Self) -> Self {
                Self(unsafe { $fnma(self.0, a.0, b.0) })
            }
            #[inline(always)]
            fn abs(self) -> Self {
                Self(unsafe { $andnot($set1(-0.0), self.0) })
            }
            #[inline(always)]
            fn neg(self) -> Self {
                Self(unsafe { $xor($set1(-0.0), self.0) })
            }
            // max and min of this machine give their second operand where one is NaN.
            #[inline(always)]
            fn at_least(self, lo: Self) -> Self {
                Self(unsafe { $max(lo.0, self.0) })
            }
            #[inline(always)]
            fn at_most(self, hi: Self) -> Self {
                Self(unsafe { $min(hi.0, self.0) })
            }
            #[inline(always)]
            fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
                Self(unsafe { $blend(other.0, then.0, $cmp::<_CMP_LT_OQ>(a.0, b.0)) })
            }
            #[inline(always)]
            fn add_bits(self, o: Self) -> Self {
                Self(unsafe { $from_int($addi($to_int(self.0), $to_int(o.0))) })
            }
            #[inline(always)]
            fn sub_bits(self, o: Self) -> Self {
                Self(unsafe { $from_int($subi($to_int(self.0), $to_int(o.0))) })
            }
            #[inline(always)]
            fn and(self, o: Self) -> Self {
                Self(unsafe { $and(self.0, o.0) })
            }
            #[inline(always)]
            fn or(self, o: Self) -> Self {
                Self(unsafe { $or(self.0, o.0) })
            }
            #[inline(always)]
            fn shift_up(self) -> Self {
                Self(unsafe { $from_int($slli::<$M>($to_int(self.0))) })
            }
            #[inline(always)]
            fn shift_down(self) -> Self {
                Self(unsafe { $from_int($srli::<$M>($to_int(self.0))) })
            }
            $($wide)*
        }
    };
}

avx2!(
    F32x8,
    f32,
    8,
    23,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
    _mm256_cmp_ps,
    _mm256_blendv_ps,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_sqrt_ps,
    _mm256_fmadd_ps,
    _mm256_fnmadd_ps,
    _mm256_and_ps,
    _mm256_or_ps,
    _mm256_xor_ps,
    _mm256_andnot_ps,
    _mm256_max_ps,
    _mm256_min_ps,
    _mm256_add_epi32,
    _mm256_sub_epi32,
    _mm256_slli_epi32,
    _mm256_srli_epi32,
    {
        type Double = Pair<F64x4>;
        #[inline(always)]
        fn widen(self) -> Self::Double {
            let (low, high) = unsafe { (_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0)) };
            Pair(F64x4(unsafe { _mm256_cvtps_pd(low) }), F64x4(unsafe { _mm256_cvtps_pd(high) }))
        }
        #[inline(always)]
        fn narrow(Pair(low, high): Self::Double) -> Self {
            Self(unsafe { _mm256_set_m128(_mm256_cvtpd_ps(high.0), _mm256_cvtpd_ps(low.0)) })
        }
    }
);
avx2!(
    F64x4,
    f64,
    4,
    52,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
    _mm256_cmp_pd,
    _mm256_blendv_pd,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_sqrt_pd,
    _mm256_fmadd_pd,
    _mm256_fnmadd_pd,
    _mm256_and_pd,
    _mm256_or_pd,
    _mm256_xor_pd,
    _mm256_andnot_pd,
    _mm256_max_pd,
    _mm256_min_pd,
    _mm256_add_epi64,
    _mm256_sub_epi64,
    _mm256_slli_epi64,
    _mm256_srli_epi64,
    {
        type Double = Self;
        #[inline(always)]
        fn widen(self) -> Self {
            self
        }
        #[inline(always)]
        fn narrow(double: Self) -> Self {
            double
        }
    }
);
