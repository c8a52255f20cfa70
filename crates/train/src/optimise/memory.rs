//! The limited memory of L-BFGS: the last pairs of steps and gradient differences, applied on a face of coordinates.

use super::dot;
use std::collections::VecDeque;

/// Pairs (s, y), oldest first (Nocedal 1980; Liu & Nocedal 1989).
pub(crate) struct Memory {
    size: usize,
    pub(super) pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
}

impl Memory {
    pub(crate) fn new(size: usize) -> Memory {
        Memory { size: size.max(1), pairs: VecDeque::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Keeps a pair if the curvature it shows is positive beyond rounding.
    pub(crate) fn push(&mut self, s: Vec<f64>, y: Vec<f64>) {
        let (sy, yy) = (dot(&s, &y), dot(&y, &y));
        if !(sy > 0.0 && sy.is_finite() && yy.is_finite() && sy * sy > 1e-30 * yy * dot(&s, &s)) {
            return;
        }
        if self.pairs.len() == self.size {
            self.pairs.pop_front();
        }
        self.pairs.push_back((s, y));
    }

    /// H·g on the coordinates that are `free`; the first guess of H is a multiple of the identity, so that all steps stay
    /// in the span of the gradients (from 0, rank-deficient least squares ends at the solution of least norm).
    pub(crate) fn apply(&self, g: &[f64], free: &[bool]) -> Vec<f64> {
        let on = |v: &[f64]| -> Vec<f64> { v.iter().zip(free).map(|(v, &f)| if f { *v } else { 0.0 }).collect() };
        let mut d = on(g);
        let all = free.iter().all(|f| *f);
        let mut used = Vec::with_capacity(self.pairs.len());
        for (s, y) in self.pairs.iter().rev() {
            let (s, y) = if all { (s.clone(), y.clone()) } else { (on(s), on(y)) };
            let (sy, ss, yy) = (dot(&s, &y), dot(&s, &s), dot(&y, &y));
            if !(sy > 0.0 && sy * sy > 1e-30 * ss * yy) {
                continue;
            }
            let a = dot(&s, &d) / sy;
            super::axpy(-a, &y, &mut d);
            used.push((s, y, sy, a));
        }
        if let Some((_, y, sy, _)) = used.first() {
            let gamma = sy / dot(y, y);
            d.iter_mut().for_each(|d| *d *= gamma);
        }
        for (s, y, sy, a) in used.iter().rev() {
            let b = dot(y, &d) / sy;
            super::axpy(a - b, s, &mut d);
        }
        d
    }
}
