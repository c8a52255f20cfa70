//! Eight or four lanes in a register of 256 bits: AVX2 and FMA.

// Each method is one instruction, sound below an entry of `Isa` that has asked the machine for it.
#![allow(unsafe_code)]

use super::x86::vector;
use super::{Pair, Simd};
use std::arch::x86_64::*;

/// Eight `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x8(__m256);

/// Four `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64x4(__m256d);

vector!(
    F32x8,
    f32,
    8,
    23,
    _mm256_castps_si256,
    _mm256_castsi256_ps,
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
        #[inline(always)]
        fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
            Self(unsafe { _mm256_blendv_ps(other.0, then.0, _mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0)) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0)) != 0 }
        }
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
vector!(
    F64x4,
    f64,
    4,
    52,
    _mm256_castpd_si256,
    _mm256_castsi256_pd,
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
        #[inline(always)]
        fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
            Self(unsafe { _mm256_blendv_pd(other.0, then.0, _mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0)) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0)) != 0 }
        }
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
