//! Rows by 32: where a pass reads them.

use crate::data::Data;
use crate::formula::{COLUMNS, Formula, TRAINED};
use crate::fused::{Batch, Layout};
use crate::isa::Vectors;
use crate::sum::LANES;

/// The last rows, as many as do not fill a tile, stand here with others to keep them company.
pub(crate) struct Rest<T> {
    eta: [T; LANES * TRAINED],
    pub grad: [T; LANES * TRAINED],
    y: [T; LANES],
    weight: [T; LANES],
    offset: [T; LANES],
    columns: [[T; LANES]; COLUMNS],
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
            columns: [zero; COLUMNS],
        };
        for at in 0..if first < n { LANES } else { 0 } {
            let i = (first + at).min(n - 1);
            for k in 0..F::HEADS {
                rest.eta[index::<F>(batch.layout, LANES, at, k)] = batch.eta[index::<F>(batch.layout, n, i, k)];
            }
            rest.y[at] = data.y[i];
            rest.weight[at] = data.weight.as_ref().map_or(T::of(1.0), |w| w[i]);
            rest.offset[at] = data.offset.as_ref().map_or(T::of(0.0), |o| o[i]);
            rest.columns.iter_mut().zip(&data.columns).for_each(|(to, column)| to[at] = column[i]);
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
            columns: [&self.columns[0], &self.columns[1]],
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
    pub columns: [&'a [T; LANES]; COLUMNS],
}

/// All rows, as slices that are looked up once: behind references they would be again after each gradient is stored.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a, T> {
    batch: Batch<'a, T>,
    y: &'a [T],
    weight: Option<&'a [T]>,
    offset: Option<&'a [T]>,
    columns: [&'a [T]; COLUMNS],
}

impl<'a, T: Vectors> Table<'a, T> {
    pub fn of(batch: &Batch<'a, T>, data: &'a Data<T>, count: usize) -> Table<'a, T> {
        let y = &data.y[..];
        let mut columns = [y; COLUMNS];
        for (to, column) in columns.iter_mut().zip(&data.columns[..count]) {
            *to = column;
        }
        Table { batch: *batch, y, weight: data.weight.as_deref(), offset: data.offset.as_deref(), columns }
    }
    /// The 32 rows from this one on.
    #[inline(always)]
    pub fn tile(&self, row: usize) -> Tile<'a, T> {
        let mut columns = [chunk(self.y, row); COLUMNS];
        for k in 0..COLUMNS {
            columns[k] = chunk(self.columns[k], row);
        }
        let weight = self.weight.map(|column| chunk(column, row));
        let offset = self.offset.map(|column| chunk(column, row));
        let Batch { eta, layout, .. } = self.batch;
        Tile { eta, layout, rows: self.y.len(), row, y: chunk(self.y, row), weight, offset, columns }
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
