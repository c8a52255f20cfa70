//! The rows of a batch through the interpreter, block after block.

use super::code::Source;
use super::interpret::{self, BLOCK};
use super::precision::{Double, Own, Precision};
use super::{Formula, ROWS, RowInput, Scratch};
use crate::Aligned;
use crate::isa::{Job, Vectors};
use crate::simd::Simd;
use surprisal_tape::Input;

/// What the rows of a batch look at. Columns are `[rows][lanes]`; η is `[rows / 4][heads][4][lanes]`, its fours `stride`
/// numbers apart.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T> {
    /// Rows: the longest of the lanes.
    pub rows: usize,
    /// Rows that each lane has: no mask is looked at for them.
    pub full: usize,
    /// Rows of each lane.
    pub count: &'a [T],
    /// η, unconstrained.
    pub eta: &'a [T],
    /// Numbers from four rows to the next.
    pub stride: usize,
    /// Learned numbers `[learned][lanes]`, unconstrained.
    pub learned: &'a [T],
    /// The target.
    pub y: &'a [T],
    /// Functions of the target, in double.
    pub columns: &'a [Aligned<f64>],
    /// Weight of each row; 1 if none.
    pub weight: Option<&'a [T]>,
    /// Added to the location; nothing if none.
    pub offset: Option<&'a [T]>,
    /// What slopes of η are multiplied by, `[lanes]`.
    pub upstream: &'a [T],
    /// Less than ½ in the lanes that are meant; all if none.
    pub only: Option<&'a [T]>,
}

/// Sums of the rows of a block.
pub(super) const CHAINS: usize = 4;

/// Σ w·(value), and Σ w·slope of each learned number: `[1 + learned][lanes]`, in double; added to.
pub type Sums = Aligned<f64>;

/// A formula at work.
#[doc(hidden)]
pub struct Rows<'a, T> {
    pub(super) formula: &'a Formula,
    pub(super) scratch: &'a mut Scratch<T>,
    pub(super) stage: Stage<'a, T>,
}

/// What is computed. Both go through one interpreter: it is long, and compiled for every kind of vector.
pub(super) enum Stage<'a, T> {
    Once { given: &'a [f64], learned: &'a [T] },
    Rows { batch: &'a Batch<'a, T>, slope: &'a mut [T], sums: &'a mut Sums, add: bool },
}

impl<T: Vectors> Job<T> for Rows<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let double = self.formula.double || matches!(self.stage, Stage::Once { .. });
        if T::BYTES < 8 && double { self.blocks::<S, Double>() } else { self.blocks::<S, Own>() }
    }
}

impl<T: Vectors> Rows<'_, T> {
    #[inline(always)]
    fn blocks<S: Simd<Elem = T>, P: Precision<S>>(self) {
        let Rows { formula, scratch, mut stage } = self;
        let (code, of, rows) = match &stage {
            Stage::Once { .. } => (&formula.once, 1, 1),
            Stage::Rows { batch, .. } => {
                uniforms::<S, P>(formula, batch, scratch);
                (&formula.row, 0, batch.rows)
            }
        };
        for first in (0..rows).step_by(BLOCK) {
            let vectors = BLOCK.min(rows - first);
            match &stage {
                Stage::Once { given, learned } => once::<S, P>(formula, given, learned, scratch),
                Stage::Rows { batch, .. } => fill::<S, P>(formula, batch, scratch, first, vectors),
            }
            interpret::run::<P::V>(code, P::registers(scratch, of), vectors);
            match &mut stage {
                Stage::Once { .. } => {
                    for (k, at) in code.outputs.iter().enumerate() {
                        let x = P::double(P::V::load(&P::registers(scratch, 1)[*at]));
                        x.store(&mut scratch.uniform[k * S::WIDTH..]);
                    }
                }
                Stage::Rows { batch, slope, sums, add } => {
                    take::<S, P>(formula, batch, scratch, first, vectors, (slope, sums, *add));
                }
            }
        }
    }
}

/// The given and learned numbers of each lane.
#[inline(always)]
fn once<S: Simd, P: Precision<S>>(
    formula: &Formula,
    given: &[f64],
    learned: &[S::Elem],
    scratch: &mut Scratch<S::Elem>,
) {
    let values = given.len() / S::WIDTH / 2;
    for (at, source) in &formula.once.sources {
        let Source::Given(k) = source else { continue };
        let x = match formula.once_inputs[*k] {
            Input::Value(k) => P::of_double(S::Double::load(&given[k * S::WIDTH..])),
            Input::Unconstrained(k) => P::of_double(S::Double::load(&given[(values + k) * S::WIDTH..])),
            Input::Learned(k) => P::up(S::load(&learned[k * S::WIDTH..])),
            input => unreachable!("{input:?} is not the same in each row"),
        };
        x.store(&mut P::registers(scratch, 1)[*at]);
    }
}

