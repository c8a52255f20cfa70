use super::{Family, Support};
use crate::{Arg, Domain, Parameter, Real};

/// P(y = 1) = 1 / (1 + e^(−η)), P(y = 0) = 1 / (1 + e^η).
///
/// As a likelihood: binary cross-entropy, logistic regression.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bernoulli;

impl Family for Bernoulli {
    const NAME: &'static str = "bernoulli";
    const FORMULA: &'static str = "1 / (1 + exp(−logit)) for y = 1, 1 / (1 + exp(logit)) for y = 0";
    const PARAMETERS: &'static [Parameter] = &[Parameter::location("logit", Domain::Real)];

    fn support(&self) -> Support {
        Support::Classes(Some(2))
    }
    /// ln(1 + e^((1 − 2y) η)).
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        ((R::lit(1.0) - R::lit(2.0) * y) * p[0].x).softplus()
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    /// P(y = 1).
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0].logistic())
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[0].logistic() * (-p[0]).logistic())
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(if p[0] > 0.0 { 1.0 } else { 0.0 })
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        match y {
            y if y < 0.0 => 0.0,
            y if y < 1.0 => (-p[0]).logistic(),
            _ => 1.0,
        }
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        match y {
            y if y < 0.0 => 1.0,
            y if y < 1.0 => p[0].logistic(),
            _ => 0.0,
        }
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        if q <= (-p[0]).logistic() { 0.0 } else { 1.0 }
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Bernoulli, vec![0.4]), (Bernoulli, vec![-3.0])]
    }
}
