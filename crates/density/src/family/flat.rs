use super::{Family, Support};
use crate::{Arg, Parameter, Real};

/// p(θ) = 1: no preference. Not a density (it has no integral), so a prior only.
///
/// MAP under it is MLE.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flat;

impl Family for Flat {
    const NAME: &'static str = "flat";
    const FORMULA: &'static str = "1 (improper; prior only)";
    const PARAMETERS: &'static [Parameter] = &[];

    fn support(&self) -> Support {
        Support::Real
    }
    #[inline(always)]
    fn energy<R: Real>(&self, _: &[Arg<R>], _: R) -> R {
        R::lit(0.0)
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn mean(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn variance(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn mode(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn cdf(&self, _: &[f64], _: f64) -> f64 {
        f64::NAN
    }
    fn quantile(&self, _: &[f64], _: f64) -> f64 {
        f64::NAN
    }
    /// None: it has no probability to test.
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![]
    }
}
