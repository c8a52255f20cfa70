//! Cross-entropy: short rows lie in lanes, long rows have the lanes to themselves.

use crate::Sum;
use crate::data::{Column, Data};
use crate::elementary::{exp_falling, ln};
use crate::fused::{Batch, Fused, Layout};
use crate::isa::{Isa, Job, Vectors};
use crate::simd::{Element, Pair, Quad, Simd};
use crate::sum::{BLOCK, LANES, meet, tree};
use surprisal_density::family::Categorical;

/// Logits up to which a row is short.
const SHORT: usize = 32;

/// −ln p(y) = ln Σₖ e^(ηₖ − m) + m − η_y with m the largest logit: every finite logit will do, and −∞; a logit that is
/// ∞ or NaN gives NaN.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    heads: usize,
    reference: Option<usize>,
}

impl Classes {
    pub(crate) fn of(family: &Categorical) -> Classes {
        let classes = family.classes.unwrap_or(2);
        Classes { heads: classes - usize::from(family.reference.is_some()), reference: family.reference }
    }
    /// Columns of η.
    pub(crate) fn heads(&self) -> usize {
        self.heads
    }
    /// The class whose logit is 0.
    pub(crate) fn reference(&self) -> Option<usize> {
        self.reference
    }
    /// The head of a class: −1 for the reference, NaN for what is no class.
    pub(crate) fn head(&self, class: f64) -> f64 {
        let classes = self.heads + usize::from(self.reference.is_some());
        if !(class >= 0.0 && class < classes as f64 && class.fract() == 0.0) {
            return f64::NAN;
        }
        match self.reference {
            Some(r) if class == r as f64 => -1.0,
            Some(r) if class > r as f64 => class - 1.0,
            _ => class,
        }
    }
    fn call<T: Vectors>(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>, grad: Option<&mut [T]>) -> f64 {
        assert_eq!(batch.eta.len(), data.len() * self.heads, "η has a number for each head of each row");
        assert!(batch.learned.is_empty(), "classes have no learned numbers");
        assert!(grad.as_ref().is_none_or(|grad| grad.len() == batch.eta.len()), "one slope for each η");
        let mut value = 0.0;
        T::dispatch(isa, Rows { classes: self, batch, data, grad, value: &mut value });
        value
    }
}

impl<T: Vectors> Fused<T> for Classes {
    fn heads(&self) -> usize {
        self.heads
    }
    fn learned(&self) -> usize {
        0
    }
    fn bytes(&self, gradient: bool) -> usize {
        T::BYTES * (1 + if gradient { 2 * self.heads } else { self.heads })
    }
    fn data(&self, y: Vec<T>, weight: Option<Vec<T>>, offset: Option<Vec<T>>) -> Data<T> {
        let heads = y.iter().map(|y| T::of(self.head(y.to_f64()))).collect();
        let heads = Column { high: heads, low: vec![] };
        Data::of(y, weight, offset, vec![heads], None)
    }
    fn value_and_gradient(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>, grad_eta: &mut [T], _: &mut [f64]) -> f64 {
        self.call(isa, batch, data, Some(grad_eta))
    }
    fn value(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>) -> f64 {
        self.call(isa, batch, data, None)
    }
}

/// A number of each of the rows of a vector; the last of `count` is that of all beyond.
#[inline(always)]
fn rows_of<S: Simd>(column: &[S::Elem], row: usize, count: usize) -> S {
    if count == S::WIDTH {
        return S::load(&column[row..]);
    }
    let mut lanes = [S::Elem::of(0.0); LANES];
    for (at, lane) in lanes[..S::WIDTH].iter_mut().enumerate() {
        *lane = column[row + at.min(count - 1)];
    }
    S::load(&lanes)
}

struct Rows<'a, T> {
    classes: &'a Classes,
    batch: &'a Batch<'a, T>,
    data: &'a Data<T>,
    grad: Option<&'a mut [T]>,
    value: &'a mut f64,
}

