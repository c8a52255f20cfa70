//! What is measured: a family, which of its parameters a network predicts, and plausible numbers for them.

use crate::variant::BATCH;
use surprisal_density::family::Categorical;
use surprisal_density::{AnyFamily, Purpose, Stream, Support};
use surprisal_kernel::{Bound, Data, Element, Fused, Layout, Slot, Vectors, fused};

/// Classes of the short rows and of the long ones.
const CLASSES: [usize; 2] = [10, 1000];

/// How far unconstrained numbers lie from those of the family's first example, at most.
pub const REACH: f64 = 2.0;

/// A bound family and the values of its parameters.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its location is predicted; nothing is learned.
    pub bound: Bound,
    /// The predicted parameters, as `location+scale`; or the classes.
    pub parameters: String,
    /// Values that targets are drawn at, and that fixed parameters have.
    pub at: Vec<f64>,
}

/// Every family: its location predicted, then its scale too, then all that may be; classes in short rows and long ones.
pub fn cases() -> Vec<Case> {
    let families = AnyFamily::all().into_iter().filter(|family| family.arity() == family.parameters().len());
    let mut all = Vec::new();
    for family in families {
        let Some((_, at)) = family.examples().into_iter().next() else { continue };
        let shapes: Vec<usize> = (1..at.len()).filter(|&j| family.parameters()[j].trainable).collect();
        let scale = shapes.iter().copied().filter(|&j| family.parameters()[j].name == "scale").collect();
        let mut known = Vec::new();
        for more in [vec![], scale, shapes] {
            if !known.contains(&more) {
                all.push(Case::of(family, &at, &more));
                known.push(more);
            }
        }
    }
    all.extend(CLASSES.map(|classes| Case {
        bound: Bound::predicted(Categorical { classes: Some(classes), reference: None }.into()),
        parameters: format!("{classes} classes"),
        at: vec![0.0; classes],
    }));
    all
}

