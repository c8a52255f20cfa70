//! Layers, forward and back: products of small tiles that stay in registers.
//!
//! Rows stand in fours, weights in panels, so that what a tile reads lies side by side. Every sum runs over its terms in
//! order, one at a time: neither the size of a tile nor that of a vector changes a bit.

use crate::shape::{Dense, PANEL};
use surprisal_kernel::program::ROWS;
use surprisal_kernel::{Aligned, Element, Job, Simd};

/// Bytes that a product keeps near the core: about half of a second-level cache.
const NEAR: usize = 1 << 18;
/// Inputs of a tile of weights' gradients.
const DEEP: usize = 4;
/// Inputs of a tile of slopes that go back.
const BACK: usize = 3;
/// Terms of a forward product that are summed before the next tile is begun.
const TERMS: usize = 256;
/// Fours of rows whose gradients are summed before the next tile is begun.
const FOURS: usize = 32;

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
    fn tile<S: Simd<Elem = T>, const Q: usize, const N: usize>(
        &mut self,
        four: usize,
        p: usize,
        terms: std::ops::Range<usize>,
    ) {
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

/// f′ as a function of f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slope {
    Relu,
    Tanh,
    Softplus,
}

impl<T: Element> Job<T> for Back<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let (w, inputs, outputs) = (S::WIDTH, self.layer.inputs, self.layer.outputs);
        let cell = w * T::BYTES;
        // Weights that are far, or lie a power of two apart, are laid side by side first.
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
                let mut i = 0;
                while i + BACK <= count {
                    back::<S, BACK>(self.layer, weights, stride, (first, i), four, self.d, self.h, self.slope);
                    i += BACK;
                }
                for i in i..count {
                    back::<S, 1>(self.layer, weights, stride, (first, i), four, self.d, self.h, self.slope);
                }
            }
        }
        *self.near = near;
    }
}

/// Slopes of `N` inputs from `first + i` on, in a four of rows.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn back<S: Simd, const N: usize>(
    layer: &Dense,
    weights: &[S::Elem],
    stride: usize,
    (first, i): (usize, usize),
    four: usize,
    d: &Units<S::Elem>,
    h: &mut Units<S::Elem>,
    slope: Slope,
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
            slope_at(slope, S::load(to), sum[k][r]).store(to);
        }
    }
}

#[inline(always)]
fn slope_at<S: Simd>(slope: Slope, f: S, d: S) -> S {
    match slope {
        Slope::Relu => S::select_lt(S::lit(0.0), f, d, S::lit(0.0)),
        Slope::Tanh => d.mul(f.fnma(f, S::lit(1.0))),
        // f′ = 1 − e^(−f)
        Slope::Softplus => d.mul(surprisal_kernel::elementary::exp_m1(f.neg()).neg()),
    }
}

/// Gradients of weights and biases: sums over the rows of x d.
pub struct Gradient<'a, T> {
    pub layer: &'a Dense,
    pub x: &'a Units<T>,
    pub d: &'a Units<T>,
    pub gradient: &'a mut [T],
    /// Fours of rows that every lane has, and fours in all.
    pub full: usize,
    pub fours: usize,
    /// Rows of each lane, `[lanes]`.
    pub count: &'a [T],
}

impl<T: Element> Job<T> for Gradient<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(mut self) {
        self.bias::<S>();
        let layer = self.layer;
        for first in (0..self.fours).step_by(FOURS) {
            let fours = first..self.fours.min(first + FOURS);
            let near = (NEAR / (fours.len() * ROWS * S::WIDTH * T::BYTES) / DEEP).max(1) * DEEP;
            for i0 in (0..layer.inputs).step_by(near) {
                let inputs = i0..layer.inputs.min(i0 + near);
                for p in 0..layer.panels() {
                    match layer.panel(p).0 {
                        3 => self.panel::<S, 3>(p, fours.clone(), inputs.clone()),
                        2 => self.panel::<S, 2>(p, fours.clone(), inputs.clone()),
                        _ => self.panel::<S, 1>(p, fours.clone(), inputs.clone()),
                    }
                }
            }
        }
    }
}

impl<T: Element> Gradient<'_, T> {
    #[inline(always)]
    fn panel<S: Simd<Elem = T>, const N: usize>(
        &mut self,
        p: usize,
        fours: std::ops::Range<usize>,
        inputs: std::ops::Range<usize>,
    ) {
        let mut i = inputs.start;
        while i + DEEP <= inputs.end {
            self.tile::<S, DEEP, N>(p, i, fours.clone());
            i += DEEP;
        }
        while i + 2 <= inputs.end {
            self.tile::<S, 2, N>(p, i, fours.clone());
            i += 2;
        }
        if i < inputs.end {
            self.tile::<S, 1, N>(p, i, fours);
        }
    }

    /// `M` inputs times the `N` outputs of a panel.
    #[inline(always)]
    fn tile<S: Simd<Elem = T>, const M: usize, const N: usize>(
        &mut self,
        p: usize,
        i: usize,
        fours: std::ops::Range<usize>,
    ) {
        let w = S::WIDTH;
        let at = (self.layer.panel(p).1 + i * N) * w;
        let to = &mut self.gradient[at..][..M * N * w];
        let mut sum = [[S::lit(0.0); N]; M];
        if fours.start > 0 {
            for k in 0..M {
                for c in 0..N {
                    sum[k][c] = S::load(&to[(k * N + c) * w..]);
                }
            }
        }
        let (x, d) = (&self.x.x[i * ROWS * w..], &self.d.x[p * PANEL * ROWS * w..]);
        for four in fours.start..fours.end.min(self.full) {
            let x = &x[four * self.x.stride..][..M * ROWS * w];
            let d = &d[four * self.d.stride..][..N * ROWS * w];
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
            }
        }
        // Rows that not every lane has: a lane keeps its sum, whatever stands there.
        let count = S::load(self.count);
        for four in fours.start.max(self.full)..fours.end {
            let x = &x[four * self.x.stride..][..M * ROWS * w];
            let d = &d[four * self.d.stride..][..N * ROWS * w];
            for r in 0..ROWS {
                let row = S::lit((four * ROWS + r) as f64);
                for k in 0..M {
                    for c in 0..N {
                        let more = S::load(&x[(k * ROWS + r) * w..]).fma(S::load(&d[(c * ROWS + r) * w..]), sum[k][c]);
                        sum[k][c] = S::select_lt(row, count, more, sum[k][c]);
                    }
                }
            }
        }
        for k in 0..M {
            for c in 0..N {
                sum[k][c].store(&mut to[(k * N + c) * w..]);
            }
        }
    }

    #[inline(always)]
    fn bias<S: Simd<Elem = T>>(&mut self) {
        let Some(bias) = &self.layer.bias else { return };
        let (w, count) = (S::WIDTH, S::load(self.count));
        const N: usize = 5;
        for o in (0..bias.len()).step_by(N) {
            let n = N.min(bias.len() - o);
            let mut sum = [S::lit(0.0); N];
            for four in 0..self.fours {
                let d = &self.d.x[four * self.d.stride + o * ROWS * w..][..n * ROWS * w];
                for r in 0..ROWS {
                    let row = S::lit((four * ROWS + r) as f64);
                    for c in 0..N {
                        if c < n {
                            let more = sum[c].add(S::load(&d[(c * ROWS + r) * w..]));
                            sum[c] = if four < self.full { more } else { S::select_lt(row, count, more, sum[c]) };
                        }
                    }
                }
            }
            for c in 0..n {
                sum[c].store(&mut self.gradient[(bias.start + o + c) * w..]);
            }
        }
    }
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
