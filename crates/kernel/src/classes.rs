//! Cross-entropy: short rows lie in lanes, long rows have the lanes to themselves.

use crate::Sum;
use crate::data::Data;
use crate::elementary::{exp_falling, ln};
use crate::fused::{Batch, Fused, Layout};
use crate::isa::{Isa, Job, Vectors};
use crate::simd::{Element, Pair, Quad, Simd};
use crate::sum::{BLOCK, LANES, tree};
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
        Data::of(y, weight, offset, vec![heads], None)
    }
    fn value_and_gradient(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>, grad_eta: &mut [T], _: &mut [f64]) -> f64 {
        self.call(isa, batch, data, Some(grad_eta))
    }
    fn value(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>) -> f64 {
        self.call(isa, batch, data, None)
    }
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
            self.short::<Pair<S>>()
        } else if 4 * S::WIDTH <= LANES {
            self.long::<Quad<S>>()
        } else {
            self.long::<Pair<S>>()
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

    /// As many rows as a vector holds, one class after the other.
    #[inline(always)]
    fn short<S: Simd<Elem = T>>(mut self) {
        let (n, heads) = (self.data.len(), self.classes.heads);
        let (zero, one, half) = (S::lit(0.0), S::lit(1.0), S::lit(0.5));
        let mut x = [zero; SHORT];
        let mut total = Sum::new();
        for row in (0..n).step_by(S::WIDTH) {
            let count = S::WIDTH.min(n - row);
            let mut lanes = [T::of(0.0); 2 * LANES];
            let gather = |lanes: &mut [T; 2 * LANES], f: &dyn Fn(usize) -> T| {
                for at in 0..S::WIDTH {
                    lanes[at] = f(row + at.min(count - 1));
                }
                S::load(&lanes[..])
            };
            for k in 0..heads {
                x[k] = if count == S::WIDTH && self.batch.layout == Layout::Columns {
                    S::load(&self.batch.eta[k * n + row..])
                } else {
                    gather(&mut lanes, &|i| self.batch.eta[self.index(i, k)])
                };
            }
            if let Some(offset) = &self.data.offset {
                x[0] = x[0].add(gather(&mut lanes, &|i| offset[i]));
            }
            let label = gather(&mut lanes, &|i| self.data.columns[0][i]);
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
            let weight = self.data.weight.as_ref().map_or(one, |w| gather(&mut lanes, &|i| w[i]));
            value = value.mul(weight);
            value.store(&mut lanes);
            lanes[..count].iter().for_each(|x| total.add(x.to_f64()));
            let Some(grad) = &mut self.grad else { continue };
            let scale = weight.mul(S::lit(self.batch.upstream));
            let share = scale.div(sum);
            for k in 0..heads {
                let is = label.sub(S::lit(k as f64)).abs();
                let slope = e[k].fma(share, S::select_lt(is, half, scale.neg(), zero));
                if count == S::WIDTH && self.batch.layout == Layout::Columns {
                    slope.store(&mut grad[k * n + row..]);
                } else {
                    slope.store(&mut lanes);
                    for at in 0..count {
                        let i = row + at;
                        let to = if self.batch.layout == Layout::Rows { i * heads + k } else { k * n + i };
                        grad[to] = lanes[at];
                    }
                }
            }
        }
        *self.value = total.total();
    }

    /// One row after the other, its logits in lanes: the largest, the sum of exponentials, the slopes.
    #[inline(always)]
    fn long<S: Simd<Elem = T>>(mut self) {
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
            let label = self.data.columns[0][i].to_f64();
            let own = match label {
                -1.0 => 0.0,
                k if k >= 0.0 => x[k as usize].to_f64(),
                _ => f64::NAN,
            };
            let reference = self.classes.reference.map(|_| 0.0);
            let largest = largest::<S>(x).max(reference.unwrap_or(f64::NEG_INFINITY));
            let rest = reference.map_or(0.0, |zero: f64| libm::exp(zero - largest));
            let to = match &mut self.grad {
                Some(grad) if self.batch.layout == Layout::Rows => &mut grad[i * heads..(i + 1) * heads],
                _ => &mut slopes[..],
            };
            let sum = exponentials::<S>(x, T::of(largest), to) + rest;
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
            times::<S>(to, T::of(scale / sum));
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

/// The numbers that do not fill the lanes, and −∞ where there are none: e^(−∞) = 0.
#[inline(always)]
fn last<T: Vectors>(x: &[T]) -> [T; LANES] {
    let mut last = [T::of(f64::NEG_INFINITY); LANES];
    last[..x.len()].copy_from_slice(x);
    last
}

/// The largest number, in any order the same.
#[inline(always)]
fn largest<S: Simd<Elem: Vectors>>(x: &[S::Elem]) -> f64 {
    let (rows, rest) = x.as_chunks::<LANES>();
    let rest = last(rest);
    let mut lanes = [S::load(&rest); LANES];
    for v in 0..LANES / S::WIDTH {
        lanes[v] = S::load(&rest[v * S::WIDTH..]);
    }
    for row in rows {
        for v in 0..LANES / S::WIDTH {
            let b = S::load(&row[v * S::WIDTH..]);
            lanes[v] = lanes[v].at_least(b);
        }
    }
    let mut all = rest;
    for v in 0..LANES / S::WIDTH {
        lanes[v].store(&mut all[v * S::WIDTH..]);
    }
    all.iter().fold(f64::NEG_INFINITY, |m, x| m.max(x.to_f64()))
}

/// e^(x − m) into `to`, and their sum in the shape of [`Sum`].
#[inline(always)]
fn exponentials<S: Simd<Elem: Vectors>>(x: &[S::Elem], m: S::Elem, to: &mut [S::Elem]) -> f64 {
    let (m, mut total) = (S::splat(m), 0.0);
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
        if !rest.is_empty() {
            let (row, mut slope) = (last(rest), [S::Elem::of(0.0); LANES]);
            for v in 0..LANES / S::WIDTH {
                let e = exp_falling(S::load(&row[v * S::WIDTH..]).sub(m));
                e.store(&mut slope[v * S::WIDTH..]);
                lanes[v] = lanes[v].add(e);
            }
            end.copy_from_slice(&slope[..rest.len()]);
        }
        let mut sums = [S::Elem::of(0.0); LANES];
        for v in 0..LANES / S::WIDTH {
            lanes[v].store(&mut sums[v * S::WIDTH..]);
        }
        total += tree(sums.map(Element::to_f64));
    }
    total
}

/// Each number times another.
#[inline(always)]
fn times<S: Simd<Elem: Vectors>>(x: &mut [S::Elem], by: S::Elem) {
    let (rows, rest) = x.as_chunks_mut::<LANES>();
    for row in rows {
        for at in (0..LANES).step_by(S::WIDTH) {
            S::load(&row[at..]).mul(S::splat(by)).store(&mut row[at..]);
        }
    }
    let mut row = last(rest);
    for at in (0..LANES).step_by(S::WIDTH) {
        S::load(&row[at..]).mul(S::splat(by)).store(&mut row[at..]);
    }
    rest.copy_from_slice(&row[..rest.len()]);
}