/// Numbers that are the same in each row, once for all blocks.
#[inline(always)]
fn uniforms<S: Simd, P: Precision<S>>(formula: &Formula, batch: &Batch<S::Elem>, scratch: &mut Scratch<S::Elem>) {
    let vectors = BLOCK.min(batch.rows);
    for (at, source) in &formula.row.sources {
        let Source::Given(k) = source else { continue };
        let RowInput::Uniform(k) = formula.row_inputs[*k] else { continue };
        let x = P::of_double(S::Double::load(&scratch.uniform[k * S::WIDTH..]));
        for to in P::registers(scratch, 0)[*at].chunks_exact_mut(S::WIDTH).take(vectors) {
            x.store(to);
        }
    }
}

#[inline(always)]
fn fill<S: Simd, P: Precision<S>>(
    formula: &Formula,
    batch: &Batch<S::Elem>,
    scratch: &mut Scratch<S::Elem>,
    first: usize,
    vectors: usize,
) {
    let Batch { eta, stride, learned, y, columns, offset, .. } = *batch;
    let cells = |len: usize| first * S::WIDTH..len.min((first + vectors) * S::WIDTH);
    for (at, source) in &formula.row.sources {
        let Source::Given(k) = source else { continue };
        let to = P::registers(scratch, 0)[*at].chunks_exact_mut(S::WIDTH).take(vectors);
        match formula.row_inputs[*k] {
            RowInput::Uniform(_) => {}
            RowInput::Head(k) => {
                let location = formula.recording.location == Some(k);
                for (i, to) in to.enumerate() {
                    let row = first + i;
                    let at = row / ROWS * stride + (k * ROWS + row % ROWS) * S::WIDTH;
                    let mut x = S::load(&eta[at..]);
                    if let (true, Some(offset)) = (location, offset) {
                        x = x.add(S::load(&offset[row * S::WIDTH..]));
                    }
                    P::up(x).store(to);
                }
            }
            RowInput::Shifted(k) => {
                let x = S::load(&learned[k * S::WIDTH..]);
                for (i, to) in to.enumerate() {
                    let x = match offset {
                        Some(offset) => x.add(S::load(&offset[(first + i) * S::WIDTH..])),
                        None => x,
                    };
                    P::up(x).store(to);
                }
            }
            RowInput::Column(k) => {
                let column = &columns[k];
                for (to, x) in to.zip(column[cells(column.len())].chunks_exact(S::WIDTH)) {
                    P::of_double(S::Double::load(x)).store(to);
                }
            }
            RowInput::Y => {
                for (to, x) in to.zip(y[cells(y.len())].chunks_exact(S::WIDTH)) {
                    P::up(S::load(x)).store(to);
                }
            }
        }
    }
}

#[inline(always)]
fn take<S: Simd, P: Precision<S>>(
    formula: &Formula,
    batch: &Batch<S::Elem>,
    scratch: &mut Scratch<S::Elem>,
    first: usize,
    vectors: usize,
    (slopes, sums, add): (&mut [S::Elem], &mut Sums, bool),
) {
    let Batch { full, count, stride, weight, upstream, only, .. } = *batch;
    let (outputs, heads) = (&formula.row.outputs, formula.recording.heads);
    let count = S::load(count).widen();
    for (k, at) in outputs.iter().enumerate() {
        // The value, then heads, then learned numbers.
        if (1..=heads).contains(&k) {
            continue;
        }
        let to = if k == 0 { 0 } else { (k - heads) * S::WIDTH };
        // Several sums in step: the next is not waited for.
        let mut sum = [S::Double::lit(0.0); CHAINS];
        for (i, x) in P::registers(scratch, 0)[*at].chunks_exact(S::WIDTH).take(vectors).enumerate() {
            let mut x = P::double(P::V::load(x));
            if let Some(weight) = weight {
                x = S::load(&weight[(first + i) * S::WIDTH..]).widen().mul(x);
            }
            let own = &mut sum[i % CHAINS];
            let more = own.add(x);
            *own = if first + i < full {
                more
            } else {
                S::Double::select_lt(S::Double::lit((first + i) as f64), count, more, *own)
            };
        }
        let sum = sum[0].add(sum[1]).add(sum[2].add(sum[3])).add(S::Double::load(&sums[to..]));
        sum.store(&mut sums[to..]);
    }
    let upstream = S::load(upstream);
    for (k, at) in outputs[1..=heads].iter().enumerate() {
        for (i, x) in P::registers(scratch, 0)[*at].chunks_exact(S::WIDTH).take(vectors).enumerate() {
            let row = first + i;
            let slope = P::down(P::V::load(x));
            let factor = match weight {
                Some(weight) => S::load(&weight[row * S::WIDTH..]).mul(upstream),
                None => upstream,
            };
            let at = row / ROWS * stride + (k * ROWS + row % ROWS) * S::WIDTH;
            let to = &mut slopes[at..at + S::WIDTH];
            let before = S::load(to);
            let x = if add { slope.fma(factor, before) } else { slope.mul(factor) };
            match only {
                Some(only) => S::select_lt(S::load(only), S::lit(0.5), x, before).store(to),
                None => x.store(to),
            }
        }
    }
}
