//! Layers, back: slopes of their inputs and gradients of their weights.

use crate::dense::{NEAR, Slope, Units};
use crate::shape::{Dense, PANEL};
use std::iter::Zip;
use std::ops::Range;
use std::slice::ChunksExact;
use surprisal_kernel::program::ROWS;
use surprisal_kernel::{Aligned, Element, Job, Simd};

/// Inputs of a tile of slopes that go back.
const BACK: usize = 3;
/// Fours of rows whose gradients are summed before the next tile is begun.
const FOURS: usize = 32;

/// slopes of the layer's inputs = d Wᵀ f′(h): over `h`, which stands for the function f through its values.
pub struct Back<'a, T> {
    pub layer: &'a Dense,
    pub theta: &'a [T],
    pub d: &'a Units<T>,
    pub h: &'a mut Units<T>,
    pub fours: usize,
    pub slope: Slope,
    /// For weights that do not fit near the core.
    pub near: &'a mut Aligned<T>,
}

impl<T: Element> Job<T> for Back<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        match self.slope {
            Slope::Relu => self.blocks::<S, RELU>(),
            Slope::Tanh => self.blocks::<S, TANH>(),
            Slope::Softplus => self.blocks::<S, SOFTPLUS>(),
        }
    }
}

const RELU: u8 = 0;
const TANH: u8 = 1;
const SOFTPLUS: u8 = 2;

impl<T: Element> Back<'_, T> {
    #[inline(always)]
    fn blocks<S: Simd<Elem = T>, const SLOPE: u8>(self) {
        let (w, inputs, outputs) = (S::WIDTH, self.layer.inputs, self.layer.outputs);
        let cell = w * T::BYTES;
        // Weights that are far are laid side by side first.
        let pack = inputs * outputs * cell > 2 * NEAR;
        let block = if pack { (NEAR / (outputs * cell) / BACK).max(1) * BACK } else { inputs };
        let mut near = std::mem::take(self.near);
        for first in (0..inputs).step_by(block) {
            let count = block.min(inputs - first);
            if pack {
                if near.len() < count * outputs * w {
                    near = Aligned::zeros(count * outputs * w);
                }
                for p in 0..self.layer.panels() {
                    let (n, start) = self.layer.panel(p);
                    near[p * PANEL * count * w..][..count * n * w]
                        .copy_from_slice(&self.theta[(start + first * n) * w..][..count * n * w]);
                }
            }
            // Where panel 0 begins, and numbers from a panel to the next.
            let (weights, stride) = if pack {
                (&near[..], count * PANEL * w)
            } else {
                (&self.theta[self.layer.weight.start * w..], inputs * PANEL * w)
            };
            for four in 0..self.fours {
                match outputs {
                    1 => narrow::<S, 1, SLOPE>(weights, (first, count), four, self.d, self.h),
                    2 => narrow::<S, 2, SLOPE>(weights, (first, count), four, self.d, self.h),
                    _ => {}
                }
                if outputs < PANEL {
                    continue;
                }
                let mut i = 0;
                while i + BACK <= count {
                    back::<S, BACK, SLOPE>(self.layer, weights, stride, (first, i), four, self.d, self.h);
                    i += BACK;
                }
                for i in i..count {
                    back::<S, 1, SLOPE>(self.layer, weights, stride, (first, i), four, self.d, self.h);
                }
            }
        }
        *self.near = near;
    }
}

/// Slopes of `count` inputs from `first` on where the layer has `N` outputs, fewer than a panel: what goes back stays in
/// registers.
#[inline(always)]
fn narrow<S: Simd, const N: usize, const SLOPE: u8>(
    weights: &[S::Elem],
    (first, count): (usize, usize),
    four: usize,
    d: &Units<S::Elem>,
    h: &mut Units<S::Elem>,
) {
    let w = S::WIDTH;
    let d = &d.x[four * d.stride..][..N * ROWS * w];
    let mut ds = [[S::lit(0.0); ROWS]; N];
    for c in 0..N {
        for r in 0..ROWS {
            ds[c][r] = S::load(&d[(c * ROWS + r) * w..]);
        }
    }
    let h = &mut h.x[four * h.stride + first * ROWS * w..][..count * ROWS * w];
    for (h, weight) in h.chunks_exact_mut(ROWS * w).zip(weights.chunks_exact(N * w)) {
        let mut sum = ds[0];
        for r in 0..ROWS {
            sum[r] = sum[r].mul(S::load(weight));
        }
        for c in 1..N {
            let weight = S::load(&weight[c * w..]);
            for r in 0..ROWS {
                sum[r] = ds[c][r].fma(weight, sum[r]);
            }
        }
        for r in 0..ROWS {
            let to = &mut h[r * w..][..w];
            slope_at::<S, SLOPE>(S::load(to), sum[r]).store(to);
        }
    }
}

