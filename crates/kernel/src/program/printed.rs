//! Numbers under a prior whose formula the compiler knows: the lines that the interpreter would run, in registers.

use super::interpret::BLOCK;
use super::rows::CHAINS;
use super::{Batch, Sums};
use crate::formula::{COLUMNS, Formula, Make, TRAINED, UNIFORMS, choose_prior};
use crate::isa::{Isa, Job, Vectors};
use crate::simd::Simd;
use std::marker::PhantomData;
use surprisal_density::AnyFamily;

/// Whether the compiler knows the formula of a prior, and it asks for no double precision.
pub(super) fn knows(family: AnyFamily) -> bool {
    struct Ask;
    impl Make for Ask {
        type Output = bool;
        fn call<F: Formula>(self, _: F) -> bool {
            !F::SPECIAL
        }
    }
    choose_prior(family, Ask) == Some(true)
}

/// A prior at work: slopes are added.
#[doc(hidden)]
pub struct Printed<'a, T> {
    pub(super) family: AnyFamily,
    /// `[numbers][lanes]`.
    pub(super) uniform: &'a [f64],
    pub(super) batch: &'a Batch<'a, T>,
    pub(super) slope: &'a mut [T],
    pub(super) sums: &'a mut Sums,
}

impl<T: Vectors> Printed<'_, T> {
    /// With the vectors of an instruction set.
    pub(crate) fn run(self, isa: Isa) {
        struct Run<'a, T>(Isa, Printed<'a, T>);
        impl<T: Vectors> Make for Run<'_, T> {
            type Output = ();
            fn call<F: Formula>(self, _: F) {
                T::dispatch(self.0, Known::<F, T> { prior: self.1, formula: PhantomData });
            }
        }
        choose_prior(self.family, Run(isa, self)).expect("the formula is one of those that are compiled");
    }
}

struct Known<'a, F, T> {
    prior: Printed<'a, T>,
    formula: PhantomData<F>,
}

impl<F: Formula, T: Vectors> Job<T> for Known<'_, F, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let Printed { uniform: from, batch, slope, sums, .. } = self.prior;
        let mut uniform = [S::lit(0.0); UNIFORMS];
        for k in 0..F::UNIFORMS {
            uniform[k] = S::narrow(S::Double::load(&from[k * S::WIDTH..]));
        }
        let numbers = Numbers { uniform, upstream: S::load(batch.upstream), only: batch.only.map(S::load) };
        let block = BLOCK * S::WIDTH;
        for (x, slope) in batch.eta.chunks(block).zip(slope.chunks_mut(block)) {
            let mut sum = [S::Double::lit(0.0); CHAINS];
            let (mut xs, mut slopes) = (x.chunks_exact(CHAINS * S::WIDTH), slope.chunks_exact_mut(CHAINS * S::WIDTH));
            for (x, slope) in (&mut xs).zip(&mut slopes) {
                for c in 0..CHAINS {
                    let at = c * S::WIDTH..(c + 1) * S::WIDTH;
                    sum[c] = sum[c].add(numbers.one::<F>(&x[at.clone()], &mut slope[at]));
                }
            }
            let rest = xs.remainder().chunks_exact(S::WIDTH).zip(slopes.into_remainder().chunks_exact_mut(S::WIDTH));
            for (own, (x, slope)) in sum.iter_mut().zip(rest) {
                *own = own.add(numbers.one::<F>(x, slope));
            }
            sum[0].add(sum[1]).add(sum[2].add(sum[3])).add(S::Double::load(sums)).store(sums);
        }
    }
}

/// What is the same for all numbers of a prior.
struct Numbers<S> {
    uniform: [S; UNIFORMS],
    upstream: S,
    only: Option<S>,
}

impl<S: Simd> Numbers<S> {
    /// −ln p of a number, whose slope is added.
    #[inline(always)]
    fn one<F: Formula>(&self, x: &[S::Elem], to: &mut [S::Elem]) -> S::Double {
        let (zero, mut head) = (S::lit(0.0), [S::lit(0.0); TRAINED]);
        head[0] = S::load(x);
        let (value, slope) = F::row(head, zero, self.uniform, [[zero; 2]; COLUMNS]);
        let before = S::load(to);
        let after = slope[0].fma(self.upstream, before);
        match self.only {
            Some(only) => S::select_lt(only, S::lit(0.5), after, before).store(to),
            None => after.store(to),
        }
        value.widen()
    }
}

#[cfg(test)]
mod tests {
    use crate::program::{Batch, Program};
    use crate::{Aligned, Element, Isa, Vectors};
    use surprisal_density::{AnyFamily, Domain, Prior, Purpose, Stream};
    use surprisal_tape::Recording;

    /// Slopes and sums of some numbers under a prior, the same in each lane.
    fn add<T: Vectors>(isa: Isa, program: &Program, at: &[(f64, f64)], n: usize) -> Vec<u64> {
        struct Ask<'a>(&'a mut usize);
        impl<T: Element> crate::Job<T> for Ask<'_> {
            fn run<S: crate::Simd<Elem = T>>(self) {
                *self.0 = S::WIDTH;
            }
        }
        let mut lanes = 0;
        T::dispatch(isa, Ask(&mut lanes));
        let mut stream = Stream::new(Purpose::Sample, &[5]);
        let mut draw =
            |n: usize| -> Vec<T> { (0..n).flat_map(|_| vec![T::of(2.0 * stream.normal()); lanes]).collect() };
        let (eta, mut slope, upstream, count) = (draw(n), draw(n), draw(1), draw(1));
        let numbers = at.iter().map(|it| it.0).chain(at.iter().map(|it| it.1));
        let given: Vec<f64> = numbers.flat_map(|x| vec![x; lanes]).collect();
        let mut scratch = program.scratch::<T>(lanes);
        program.once(isa, &given, &[], &mut scratch);
        let mut sums = Aligned::zeros(lanes);
        let batch = Batch {
            rows: n,
            full: n,
            count: &count,
            eta: &eta,
            stride: super::super::ROWS * lanes,
            learned: &[],
            y: &[],
            columns: &[],
            weight: None,
            offset: None,
            upstream: &upstream,
            only: None,
        };
        program.add(isa, &batch, &mut scratch, &mut slope, &mut sums);
        let slopes = slope.iter().step_by(lanes).map(|x| x.to_f64());
        slopes.chain([sums[0], sums[lanes - 1]]).map(f64::to_bits).collect()
    }

    #[test]
    fn a_printed_prior_has_the_bits_of_the_interpreter() {
        for family in AnyFamily::all().into_iter().filter(|family| Prior::may_be(*family)) {
            let printed = Program::prior(family, Domain::Real);
            let interpreted = Program::of(Recording::of_density(family, Domain::Real), None);
            let number = |j: usize| (1.3 + j as f64, family.domain(j).unlink(1.3 + j as f64));
            let at: Vec<(f64, f64)> = (0..family.arity()).map(number).collect();
            for n in [1, 3, 63, 64, 65, 130, 200] {
                let plain = add::<f32>(Isa::Scalar, &interpreted, &at, n);
                let double = add::<f64>(Isa::Scalar, &interpreted, &at, n);
                for isa in Isa::available() {
                    assert_eq!(add::<f32>(isa, &printed, &at, n), plain, "{} on {isa}, {n}", family.name());
                    assert_eq!(add::<f64>(isa, &printed, &at, n), double, "{} on {isa}, {n}", family.name());
                }
            }
            let whole = super::knows(family) && !super::knows(AnyFamily::named("gamma").expect("known"));
            assert!(whole, "{} is printed", family.name());
        }
    }
}
