//! One pass over the rows: tiles of 32 rows in lanes, blocks of 4096 rows in sums.

use crate::data::Data;
use crate::formula::{COLUMNS, Formula, TRAINED, UNIFORMS};
use crate::fused::{Batch, Layout};
use crate::isa::{Job, Vectors};
use crate::simd::{Pair, Simd};
use crate::sum::{BLOCK, LANES, tree};
use std::marker::PhantomData;

/// Σ w·(value), and Σ w·slope of each learned number.
pub(crate) type Sums = [f64; 1 + TRAINED];

/// What is computed, and where it goes.
pub(crate) struct Pass<'a, F, T, const GRADIENT: bool> {
    pub batch: &'a Batch<'a, T>,
    pub data: &'a Data<T>,
    /// Numbers that are the same in each row.
    pub uniform: [f64; UNIFORMS],
    pub grad_eta: &'a mut [T],
    pub sums: &'a mut Sums,
    pub formula: PhantomData<F>,
}

impl<F: Formula, T: Vectors, const GRADIENT: bool> Job<T> for Pass<'_, F, T, GRADIENT> {
    /// Long formulas keep a core busy by themselves; of short ones two vectors are taken in step.
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        if F::SPECIAL { self.blocks::<S>() } else { self.blocks::<Pair<S>>() }
    }
}

/// The last rows, as many as do not fill a tile, stand here with others to keep them company.
struct Rest<T> {
    eta: [T; LANES * TRAINED],
    grad: [T; LANES * TRAINED],
    y: [T; LANES],
    weight: [T; LANES],
    offset: [T; LANES],
    columns: [[T; LANES]; COLUMNS],
}

/// Where the columns of a tile are read.
struct Tile<'a, T> {
    eta: &'a [T],
    /// Rows between the heads of [`Layout::Columns`].
    rows: usize,
    row: usize,
    y: &'a [T],
    weight: Option<&'a [T]>,
    offset: Option<&'a [T]>,
    columns: [&'a [T]; COLUMNS],
}

impl<F: Formula, T: Vectors, const GRADIENT: bool> Pass<'_, F, T, GRADIENT> {
    #[inline(always)]
    fn blocks<S: Simd<Elem = T>>(self) {
        let n = self.data.len();
        let mut uniform = [S::lit(0.0); UNIFORMS];
        for k in 0..F::UNIFORMS {
            uniform[k] = S::lit(self.uniform[k]);
        }
        let mut rest = self.rest(n / LANES * LANES);
        let whole = [self.data.columns.first(), self.data.columns.get(1)].map(|c| c.map_or(&[][..], |c| &c[..]));
        for start in (0..n).step_by(BLOCK) {
            let mut lanes = [[T::of(0.0); LANES]; 1 + TRAINED];
            for row in (start..n.min(start + BLOCK)).step_by(LANES) {
                let count = LANES.min(n - row);
                let before = (count < LANES).then_some(lanes);
                let (tile, grad) = if count == LANES {
                    let (weight, offset) = (self.data.weight.as_deref(), self.data.offset.as_deref());
                    let (eta, y) = (self.batch.eta, &self.data.y[..]);
                    (Tile { eta, rows: n, row, y, weight, offset, columns: whole }, &mut *self.grad_eta)
                } else {
                    let weight = self.data.weight.is_some().then_some(&rest.weight[..]);
                    let offset = self.data.offset.is_some().then_some(&rest.offset[..]);
                    let columns = [&rest.columns[0][..], &rest.columns[1][..]];
                    let (eta, y) = (&rest.eta[..LANES * F::HEADS], &rest.y[..]);
                    (Tile { eta, rows: LANES, row: 0, y, weight, offset, columns }, &mut rest.grad[..LANES * F::HEADS])
                };
                for at in (0..LANES).step_by(S::WIDTH) {
                    Self::vector::<S>(self.batch, &tile, at, uniform, grad, &mut lanes);
                }
                if let Some(before) = before {
                    // What the company has added is taken back.
                    (0..1 + TRAINED).for_each(|k| lanes[k][count..].copy_from_slice(&before[k][count..]));
                }
            }
            for (sum, lanes) in self.sums.iter_mut().zip(lanes).take(1 + F::LEARNED) {
                *sum += tree(lanes.map(T::to_f64));
            }
        }
        if GRADIENT && !n.is_multiple_of(LANES) {
            let first = n / LANES * LANES;
            for (i, k) in (first..n).flat_map(|i| (0..F::HEADS).map(move |k| (i, k))) {
                self.grad_eta[index::<F>(self.batch.layout, n, i, k)] =
                    rest.grad[index::<F>(self.batch.layout, LANES, i - first, k)];
            }
        }
    }

    /// The rows from `first` on, the last one repeated.
    fn rest(&self, first: usize) -> Rest<T> {
        let n = self.data.len();
        let zero = [T::of(0.0); LANES];
        let mut rest = Rest {
            eta: [T::of(0.0); LANES * TRAINED],
            grad: [T::of(0.0); LANES * TRAINED],
            y: zero,
            weight: zero,
            offset: zero,
            columns: [zero; COLUMNS],
        };
        for at in 0..if first < n { LANES } else { 0 } {
            let i = (first + at).min(n - 1);
            for k in 0..F::HEADS {
                rest.eta[index::<F>(self.batch.layout, LANES, at, k)] =
                    self.batch.eta[index::<F>(self.batch.layout, n, i, k)];
            }
            rest.y[at] = self.data.y[i];
            rest.weight[at] = self.data.weight.as_ref().map_or(T::of(1.0), |w| w[i]);
            rest.offset[at] = self.data.offset.as_ref().map_or(T::of(0.0), |o| o[i]);
            rest.columns.iter_mut().zip(&self.data.columns).for_each(|(to, column)| to[at] = column[i]);
        }
        rest
    }

    /// As many rows as a vector holds.
    #[inline(always)]
    fn vector<S: Simd<Elem = T>>(
        batch: &Batch<T>,
        tile: &Tile<T>,
        at: usize,
        uniform: [S; UNIFORMS],
        grad: &mut [T],
        lanes: &mut [[T; LANES]; 1 + TRAINED],
    ) {
        let row = tile.row + at;
        let mut head = [S::lit(0.0); TRAINED];
        for k in 0..F::HEADS {
            head[k] = read::<F, S>(batch.layout, tile, row, k);
        }
        if let Some(offset) = tile.offset {
            head[0] = head[0].add(S::load(&offset[row..]));
        }
        let y = if F::READS_Y { S::load(&tile.y[row..]) } else { S::lit(0.0) };
        let mut column = [S::lit(0.0); COLUMNS];
        for k in 0..F::COLUMNS {
            column[k] = S::load(&tile.columns[k][row..]);
        }
        let (mut value, mut slopes) = if F::SPECIAL {
            // ln Γ and its like are large beside the loss and cancel in it: the row is computed in double.
            let (value, slopes) = F::row(wide(head), y.widen(), wide(uniform), wide(column));
            let mut narrow = [S::lit(0.0); TRAINED];
            for k in 0..F::HEADS + F::LEARNED {
                narrow[k] = S::narrow(slopes[k]);
            }
            (S::narrow(value), narrow)
        } else {
            F::row(head, y, uniform, column)
        };
        if let Some(weight) = tile.weight {
            let weight = S::load(&weight[row..]);
            value = weight.mul(value);
            for k in 0..F::HEADS + F::LEARNED {
                slopes[k] = weight.mul(slopes[k]);
            }
        }
        sum(&mut lanes[0], at, value);
        if GRADIENT {
            let upstream = S::lit(batch.upstream);
            for k in 0..F::HEADS {
                write::<F, S>(batch.layout, tile.rows, row, k, upstream.mul(slopes[k]), grad);
            }
            for k in 0..F::LEARNED {
                sum(&mut lanes[1 + k], at, slopes[F::HEADS + k]);
            }
        }
    }
}