/// Slopes of `N` inputs from `first + i` on, in a four of rows.
#[inline(always)]
fn back<S: Simd, const N: usize, const SLOPE: u8>(
    layer: &Dense,
    weights: &[S::Elem],
    stride: usize,
    (first, i): (usize, usize),
    four: usize,
    d: &Units<S::Elem>,
    h: &mut Units<S::Elem>,
) {
    let w = S::WIDTH;
    let mut sum = [[S::lit(0.0); ROWS]; N];
    let d = &d.x[four * d.stride..][..layer.outputs * ROWS * w];
    let full = layer.outputs / PANEL;
    for p in 0..full {
        let d = &d[p * PANEL * ROWS * w..][..PANEL * ROWS * w];
        let weight = &weights[p * stride + i * PANEL * w..][..N * PANEL * w];
        for c in 0..PANEL {
            let mut ds = [S::lit(0.0); ROWS];
            for r in 0..ROWS {
                ds[r] = S::load(&d[(c * ROWS + r) * w..]);
            }
            for k in 0..N {
                let weight = S::load(&weight[(k * PANEL + c) * w..]);
                for r in 0..ROWS {
                    sum[k][r] = ds[r].fma(weight, sum[k][r]);
                }
            }
        }
    }
    let rest = layer.outputs - full * PANEL;
    for c in 0..rest {
        for k in 0..N {
            let weight = S::load(&weights[full * stride + ((i + k) * rest + c) * w..]);
            for r in 0..ROWS {
                let d = S::load(&d[((full * PANEL + c) * ROWS + r) * w..]);
                sum[k][r] = d.fma(weight, sum[k][r]);
            }
        }
    }
    let at = four * h.stride + (first + i) * ROWS * w;
    let h = &mut h.x[at..][..N * ROWS * w];
    for k in 0..N {
        for r in 0..ROWS {
            let to = &mut h[(k * ROWS + r) * w..][..w];
            slope_at::<S, SLOPE>(S::load(to), sum[k][r]).store(to);
        }
    }
}

#[inline(always)]
fn slope_at<S: Simd, const SLOPE: u8>(f: S, d: S) -> S {
    match SLOPE {
        RELU => d.where_lt(S::lit(0.0), f),
        TANH => d.mul(f.fnma(f, S::lit(1.0))),
        // f′ = 1 − e^(−f)
        _ => d.mul(surprisal_kernel::elementary::exp_m1(f.neg()).neg()),
    }
}

/// Gradients of weights and biases: sums over the rows of x d.
pub struct Gradient<'a, T> {
    pub layer: &'a Dense,
    pub x: &'a Units<T>,
    pub d: &'a Units<T>,
    pub gradient: &'a mut [T],
    /// Whether the gradient of other rows is added to.
    pub more: bool,
    /// Fours of rows that every lane has, and fours in all.
    pub full: usize,
    pub fours: usize,
    /// Rows of each lane, `[lanes]`.
    pub count: &'a [T],
}

/// Fours of rows, in each of them units and slopes.
type Fours<'a, T> = Zip<ChunksExact<'a, T>, ChunksExact<'a, T>>;

/// The rows that a gradient is summed over.
struct Span<'a, T> {
    /// That every lane has.
    every: Fours<'a, T>,
    /// That not every lane has, and the first of them.
    some: Fours<'a, T>,
    first: usize,
    /// Whether the gradient of other rows is added to.
    more: bool,
}

impl<T: Element> Job<T> for Gradient<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(mut self) {
        let layer = self.layer;
        if layer.inputs == 0 {
            self.constant::<S>();
        }
        for first in (0..self.fours).step_by(FOURS) {
            let end = self.fours.min(first + FOURS);
            let near = (NEAR / ((end - first) * ROWS * S::WIDTH * T::BYTES) / 6).max(1) * 6;
            let split = first.max(end.min(self.full));
            let (x, d) = (self.x, self.d);
            let fours = |which: Range<usize>| x.fours(which.clone()).zip(d.fours(which));
            let more = self.more || first > 0;
            let rows = Span { every: fours(first..split), some: fours(split..end), first: split * ROWS, more };
            for i0 in (0..layer.inputs).step_by(near) {
                let inputs = i0..layer.inputs.min(i0 + near);
                for p in 0..layer.panels() {
                    match layer.panel(p).0 {
                        3 => self.panel::<S, 3>(p, &rows, inputs.clone()),
                        2 => self.panel::<S, 2>(p, &rows, inputs.clone()),
                        _ => self.panel::<S, 1>(p, &rows, inputs.clone()),
                    }
                }
            }
        }
    }
}

