//! The loss over columns of `f32` or `f64`: value and gradient in one pass, rows in lanes.

use crate::classes::Classes;
use crate::data::{Column, Data};
use crate::formula::{Formula, Make, TRAINED, UNIFORMS, choose, choose_prior};
use crate::isa::{Isa, Vectors};
use crate::located::Located;
use crate::pass::{Pass, Sums};
use crate::simd::Element;
use crate::{Bound, Penalty, Slot};
use std::marker::PhantomData;
use surprisal_density::{AnyFamily, Arg, Domain};
use surprisal_tape::{Expr, Input, Recording, RowParts};

/// How the heads of a row stand in η and in its gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Head after head within a row: what a network gives, `[rows, heads]`.
    Rows,
    /// Row after row within a head, `[heads, rows]`: the faster one where there are several.
    Columns,
}

/// What a network gives for some data.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a, T> {
    /// η, unconstrained.
    pub eta: &'a [T],
    /// How its heads stand.
    pub layout: Layout,
    /// Learned numbers, unconstrained.
    pub learned: &'a [f64],
    /// What the gradient is multiplied by: the slope of what follows the loss.
    pub upstream: f64,
}

/// A bound family over columns: Σ wᵢ · −ln p(yᵢ | ηᵢ) and its gradient.
///
/// Values are in nats, all constants kept; a target outside the support gives a NaN or an infinity. The bits do not
/// depend on the instruction set: sums have one shape, as in [`Sum`](crate::Sum).
///
/// ```
/// use surprisal_density::AnyFamily;
/// use surprisal_kernel::{Batch, Bound, Isa, Layout, fused};
/// let bound = Bound::predicted(AnyFamily::named("gaussian").unwrap()); // location and ln scale
/// let loss = fused::<f32>(&bound);
/// let data = loss.data(vec![1.0, 2.0], None, None);
/// let batch = Batch { eta: &[1.0, 0.0, 1.0, 0.0], layout: Layout::Rows, learned: &[], upstream: 1.0 };
/// let mut gradient = [0.0; 4];
/// let value = loss.value_and_gradient(Isa::best(), &batch, &data, &mut gradient, &mut []);
/// assert!((value - (0.5 + f64::ln(std::f64::consts::TAU))).abs() < 1e-6);
/// assert_eq!(gradient, [0.0, 1.0, -1.0, 0.0]);
/// ```
pub trait Fused<T>: Send + Sync {
    /// Columns of η.
    fn heads(&self) -> usize;
    /// Learned numbers.
    fn learned(&self) -> usize;
    /// Bytes that a row has to move: η, what is read of the data, and the gradient if it is wanted.
    fn bytes(&self, gradient: bool) -> usize;
    /// Takes the data and computes what depends on it alone.
    ///
    /// # Panics
    /// If the columns differ in length.
    fn data(&self, y: Vec<T>, weight: Option<Vec<T>>, offset: Option<Vec<T>>) -> Data<T>;
    /// The loss. Gradients are overwritten: per row in η, summed in the learned numbers.
    ///
    /// # Panics
    /// If a slice has another length than data, heads and learned numbers ask for.
    fn value_and_gradient(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        data: &Data<T>,
        grad_eta: &mut [T],
        grad_learned: &mut [f64],
    ) -> f64;
    /// The same value, without a gradient.
    ///
    /// # Panics
    /// As above.
    fn value(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>) -> f64;
}

/// The kernel of a bound family.
///
/// # Panics
/// If a parameter is bound that is never trained ([`Bound::untrainable`]).
pub fn fused<T: Vectors>(bound: &Bound) -> Box<dyn Fused<T>> {
    T::fused(bound)
}

/// The kernel of a prior over numbers θ, which stand in the place of η: Σ −ln p(θⱼ) and its slopes. Its data are
/// [`Data::none`]. Nothing for a family that is not a density of all real numbers.
pub fn prior<T: Vectors>(penalty: &Penalty) -> Option<Box<dyn Fused<T>>> {
    T::prior(penalty)
}

pub(crate) fn known<T: Vectors>(bound: &Bound) -> Box<dyn Fused<T>> {
    let predicted = |slot: &Slot| matches!(slot, Slot::Predicted(_));
    match bound.family {
        AnyFamily::Categorical(family) if bound.slots.iter().all(predicted) => Box::new(Classes::of(&family)),
        _ if bound.slots.first().is_some_and(predicted) => {
            let make = Record { recording: Recording::of_bound(bound), given: bound.given(), element: PhantomData };
            choose(bound, make).expect("each binding with a predicted location is compiled")
        }
        _ => Box::new(Located::of(bound)),
    }
}

pub(crate) fn known_prior<T: Vectors>(penalty: &Penalty) -> Option<Box<dyn Fused<T>>> {
    let recording = Recording::of_density(penalty.family, Domain::Real);
    choose_prior(penalty.family, Record { recording, given: penalty.given(), element: PhantomData })
}

/// What a formula that the compiler knows was printed from.
struct Record<T> {
    recording: Recording,
    given: Vec<Arg<f64>>,
    element: PhantomData<T>,
}

