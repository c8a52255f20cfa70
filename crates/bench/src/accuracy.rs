//! How far single rows are from the reference in double precision.

use crate::case::{Case, Problem};
use crate::composed::Composed;
use crate::engine::batch;
use crate::naive::{Scalar, naive};
use crate::operation::Operation;
use crate::variant::Variant;
use candle_core::WithDType;
use surprisal_kernel::{Isa, Rows, kernel};

/// Rows that are looked at.
const ROWS: usize = 2000;
/// Logits that are looked at, so that long rows do not take for ever.
const LOGITS: usize = 40_000;

/// The domain, in words.
pub const DOMAIN: &str = "rows as they are timed: targets drawn at the family's first example, unconstrained numbers \
    within 2 of its own; up to 2000 rows, each alone. ulp: of losses and slopes, in units in the last place of max(1, |x|); \
    nats: of losses";

/// The largest over the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Of losses and slopes, in units in the last place of max(1, |x|).
    pub ulp: f64,
    /// Of losses.
    pub nats: f64,
}

/// Of a variant on this instruction set; `None` for those that are not computed here.
pub fn errors<T: Scalar + WithDType>(case: &Case, variant: Variant, isa: Isa) -> Option<Errors> {
    let rows = ROWS.min(LOGITS / case.width());
    let all: Problem<T> = case.problem(rows * case.width());
    let heads = case.bound.heads();
    let reference = kernel(&case.bound);
    let mut errors = Errors::default();
    for i in 0..all.rows {
        let one = all.row(i);
        let eta: Vec<f64> = one.eta.iter().map(|&x| surprisal_kernel::Element::to_f64(x)).collect();
        let y = surprisal_kernel::Element::to_f64(one.data.y[0]);
        let targets = reference.targets(vec![y], None, None);
        let mut exact = vec![0.0; heads];
        let value = reference.value_and_gradient(&eta, &[], &targets, Rows::All, &mut exact, &mut []);
        let (found, slopes) = one.pass(variant, isa)?;
        errors.nats = errors.nats.max((found - value).abs());
        for (a, b) in std::iter::once((found, value)).chain(slopes.into_iter().zip(exact)) {
            errors.ulp = errors.ulp.max((a - b).abs() / ulp::<T>(b));
        }
    }
    Some(errors)
}

/// The distance of neighbours of `T` at max(1, |x|).
fn ulp<T: Scalar>(x: f64) -> f64 {
    let digits = if T::BYTES == 4 { 23 } else { 52 };
    libm::ldexp(1.0, libm::ilogb(x.abs().max(1.0)) - digits)
}

impl<T: Scalar + WithDType> Problem<T> {
    /// One of its rows alone.
    fn row(&self, i: usize) -> Problem<T> {
        let heads = self.case.bound.heads();
        let eta = (0..heads).map(|k| match self.case.classes() {
            0 => self.head(k)[i],
            _ => self.eta[i * heads + k],
        });
        self.case.over(eta.collect(), vec![self.data.y[i]])
    }
    /// Value and slopes; `None` where the variant gives none.
    fn pass(&self, variant: Variant, isa: Isa) -> Option<(f64, Vec<f64>)> {
        let mut slopes = vec![T::of(0.0); self.eta.len()];
        let value = match variant {
            Variant::Fused => self.loss.value_and_gradient(isa, &batch(self), &self.data, &mut slopes, &mut []),
            Variant::FusedForward => return Some((self.loss.value(isa, &batch(self), &self.data), Vec::new())),
            Variant::Operation => return Operation::of(self).ok()?.value_and_gradient().ok(),
            Variant::Naive => naive(self, &mut slopes)?,
            Variant::Candle | Variant::CandleTuned => {
                return Composed::of(self).ok()??.value_and_gradient().ok();
            }
            _ => return None,
        };
        Some((value, slopes.into_iter().map(|x| surprisal_kernel::Element::to_f64(x)).collect()))
    }
}
