//! What can be timed: a loss over one problem, called again and again in this process.

use crate::case::Problem;
use crate::composed::Composed;
use crate::naive::{Scalar, naive};
use crate::operation::Operation;
use crate::variant::Variant;
use candle_core::WithDType;
use std::hint::black_box;
use std::time::Instant;
use surprisal_kernel::{Batch, Isa, Vectors};

/// Why something is not timed; a sentence or a few words for the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Absent {
    /// It has no operation for this loss.
    #[error("no such op")]
    NoOp,
    /// It failed.
    #[error("{0}")]
    Failed(String),
}

impl From<candle_core::Error> for Absent {
    fn from(error: candle_core::Error) -> Absent {
        Absent::Failed(format!("candle: {error}"))
    }
}

/// Computes one loss.
pub trait Engine {
    /// Calls it so many times; the seconds of all.
    fn time(&mut self, calls: u64) -> Result<f64, Absent>;
    /// The loss, where it computes one.
    fn value(&mut self) -> Option<f64>;
}

/// In this process.
pub struct Local<'a>(Box<dyn FnMut() -> f64 + 'a>);

impl Engine for Local<'_> {
    fn time(&mut self, calls: u64) -> Result<f64, Absent> {
        let start = Instant::now();
        for _ in 0..calls {
            black_box((self.0)());
        }
        Ok(start.elapsed().as_secs_f64())
    }
    fn value(&mut self) -> Option<f64> {
        let value = (self.0)();
        (!value.is_nan()).then_some(value)
    }
}

/// A call of one pass of the kernel.
pub fn batch<'a, T: Vectors>(problem: &'a Problem<T>) -> Batch<'a, T> {
    Batch { eta: black_box(&problem.eta), layout: problem.case.layout(), learned: &[], upstream: 1.0 }
}

impl<'a> Local<'a> {
    /// A variant over a problem.
    ///
    /// # Errors
    /// If there is no such operation; if it is of another process.
    pub fn of<T: Scalar + WithDType>(variant: Variant, isa: Isa, it: &'a Problem<T>) -> Result<Local<'a>, Absent> {
        let slopes = || vec![T::of(0.0); it.eta.len()];
        Ok(Local(match variant {
            Variant::Fused => {
                let mut slopes = slopes();
                Box::new(move || it.loss.value_and_gradient(isa, &batch(it), &it.data, black_box(&mut slopes), &mut []))
            }
            Variant::FusedForward => Box::new(move || it.loss.value(isa, &batch(it), &it.data)),
            Variant::Operation => {
                let operation = Operation::of(it)?;
                operation.call()?;
                Box::new(move || operation.call().unwrap_or(f64::NAN))
            }
            Variant::Naive => {
                let mut slopes = slopes();
                naive(it, &mut slopes).ok_or_else(|| Absent::Failed("not written down".into()))?;
                Box::new(move || naive(black_box(it), black_box(&mut slopes)).unwrap_or(f64::NAN))
            }
            Variant::Candle | Variant::CandleTuned => {
                let composed = Composed::of(it)?.ok_or(Absent::NoOp)?;
                composed.call()?;
                Box::new(move || composed.call().unwrap_or(f64::NAN))
            }
            Variant::Memcpy => {
                // What is read is written too.
                let from = vec![T::of(1.0); it.bytes(true) / (2 * T::BYTES)];
                let mut to = from.clone();
                Box::new(move || {
                    black_box(&mut to).copy_from_slice(black_box(&from));
                    f64::NAN
                })
            }
            Variant::Jax | Variant::Torch | Variant::TorchCompiled => {
                return Err(Absent::Failed(format!("{variant} is measured in Python")));
            }
        }))
    }
}
