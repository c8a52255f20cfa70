use super::{Family, LnCdf, Support, args};
use crate::{Arg, Domain, Parameter, Real};

/// p(y) = exp(−|y − μ| / b) / (2b).
///
/// As a likelihood: absolute error. As a prior: the lasso.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Laplace;

impl Family for Laplace {
    const NAME: &'static str = "laplace";
    const FORMULA: &'static str = "exp(−|y − location|/scale) / (2 scale)";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("location", Domain::Real), Parameter::shape("scale", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Real
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, scale] = args(p);
        (y - location.x).abs() / scale.x
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        p[1].u + R::lit(std::f64::consts::LN_2)
    }
    fn kinked(&self) -> bool {
        true
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(2.0 * p[1] * p[1])
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        let z = (y - p[0]) / p[1];
        let tail = 0.5 * libm::exp(-z.abs());
        if z < 0.0 { tail } else { 1.0 - tail }
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        self.cdf(&[-p[0], p[1]], -y)
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        // 1 − q is exact for q ≥ ½.
        let z = if q < 0.5 { libm::log(2.0 * q) } else { -libm::log(2.0 * (1.0 - q)) };
        p[0] + p[1] * z
    }
    /// b (|z| + e^(−|z|) − ¾), z = (y − μ)/b (Jordan, Krüger & Lerch 2019).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let z = ((y - p[0]) / p[1]).abs();
        Some(p[1] * (z + libm::expm1(-z) + 0.25))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Laplace, vec![0.4, 0.7]), (Laplace, vec![-3.0, 11.0])]
    }
}

impl LnCdf for Laplace {
    #[inline(always)]
    fn ln_cdf<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let z = (y - p[0].x) / p[1].x;
        let ln_tail = -z.abs() - R::lit(std::f64::consts::LN_2);
        R::select_lt(z, R::lit(0.0), ln_tail, (-ln_tail.exp()).ln_1p())
    }
    #[inline(always)]
    fn ln_survival<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let z = (p[0].x - y) / p[1].x;
        let ln_tail = -z.abs() - R::lit(std::f64::consts::LN_2);
        R::select_lt(z, R::lit(0.0), ln_tail, (-ln_tail.exp()).ln_1p())
    }
}
