use super::{Family, LnCdf, Support, args};
use crate::{Arg, Domain, Parameter, Real, special};

/// p(y) = exp(−½ ((ln y − μ)/σ)²) / (y σ √(2π)), y > 0.
///
/// Location and scale are those of ln y: e^μ is the median. As a likelihood: squared error of logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogNormal;

/// ln y, −∞ where there is none.
fn ln_or_bottom(y: f64) -> f64 {
    if y > 0.0 { libm::log(y) } else { f64::NEG_INFINITY }
}

impl Family for LogNormal {
    const NAME: &'static str = "log_normal";
    const FORMULA: &'static str = "exp(−½((ln y − location)/scale)²) / (y scale √(2π))";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("location", Domain::Real), Parameter::shape("scale", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Positive
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, scale] = args(p);
        R::lit(0.5) * ((y.ln() - location.x) / scale.x).sq()
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        p[1].u + R::lit(special::LN_SQRT_TAU)
    }
    #[inline(always)]
    fn base<R: Real>(&self, _: &[Arg<R>], y: R) -> R {
        y.ln()
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(libm::exp(p[0] + 0.5 * p[1] * p[1]))
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        let square = p[1] * p[1];
        Some(libm::expm1(square) * libm::exp(2.0 * p[0] + square))
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(libm::exp(p[0] - p[1] * p[1]))
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        special::normal_cdf((ln_or_bottom(y) - p[0]) / p[1])
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        special::normal_cdf((p[0] - ln_or_bottom(y)) / p[1])
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        libm::exp(p[0] + p[1] * special::normal_quantile(q))
    }
    /// y (2Φ(z) − 1) − 2m (Φ(z − σ) − Φ(−σ/√2)), z = (ln y − μ)/σ, m the mean (Baran & Lerch 2015).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let z = (ln_or_bottom(y) - p[0]) / p[1];
        let centred = libm::erf(z * std::f64::consts::FRAC_1_SQRT_2);
        let mass = special::normal_cdf(z - p[1]) - special::normal_cdf(-p[1] * std::f64::consts::FRAC_1_SQRT_2);
        Some(y * centred - 2.0 * libm::exp(p[0] + 0.5 * p[1] * p[1]) * mass)
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(LogNormal, vec![0.4, 0.7]), (LogNormal, vec![-2.0, 0.1])]
    }
}

impl LnCdf for LogNormal {
    #[inline(always)]
    fn ln_cdf<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        ((y.ln() - p[0].x) / p[1].x).ln_normal_cdf()
    }
    #[inline(always)]
    fn ln_survival<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        ((p[0].x - y.ln()) / p[1].x).ln_normal_cdf()
    }
}
