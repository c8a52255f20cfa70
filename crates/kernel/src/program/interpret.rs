//! The interpreter: each operation is run over a block of vectors, so that finding out which one it is costs little.

use super::code::{Code, Source, Step};
use crate::simd::{Element, Simd};
use crate::{Aligned, elementary};
use std::mem::take;
use surprisal_tape::Op;

/// Vectors of a register: few enough that the registers of a formula stay in the first cache.
pub(super) const BLOCK: usize = 64;

/// Registers, each of [`BLOCK`] vectors.
pub(super) type Registers<E> = Vec<Aligned<E>>;

/// As many as `code` uses, for vectors of `width`; literals are filled in.
pub(super) fn registers<E: Element>(code: &Code, width: usize) -> Registers<E> {
    let mut registers = vec![Aligned::zeros(BLOCK * width); code.registers];
    for (at, source) in &code.sources {
        if let Source::Literal(x) = source {
            registers[*at].fill(E::of(*x));
        }
    }
    registers
}

// A macro, not a function that takes a closure: a closure is not compiled for the instruction set of its caller.
macro_rules! each {
    ($registers:ident, $step:ident, $n:ident, $a:ident => $f:expr) => {{
        let mut to = take(&mut $registers[$step.to]);
        let a = &$registers[$step.args[0]][..$n];
        for (to, a) in to[..$n].chunks_exact_mut(V::WIDTH).zip(a.chunks_exact(V::WIDTH)) {
            let $a = V::load(a);
            ($f).store(to);
        }
        $registers[$step.to] = to;
    }};
    ($registers:ident, $step:ident, $n:ident, $a:ident, $b:ident => $f:expr) => {{
        let mut to = take(&mut $registers[$step.to]);
        let (a, b) = (&$registers[$step.args[0]][..$n], &$registers[$step.args[1]][..$n]);
        let from = a.chunks_exact(V::WIDTH).zip(b.chunks_exact(V::WIDTH));
        for (to, (a, b)) in to[..$n].chunks_exact_mut(V::WIDTH).zip(from) {
            let ($a, $b) = (V::load(a), V::load(b));
            ($f).store(to);
        }
        $registers[$step.to] = to;
    }};
    ($registers:ident, $step:ident, $n:ident, $a:ident, $b:ident, $c:ident, $d:ident => $f:expr) => {{
        let mut to = take(&mut $registers[$step.to]);
        let (a, b) = (&$registers[$step.args[0]][..$n], &$registers[$step.args[1]][..$n]);
        let (c, d) = (&$registers[$step.args[2]][..$n], &$registers[$step.args[3]][..$n]);
        let from = a.chunks_exact(V::WIDTH).zip(b.chunks_exact(V::WIDTH));
        let from = from.zip(c.chunks_exact(V::WIDTH).zip(d.chunks_exact(V::WIDTH)));
        for (to, ((a, b), (c, d))) in to[..$n].chunks_exact_mut(V::WIDTH).zip(from) {
            let ($a, $b, $c, $d) = (V::load(a), V::load(b), V::load(c), V::load(d));
            ($f).store(to);
        }
        $registers[$step.to] = to;
    }};
}

/// Runs the code over the first `vectors` of each register.
#[inline(always)]
pub(super) fn run<V: Simd>(code: &Code, registers: &mut Registers<V::Elem>, vectors: usize) {
    let n = vectors * V::WIDTH;
    for step in &code.steps {
        one::<V>(step, registers, n);
    }
}

#[inline(always)]
fn one<V: Simd>(step: &Step, registers: &mut Registers<V::Elem>, n: usize) {
    match step.op {
        Op::Add => each!(registers, step, n, a, b => a.add(b)),
        Op::Sub => each!(registers, step, n, a, b => a.sub(b)),
        Op::Mul => each!(registers, step, n, a, b => a.mul(b)),
        Op::Div => each!(registers, step, n, a, b => a.div(b)),
        Op::Neg => each!(registers, step, n, a => a.neg()),
        Op::MulAdd => each!(registers, step, n, a, b, c, _d => a.fma(b, c)),
        Op::SelectLt => each!(registers, step, n, a, b, c, d => V::select_lt(a, b, c, d)),
        Op::Abs => each!(registers, step, n, a => a.abs()),
        Op::Sqrt => each!(registers, step, n, a => a.sqrt()),
        Op::Exp => each!(registers, step, n, a => elementary::exp(a)),
        Op::ExpM1 => each!(registers, step, n, a => elementary::exp_m1(a)),
        Op::ExpExcess => each!(registers, step, n, a => elementary::exp_excess(a)),
        Op::Ln => each!(registers, step, n, a => elementary::ln(a)),
        Op::Ln1p => each!(registers, step, n, a => elementary::ln_1p(a)),
        Op::LnNormalCdf => each!(registers, step, n, a => elementary::ln_normal_cdf(a)),
        Op::Lgamma(0) => each!(registers, step, n, a => elementary::lgamma_d(a, 0)),
        Op::Lgamma(1) => each!(registers, step, n, a => elementary::lgamma_d(a, 1)),
        Op::Lgamma(2) => each!(registers, step, n, a => elementary::lgamma_d(a, 2)),
        Op::RisingExcess(0) => each!(registers, step, n, a, b => elementary::rising_excess(a, b).0),
        Op::RisingExcess(1) => each!(registers, step, n, a, b => elementary::rising_excess(a, b).1),
        // Slopes of formulas that are written with ln Γ and its slope at most, and with the excess itself.
        Op::Lgamma(_) | Op::RisingExcess(_) => unreachable!("{:?} in a first slope", step.op),
        Op::Literal(_) | Op::Input(_) => unreachable!("{:?} is a source", step.op),
    }
}