impl<T: Element> Gradient<'_, T> {
    #[inline(always)]
    fn panel<S: Simd<Elem = T>, const N: usize>(&mut self, p: usize, rows: &Span<T>, inputs: Range<usize>) {
        let mut i = inputs.start;
        let last = inputs.end == self.layer.inputs;
        // As many sums as there are registers for; the last tile takes the bias along.
        while S::WIDTH * T::BYTES > 32 && N > 1 && i + 7 < inputs.end {
            self.tile::<S, 6, N, false>(p, i, rows);
            i += 6;
        }
        while N == 1 && i + 13 < inputs.end {
            self.tile::<S, 12, N, false>(p, i, rows);
            i += 12;
        }
        while i + 5 < inputs.end {
            self.tile::<S, 4, N, false>(p, i, rows);
            i += 4;
        }
        while i + 3 < inputs.end {
            self.tile::<S, 3, N, false>(p, i, rows);
            i += 3;
        }
        match (inputs.end - i, last) {
            (3, true) => self.tile::<S, 3, N, true>(p, i, rows),
            (3, false) => self.tile::<S, 3, N, false>(p, i, rows),
            (2, true) => self.tile::<S, 2, N, true>(p, i, rows),
            (2, false) => self.tile::<S, 2, N, false>(p, i, rows),
            (1, true) => self.tile::<S, 1, N, true>(p, i, rows),
            (1, false) => self.tile::<S, 1, N, false>(p, i, rows),
            _ => {}
        }
    }

    /// `M` inputs times the `N` outputs of a panel, and the biases of these.
    #[inline(always)]
    fn tile<S: Simd<Elem = T>, const M: usize, const N: usize, const BIAS: bool>(
        &mut self,
        p: usize,
        i: usize,
        rows: &Span<T>,
    ) {
        let w = S::WIDTH;
        let at = (self.layer.panel(p).1 + i * N) * w;
        let to = &self.gradient[at..][..M * N * w];
        let mut sum = [[S::lit(0.0); N]; M];
        let mut ones = [S::lit(0.0); N];
        let bias = self.layer.bias.as_ref().filter(|_| BIAS).map(|it| (it.start + p * PANEL) * w);
        if rows.more {
            for k in 0..M {
                for c in 0..N {
                    sum[k][c] = S::load(&to[(k * N + c) * w..]);
                }
            }
            if let Some(at) = bias {
                for c in 0..N {
                    ones[c] = S::load(&self.gradient[at + c * w..]);
                }
            }
        }
        for (x, d) in rows.every.clone() {
            let x = &x[i * ROWS * w..][..M * ROWS * w];
            let d = &d[p * PANEL * ROWS * w..][..N * ROWS * w];
            for r in 0..ROWS {
                let mut ds = [S::lit(0.0); N];
                for c in 0..N {
                    ds[c] = S::load(&d[(c * ROWS + r) * w..]);
                }
                for k in 0..M {
                    let x = S::load(&x[(k * ROWS + r) * w..]);
                    for c in 0..N {
                        sum[k][c] = x.fma(ds[c], sum[k][c]);
                    }
                }
                if BIAS {
                    for c in 0..N {
                        ones[c] = ones[c].add(ds[c]);
                    }
                }
            }
        }
        // Rows that not every lane has: a lane keeps its sum, whatever stands there.
        let count = S::load(self.count);
        for (four, (x, d)) in rows.some.clone().enumerate() {
            let x = &x[i * ROWS * w..][..M * ROWS * w];
            let d = &d[p * PANEL * ROWS * w..][..N * ROWS * w];
            for r in 0..ROWS {
                let row = S::lit((rows.first + four * ROWS + r) as f64);
                for k in 0..M {
                    for c in 0..N {
                        let more = S::load(&x[(k * ROWS + r) * w..]).fma(S::load(&d[(c * ROWS + r) * w..]), sum[k][c]);
                        sum[k][c] = S::select_lt(row, count, more, sum[k][c]);
                    }
                }
                if BIAS {
                    for c in 0..N {
                        let more = ones[c].add(S::load(&d[(c * ROWS + r) * w..]));
                        ones[c] = S::select_lt(row, count, more, ones[c]);
                    }
                }
            }
        }
        let to = &mut self.gradient[at..][..M * N * w];
        for k in 0..M {
            for c in 0..N {
                sum[k][c].store(&mut to[(k * N + c) * w..]);
            }
        }
        if let Some(at) = bias {
            for c in 0..N {
                ones[c].store(&mut self.gradient[at + c * w..]);
            }
        }
    }

    /// Biases of a layer without inputs.
    #[inline(always)]
    fn constant<S: Simd<Elem = T>>(&mut self) {
        let Some(bias) = &self.layer.bias else { return };
        let (w, count) = (S::WIDTH, S::load(self.count));
        for o in 0..bias.len() {
            let at = (bias.start + o) * w;
            let mut sum = if self.more { S::load(&self.gradient[at..]) } else { S::lit(0.0) };
            for row in 0..self.fours * ROWS {
                let more = sum.add(S::load(&self.d.x[row / ROWS * self.d.stride + (o * ROWS + row % ROWS) * w..]));
                sum = S::select_lt(S::lit(row as f64), count, more, sum);
            }
            sum.store(&mut self.gradient[at..]);
        }
    }
}
