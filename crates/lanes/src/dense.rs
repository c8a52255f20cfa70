//! Layers, forward: products of small tiles that stay in registers.
//!
//! Rows stand in fours, weights in panels, so that what a tile reads lies side by side. Every sum runs over its terms in
//! order, one at a time: neither the size of a tile nor that of a vector changes a bit.

use crate::shape::{Dense, PANEL};
use std::ops::Range;
use surprisal_kernel::program::ROWS;
use surprisal_kernel::{Aligned, Element, Job, Simd};

/// Bytes that a product keeps near the core: about half of a second-level cache.
pub(crate) const NEAR: usize = 1 << 18;
/// Terms of a forward product that are summed before the next tile is begun.
const TERMS: usize = 256;
/// Bytes of two rows of fours, about, that meet a panel before the next panel is looked at: a part of the first cache.
const ROW_BYTES: usize = 1 << 13;
/// Rows in fours: numbers `[rows / 4][units][4][lanes]`, the fours `stride` numbers apart.
#[derive(Debug)]
pub struct Units<T> {
    pub x: Aligned<T>,
    pub stride: usize,
}

impl<T: Element> Units<T> {
    pub fn new(rows: usize, units: usize, lanes: usize) -> Units<T> {
        let mut stride = units * ROWS * lanes;
        // Fours that are a power of two apart would share a few lines of the cache.
        if (stride * T::BYTES).is_multiple_of(2048) {
            stride += 5 * 64 / T::BYTES;
        }
        Units { x: Aligned::zeros(rows.div_ceil(ROWS) * stride), stride }
    }

    /// Some of the fours, each of `stride` numbers.
    #[inline(always)]
    pub fn fours(&self, which: Range<usize>) -> std::slice::ChunksExact<'_, T> {
        self.x[which.start * self.stride..which.end * self.stride].chunks_exact(self.stride)
    }
    /// The same, to be written.
    #[inline(always)]
    pub fn fours_mut(&mut self, which: Range<usize>) -> std::slice::ChunksExactMut<'_, T> {
        self.x[which.start * self.stride..which.end * self.stride].chunks_exact_mut(self.stride)
    }
}

/// Rows that go forward and back together: whole blocks of the likelihood's sums, whose order they keep.
pub(crate) const CHUNK: usize = 128;
/// Most lanes of a vector.
const LANES: usize = 16;

/// The rows of a lane's batch in its data.
#[derive(Clone, Copy)]
pub struct Picked<'a, T> {
    pub rows: &'a [usize],
    /// Row by row.
    pub x: &'a [T],
}

/// Copies the features of each lane's rows beside those of the other lanes.
pub struct Gather<'a, T> {
    /// The first of the rows, and how many at most.
    pub first: usize,
    pub most: usize,
    pub inputs: usize,
    /// Of each lane; where no model is, those of any other.
    pub lanes: &'a [Picked<'a, T>],
    pub to: &'a mut Units<T>,
}

impl<T: Element> Job<T> for Gather<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let (n, stride) = (self.inputs, self.to.stride);
        let lanes = &self.lanes[..S::WIDTH];
        let rows = lanes.iter().map(|it| it.rows.len()).max().unwrap_or(0);
        let rows = (rows - self.first).min(self.most);
        for i in 0..rows {
            // So many lanes as the compiler knows of: it then sees that all slices are of one length.
            let mut from: [&[T]; LANES] = [&[]; LANES];
            for k in 0..S::WIDTH {
                let lane = &lanes[k];
                // A lane without such a row takes its last: it is masked.
                let row = lane.rows[(self.first + i).min(lane.rows.len() - 1)];
                from[k] = &lane.x[row * n..][..n];
            }
            let at = i / ROWS * stride + i % ROWS * S::WIDTH;
            S::turn_all(&from, n, &mut self.to.x[at..], ROWS * S::WIDTH);
        }
    }
}

/// out = x W + b, and max(0, ·) if `relu`.
pub struct Forward<'a, T> {
    pub layer: &'a Dense,
    pub theta: &'a [T],
    pub x: &'a Units<T>,
    pub out: &'a mut Units<T>,
    pub fours: usize,
    pub relu: bool,
}

impl<T: Element> Job<T> for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(mut self) {
        let layer = self.layer;
        let panels = layer.panels();
        let terms = if layer.inputs > TERMS + TERMS / 2 { TERMS } else { layer.inputs.max(1) };
        let near = (NEAR / (terms * PANEL * S::WIDTH * T::BYTES)).max(1);
        let block = (ROW_BYTES / (terms * ROWS * S::WIDTH * T::BYTES)).max(1) * 2;
        for first in (0..layer.inputs.max(1)).step_by(terms) {
            let terms = first..layer.inputs.min(first + terms);
            for panel in (0..panels).step_by(near) {
                for four in (0..self.fours).step_by(block) {
                    let fours = four..self.fours.min(four + block);
                    for p in panel..panels.min(panel + near) {
                        match layer.panel(p).0 {
                            3 => self.panel::<S, 3>(p, fours.clone(), terms.clone()),
                            2 => self.panel::<S, 2>(p, fours.clone(), terms.clone()),
                            _ => self.panel::<S, 1>(p, fours.clone(), terms.clone()),
                        }
                    }
                }
            }
        }
    }
}