/// Each in double precision. A loop, as a function handed to `map` is not compiled for the instruction set.
#[inline(always)]
fn wide<S: Simd, const N: usize>(xs: [S; N]) -> [S::Double; N] {
    let mut out = [S::Double::lit(0.0); N];
    for k in 0..N {
        out[k] = xs[k].widen();
    }
    out
}

#[inline(always)]
fn sum<S: Simd>(lanes: &mut [S::Elem; LANES], at: usize, x: S) {
    S::load(&lanes[at..]).add(x).store(&mut lanes[at..]);
}

/// Where head `k` of row `i` stands among `rows`.
#[inline(always)]
fn index<F: Formula>(layout: Layout, rows: usize, i: usize, k: usize) -> usize {
    match layout {
        Layout::Columns => k * rows + i,
        Layout::Rows => i * F::HEADS + k,
    }
}

#[inline(always)]
fn read<F: Formula, S: Simd>(layout: Layout, tile: &Tile<S::Elem>, row: usize, k: usize) -> S {
    if F::HEADS == 1 || layout == Layout::Columns {
        return S::load(&tile.eta[k * tile.rows + row..]);
    }
    let rows = &tile.eta[row * F::HEADS..(row + S::WIDTH) * F::HEADS];
    let mut lanes = [rows[0]; LANES];
    for i in 0..S::WIDTH {
        lanes[i] = rows[i * F::HEADS + k];
    }
    S::load(&lanes)
}

#[inline(always)]
fn write<F: Formula, S: Simd>(layout: Layout, rows: usize, row: usize, k: usize, x: S, to: &mut [S::Elem]) {
    if F::HEADS == 1 || layout == Layout::Columns {
        return x.store(&mut to[k * rows + row..]);
    }
    let to = &mut to[row * F::HEADS..(row + S::WIDTH) * F::HEADS];
    let mut lanes = [to[0]; LANES];
    x.store(&mut lanes);
    for i in 0..S::WIDTH {
        to[i * F::HEADS + k] = lanes[i];
    }
}
