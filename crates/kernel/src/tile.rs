//! Rows by 32: where a pass reads them.

use crate::data::{Column, Data};
use crate::formula::{COLUMNS, Formula, TRAINED};
use crate::fused::{Batch, Layout};
use crate::isa::Vectors;
use crate::simd::soon::{self, AHEAD};
use crate::sum::LANES;

/// The last rows, as many as do not fill a tile, stand here with others to keep them company.
pub(crate) struct Rest<T> {
    eta: [T; LANES * TRAINED],
    pub grad: [T; LANES * TRAINED],
    y: [T; LANES],
    weight: [T; LANES],
    offset: [T; LANES],
    columns: [[[T; LANES]; 2]; COLUMNS],
}

impl<T: Vectors> Rest<T> {
    /// The rows from `first` on, the last one repeated.
    pub fn of<F: Formula>(batch: &Batch<T>, data: &Data<T>, first: usize) -> Rest<T> {
        let n = data.len();
        let zero = [T::of(0.0); LANES];
        let mut rest = Rest {
            eta: [T::of(0.0); LANES * TRAINED],
            grad: [T::of(0.0); LANES * TRAINED],
            y: zero,
            weight: zero,
            offset: zero,
            columns: [[zero; 2]; COLUMNS],
        };
        for at in 0..if first < n { LANES } else { 0 } {
            let i = (first + at).min(n - 1);
            for k in 0..F::HEADS {
                rest.eta[index::<F>(batch.layout, LANES, at, k)] = batch.eta[index::<F>(batch.layout, n, i, k)];
            }
            rest.y[at] = data.y[i];
            rest.weight[at] = data.weight.as_ref().map_or(T::of(1.0), |w| w[i]);
            rest.offset[at] = data.offset.as_ref().map_or(T::of(0.0), |o| o[i]);
            for (to, column) in rest.columns.iter_mut().zip(&data.columns) {
                to[0][at] = column.high[i];
                to[1][at] = column.low.get(i).copied().unwrap_or(T::of(0.0));
            }
        }
        rest
    }

    pub fn tile(&self, layout: Layout, data: &Data<T>) -> Tile<'_, T> {
        Tile {
            eta: &self.eta,
            layout,
            rows: LANES,
            row: 0,
            y: &self.y,
            weight: data.weight.is_some().then_some(&self.weight),
            offset: data.offset.is_some().then_some(&self.offset),
            columns: self.columns.each_ref().map(|it| it.each_ref()),
        }
    }
}

/// 32 rows, and where they are read.
pub(crate) struct Tile<'a, T> {
    pub eta: &'a [T],
    pub layout: Layout,
    /// Rows between the heads of [`Layout::Columns`], and the first row in η.
    pub rows: usize,
    pub row: usize,
    pub y: &'a [T; LANES],
    pub weight: Option<&'a [T; LANES]>,
    pub offset: Option<&'a [T; LANES]>,
    /// In two numbers.
    pub columns: [[&'a [T; LANES]; 2]; COLUMNS],
}

/// All rows, as slices that are looked up once: behind references they would be again after each gradient is stored.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a, T> {
    batch: Batch<'a, T>,
    y: &'a [T],
    weight: Option<&'a [T]>,
    offset: Option<&'a [T]>,
    columns: [[&'a [T]; 2]; COLUMNS],
    /// Where the gradient of η goes, if it is wanted.
    grad: *const T,
    /// Whether memory is to be asked for what comes.
    far: bool,
}

/// Bytes of η up to which it is in a cache near the core, and nothing is asked for.
const NEAR: usize = 1 << 17;

impl<'a, T: Vectors> Table<'a, T> {
    pub fn of(batch: &Batch<'a, T>, data: &'a Data<T>, grad: &[T]) -> Table<'a, T> {
        let y = &data.y[..];
        let mut columns = [[&[][..]; 2]; COLUMNS];
        for (to, column) in columns.iter_mut().zip(&data.columns) {
            *to = [&column.high, &column.low];
        }
        let (weight, offset) = (data.weight.as_deref(), data.offset.as_deref());
        let far = batch.eta.len() * T::BYTES > NEAR;
        Table { batch: *batch, y, weight, offset, columns, grad: grad.as_ptr(), far }
    }
    /// The 32 rows from this one on.
    #[inline(always)]
    pub fn tile<F: Formula, const GRADIENT: bool>(&self, row: usize) -> Tile<'a, T> {
        if self.far {
            self.ask::<F, GRADIENT>(row + AHEAD / T::BYTES);
        }
        let y = chunk(self.y, row);
        let mut columns = [[y; 2]; COLUMNS];
        for k in 0..F::COLUMNS {
            columns[k][0] = chunk(self.columns[k][0], row);
            if Column::<T>::SPLIT {
                columns[k][1] = chunk(self.columns[k][1], row);
            }
        }
        let weight = self.weight.map(|column| chunk(column, row));
        let offset = self.offset.map(|column| chunk(column, row));
        let Batch { eta, layout, .. } = self.batch;
        Tile { eta, layout, rows: self.y.len(), row, y, weight, offset, columns }
    }
    /// Asks memory for what a tile will look at, and for where its gradient goes.
    #[inline(always)]
    fn ask<F: Formula, const GRADIENT: bool>(&self, row: usize) {
        let ask = |x: *const T, at: usize| soon::ask(x.wrapping_add(at), LANES);
        for k in 0..F::HEADS {
            // Rows of several heads are one stretch, as long as those of all heads.
            let at = match self.batch.layout {
                Layout::Columns => k * self.y.len() + row,
                Layout::Rows => row * F::HEADS + k * LANES,
            };
            ask(self.batch.eta.as_ptr(), at);
            if GRADIENT {
                ask(self.grad, at);
            }
        }
        if F::READS_Y {
            ask(self.y.as_ptr(), row);
        }
        for k in 0..F::COLUMNS {
            ask(self.columns[k][0].as_ptr(), row);
            if Column::<T>::SPLIT {
                ask(self.columns[k][1].as_ptr(), row);
            }
        }
        for column in [self.weight, self.offset].into_iter().flatten() {
            ask(column.as_ptr(), row);
        }
    }
}

/// The 32 numbers from this one on.
#[inline(always)]
fn chunk<T>(column: &[T], row: usize) -> &[T; LANES] {
    column[row..].first_chunk().expect("a whole tile")
}

/// Where head `k` of row `i` stands among `rows`.
#[inline(always)]
pub(crate) fn index<F: Formula>(layout: Layout, rows: usize, i: usize, k: usize) -> usize {
    match layout {
        Layout::Columns => k * rows + i,
        Layout::Rows => i * F::HEADS + k,
    }
}