impl<T: Element> Forward<'_, T> {
    /// Fours of rows times the `N` outputs of a panel.
    #[inline(always)]
    fn panel<S: Simd<Elem = T>, const N: usize>(&mut self, p: usize, fours: Range<usize>, terms: Range<usize>) {
        let (w, layer) = (S::WIDTH, self.layer);
        let start = layer.panel(p).1;
        let weights = &self.theta[(start + terms.start * N) * w..(start + terms.end * N) * w];
        let mut bias = [S::lit(0.0); N];
        if let Some(it) = &layer.bias {
            let numbers = &self.theta[(it.start + p * PANEL) * w..][..N * w];
            for c in 0..N {
                bias[c] = S::load(&numbers[c * w..]);
            }
        }
        let more = terms.start > 0;
        let relu = self.relu && terms.end == layer.inputs;
        let (at, to) = (terms.start * ROWS * w..terms.end * ROWS * w, p * PANEL * ROWS * w..(p * PANEL + N) * ROWS * w);
        let (mut xs, mut outs) = (self.x.fours(fours.clone()), self.out.fours_mut(fours.clone()));
        // Two fours at a time where a panel is narrow or registers are many.
        while (N == 1 || S::WIDTH * T::BYTES > 32) && xs.len() >= 2 {
            let (Some(x), Some(y), Some(out), Some(other)) = (xs.next(), xs.next(), outs.next(), outs.next()) else {
                return;
            };
            let (x, out) = ([&x[at.clone()], &y[at.clone()]], [&mut out[to.clone()], &mut other[to.clone()]]);
            tile::<S, 2, N>(weights, bias, x, out, more, relu);
        }
        for (x, out) in xs.zip(outs) {
            tile::<S, 1, N>(weights, bias, [&x[at.clone()]], [&mut out[to.clone()]], more, relu);
        }
    }
}

/// `Q` fours of rows times `N` outputs.
#[inline(always)]
fn tile<S: Simd, const Q: usize, const N: usize>(
    weights: &[S::Elem],
    bias: [S; N],
    x: [&[S::Elem]; Q],
    out: [&mut [S::Elem]; Q],
    more: bool,
    relu: bool,
) {
    let w = S::WIDTH;
    let mut sum = [[bias; ROWS]; Q];
    if more {
        for q in 0..Q {
            for c in 0..N {
                for r in 0..ROWS {
                    sum[q][r][c] = S::load(&out[q][(c * ROWS + r) * w..]);
                }
            }
        }
    }
    // Two terms in a round: half as much counting.
    let (xs, ys) = (x[0].chunks_exact(2 * ROWS * w), x[Q - 1].chunks_exact(2 * ROWS * w));
    let pairs = weights.chunks_exact(2 * N * w);
    let last = xs.remainder().chunks_exact(ROWS * w).zip(ys.remainder().chunks_exact(ROWS * w));
    let last = last.zip(pairs.remainder().chunks_exact(N * w));
    for ((xs, ys), pair) in xs.zip(ys).zip(pairs) {
        term(&xs[..ROWS * w], &ys[..ROWS * w], &pair[..N * w], &mut sum);
        term(&xs[ROWS * w..], &ys[ROWS * w..], &pair[N * w..], &mut sum);
    }
    for ((x, y), weight) in last {
        term(x, y, weight, &mut sum);
    }
    for q in 0..Q {
        for c in 0..N {
            for r in 0..ROWS {
                let x = sum[q][r][c];
                let x = if relu { x.at_least(S::lit(0.0)) } else { x };
                x.store(&mut out[q][(c * ROWS + r) * w..]);
            }
        }
    }
}

/// A term of a tile's sums: a number of each row times `N` weights.
#[inline(always)]
fn term<S: Simd, const Q: usize, const N: usize>(
    x: &[S::Elem],
    y: &[S::Elem],
    weight: &[S::Elem],
    sum: &mut [[[S; N]; ROWS]; Q],
) {
    let w = S::WIDTH;
    let mut ws = [S::lit(0.0); N];
    for c in 0..N {
        ws[c] = S::load(&weight[c * w..]);
    }
    for r in 0..ROWS {
        let x = S::load(&x[r * w..]);
        for c in 0..N {
            sum[0][r][c] = x.fma(ws[c], sum[0][r][c]);
        }
        if Q > 1 {
            let y = S::load(&y[r * w..]);
            for c in 0..N {
                sum[Q - 1][r][c] = y.fma(ws[c], sum[Q - 1][r][c]);
            }
        }
    }
}

/// f′ as a function of f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slope {
    Relu,
    Tanh,
    Softplus,
}

/// f in place.
pub struct Activate<'a, T> {
    pub x: &'a mut Units<T>,
    pub units: usize,
    pub fours: usize,
    pub slope: Slope,
}

impl<T: Element> Job<T> for Activate<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        for four in self.x.fours_mut(0..self.fours) {
            for x in four[..self.units * ROWS * S::WIDTH].chunks_exact_mut(S::WIDTH) {
                match self.slope {
                    Slope::Relu => {}
                    Slope::Tanh => surprisal_kernel::elementary::tanh(S::load(x)).store(x),
                    Slope::Softplus => surprisal_kernel::elementary::softplus(S::load(x)).store(x),
                }
            }
        }
    }
}