impl Case {
    fn of(family: AnyFamily, at: &[f64], more: &[usize]) -> Case {
        let mut heads = 0;
        let slot = |j: usize| {
            if j > 0 && !more.contains(&j) {
                return Slot::Fixed(at[j]);
            }
            heads += 1;
            Slot::Predicted(heads - 1)
        };
        let bound = Bound { family, slots: (0..at.len()).map(slot).collect() };
        let names = bound.slots.iter().zip(family.parameters());
        let names: Vec<_> =
            names.filter(|(slot, _)| matches!(slot, Slot::Predicted(_))).map(|(_, it)| it.name).collect();
        Case { parameters: names.join("+"), bound, at: at.to_vec() }
    }
    /// The case of that name.
    pub fn named(family: &str, parameters: &str) -> Option<Case> {
        cases().into_iter().find(|case| case.family() == family && case.parameters == parameters)
    }
    /// Family and parameters: what it is asked for by.
    pub fn name(&self) -> String {
        format!("{}/{}", self.family(), self.parameters)
    }
    /// The family's name.
    pub fn family(&self) -> &'static str {
        self.bound.family.name()
    }
    /// Logits of a row that are each an element; 0 where a row is one.
    pub fn classes(&self) -> usize {
        if matches!(self.bound.family, AnyFamily::Categorical(_)) { self.at.len() } else { 0 }
    }
    /// Elements of a row: its logits, or itself.
    pub fn width(&self) -> usize {
        self.classes().max(1)
    }
    /// Rows that have about `n` elements, one at least.
    pub fn rows(&self, n: usize) -> usize {
        (n / self.width()).max(1)
    }
    /// Elements that whole rows have at these sizes, each once; a size up to [`BATCH`] is one of rows.
    pub fn sizes(&self, about: &[usize]) -> Vec<usize> {
        let rows = |n| if n <= BATCH { n } else { self.rows(n) };
        let mut sizes: Vec<usize> = about.iter().map(|&n| rows(n) * self.width()).collect();
        sizes.dedup();
        sizes
    }
    /// How heads stand: logits beside each other, as a network gives them; otherwise a column for each head.
    pub fn layout(&self) -> Layout {
        if self.classes() > 0 { Layout::Rows } else { Layout::Columns }
    }
    /// Value of a fixed parameter.
    pub fn fixed(&self, name: &str) -> f64 {
        let place = self.bound.family.parameters().iter().position(|it| it.name == name);
        place.map_or(f64::NAN, |j| self.at[j])
    }
    /// η and a target of each row: η around the example, within [`REACH`]; targets drawn at the example.
    pub fn rows_of(&self, rows: usize) -> (Vec<f64>, Vec<f64>) {
        let (family, heads) = (self.bound.family, self.bound.heads());
        let mut stream = Stream::new(Purpose::Sample, &[Stream::text_key(self.family())]);
        // A draw of a target may cost a search: they recur after a while.
        let drawn: Vec<f64> = (0..rows.min(4096))
            .map(|_| match family.support() {
                Support::Classes(_) if self.classes() > 0 => (stream.uniform() * self.at.len() as f64).floor(),
                _ => family.sample(&self.at, &mut stream),
            })
            .collect();
        let slots = self.bound.slots.iter().enumerate();
        let predicted: Vec<usize> = slots.filter(|(_, s)| matches!(s, Slot::Predicted(_))).map(|(j, _)| j).collect();
        let centre: Vec<f64> = predicted.iter().map(|&j| family.domain(j).unlink(self.at[j])).collect();
        let mut near = |k: usize| f64::from((centre[k] + REACH * (2.0 * stream.uniform() - 1.0)) as f32);
        let eta = match self.layout() {
            Layout::Rows => (0..rows * heads).map(|i| near(i % heads)).collect(),
            Layout::Columns => (0..rows * heads).map(|i| near(i / rows)).collect(),
        };
        (eta, (0..rows).map(|i| f64::from(drawn[i % drawn.len()] as f32)).collect())
    }
    /// The case over about `n` elements.
    pub fn problem<T: Vectors>(&self, n: usize) -> Problem<T> {
        let (eta, y) = self.rows_of(self.rows(n));
        let of = |xs: Vec<f64>| xs.into_iter().map(T::of).collect::<Vec<T>>();
        self.over(of(eta), of(y))
    }
    /// The case over these numbers.
    pub fn over<T: Vectors>(&self, eta: Vec<T>, y: Vec<T>) -> Problem<T> {
        let loss = fused::<T>(&self.bound);
        let base = match self.bound.family.support() {
            Support::Counts => y.iter().map(|y| libm::lgamma(y.to_f64() + 1.0)).sum(),
            _ => 0.0,
        };
        Problem { case: self.clone(), rows: y.len(), eta, data: loss.data(y, None, None), base, loss }
    }
}

/// A case with its data.
pub struct Problem<T> {
    /// What it is of.
    pub case: Case,
    /// Rows.
    pub rows: usize,
    /// Unconstrained numbers, as [`Case::layout`] says.
    pub eta: Vec<T>,
    /// Targets.
    pub data: Data<T>,
    /// Σ ln y! of counts: it belongs to the loss, no one computes it in each step.
    pub base: f64,
    /// The kernel.
    pub loss: Box<dyn Fused<T>>,
}

impl<T: Element> Problem<T> {
    /// What ns and bytes are divided by.
    pub fn elements(&self) -> usize {
        self.rows * self.case.width()
    }
    /// Bytes that have to be moved for the whole of it.
    pub fn bytes(&self, gradient: bool) -> usize
    where
        T: Vectors,
    {
        self.rows * self.loss.bytes(gradient)
    }
    /// Head `k`, of a case in columns.
    pub fn head(&self, k: usize) -> &[T] {
        &self.eta[k * self.rows..(k + 1) * self.rows]
    }
}
