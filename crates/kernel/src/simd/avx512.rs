//! Sixteen or eight lanes in a register of 512 bits: AVX-512 F and DQ.

// Each method is one instruction, sound below an entry of `Isa` that has asked the machine for it.
#![allow(unsafe_code)]

use super::x86::vector;
use super::{F32x8, F64x4, Pair, Simd};
use std::arch::x86_64::*;

/// Sixteen `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x16(__m512);

/// Eight `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64x8(__m512d);

vector!(
    F32x16,
    f32,
    16,
    23,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_sqrt_ps,
    _mm512_fmadd_ps,
    _mm512_fnmadd_ps,
    _mm512_and_ps,
    _mm512_or_ps,
    _mm512_xor_ps,
    _mm512_andnot_ps,
    _mm512_max_ps,
    _mm512_min_ps,
    _mm512_add_epi32,
    _mm512_sub_epi32,
    _mm512_slli_epi32,
    _mm512_srli_epi32,
    {
        #[inline(always)]
        fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
            Self(unsafe { _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a.0, b.0), other.0, then.0) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a.0, b.0) != 0 }
        }
        #[inline(always)]
        fn all_lt(a: Self, b: Self) -> bool {
            unsafe { _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a.0, b.0) == 0xffff }
        }
        type Double = Pair<F64x8>;
        #[inline(always)]
        fn widen(self) -> Self::Double {
            let (low, high) = unsafe { (_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0)) };
            Pair(F64x8(unsafe { _mm512_cvtps_pd(low) }), F64x8(unsafe { _mm512_cvtps_pd(high) }))
        }
        #[inline(always)]
        fn narrow(Pair(low, high): Self::Double) -> Self {
            Self(unsafe {
                _mm512_insertf32x8::<1>(_mm512_castps256_ps512(_mm512_cvtpd_ps(low.0)), _mm512_cvtpd_ps(high.0))
            })
        }
        const TURN: usize = F32x8::TURN;
        #[inline(always)]
        fn turn(from: &[&[f32]], k: usize, to: &mut [f32], step: usize) {
            F32x8::turn(from, k, to, step);
            F32x8::turn(&from[F32x8::WIDTH..], k, &mut to[F32x8::WIDTH..], step);
        }
    }
);
vector!(
    F64x8,
    f64,
    8,
    52,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_sub_pd,
    _mm512_mul_pd,
    _mm512_div_pd,
    _mm512_sqrt_pd,
    _mm512_fmadd_pd,
    _mm512_fnmadd_pd,
    _mm512_and_pd,
    _mm512_or_pd,
    _mm512_xor_pd,
    _mm512_andnot_pd,
    _mm512_max_pd,
    _mm512_min_pd,
    _mm512_add_epi64,
    _mm512_sub_epi64,
    _mm512_slli_epi64,
    _mm512_srli_epi64,
    {
        #[inline(always)]
        fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
            Self(unsafe { _mm512_mask_blend_pd(_mm512_cmp_pd_mask::<_CMP_LT_OQ>(a.0, b.0), other.0, then.0) })
        }
        #[inline(always)]
        fn any_lt(a: Self, b: Self) -> bool {
            unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a.0, b.0) != 0 }
        }
        #[inline(always)]
        fn all_lt(a: Self, b: Self) -> bool {
            unsafe { _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a.0, b.0) == 0xff }
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
        const TURN: usize = F64x4::TURN;
        #[inline(always)]
        fn turn(from: &[&[f64]], k: usize, to: &mut [f64], step: usize) {
            F64x4::turn(from, k, to, step);
            F64x4::turn(&from[F64x4::WIDTH..], k, &mut to[F64x4::WIDTH..], step);
        }
    }
);
