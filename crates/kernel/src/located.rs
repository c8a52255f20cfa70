//! A location that no head predicts: the same number in each row, given or learned.

use crate::data::Data;
use crate::fused::{Batch, Fused, Layout, fused};
use crate::isa::{Isa, Vectors};
use crate::{Bound, Slot, Sum};

/// The kernel of the same family with a predicted location, whose head is filled in here.
pub(crate) struct Located<T> {
    inner: Box<dyn Fused<T>>,
    /// The unconstrained number, if it is given; else the first learned one.
    given: Option<f64>,
}

impl<T: Vectors> Located<T> {
    pub(crate) fn of(bound: &Bound) -> Located<T> {
        let given = bound.slots[0].given(bound.family.domain(0)).map(|it| it.u);
        let shifted = bound.slots[1..].iter().map(|slot| match *slot {
            Slot::Predicted(k) => Slot::Predicted(k + 1),
            Slot::Learned(k) => Slot::Learned(if given.is_some() { k } else { k - 1 }),
            fixed => fixed,
        });
        let slots = std::iter::once(Slot::Predicted(0)).chain(shifted).collect();
        Located { inner: fused(&Bound { family: bound.family, slots }), given }
    }
    /// η with the location before the other heads, head after head; and the learned numbers of the inner kernel.
    fn whole<'a>(&self, batch: &Batch<'a, T>, n: usize) -> (Vec<T>, &'a [f64]) {
        assert_eq!(batch.learned.len(), Fused::learned(self), "one number for each learned parameter");
        let (heads, learned) = (Fused::heads(self), batch.learned);
        assert_eq!(batch.eta.len(), n * heads, "η has a number for each head of each row");
        let (location, learned) = match self.given {
            Some(u) => (u, learned),
            None => (learned[0], &learned[1..]),
        };
        let mut eta = vec![T::of(location); n];
        match batch.layout {
            Layout::Columns => eta.extend_from_slice(batch.eta),
            Layout::Rows => eta.extend((0..heads).flat_map(|k| batch.eta.iter().skip(k).step_by(heads).copied())),
        }
        (eta, learned)
    }
}

impl<T: Vectors> Fused<T> for Located<T> {
    fn heads(&self) -> usize {
        self.inner.heads() - 1
    }
    fn learned(&self) -> usize {
        self.inner.learned() + usize::from(self.given.is_none())
    }
    fn bytes(&self, gradient: bool) -> usize {
        self.inner.bytes(gradient) - T::BYTES * if gradient { 2 } else { 1 }
    }
    fn data(&self, y: Vec<T>, weight: Option<Vec<T>>, offset: Option<Vec<T>>) -> Data<T> {
        // What is given is what is meant, whatever the exposure.
        self.inner.data(y, weight, if self.given.is_some() { None } else { offset })
    }
    fn value_and_gradient(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        data: &Data<T>,
        grad_eta: &mut [T],
        grad_learned: &mut [f64],
    ) -> f64 {
        let (n, heads) = (data.len(), Fused::heads(self));
        let (eta, learned) = self.whole(batch, n);
        let mut slopes = vec![T::of(0.0); eta.len()];
        let inner = Batch { eta: &eta, layout: Layout::Columns, learned, upstream: batch.upstream };
        let own = usize::from(self.given.is_none());
        let value = self.inner.value_and_gradient(isa, &inner, data, &mut slopes, &mut grad_learned[own..]);
        if own == 1 {
            let mut sum = Sum::new();
            slopes[..n].iter().for_each(|slope| sum.add(slope.to_f64()));
            grad_learned[0] = sum.total();
        }
        match batch.layout {
            Layout::Columns => grad_eta.copy_from_slice(&slopes[n..]),
            Layout::Rows => {
                (0..n * heads).for_each(|at| grad_eta[at] = slopes[n * (1 + at % heads) + at / heads]);
            }
        }
        value
    }
    fn value(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>) -> f64 {
        let (eta, learned) = self.whole(batch, data.len());
        self.inner.value(isa, &Batch { eta: &eta, layout: Layout::Columns, learned, ..*batch }, data)
    }
}
