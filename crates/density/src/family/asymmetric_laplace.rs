use super::{Family, Support, args};
use crate::{Arg, Domain, Parameter, Real};

/// p(y) = τ(1 − τ)/s · exp(−ρ_τ(y − μ)/s), ρ_τ(r) = r (τ − 1{r < 0}).
///
/// The location is the τ-quantile. As a likelihood: quantile regression (Koenker & Machado 1999).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AsymmetricLaplace;

impl Family for AsymmetricLaplace {
    const NAME: &'static str = "asymmetric_laplace";
    const FORMULA: &'static str = "quantile (1 − quantile)/scale exp(−r (quantile − [r < 0])/scale), r = y − location";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::location("location", Domain::Real),
        Parameter::given("quantile", Domain::Unit),
        Parameter::shape("scale", Domain::Positive),
    ];

    fn support(&self) -> Support {
        Support::Real
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, quantile, scale] = args(p);
        let r = y - location.x;
        r * R::select_lt(r, R::lit(0.0), quantile.x - R::lit(1.0), quantile.x) / scale.x
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        let [_, quantile, scale] = args(p);
        scale.u - quantile.x.ln() - (-quantile.x).ln_1p()
    }
    fn kinked(&self) -> bool {
        true
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        let tau = p[1];
        Some(p[0] + p[2] * (1.0 - 2.0 * tau) / (tau * (1.0 - tau)))
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        // Of an exponential above (rate τ/s) and one below (rate (1 − τ)/s).
        let (above, below) = (p[2] / p[1], p[2] / (1.0 - p[1]));
        Some(above * above + below * below)
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        let (tau, z) = (p[1], (y - p[0]) / p[2]);
        if z < 0.0 { tau * libm::exp((1.0 - tau) * z) } else { 1.0 - (1.0 - tau) * libm::exp(-tau * z) }
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        let (tau, z) = (p[1], (y - p[0]) / p[2]);
        if z < 0.0 { 1.0 - tau * libm::exp((1.0 - tau) * z) } else { (1.0 - tau) * libm::exp(-tau * z) }
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        let tau = p[1];
        let z = if q < tau { libm::log(q / tau) / (1.0 - tau) } else { -libm::log((1.0 - q) / (1.0 - tau)) / tau };
        p[0] + p[2] * z
    }
    /// s (z + τ²/(2(1 − τ)) + (1 − τ)²/(2τ) − 2(1 − τ)(1 − e^(−τz))/τ) for z = (y − μ)/s ≥ 0, mirrored below
    /// (∫ F² + ∫ (1 − F)², piece by piece).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let z = (y - p[0]) / p[2];
        let tau = if z < 0.0 { 1.0 - p[1] } else { p[1] };
        let (z, rest) = (z.abs(), 1.0 - tau);
        let ends = 0.5 * (tau * tau / rest + rest * rest / tau);
        Some(p[2] * (z + ends + 2.0 * rest * libm::expm1(-tau * z) / tau))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(AsymmetricLaplace, vec![0.4, 0.9, 0.7]), (AsymmetricLaplace, vec![-3.0, 0.25, 11.0])]
    }
}
