use super::{Family, Support};
use crate::{Arg, Domain, Parameter, Real};

/// p(y) = e^(−y/m) / m, y > 0.
///
/// The waiting time without memory; a gamma of shape 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exponential;

impl Family for Exponential {
    const NAME: &'static str = "exponential";
    const FORMULA: &'static str = "exp(−y/mean) / mean";
    const PARAMETERS: &'static [Parameter] = &[Parameter::location("mean", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Positive
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        y / p[0].x + p[0].u
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[0] * p[0])
    }
    fn mode(&self, _: &[f64]) -> Option<f64> {
        Some(0.0)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        -libm::expm1(-y.max(0.0) / p[0])
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        libm::exp(-y.max(0.0) / p[0])
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        -p[0] * libm::log1p(-q)
    }
    /// |y| − 2 m F(y) + m/2 (Jordan, Krüger & Lerch 2019).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        Some(y.abs() - p[0] * (2.0 * self.cdf(p, y) - 0.5))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Exponential, vec![0.7]), (Exponential, vec![30.0])]
    }
}
