//! A family with its parameters bound: what is a number, what is learned, what a head predicts.

use surprisal_density::{AnyFamily, Arg, Domain};

/// Where one parameter of a bound family comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slot {
    /// A number.
    Fixed(f64),
    /// Entry of the learned numbers, unconstrained.
    Learned(usize),
    /// Column of η, unconstrained.
    Predicted(usize),
}

impl Slot {
    /// Of a parameter of this domain: its number, where one is given.
    pub fn given(self, domain: Domain) -> Option<Arg<f64>> {
        match self {
            Slot::Fixed(x) => Some(Arg::fixed(domain, x)),
            _ => None,
        }
    }
}

/// A family and one slot for each of its parameters; heads and learned numbers are numbered in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The family; a categorical one knows its classes.
    pub family: AnyFamily,
    /// One per parameter.
    pub slots: Vec<Slot>,
}

impl Bound {
    /// A family whose every parameter has a head: the general case.
    pub fn predicted(family: AnyFamily) -> Bound {
        Bound { family, slots: (0..family.arity()).map(Slot::Predicted).collect() }
    }
    /// Each way to bind the parameters of a family: the number in `at`, and where it may be trained also learned or
    /// predicted. Classes are predicted.
    pub fn bindings(family: AnyFamily, at: &[f64]) -> Vec<Bound> {
        if let AnyFamily::Categorical(_) = family {
            return vec![Bound::predicted(family)];
        }
        let mut all = vec![Bound { family, slots: vec![] }];
        for (parameter, &x) in family.parameters().iter().zip(at) {
            let ways = |bound: Bound| {
                let slots = [Slot::Fixed(x), Slot::Learned(bound.learned()), Slot::Predicted(bound.heads())];
                let ways = if parameter.trainable { 3 } else { 1 };
                let more = move |slot| Bound { family, slots: [&bound.slots[..], &[slot]].concat() };
                slots.into_iter().take(ways).map(more)
            };
            all = all.into_iter().flat_map(ways).collect();
        }
        all
    }
    /// A parameter that is learned or predicted though it is never trained: the quantile of an asymmetric Laplace, say.
    pub fn untrainable(&self) -> Option<&'static str> {
        let mut bound = self.family.parameters().iter().zip(&self.slots);
        bound.find(|(parameter, slot)| !parameter.trainable && !matches!(slot, Slot::Fixed(_))).map(|(it, _)| it.name)
    }
    /// The given parameters, in order: the value of each, and the unconstrained number.
    pub fn given(&self) -> Vec<Arg<f64>> {
        self.slots.iter().enumerate().filter_map(|(j, slot)| slot.given(self.family.domain(j))).collect()
    }
    /// Columns of η.
    pub fn heads(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Predicted(_))).count()
    }
    /// Learned numbers.
    pub fn learned(&self) -> usize {
        self.slots.iter().filter(|slot| matches!(slot, Slot::Learned(_))).count()
    }
    /// The learned parameters: their place in the family's list, in order.
    pub fn learned_parameters(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|&j| matches!(self.slots[j], Slot::Learned(_))).collect()
    }
    /// Values of all parameters of a row, from unconstrained η and learned numbers.
    pub fn values(&self, eta: &[f64], learned: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.slots.iter().enumerate().map(|(j, slot)| match *slot {
            Slot::Fixed(x) => x,
            Slot::Learned(k) => self.family.domain(j).link(learned[k]),
            Slot::Predicted(k) => self.family.domain(j).link(eta[k]),
        }));
    }
}
