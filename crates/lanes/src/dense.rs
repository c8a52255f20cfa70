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
        let rows = self.lanes.iter().map(|it| it.rows.len()).max().unwrap_or(0);
        let rows = (rows - self.first).min(self.most);
        for i in 0..rows {
            let mut from: [&[T]; LANES] = [&[]; LANES];
            for (from, lane) in from.iter_mut().zip(self.lanes) {
                // A lane without such a row takes its last: it is masked.
                let row = lane.rows[(self.first + i).min(lane.rows.len() - 1)];
                *from = &lane.x[row * n..(row + 1) * n];
            }
            let at = i / ROWS * stride + i % ROWS * S::WIDTH;
            let (to, step) = (&mut self.to.x[at..], ROWS * S::WIDTH);
            if n >= S::TURN {
                for k in (0..n).step_by(S::TURN) {
                    // The last numbers may be copied twice.
                    let k = k.min(n - S::TURN);
                    S::turn(&from, k, &mut to[k * step..], step);
                }
            } else {
                for (lane, from) in from[..S::WIDTH].iter().enumerate() {
                    from.iter().enumerate().for_each(|(k, x)| to[k * step + lane] = *x);
                }
            }
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
        for first in (0..layer.inputs.max(1)).step_by(terms) {
            let terms = first..layer.inputs.min(first + terms);
            for panel in (0..panels).step_by(near) {
                let mut four = 0;
                while four < self.fours {
                    // Two fours at a time where a panel is narrow or registers are many.
                    let two = four + 2 <= self.fours;
                    for p in panel..panels.min(panel + near) {
                        match (layer.panel(p).0, two) {
                            (3, true) if S::WIDTH * T::BYTES > 32 => self.tile::<S, 2, 3>(four, p, terms.clone()),
                            (3, true) => {
                                self.tile::<S, 1, 3>(four, p, terms.clone());
                                self.tile::<S, 1, 3>(four + 1, p, terms.clone());
                            }
                            (3, false) => self.tile::<S, 1, 3>(four, p, terms.clone()),
                            (2, true) if S::WIDTH * T::BYTES > 32 => self.tile::<S, 2, 2>(four, p, terms.clone()),
                            (2, true) => {
                                self.tile::<S, 1, 2>(four, p, terms.clone());
                                self.tile::<S, 1, 2>(four + 1, p, terms.clone());
                            }
                            (2, false) => self.tile::<S, 1, 2>(four, p, terms.clone()),
                            (_, true) => self.tile::<S, 2, 1>(four, p, terms.clone()),
                            (_, false) => self.tile::<S, 1, 1>(four, p, terms.clone()),
                        }
                    }
                    four += if two { 2 } else { 1 };
                }
            }
        }
    }
}

impl<T: Element> Forward<'_, T> {
    /// `Q` fours of rows times the `N` outputs of a panel.
    #[inline(always)]
    fn tile<S: Simd<Elem = T>, const Q: usize, const N: usize>(&mut self, four: usize, p: usize, terms: Range<usize>) {
        let (w, layer) = (S::WIDTH, self.layer);
        let (_, start) = layer.panel(p);
        let mut sum = [[[S::lit(0.0); N]; ROWS]; Q];
        let at = |q: usize, out: &Units<T>| (four + q) * out.stride + p * PANEL * ROWS * w;
        if terms.start == 0 {
            if let Some(bias) = &layer.bias {
                let bias = &self.theta[(bias.start + p * PANEL) * w..][..N * w];
                for c in 0..N {
                    let b = S::load(&bias[c * w..]);
                    for q in 0..Q {
                        for r in 0..ROWS {
                            sum[q][r][c] = b;
                        }
                    }
                }
            }
        } else {
            for q in 0..Q {
                let out = &self.out.x[at(q, self.out)..][..N * ROWS * w];
                for c in 0..N {
                    for r in 0..ROWS {
                        sum[q][r][c] = S::load(&out[(c * ROWS + r) * w..]);
                    }
                }
            }
        }
        let weights = &self.theta[(start + terms.start * N) * w..(start + terms.end * N) * w];
        let x = |q: usize| {
            let at = (four + q) * self.x.stride;
            &self.x.x[at + terms.start * ROWS * w..at + terms.end * ROWS * w]
        };
        if Q == 1 {
            for (x, weight) in x(0).chunks_exact(ROWS * w).zip(weights.chunks_exact(N * w)) {
                let mut ws = [S::lit(0.0); N];
                for c in 0..N {
                    ws[c] = S::load(&weight[c * w..]);
                }
                for r in 0..ROWS {
                    let x = S::load(&x[r * w..]);
                    for c in 0..N {
                        sum[0][r][c] = x.fma(ws[c], sum[0][r][c]);
                    }
                }
            }
        } else {
            let xs = x(0).chunks_exact(ROWS * w).zip(x(Q - 1).chunks_exact(ROWS * w));
            for ((x, y), weight) in xs.zip(weights.chunks_exact(N * w)) {
                let mut ws = [S::lit(0.0); N];
                for c in 0..N {
                    ws[c] = S::load(&weight[c * w..]);
                }
                for r in 0..ROWS {
                    let (x, y) = (S::load(&x[r * w..]), S::load(&y[r * w..]));
                    for c in 0..N {
                        sum[0][r][c] = x.fma(ws[c], sum[0][r][c]);
                        sum[Q - 1][r][c] = y.fma(ws[c], sum[Q - 1][r][c]);
                    }
                }
            }
        }
        let relu = self.relu && terms.end == layer.inputs;
        for q in 0..Q {
            let at = at(q, self.out);
            let out = &mut self.out.x[at..][..N * ROWS * w];
            for c in 0..N {
                for r in 0..ROWS {
                    let x = sum[q][r][c];
                    let x = if relu { x.at_least(S::lit(0.0)) } else { x };
                    x.store(&mut out[(c * ROWS + r) * w..]);
                }
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
        for four in self.x.x.chunks_mut(self.x.stride).take(self.fours) {
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
