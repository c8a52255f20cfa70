//! Sixteen or eight lanes in a register of 512 bits: AVX-512 F and DQ.

// Each method is one instruction, sound below an entry of `Isa` that has asked the machine for it.
#![allow(unsafe_code)]

use super::{Pair, Simd};
use std::arch::x86_64::*;

/// Sixteen `f32`.
#[derive(Clone, Copy, Debug)]
pub struct F32x16(__m512);

/// Eight `f64`.
#[derive(Clone, Copy, Debug)]
pub struct F64x8(__m512d);

macro_rules! avx512 {
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
                Self(unsafe { $blend($cmp::<_CMP_LT_OQ>(a.0, b.0), other.0, then.0) })
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

avx512!(
    F32x16,
    f32,
    16,
    23,
    _mm512_castps_si512,
    _mm512_castsi512_ps,
    _mm512_cmp_ps_mask,
    _mm512_mask_blend_ps,
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
    }
);
avx512!(
    F64x8,
    f64,
    8,
    52,
    _mm512_castpd_si512,
    _mm512_castsi512_pd,
    _mm512_cmp_pd_mask,
    _mm512_mask_blend_pd,
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
