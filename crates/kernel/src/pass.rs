//! One pass over the rows: tiles of 32 rows in lanes, stretches of 256 rows in sums of their own precision, blocks of
//! 4096 rows in sums of doubles.

use crate::data::{Column, Data};
use crate::formula::{COLUMNS, Formula, TRAINED, UNIFORMS};
use crate::fused::{Batch, Layout};
use crate::isa::{Job, Vectors};
use crate::simd::{Pair, Quad, Simd};
use crate::sum::{BLOCK, LANES, tree};
use crate::tile::{Rest, Table, Tile, index};
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
    /// As many vectors in step as a tile has, four at most; of what is computed in double, one.
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

/// What is the same in each row.
#[derive(Clone, Copy)]
struct Same<S: Simd> {
    uniform: [S; UNIFORMS],
    double: [S::Double; UNIFORMS],
    upstream: S,
}

impl<S: Simd> Same<S> {
    #[inline(always)]
    fn of(uniform: &[f64], upstream: f64) -> Same<S> {
        let mut same = Same {
            uniform: [S::lit(0.0); UNIFORMS],
            double: [S::Double::lit(0.0); UNIFORMS],
            upstream: S::lit(upstream),
        };
        for (k, &x) in uniform.iter().enumerate() {
            same.uniform[k] = S::lit(x);
            same.double[k] = S::Double::lit(x);
        }
        same
    }
}

/// A vector of rows: what its formula reads.
struct Row<S> {
    head: [S; TRAINED],
    y: S,
    column: [[S; 2]; COLUMNS],
}

/// A vector of rows: −ln p, and the slopes: of the heads, then of the learned numbers.
struct Terms<S> {
    value: S,
    slopes: [S; TRAINED],
}

impl<S: Simd> Terms<S> {
    #[inline(always)]
    fn times(mut self, weight: S, slopes: usize) -> Terms<S> {
        self.value = weight.mul(self.value);
        for k in 0..slopes {
            self.slopes[k] = weight.mul(self.slopes[k]);
        }
        self
    }
}

/// One sum for each lane: of the value, and of each learned number's slope.
type Lanes<T> = [[T; LANES]; 1 + TRAINED];

/// Vectors of a tile whose sums stay in registers; narrower vectors keep them in memory.
const HELD: usize = 2;
/// Rows after which lanes are emptied into sums of doubles: a lane of `f32` adds eight numbers.
const STRETCH: usize = 8 * LANES;

