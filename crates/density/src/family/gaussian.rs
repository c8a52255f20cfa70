use super::{Family, LnCdf, Support, args};
use crate::{Arg, Domain, Parameter, Real, special};

/// p(y) = exp(−½ ((y − μ)/σ)²) / (σ √(2π)).
///
/// As a likelihood: squared error. As a prior: weight decay.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gaussian;

impl Family for Gaussian {
    const NAME: &'static str = "gaussian";
    const FORMULA: &'static str = "exp(−½((y − location)/scale)²) / (scale √(2π))";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("location", Domain::Real), Parameter::shape("scale", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Real
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, scale] = args(p);
        R::lit(0.5) * ((y - location.x) / scale.x).sq()
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        p[1].u + R::lit(special::LN_SQRT_TAU)
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[1] * p[1])
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        special::normal_cdf((y - p[0]) / p[1])
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        special::normal_cdf((p[0] - y) / p[1])
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        p[0] + p[1] * special::normal_quantile(q)
    }
    /// σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π), z = (y − μ)/σ (Gneiting & Raftery 2007, eq. 21).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let z = (y - p[0]) / p[1];
        let density = libm::exp(-0.5 * z * z - special::LN_SQRT_TAU);
        // 2Φ(z) − 1 = erf(z/√2)
        let centred = libm::erf(z * std::f64::consts::FRAC_1_SQRT_2);
        Some(p[1] * (z * centred + 2.0 * density - special::FRAC_1_SQRT_PI))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Gaussian, vec![0.4, 0.7]), (Gaussian, vec![-3.0, 11.0])]
    }
}

impl LnCdf for Gaussian {
    #[inline(always)]
    fn ln_cdf<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        ((y - p[0].x) / p[1].x).ln_normal_cdf()
    }
    #[inline(always)]
    fn ln_survival<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        ((p[0].x - y) / p[1].x).ln_normal_cdf()
    }
}