impl<T: Vectors> Job<T> for Rows<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        if self.classes.heads <= SHORT {
            self.short::<S, Pair<S>>()
        } else if 4 * S::WIDTH <= LANES {
            self.long::<Quad<S>, S>()
        } else {
            self.long::<Pair<S>, S>()
        }
    }
}

impl<T: Vectors> Rows<'_, T> {
    /// Where logit `k` of row `i` stands.
    #[inline(always)]
    fn index(&self, i: usize, k: usize) -> usize {
        match self.batch.layout {
            Layout::Rows => i * self.classes.heads + k,
            Layout::Columns => k * self.data.len() + i,
        }
    }

    /// As many rows as two vectors hold, one class after the other.
    #[inline(always)]
    fn short<Half: Simd<Elem = T>, S: Simd<Elem = T>>(mut self) {
        let (n, heads) = (self.data.len(), self.classes.heads);
        let (zero, one, half) = (S::lit(0.0), S::lit(1.0), S::lit(0.5));
        let mut x = [zero; SHORT];
        let mut total = Sum::new();
        // Numbers `[heads][rows]` of a vector of rows, on their way from rows or back.
        let mut turned = [T::of(0.0); SHORT * LANES];
        for row in (0..n).step_by(S::WIDTH) {
            let count = S::WIDTH.min(n - row);
            match self.batch.layout {
                Layout::Columns => {
                    for (x, column) in x.iter_mut().zip(self.batch.eta.chunks_exact(n)) {
                        *x = rows_of(column, row, count);
                    }
                }
                Layout::Rows => {
                    let mut from: [&[T]; LANES] = [&[]; LANES];
                    for (at, from) in from[..S::WIDTH].iter_mut().enumerate() {
                        *from = &self.batch.eta[(row + at.min(count - 1)) * heads..][..heads];
                    }
                    S::turn_all(&from, heads, &mut turned, S::WIDTH);
                    for k in 0..heads {
                        x[k] = S::load(&turned[k * S::WIDTH..]);
                    }
                }
            }
            if let Some(offset) = &self.data.offset {
                x[0] = x[0].add(rows_of(offset, row, count));
            }
            let label: S = rows_of(&self.data.columns[0].high, row, count);
            // The logit of the reference is 0.
            let reference = self.classes.reference.is_some();
            let mut largest = if reference { zero } else { x[0] };
            for k in 0..heads {
                largest = S::select_lt(largest, x[k], x[k], largest);
            }
            let mut sum = if reference { exp_falling(largest.neg()) } else { zero };
            let mut own = S::select_lt(label, half.neg(), zero, S::lit(f64::NAN));
            let mut e = [zero; SHORT];
            for k in 0..heads {
                e[k] = exp_falling(x[k].sub(largest));
                sum = sum.add(e[k]);
                let is = label.sub(S::lit(k as f64)).abs();
                own = S::select_lt(is, half, x[k], own);
            }
            let mut value = ln(sum).add(largest.sub(own));
            let weight = match &self.data.weight {
                Some(weight) => rows_of(weight, row, count),
                None => one,
            };
            value = value.mul(weight);
            value.store(&mut turned);
            turned[..count].iter().for_each(|x| total.add(x.to_f64()));
            let Some(grad) = &mut self.grad else { continue };
            let scale = weight.mul(S::lit(self.batch.upstream));
            let share = scale.div(sum);
            for k in 0..heads {
                let is = label.sub(S::lit(k as f64)).abs();
                let slope = e[k].fma(share, S::select_lt(is, half, scale.neg(), zero));
                slope.store(&mut turned[k * S::WIDTH..]);
            }
            match self.batch.layout {
                Layout::Columns => {
                    for (to, slopes) in grad.chunks_exact_mut(n).zip(turned.chunks_exact(S::WIDTH)) {
                        to[row..row + count].copy_from_slice(&slopes[..count]);
                    }
                }
                Layout::Rows if heads >= Half::WIDTH => {
                    for k in (0..heads).step_by(Half::WIDTH) {
                        // The last classes may be copied twice.
                        let k = k.min(heads - Half::WIDTH);
                        let mut from: [&[T]; LANES] = [&[]; LANES];
                        for (from, slopes) in from.iter_mut().zip(turned.chunks_exact(S::WIDTH).skip(k)) {
                            *from = slopes;
                        }
                        Half::turn_all(&from, count, &mut grad[row * heads + k..], heads);
                    }
                }
                Layout::Rows => {
                    for (at, to) in grad[row * heads..(row + count) * heads].chunks_exact_mut(heads).enumerate() {
                        to.iter_mut().zip(turned[at..].iter().step_by(S::WIDTH)).for_each(|(to, slope)| *to = *slope);
                    }
                }
            }
        }
        *self.value = total.total();
    }

    /// One row after the other, its logits in lanes: the largest, the sum of exponentials, the slopes. What does not fill the
    /// lanes goes by vectors of `R`.
    #[inline(always)]
    fn long<S: Simd<Elem = T>, R: Simd<Elem = T>>(mut self) {
        let (n, heads) = (self.data.len(), self.classes.heads);
        let as_it_stands = self.batch.layout == Layout::Rows && self.data.offset.is_none();
        let (mut copy, mut slopes) = (vec![T::of(0.0); heads], vec![T::of(0.0); heads]);
        let mut total = Sum::new();
        for i in 0..n {
            if !as_it_stands {
                (0..heads).for_each(|k| copy[k] = self.batch.eta[self.index(i, k)]);
                if let Some(offset) = &self.data.offset {
                    copy[0] = T::of(copy[0].to_f64() + offset[i].to_f64());
                }
            }
            let x = if as_it_stands { &self.batch.eta[i * heads..(i + 1) * heads] } else { &copy[..] };
            let label = self.data.columns[0].high[i].to_f64();
            let own = match label {
                -1.0 => 0.0,
                k if k >= 0.0 => x[k as usize].to_f64(),
                _ => f64::NAN,
            };
            let reference = self.classes.reference.map(|_| 0.0);
            let largest = largest::<S, R>(x).max(reference.unwrap_or(f64::NEG_INFINITY));
            let rest = reference.map_or(0.0, |zero: f64| libm::exp(zero - largest));
            let to = match &mut self.grad {
                Some(grad) if self.batch.layout == Layout::Rows => &mut grad[i * heads..(i + 1) * heads],
                _ => &mut slopes[..],
            };
            let sum = exponentials::<S, R>(x, T::of(largest), to) + rest;
            let weight = self.data.weight.as_ref().map_or(1.0, |w| w[i].to_f64());
            total.add(weight * (libm::log(sum) + (largest - own)));
            if self.grad.is_none() {
                continue;
            }
            let scale = weight * self.batch.upstream;
            let to = match &mut self.grad {
                Some(grad) if self.batch.layout == Layout::Rows => &mut grad[i * heads..(i + 1) * heads],
                _ => &mut slopes[..],
            };
            times::<S, R>(to, T::of(scale / sum));
            if label >= 0.0 {
                to[label as usize] = T::of(to[label as usize].to_f64() - scale);
            }
            if let Some(grad) = &mut self.grad
                && self.batch.layout == Layout::Columns
            {
                (0..heads).for_each(|k| grad[k * n + i] = slopes[k]);
            }
        }
        *self.value = total.total();
    }
}

