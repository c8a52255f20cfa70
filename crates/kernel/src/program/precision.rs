//! In which precision rows are computed: that of their numbers, or double.

use super::Scratch;
use super::interpret::Registers;
use crate::simd::Simd;

/// Between the vectors of a network and those that a formula is computed in.
pub(super) trait Precision<S: Simd> {
    type V: Simd;
    fn up(x: S) -> Self::V;
    fn down(x: Self::V) -> S;
    /// Of rows (0), or of what is computed once (1).
    fn registers(scratch: &mut Scratch<S::Elem>, of: usize) -> &mut Registers<<Self::V as Simd>::Elem>;
    fn double(x: Self::V) -> S::Double;
    /// Numbers in double precision, as a cell holds them.
    fn of_double(x: S::Double) -> Self::V;
}

/// As the numbers are.
pub(super) struct Own;
impl<S: Simd> Precision<S> for Own {
    type V = S;
    #[inline(always)]
    fn up(x: S) -> S {
        x
    }
    #[inline(always)]
    fn down(x: S) -> S {
        x
    }
    #[inline(always)]
    fn registers(scratch: &mut Scratch<S::Elem>, of: usize) -> &mut Registers<S::Elem> {
        &mut scratch.own[of]
    }
    #[inline(always)]
    fn double(x: S) -> S::Double {
        x.widen()
    }
    #[inline(always)]
    fn of_double(x: S::Double) -> S {
        S::narrow(x)
    }
}

/// In double: ln Γ and its like are large beside the loss, and cancel in it.
pub(super) struct Double;
impl<S: Simd> Precision<S> for Double {
    type V = S::Double;
    #[inline(always)]
    fn up(x: S) -> S::Double {
        x.widen()
    }
    #[inline(always)]
    fn down(x: S::Double) -> S {
        S::narrow(x)
    }
    #[inline(always)]
    fn registers(scratch: &mut Scratch<S::Elem>, of: usize) -> &mut Registers<<S::Double as Simd>::Elem> {
        &mut scratch.double[of]
    }
    #[inline(always)]
    fn double(x: S::Double) -> S::Double {
        x
    }
    #[inline(always)]
    fn of_double(x: S::Double) -> S::Double {
        x
    }
}
