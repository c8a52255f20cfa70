//! One pass over the rows: tiles of 32 rows in lanes, blocks of 4096 rows in sums.

use crate::data::Data;
use crate::formula::{COLUMNS, Formula, TRAINED, UNIFORMS};
use crate::fused::{Batch, Layout};
use crate::isa::{Job, Vectors};
use crate::simd::{Pair, Quad, Simd};
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
    /// As many vectors in step as a tile has, four at most; of what is computed in double, where each is two, one.
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        if F::SPECIAL {
            self.blocks::<S>()
        } else if 4 * S::WIDTH <= LANES {
            self.blocks::<Quad<S>>()
        } else {
            self.blocks::<Pair<S>>()
        }
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

impl<T> Rest<T> {
    fn tile(&self, layout: Layout, data: &Data<T>) -> Tile<'_, T> {
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
struct Tile<'a, T> {
    eta: &'a [T],
    layout: Layout,
    /// Rows between the heads of [`Layout::Columns`], and the first row in η.
    rows: usize,
    row: usize,
    y: &'a [T; LANES],
    weight: Option<&'a [T; LANES]>,
    offset: Option<&'a [T; LANES]>,
    columns: [&'a [T; LANES]; COLUMNS],
}

/// All rows, as slices that are looked up once: behind references they would be again after each gradient is stored.
#[derive(Clone, Copy)]
struct Table<'a, T> {
    batch: Batch<'a, T>,
    y: &'a [T],
    weight: Option<&'a [T]>,
    offset: Option<&'a [T]>,
    columns: [&'a [T]; COLUMNS],
}

impl<'a, T: Vectors> Table<'a, T> {
    fn of(batch: &Batch<'a, T>, data: &'a Data<T>, count: usize) -> Table<'a, T> {
        let y = &data.y[..];
        let mut columns = [y; COLUMNS];
        for (to, column) in columns.iter_mut().zip(&data.columns[..count]) {
            *to = column;
        }
        Table { batch: *batch, y, weight: data.weight.as_deref(), offset: data.offset.as_deref(), columns }
    }
    /// The 32 rows from this one on.
    #[inline(always)]
    fn tile(&self, row: usize) -> Tile<'a, T> {
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

/// What is the same in each row.
#[derive(Clone, Copy)]
struct Same<S> {
    uniform: [S; UNIFORMS],
    upstream: S,
}

/// A vector of rows: −ln p, and the slopes in the learned numbers.
struct Terms<S> {
    value: S,
    learned: [S; TRAINED],
}

/// Vectors of a tile whose sums stay in registers; narrower vectors keep them in memory.
const HELD: usize = 2;

impl<F: Formula, T: Vectors, const GRADIENT: bool> Pass<'_, F, T, GRADIENT> {
    #[inline(always)]
    fn blocks<S: Simd<Elem = T>>(self) {
        let n = self.data.len();
        let whole = n / LANES * LANES;
        let mut rest = self.rest(whole);
        let Pass { batch, data, uniform, grad_eta, sums, .. } = self;
        let table = Table::of(batch, data, F::COLUMNS);
        let mut same = Same { uniform: [S::lit(0.0); UNIFORMS], upstream: S::lit(batch.upstream) };
        for k in 0..F::UNIFORMS {
            same.uniform[k] = S::lit(uniform[k]);
        }
        for start in (0..n).step_by(BLOCK) {
            let mut lanes = [[T::of(0.0); LANES]; 1 + TRAINED];
            let mut held = [[S::lit(0.0); HELD]; 1 + TRAINED];
            for row in (start..whole.min(start + BLOCK)).step_by(LANES) {
                let tile = table.tile(row);
                if LANES <= HELD * S::WIDTH {
                    let first = Self::vector(&same, &tile, 0, grad_eta);
                    add(&mut held, 0, F::LEARNED, &first);
                    if S::WIDTH < LANES {
                        let second = Self::vector(&same, &tile, S::WIDTH, grad_eta);
                        add(&mut held, 1, F::LEARNED, &second);
                    }
                } else {
                    for at in (0..LANES).step_by(S::WIDTH) {
                        let terms = Self::vector(&same, &tile, at, grad_eta);
                        sum(&mut lanes, at, F::LEARNED, &terms);
                    }
                }
            }
            if LANES <= HELD * S::WIDTH {
                for k in 0..=F::LEARNED {
                    for at in (0..LANES).step_by(S::WIDTH) {
                        held[k][at / S::WIDTH].store(&mut lanes[k][at..]);
                    }
                }
            }
            if whole < n && n <= start + BLOCK {
                let before = lanes;
                let tile = rest.tile(batch.layout, data);
                let mut grad = [T::of(0.0); LANES * TRAINED];
                for at in (0..LANES).step_by(S::WIDTH) {
                    let terms = Self::vector(&same, &tile, at, &mut grad);
                    sum(&mut lanes, at, F::LEARNED, &terms);
                }
                rest.grad = grad;
                // What the company has added is taken back.
                (0..1 + TRAINED).for_each(|k| lanes[k][n - whole..].copy_from_slice(&before[k][n - whole..]));
            }
            for (sum, lanes) in sums.iter_mut().zip(lanes).take(1 + F::LEARNED) {
                *sum += tree(lanes.map(T::to_f64));
            }
        }
        if GRADIENT {
            for (i, k) in (whole..n).flat_map(|i| (0..F::HEADS).map(move |k| (i, k))) {
                grad_eta[index::<F>(batch.layout, n, i, k)] = rest.grad[index::<F>(batch.layout, LANES, i - whole, k)];
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
    fn vector<S: Simd<Elem = T>>(same: &Same<S>, tile: &Tile<T>, at: usize, grad: &mut [T]) -> Terms<S> {
        let row = tile.row + at;
        let mut head = [S::lit(0.0); TRAINED];
        for k in 0..F::HEADS {
            head[k] = read::<F, S>(tile, row, k);
        }
        if let Some(offset) = tile.offset {
            head[0] = head[0].add(S::load(&offset[at..]));
        }
        let y = if F::READS_Y { S::load(&tile.y[at..]) } else { S::lit(0.0) };
        let mut column = [S::lit(0.0); COLUMNS];
        for k in 0..F::COLUMNS {
            column[k] = S::load(&tile.columns[k][at..]);
        }
        let (mut value, mut slopes) = if F::SPECIAL {
            // ln Γ and its like are large beside the loss and cancel in it: the row is computed in double.
            let (value, slopes) = F::row(wide(head), y.widen(), wide(same.uniform), wide(column));
            let mut narrow = [S::lit(0.0); TRAINED];
            for k in 0..F::HEADS + F::LEARNED {
                narrow[k] = S::narrow(slopes[k]);
            }
            (S::narrow(value), narrow)
        } else {
            F::row(head, y, same.uniform, column)
        };
        if let Some(weight) = tile.weight {
            let weight = S::load(&weight[at..]);
            value = weight.mul(value);
            for k in 0..F::HEADS + F::LEARNED {
                slopes[k] = weight.mul(slopes[k]);
            }
        }
        let mut learned = [S::lit(0.0); TRAINED];
        if GRADIENT {
            for k in 0..F::HEADS {
                write::<F, S>(tile, row, k, same.upstream.mul(slopes[k]), grad);
            }
            learned[..F::LEARNED].copy_from_slice(&slopes[F::HEADS..F::HEADS + F::LEARNED]);
        }
        Terms { value, learned }
    }
}

/// The 32 numbers from this one on.
#[inline(always)]
fn chunk<T>(column: &[T], row: usize) -> &[T; LANES] {
    column[row..].first_chunk().expect("a whole tile")
}

/// To sums that are held in registers.
#[inline(always)]
fn add<S: Simd>(held: &mut [[S; HELD]; 1 + TRAINED], at: usize, learned: usize, terms: &Terms<S>) {
    held[0][at] = held[0][at].add(terms.value);
    for k in 0..learned {
        held[1 + k][at] = held[1 + k][at].add(terms.learned[k]);
    }
}

/// To sums in memory.
#[inline(always)]
fn sum<S: Simd>(lanes: &mut [[S::Elem; LANES]; 1 + TRAINED], at: usize, learned: usize, terms: &Terms<S>) {
    S::load(&lanes[0][at..]).add(terms.value).store(&mut lanes[0][at..]);
    for k in 0..learned {
        S::load(&lanes[1 + k][at..]).add(terms.learned[k]).store(&mut lanes[1 + k][at..]);
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

/// Where head `k` of row `i` stands among `rows`.
#[inline(always)]
fn index<F: Formula>(layout: Layout, rows: usize, i: usize, k: usize) -> usize {
    match layout {
        Layout::Columns => k * rows + i,
        Layout::Rows => i * F::HEADS + k,
    }
}

#[inline(always)]
fn read<F: Formula, S: Simd>(tile: &Tile<S::Elem>, row: usize, k: usize) -> S {
    if F::HEADS == 1 || tile.layout == Layout::Columns {
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
fn write<F: Formula, S: Simd>(tile: &Tile<S::Elem>, row: usize, k: usize, x: S, to: &mut [S::Elem]) {
    if F::HEADS == 1 || tile.layout == Layout::Columns {
        return x.store(&mut to[k * tile.rows + row..]);
    }
    let to = &mut to[row * F::HEADS..(row + S::WIDTH) * F::HEADS];
    let mut lanes = [to[0]; LANES];
    x.store(&mut lanes);
    for i in 0..S::WIDTH {
        to[i * F::HEADS + k] = lanes[i];
    }
}
