//! The elementary functions over slices, by name: for tests, benches and whoever needs them.

use crate::elementary;
use crate::isa::{Isa, Job, Vectors};
use crate::simd::{Pair, Simd};

macro_rules! functions {
    ($($Function:ident $f:ident $doc:literal),+ $(,)?) => {
        /// A function of one number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $(#[doc = $doc] $Function),+ }

        impl Function {
            /// All of them.
            pub const ALL: &'static [Function] = &[$(Function::$Function),+];
            /// Its name in tables.
            pub fn name(self) -> &'static str {
                match self { $(Function::$Function => stringify!($f)),+ }
            }
            /// f(x) for each x.
            ///
            /// ```
            /// use surprisal_kernel::{Function, Isa};
            /// let mut y = [0.0f32; 3];
            /// Function::Exp.apply(Isa::best(), &[0.0, 1.0, f32::NEG_INFINITY], &mut y);
            /// assert_eq!(y, [1.0, std::f32::consts::E, 0.0]);
            /// ```
            ///
            /// # Panics
            /// If the slices differ in length.
            pub fn apply<T: Vectors>(self, isa: Isa, x: &[T], out: &mut [T]) {
                T::apply(self, isa, x, out);
            }
            pub(crate) fn map<T: Vectors>(self, isa: Isa, x: &[T], out: &mut [T]) {
                assert_eq!(x.len(), out.len(), "one result for each number");
                match self { $(Function::$Function => {
                    struct Map<'a, T>(&'a [T], &'a mut [T]);
                    impl<T: Vectors> Job<T> for Map<'_, T> {
                        #[inline(always)]
                        fn run<S: Simd<Elem = T>>(self) {
                            let (mut from, mut to) = (self.0.chunks_exact(2 * S::WIDTH), self.1.chunks_exact_mut(2 * S::WIDTH));
                            for (x, y) in (&mut from).zip(&mut to) {
                                elementary::$f(Pair::<S>::load(x)).store(y);
                            }
                            for (x, y) in from.remainder().iter().zip(to.into_remainder()) {
                                let mut lanes = [*x; 64];
                                elementary::$f(S::splat(*x)).store(&mut lanes);
                                *y = lanes[0];
                            }
                        }
                    }
                    T::dispatch(isa, Map(x, out));
                }),+ }
            }
        }
    };
}
functions! {
    Exp exp "eˣ.",
    ExpM1 exp_m1 "eˣ − 1.",
    ExpExcess exp_excess "eˣ − 1 − x.",
    Ln ln "ln x.",
    Ln1p ln_1p "ln(1 + x).",
    Logistic logistic "1/(1 + e⁻ˣ).",
    Softplus softplus "ln(1 + eˣ).",
    Tanh tanh "tanh x.",
    Erf erf "The error function.",
    Erfc erfc "1 − erf x.",
    LnNormalCdf ln_normal_cdf "ln Φ(x).",
    LnGamma lgamma "ln Γ(x), x > 0.",
    Digamma digamma "The derivative of ln Γ, x > 0.",
}
