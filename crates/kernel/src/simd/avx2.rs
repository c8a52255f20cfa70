//! Eight or four lanes in a register of 256 bits: AVX2 and FMA.

// Each method is one instruction, sound below an entry of `Isa` that has asked the machine for it; what `turn` stores lies
// where `apart` has looked.
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
fn fours(low: &[f32; 8], high: &[f32; 8], half: usize) -> __m256 {
    let (low, high) = (&low.as_chunks::<4>().0[half], &high.as_chunks::<4>().0[half]);
    unsafe { _mm256_set_m128(_mm_loadu_ps(high.as_ptr()), _mm_loadu_ps(low.as_ptr())) }
}

/// Two numbers of two lanes.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn twos(low: &[f64; 4], high: &[f64; 4], half: usize) -> __m256d {
    let (low, high) = (&low.as_chunks::<2>().0[half], &high.as_chunks::<2>().0[half]);
    unsafe { _mm256_set_m128d(_mm_loadu_pd(high.as_ptr()), _mm_loadu_pd(low.as_ptr())) }
}

/// `N` numbers of each of `N` lanes, from `k` on.
#[inline(always)]
fn square<'a, T, const N: usize>(from: &[&'a [T]], k: usize) -> [&'a [T; N]; N] {
    std::array::from_fn(|lane| from[lane][k..].first_chunk().expect("numbers to turn"))
}

/// Where `N` vectors of `N` numbers begin, `step` numbers apart: one check for all of them.
#[inline(always)]
fn apart<T, const N: usize>(to: &mut [T], step: usize) -> *mut T {
    let end = step.checked_mul(N - 1).and_then(|last| last.checked_add(N));
    assert!(end.is_some_and(|end| end <= to.len()), "room for what is turned");
    to.as_mut_ptr()
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
        fn where_lt(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_and_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0), self.0) })
        }
        #[inline(always)]
        fn unless_lt(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_andnot_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0), self.0) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0)) != 0 }
        }
        #[inline(always)]
        fn all_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a.0, b.0)) == 0xff }
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
            let (from, to) = (square::<_, 8>(from, k), apart::<_, 8>(to, step));
            // Four numbers at a time, lanes 4 .. 8 in the upper halves: no shuffle crosses them.
            for half in 0..2 {
                unsafe {
                    let (a, b) = (fours(from[0], from[4], half), fours(from[1], from[5], half));
                    let (c, d) = (fours(from[2], from[6], half), fours(from[3], from[7], half));
                    let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
                    let (high_ab, high_cd) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
                    let to = to.add(half * 4 * step);
                    _mm256_storeu_ps(to, _mm256_shuffle_ps::<0x44>(ab, cd));
                    _mm256_storeu_ps(to.add(step), _mm256_shuffle_ps::<0xEE>(ab, cd));
                    _mm256_storeu_ps(to.add(2 * step), _mm256_shuffle_ps::<0x44>(high_ab, high_cd));
                    _mm256_storeu_ps(to.add(3 * step), _mm256_shuffle_ps::<0xEE>(high_ab, high_cd));
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
        fn where_lt(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_and_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0), self.0) })
        }
        #[inline(always)]
        fn unless_lt(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_andnot_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0), self.0) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0)) != 0 }
        }
        #[inline(always)]
        fn all_lt(a: Self, b: Self) -> bool {
            unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a.0, b.0)) == 0xf }
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
            let (from, to) = (square::<_, 4>(from, k), apart::<_, 4>(to, step));
            for half in 0..2 {
                unsafe {
                    let (a, b) = (twos(from[0], from[2], half), twos(from[1], from[3], half));
                    let to = to.add(half * 2 * step);
                    _mm256_storeu_pd(to, _mm256_unpacklo_pd(a, b));
                    _mm256_storeu_pd(to.add(step), _mm256_unpackhi_pd(a, b));
                }
            }
        }
    }
);
