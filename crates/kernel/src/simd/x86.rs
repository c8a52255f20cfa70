//! What the vectors of x86 have in common: each method is one instruction, by its name.

/// `Simd` for a vector of so many lanes and bits of mantissa. What differs between the sets stands in the last braces.
macro_rules! vector {
    ($V:ident, $T:ident, $W:literal, $M:literal, $to_int:ident, $from_int:ident,
     $set1:ident, $loadu:ident, $storeu:ident, $add:ident, $sub:ident, $mul:ident,
     $div:ident, $sqrt:ident, $fma:ident, $fnma:ident, $and:ident, $or:ident, $xor:ident, $andnot:ident, $max:ident,
     $min:ident, $addi:ident, $subi:ident, $slli:ident, $srli:ident, { $($own:item)* }) => {
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
            $($own)*
        }
    };
}
pub(super) use vector;
