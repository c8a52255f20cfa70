//! Cross-entropy with a model in each lane: class after class within a row.

use super::{Batch, ROWS, Sums};
use crate::classes::Classes;
use crate::elementary::{exp, ln};
use crate::isa::{Job, Vectors};
use crate::simd::Simd;

/// Rows through cross-entropy.
#[doc(hidden)]
pub struct Rows<'a, T> {
    pub(super) classes: &'a Classes,
    pub(super) batch: &'a Batch<'a, T>,
    pub(super) slope: &'a mut [T],
    pub(super) sums: &'a mut Sums,
}

impl<T: Vectors> Job<T> for Rows<'_, T> {
    /// −ln p(y) = ln Σₖ e^(ηₖ − m) + m − η_y with m the largest logit.
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let Batch { rows, full, count, eta, stride, columns, weight, offset, upstream, only, .. } = *self.batch;
        let heads = self.classes.heads();
        let reference = self.classes.reference().is_some();
        let (zero, half) = (S::lit(0.0), S::lit(0.5));
        let count = S::load(count).widen();
        let upstream = S::load(upstream);
        let mut total = S::Double::load(self.sums);
        for row in 0..rows {
            let from = row / ROWS * stride + row % ROWS * S::WIDTH;
            let step = ROWS * S::WIDTH;
            let cell = row * S::WIDTH;
            let label = S::narrow(S::Double::load(&columns[0][cell..]));
            // The location is head 0, and the logit of the reference is 0. −0 changes no number, nor its sign.
            let shift = if let Some(offset) = offset { S::load(&offset[cell..]) } else { S::lit(-0.0) };
            let scale = if let Some(w) = weight { S::load(&w[cell..]).mul(upstream) } else { upstream };
            let first = S::load(&eta[from..]).add(shift);
            let mut largest = if reference { S::select_lt(first, zero, zero, first) } else { first };
            for k in 1..heads {
                let x = S::load(&eta[from + k * step..]);
                largest = S::select_lt(largest, x, x, largest);
            }
            let mut sum = if reference { exp(largest.neg()) } else { zero };
            let mut own = S::select_lt(label, half.neg(), zero, S::lit(f64::NAN));
            for k in 0..heads {
                let x = if k == 0 { first } else { S::load(&eta[from + k * step..]) };
                let e = exp(x.sub(largest));
                sum = sum.add(e);
                own = S::select_lt(label.sub(S::lit(k as f64)).abs(), half, x, own);
                keep(only, e, &mut self.slope[from + k * step..]);
            }
            let share = scale.div(sum);
            for k in 0..heads {
                let to = &mut self.slope[from + k * step..];
                let is = label.sub(S::lit(k as f64)).abs();
                let slope = S::load(to).fma(share, S::select_lt(is, half, scale.neg(), zero));
                keep(only, slope, to);
            }
            let mut value = ln(sum).add(largest.sub(own)).widen();
            if let Some(weight) = weight {
                value = S::load(&weight[cell..]).widen().mul(value);
            }
            let more = total.add(value);
            total =
                if row < full { more } else { S::Double::select_lt(S::Double::lit(row as f64), count, more, total) };
        }
        total.store(self.sums);
    }
}

/// Into the lanes that are meant.
#[inline(always)]
fn keep<S: Simd>(only: Option<&[S::Elem]>, x: S, to: &mut [S::Elem]) {
    match only {
        Some(only) => S::select_lt(S::load(only), S::lit(0.5), x, S::load(to)).store(to),
        None => x.store(to),
    }
}