/// The numbers of a vector from `at` on, and company where there are none.
#[inline(always)]
fn vector<S: Simd>(x: &[S::Elem], at: usize, company: S::Elem) -> S {
    if let Some(whole) = x.get(at..at + S::WIDTH) {
        return S::load(whole);
    }
    let mut all = [company; LANES];
    all[..x.len() - at].copy_from_slice(&x[at..]);
    S::load(&all)
}

/// The same back, without the company.
#[inline(always)]
fn put<S: Simd>(from: S, to: &mut [S::Elem], at: usize) {
    if let Some(whole) = to.get_mut(at..at + S::WIDTH) {
        return from.store(whole);
    }
    let (mut all, count) = ([S::Elem::of(0.0); LANES], to.len() - at);
    from.store(&mut all);
    to[at..].copy_from_slice(&all[..count]);
}

/// Vectors in lanes.
#[inline(always)]
fn lanes_of<S: Simd>(vectors: &[S; LANES]) -> [S::Elem; LANES] {
    let mut lanes = [S::Elem::of(0.0); LANES];
    for v in 0..LANES / S::WIDTH {
        vectors[v].store(&mut lanes[v * S::WIDTH..]);
    }
    lanes
}

/// The largest number, in any order the same.
#[inline(always)]
fn largest<S: Simd<Elem: Vectors>, R: Simd<Elem = S::Elem>>(x: &[S::Elem]) -> f64 {
    let lowest = S::Elem::of(f64::NEG_INFINITY);
    let (rows, rest) = x.as_chunks::<LANES>();
    let mut lanes = [S::splat(lowest); LANES];
    for row in rows {
        for v in 0..LANES / S::WIDTH {
            let b = S::load(&row[v * S::WIDTH..]);
            lanes[v] = lanes[v].at_least(b);
        }
    }
    let mut all = lanes_of(&lanes);
    for at in (0..rest.len()).step_by(R::WIDTH) {
        R::load(&all[at..]).at_least(vector(rest, at, lowest)).store(&mut all[at..]);
    }
    meet(all, |a, b| if b > a { b } else { a }).to_f64()
}

