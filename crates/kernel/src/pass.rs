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
    fn tile(&self, data: &Data<T>) -> Tile<'_, T> {
        Tile {
            eta: &self.eta,
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
    /// Rows between the heads of [`Layout::Columns`], and the first row in η.
    rows: usize,
    row: usize,
    y: &'a [T; LANES],
    weight: Option<&'a [T; LANES]>,
    offset: Option<&'a [T; LANES]>,
    columns: [&'a [T; LANES]; COLUMNS],
}

impl<'a, T: Vectors> Tile<'a, T> {
    /// The 32 rows from this one on.
    #[inline(always)]
    fn of(batch: &'a Batch<T>, data: &'a Data<T>, count: usize, row: usize) -> Tile<'a, T> {
        let y = chunk(&data.y, row);
        let mut columns = [y; COLUMNS];
        for k in 0..count {
            columns[k] = chunk(&data.columns[k], row);
        }
        let weight = data.weight.as_ref().map(|column| chunk(column, row));
        let offset = data.offset.as_ref().map(|column| chunk(column, row));
        Tile { eta: batch.eta, rows: data.len(), row, y, weight, offset, columns }
    }
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
        let mut uniform = [S::lit(0.0); UNIFORMS];
        for k in 0..F::UNIFORMS {
            uniform[k] = S::lit(self.uniform[k]);
        }
        let whole = n / LANES * LANES;
        let mut rest = self.rest(whole);
        for start in (0..n).step_by(BLOCK) {
            let mut lanes = [[T::of(0.0); LANES]; 1 + TRAINED];
            let mut held = [[S::lit(0.0); HELD]; 1 + TRAINED];
            for row in (start..whole.min(start + BLOCK)).step_by(LANES) {
                let tile = Tile::of(self.batch, self.data, F::COLUMNS, row);
                if LANES <= HELD * S::WIDTH {
                    let first = Self::vector::<S>(self.batch, &tile, 0, uniform, self.grad_eta);
                    add(&mut held, 0, F::LEARNED, &first);
                    if S::WIDTH < LANES {
                        let second = Self::vector::<S>(self.batch, &tile, S::WIDTH, uniform, self.grad_eta);
                        add(&mut held, 1, F::LEARNED, &second);
                    }
                } else {
                    for at in (0..LANES).step_by(S::WIDTH) {
                        let terms = Self::vector::<S>(self.batch, &tile, at, uniform, self.grad_eta);
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
                let tile = rest.tile(self.data);
                let mut grad = [T::of(0.0); LANES * TRAINED];
                for at in (0..LANES).step_by(S::WIDTH) {
                    let terms = Self::vector::<S>(self.batch, &tile, at, uniform, &mut grad);
                    sum(&mut lanes, at, F::LEARNED, &terms);
                }
                rest.grad = grad;
                // What the company has added is taken back.
                (0..1 + TRAINED).for_each(|k| lanes[k][n - whole..].copy_from_slice(&before[k][n - whole..]));
            }
            for (sum, lanes) in self.sums.iter_mut().zip(lanes).take(1 + F::LEARNED) {
                *sum += tree(lanes.map(T::to_f64));
            }
        }
        if GRADIENT {
            for (i, k) in (whole..n).flat_map(|i| (0..F::HEADS).map(move |k| (i, k))) {
                self.grad_eta[index::<F>(self.batch.layout, n, i, k)] =
                    rest.grad[index::<F>(self.batch.layout, LANES, i - whole, k)];
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
    ) -> Terms<S> {
        let row = tile.row + at;
        let mut head = [S::lit(0.0); TRAINED];
        for k in 0..F::HEADS {
            head[k] = read::<F, S>(batch.layout, tile, row, k);
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
            let weight = S::load(&weight[at..]);
            value = weight.mul(value);
            for k in 0..F::HEADS + F::LEARNED {
                slopes[k] = weight.mul(slopes[k]);
            }
        }
        let mut learned = [S::lit(0.0); TRAINED];
        if GRADIENT {
            let upstream = S::lit(batch.upstream);
            for k in 0..F::HEADS {
                write::<F, S>(batch.layout, tile.rows, row, k, upstream.mul(slopes[k]), grad);
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
