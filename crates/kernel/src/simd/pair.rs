//! Two vectors in step: a long chain of dependent operations leaves a wide core idle, two chains fill it.

use super::Simd;

/// Two vectors, each operation done for both before the next. No loops: the compiler keeps both in registers.
#[derive(Clone, Copy, Debug)]
pub struct Pair<S>(pub(super) S, pub(super) S);

/// Four in step: narrow vectors have chains enough to fill a core only so.
pub type Quad<S> = Pair<Pair<S>>;

macro_rules! one {
    ($($op:ident),*) => { $(
        #[inline(always)]
        fn $op(self) -> Self {
            Pair(self.0.$op(), self.1.$op())
        }
    )* };
}

macro_rules! two {
    ($($op:ident),*) => { $(
        #[inline(always)]
        fn $op(self, o: Self) -> Self {
            Pair(self.0.$op(o.0), self.1.$op(o.1))
        }
    )* };
}

impl<S: Simd> Simd for Pair<S> {
    type Elem = S::Elem;
    type Double = Pair<S::Double>;
    const WIDTH: usize = 2 * S::WIDTH;
    one!(sqrt, abs, neg, shift_up, shift_down);
    two!(add, sub, mul, div, at_least, at_most, add_bits, sub_bits, and, or);
    #[inline(always)]
    fn splat(x: S::Elem) -> Self {
        let x = S::splat(x);
        Pair(x, x)
    }
    #[inline(always)]
    fn load(from: &[S::Elem]) -> Self {
        let from = &from[..Self::WIDTH];
        Pair(S::load(from), S::load(&from[S::WIDTH..]))
    }
    #[inline(always)]
    fn store(self, to: &mut [S::Elem]) {
        let to = &mut to[..Self::WIDTH];
        self.0.store(to);
        self.1.store(&mut to[S::WIDTH..]);
    }
    const TURN: usize = S::TURN;
    #[inline(always)]
    fn turn(from: &[&[S::Elem]], k: usize, to: &mut [S::Elem], step: usize) {
        S::turn(from, k, to, step);
        S::turn(&from[S::WIDTH..], k, &mut to[S::WIDTH..], step);
    }
    #[inline(always)]
    fn fma(self, a: Self, b: Self) -> Self {
        Pair(self.0.fma(a.0, b.0), self.1.fma(a.1, b.1))
    }
    #[inline(always)]
    fn fnma(self, a: Self, b: Self) -> Self {
        Pair(self.0.fnma(a.0, b.0), self.1.fnma(a.1, b.1))
    }
    #[inline(always)]
    fn select_lt(a: Self, b: Self, then: Self, other: Self) -> Self {
        Pair(S::select_lt(a.0, b.0, then.0, other.0), S::select_lt(a.1, b.1, then.1, other.1))
    }
    #[inline(always)]
    fn any_lt(a: Self, b: Self) -> bool {
        S::any_lt(a.0, b.0) | S::any_lt(a.1, b.1)
    }
    #[inline(always)]
    fn all_lt(a: Self, b: Self) -> bool {
        S::all_lt(a.0, b.0) & S::all_lt(a.1, b.1)
    }
    #[inline(always)]
    fn widen(self) -> Self::Double {
        Pair(self.0.widen(), self.1.widen())
    }
    #[inline(always)]
    fn narrow(double: Self::Double) -> Self {
        Pair(S::narrow(double.0), S::narrow(double.1))
    }
}
