use super::{Family, LnCdf, Support, args};
use crate::{Arg, Domain, Parameter, Real};

/// p(y) = e^(−z) / (s (1 + e^(−z))²), z = (y − μ)/s.
///
/// As a likelihood: a smooth absolute error, ln cosh up to constants.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Logistic;

impl Family for Logistic {
    const NAME: &'static str = "logistic";
    const FORMULA: &'static str = "exp(−z) / (scale (1 + exp(−z))²), z = (y − location)/scale";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("location", Domain::Real), Parameter::shape("scale", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Real
    }
    /// |z| + 2 ln(1 + e^(−|z|)): symmetric, and without overflow.
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, scale] = args(p);
        ((y - location.x) / scale.x).soft_abs()
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        p[1].u
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        let sd = p[1] * std::f64::consts::PI;
        Some(sd * sd / 3.0)
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        1.0 / (1.0 + libm::exp((p[0] - y) / p[1]))
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        1.0 / (1.0 + libm::exp((y - p[0]) / p[1]))
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        p[0] + p[1] * (libm::log(q) - libm::log1p(-q))
    }
    /// s (z − 2 ln F(z) − 1), z = (y − μ)/s, F the logistic function (Jordan, Krüger & Lerch 2019).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let z = ((y - p[0]) / p[1]).abs();
        Some(p[1] * (z + 2.0 * libm::log1p(libm::exp(-z)) - 1.0))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Logistic, vec![0.4, 0.7]), (Logistic, vec![-3.0, 11.0])]
    }
}

impl LnCdf for Logistic {
    #[inline(always)]
    fn ln_cdf<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        -((p[0].x - y) / p[1].x).softplus()
    }
    #[inline(always)]
    fn ln_survival<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        -((y - p[0].x) / p[1].x).softplus()
    }
}
