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

/// Four numbers of two lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn fours(low: &[f32], high: &[f32], k: usize) -> __m256 {
    let (low, high) = (&low[k..k + 4], &high[k..k + 4]);
    unsafe { _mm256_set_m128(_mm_loadu_ps(high.as_ptr()), _mm_loadu_ps(low.as_ptr())) }
}

/// Two numbers of two lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn twos(low: &[f64], high: &[f64], k: usize) -> __m256d {
    let (low, high) = (&low[k..k + 2], &high[k..k + 2]);
    unsafe { _mm256_set_m128d(_mm_loadu_pd(high.as_ptr()), _mm_loadu_pd(low.as_ptr())) }
}

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
        const TURN: usize = 8;
        #[inline(always)]
        fn turn(from: &[&[f32]], k: usize, to: &mut [f32], step: usize) {
            // Four numbers at a time, lanes 4 .. 8 in the upper halves: no shuffle crosses them.
            for (k, at) in [(k, 0), (k + 4, 4 * step)] {
                let turned = unsafe {
                    let (a, b) = (fours(from[0], from[4], k), fours(from[1], from[5], k));
                    let (c, d) = (fours(from[2], from[6], k), fours(from[3], from[7], k));
                    let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
                    let (high_ab, high_cd) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
                    [
                        _mm256_shuffle_ps::<0x44>(ab, cd),
                        _mm256_shuffle_ps::<0xEE>(ab, cd),
                        _mm256_shuffle_ps::<0x44>(high_ab, high_cd),
                        _mm256_shuffle_ps::<0xEE>(high_ab, high_cd),
                    ]
                };
                for i in 0..4 {
                    Self(turned[i]).store(&mut to[at + i * step..]);
                }
            }
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
        const TURN: usize = 4;
        #[inline(always)]
        fn turn(from: &[&[f64]], k: usize, to: &mut [f64], step: usize) {
            for (k, at) in [(k, 0), (k + 2, 2 * step)] {
                let (a, b) = unsafe { (twos(from[0], from[2], k), twos(from[1], from[3], k)) };
                Self(unsafe { _mm256_unpacklo_pd(a, b) }).store(&mut to[at..]);
                Self(unsafe { _mm256_unpackhi_pd(a, b) }).store(&mut to[at + step..]);
            }
        }
    }
);