/// e^(x − m) into `to`, and their sum in the shape of [`Sum`].
#[inline(always)]
fn exponentials<S: Simd<Elem: Vectors>, R: Simd<Elem = S::Elem>>(
    x: &[S::Elem],
    largest: S::Elem,
    to: &mut [S::Elem],
) -> f64 {
    let (m, mut total) = (S::splat(largest), 0.0);
    for (x, to) in x.chunks(BLOCK).zip(to.chunks_mut(BLOCK)) {
        let mut lanes = [S::lit(0.0); LANES];
        let ((rows, rest), (slopes, end)) = (x.as_chunks::<LANES>(), to.as_chunks_mut::<LANES>());
        for (row, slope) in rows.iter().zip(slopes) {
            for v in 0..LANES / S::WIDTH {
                let e = exp_falling(S::load(&row[v * S::WIDTH..]).sub(m));
                e.store(&mut slope[v * S::WIDTH..]);
                lanes[v] = lanes[v].add(e);
            }
        }
        let mut sums = lanes_of(&lanes);
        for at in (0..rest.len()).step_by(R::WIDTH) {
            // In company of the largest, as e^(−∞) would take the long way; what it adds is left out.
            let e = exp_falling(vector::<R>(rest, at, largest).sub(R::splat(largest)));
            put(e, end, at);
            let own = R::select_lt(count(at), R::lit(rest.len() as f64), e, R::lit(0.0));
            R::load(&sums[at..]).add(own).store(&mut sums[at..]);
        }
        let mut doubles = [0.0; LANES];
        for k in 0..LANES {
            doubles[k] = sums[k].to_f64();
        }
        total += tree(doubles);
    }
    total
}

/// first, first + 1, …
#[inline(always)]
fn count<S: Simd>(first: usize) -> S {
    let mut counts = [S::Elem::of(0.0); LANES];
    for k in 0..LANES {
        counts[k] = S::Elem::of(k as f64);
    }
    S::load(&counts).add(S::lit(first as f64))
}

/// Each number times another.
#[inline(always)]
fn times<S: Simd<Elem: Vectors>, R: Simd<Elem = S::Elem>>(x: &mut [S::Elem], by: S::Elem) {
    let (rows, rest) = x.as_chunks_mut::<LANES>();
    for row in rows {
        for at in (0..LANES).step_by(S::WIDTH) {
            S::load(&row[at..]).mul(S::splat(by)).store(&mut row[at..]);
        }
    }
    for at in (0..rest.len()).step_by(R::WIDTH) {
        put(vector::<R>(rest, at, by).mul(R::splat(by)), rest, at);
    }
}