impl<F: Formula, T: Vectors, const GRADIENT: bool> Pass<'_, F, T, GRADIENT> {
    #[inline(always)]
    fn blocks<S: Simd<Elem = T>>(self) {
        let Pass { batch, data, uniform, grad_eta, sums, .. } = self;
        let n = data.len();
        let whole = n / LANES * LANES;
        let mut rest = Rest::of::<F>(batch, data, whole);
        let table = Table::of(batch, data, grad_eta);
        let same = Same::<S>::of(&uniform[..F::UNIFORMS], batch.upstream);
        for start in (0..n).step_by(BLOCK) {
            let mut block = [[0.0; LANES]; 1 + TRAINED];
            let end = whole.min(start + BLOCK);
            for first in (start..end).step_by(STRETCH) {
                let tiles = (first..end.min(first + STRETCH)).step_by(LANES);
                let tiles = tiles.map(|row| table.tile::<F, GRADIENT>(row));
                if !F::SPECIAL && LANES <= HELD * S::WIDTH {
                    Self::held(&same, tiles, grad_eta, &mut block);
                } else {
                    Self::stretch(&same, tiles, grad_eta, &mut block);
                }
            }
            if whole < n && n <= start + BLOCK {
                let (mut own, mut grad) = ([[0.0; LANES]; 1 + TRAINED], [T::of(0.0); LANES * TRAINED]);
                Self::stretch(&same, [rest.tile(batch.layout, data)], &mut grad, &mut own);
                rest.grad = grad;
                // What the company adds is left out.
                for (block, own) in block.iter_mut().zip(&own) {
                    (0..n - whole).for_each(|at| block[at] += own[at]);
                }
            }
            for (sum, lanes) in sums.iter_mut().zip(block).take(1 + F::LEARNED) {
                *sum += tree(lanes);
            }
        }
        if GRADIENT {
            for (i, k) in (whole..n).flat_map(|i| (0..F::HEADS).map(move |k| (i, k))) {
                grad_eta[index::<F>(batch.layout, n, i, k)] = rest.grad[index::<F>(batch.layout, LANES, i - whole, k)];
            }
        }
    }

    /// A stretch of tiles, its sums in memory. What is computed in double is summed in double.
    #[inline(always)]
    fn stretch<'t, S: Simd<Elem = T>>(
        same: &Same<S>,
        tiles: impl IntoIterator<Item = Tile<'t, T>>,
        grad: &mut [T],
        block: &mut Lanes<f64>,
    ) {
        let mut lanes = [[T::of(0.0); LANES]; 1 + TRAINED];
        for tile in tiles {
            for at in (0..LANES).step_by(S::WIDTH) {
                if F::SPECIAL {
                    let terms = Self::double_vector(same, &tile, at, grad);
                    add::<F, S::Double>(block, at, &terms);
                } else {
                    let terms = Self::vector(same, &tile, at, grad);
                    add::<F, S>(&mut lanes, at, &terms);
                }
            }
        }
        if !F::SPECIAL {
            for k in 0..=F::LEARNED {
                for at in (0..LANES).step_by(S::WIDTH) {
                    empty(S::load(&lanes[k][at..]), &mut block[k][at..]);
                }
            }
        }
    }

    /// A stretch of tiles, its sums in registers.
    #[inline(always)]
    fn held<'t, S: Simd<Elem = T>>(
        same: &Same<S>,
        tiles: impl IntoIterator<Item = Tile<'t, T>>,
        grad: &mut [T],
        block: &mut Lanes<f64>,
    ) {
        let mut held = [[S::lit(0.0); HELD]; 1 + TRAINED];
        for tile in tiles {
            let first = Self::vector(same, &tile, 0, grad);
            hold::<F, S>(&mut held, 0, &first);
            if S::WIDTH < LANES {
                let second = Self::vector(same, &tile, S::WIDTH, grad);
                hold::<F, S>(&mut held, 1, &second);
            }
        }
        for k in 0..=F::LEARNED {
            for at in (0..LANES).step_by(S::WIDTH) {
                empty(held[k][at / S::WIDTH], &mut block[k][at..]);
            }
        }
    }

    /// As many rows as a vector holds.
    #[inline(always)]
    fn read<S: Simd<Elem = T>>(tile: &Tile<T>, at: usize) -> Row<S> {
        let mut head = [S::lit(0.0); TRAINED];
        for k in 0..F::HEADS {
            head[k] = read::<F, S>(tile, tile.row + at, k);
        }
        if let Some(offset) = tile.offset {
            head[0] = head[0].add(S::load(&offset[at..]));
        }
        let y = if F::READS_Y { S::load(&tile.y[at..]) } else { S::lit(0.0) };
        let mut column = [[S::lit(0.0); 2]; COLUMNS];
        for k in 0..F::COLUMNS {
            column[k][0] = S::load(&tile.columns[k][0][at..]);
            if Column::<T>::SPLIT {
                column[k][1] = S::load(&tile.columns[k][1][at..]);
            }
        }
        Row { head, y, column }
    }

    /// Their terms; the slopes of η are written.
    #[inline(always)]
    fn vector<S: Simd<Elem = T>>(same: &Same<S>, tile: &Tile<T>, at: usize, grad: &mut [T]) -> Terms<S> {
        let Row { head, y, column } = Self::read::<S>(tile, at);
        let (value, slopes) = F::row(head, y, same.uniform, column);
        let mut terms = Terms { value, slopes };
        if let Some(weight) = tile.weight {
            terms = terms.times(S::load(&weight[at..]), F::HEADS + F::LEARNED);
        }
        if GRADIENT {
            for k in 0..F::HEADS {
                write::<F, S>(tile, tile.row + at, k, same.upstream.mul(terms.slopes[k]), grad);
            }
        }
        terms
    }

    /// The same in double: ln Γ and its like are large beside the loss and cancel in it, or in the sum of the loss.
    #[inline(always)]
    fn double_vector<S: Simd<Elem = T>>(same: &Same<S>, tile: &Tile<T>, at: usize, grad: &mut [T]) -> Terms<S::Double> {
        let Row { head, y, column: own } = Self::read::<S>(tile, at);
        let mut column = [[S::Double::lit(0.0); 2]; COLUMNS];
        for k in 0..COLUMNS {
            column[k] = wide(own[k]);
        }
        let (value, slopes) = F::row(wide(head), y.widen(), same.double, column);
        let mut terms = Terms { value, slopes };
        if let Some(weight) = tile.weight {
            terms = terms.times(S::load(&weight[at..]).widen(), F::HEADS + F::LEARNED);
        }
        if GRADIENT {
            for k in 0..F::HEADS {
                write::<F, S>(tile, tile.row + at, k, same.upstream.mul(S::narrow(terms.slopes[k])), grad);
            }
        }
        terms
    }
}

/// To sums in registers.
#[inline(always)]
fn hold<F: Formula, S: Simd>(held: &mut [[S; HELD]; 1 + TRAINED], at: usize, terms: &Terms<S>) {
    held[0][at] = held[0][at].add(terms.value);
    for k in 0..F::LEARNED {
        held[1 + k][at] = held[1 + k][at].add(terms.slopes[F::HEADS + k]);
    }
}

/// To sums in memory.
#[inline(always)]
fn add<F: Formula, S: Simd>(lanes: &mut Lanes<S::Elem>, at: usize, terms: &Terms<S>) {
    S::load(&lanes[0][at..]).add(terms.value).store(&mut lanes[0][at..]);
    for k in 0..F::LEARNED {
        S::load(&lanes[1 + k][at..]).add(terms.slopes[F::HEADS + k]).store(&mut lanes[1 + k][at..]);
    }
}

/// Sums of a stretch into those of its block.
#[inline(always)]
fn empty<S: Simd>(from: S, to: &mut [f64]) {
    S::Double::load(to).add(from.widen()).store(to);
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