impl<T: Vectors> Make for Record<T> {
    type Output = Box<dyn Fused<T>>;
    fn call<F: Formula>(self, _: F) -> Box<dyn Fused<T>> {
        let Record { recording, given, .. } = self;
        let RowParts { columns, uniforms, .. } = recording.row_parts();
        assert_eq!((uniforms.len(), columns.len()), (F::UNIFORMS, F::COLUMNS), "the build script saw the same");
        let (given_once, norm_once) = ([f64::NAN; UNIFORMS], None);
        let mut known = Known::<F> { given, recording, uniforms, columns, given_once, norm_once, formula: PhantomData };
        if F::LEARNED == 0 {
            known.given_once = known.uniform(&[]);
            known.norm_once = known.recording.norm.as_ref().map(|(norm, _)| known.lines(&[*norm], &[], f64::NAN)[0]);
        }
        Box::new(known)
    }
}

/// A formula that the compiler knows, and the record of it.
struct Known<F> {
    recording: Recording,
    given: Vec<Arg<f64>>,
    uniforms: Vec<Expr>,
    columns: Vec<Expr>,
    /// The uniforms and the norm, where nothing is learned.
    given_once: [f64; UNIFORMS],
    norm_once: Option<f64>,
    formula: PhantomData<F>,
}

impl<F: Formula> Known<F> {
    /// Lines that do not look at η, in double precision.
    fn lines(&self, wanted: &[Expr], learned: &[f64], y: f64) -> Vec<f64> {
        let values = self.recording.tape.evaluate(wanted, |input| match input {
            Input::Y => y,
            Input::Learned(k) => learned[k],
            Input::Value(k) => self.given[k].x,
            Input::Unconstrained(k) => self.given[k].u,
            Input::Head(_) | Input::Shifted(_) => f64::NAN,
        });
        wanted.iter().map(|e| values[e.line()]).collect()
    }

    /// What is the same in each row.
    fn uniform(&self, learned: &[f64]) -> [f64; UNIFORMS] {
        let mut uniform = [0.0; UNIFORMS];
        uniform.iter_mut().zip(self.lines(&self.uniforms, learned, f64::NAN)).for_each(|(to, u)| *to = u);
        uniform
    }

    fn call<T: Vectors, const GRADIENT: bool>(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        data: &Data<T>,
        grad_eta: &mut [T],
        grad_learned: &mut [f64],
    ) -> f64 {
        assert_eq!(batch.eta.len(), data.len() * F::HEADS, "η has a number for each head of each row");
        assert_eq!(batch.learned.len(), F::LEARNED, "one number for each learned parameter");
        assert!(!GRADIENT || grad_eta.len() == batch.eta.len(), "one slope for each η");
        assert!(!GRADIENT || grad_learned.len() == F::LEARNED, "one slope for each learned number");
        let uniform = if F::LEARNED == 0 { self.given_once } else { self.uniform(batch.learned) };
        let mut sums: Sums = [0.0; 1 + TRAINED];
        T::dispatch(
            isa,
            Pass::<F, T, GRADIENT> { batch, data, uniform, grad_eta, sums: &mut sums, formula: PhantomData },
        );
        let [mut value, slopes @ ..] = sums;
        grad_learned.copy_from_slice(&slopes[..grad_learned.len()]);
        if let Some(norm) = self.norm_once {
            value += data.weights() * norm;
        } else if let Some((norm, slopes)) = &self.recording.norm {
            let once = self.lines(&[&[*norm], &slopes[..]].concat(), batch.learned, f64::NAN);
            value += data.weights() * once[0];
            grad_learned.iter_mut().zip(&once[1..]).for_each(|(to, slope)| *to += data.weights() * slope);
        }
        grad_learned.iter_mut().for_each(|slope| *slope *= batch.upstream);
        value + data.constant()
    }
}

impl<F: Formula, T: Vectors> Fused<T> for Known<F> {
    fn heads(&self) -> usize {
        F::HEADS
    }
    fn learned(&self) -> usize {
        F::LEARNED
    }
    fn bytes(&self, gradient: bool) -> usize {
        let eta = if gradient { 2 * F::HEADS } else { F::HEADS };
        T::BYTES * (eta + usize::from(F::READS_Y)) + f64::BYTES * F::COLUMNS
    }
    fn data(&self, y: Vec<T>, weight: Option<Vec<T>>, offset: Option<Vec<T>>) -> Data<T> {
        let mut columns = vec![Vec::with_capacity(y.len()); F::COLUMNS];
        let wanted = [&self.columns[..], &[self.recording.data]].concat();
        let mut terms = Vec::with_capacity(y.len());
        let learned = [f64::NAN; TRAINED];
        for y in &y {
            let values = self.lines(&wanted, &learned, y.to_f64());
            columns.iter_mut().zip(&values).for_each(|(column, &x)| column.push(x));
            terms.push(values[F::COLUMNS]);
        }
        let constant = terms.iter().all(|&term| term == 0.0);
        let columns = columns.iter().map(|column| Column::of(column)).collect();
        Data::of(y, weight, offset, columns, if constant { None } else { Some(terms) })
    }
    fn value_and_gradient(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        data: &Data<T>,
        grad_eta: &mut [T],
        grad_learned: &mut [f64],
    ) -> f64 {
        self.call::<T, true>(isa, batch, data, grad_eta, grad_learned)
    }
    fn value(&self, isa: Isa, batch: &Batch<T>, data: &Data<T>) -> f64 {
        self.call::<T, false>(isa, batch, data, &mut [], &mut [])
    }
}
