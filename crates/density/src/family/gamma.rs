use super::{Family, Support, args};
use crate::{Arg, Domain, Parameter, Real, special};

/// p(y) = (k/m)ᵏ yᵏ⁻¹ e^(−k y/m) / Γ(k), y > 0.
///
/// With mean m and shape k; the coefficient of variation is 1/√k whatever the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gamma;

impl Family for Gamma {
    const NAME: &'static str = "gamma";
    const FORMULA: &'static str = "(shape/mean)^shape y^(shape−1) exp(−shape y/mean) / Γ(shape)";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("mean", Domain::Positive), Parameter::shape("shape", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Positive
    }
    /// k (y/m − 1 − ln(y/m)), half the deviance: it vanishes at y = m, so that nothing is lost for large k.
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [mean, shape] = args(p);
        let ln_ratio = y.ln() - mean.u;
        shape.x * ln_ratio.exp_excess()
    }
    /// ln Γ(k) − k ln k + k.
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        special::stirling(p[1].x, p[1].u)
    }
    #[inline(always)]
    fn base<R: Real>(&self, _: &[Arg<R>], y: R) -> R {
        y.ln()
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[0] * p[0] / p[1])
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        (p[1] >= 1.0).then(|| p[0] * (p[1] - 1.0) / p[1])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        special::gamma_p(p[1], p[1] * (y / p[0]))
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        special::gamma_q(p[1], p[1] * (y / p[0]))
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        p[0] * (special::gamma_quantile(q, p[1]) / p[1])
    }
    /// (y − m)(2F(y) − 1) + 2 y (m/k) p(y) − (m/k) / B(½, k) (Scheuerer & Möller 2015, rearranged by
    /// F_{k+1} = F_k − (y/k) p so that nothing cancels for large k).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let (mean, shape) = (p[0], p[1]);
        let (lower, upper) = (self.cdf(p, y), self.survival(p, y));
        let ln_ratio = libm::log(y / mean);
        let density = match y > 0.0 {
            true => libm::exp(-shape * special::exp_excess(ln_ratio) - special::stirling(shape, libm::log(shape))),
            false => 0.0,
        };
        let spread = libm::exp(special::ln_rising_d(shape, 0.5, 0)) * special::FRAC_1_SQRT_PI;
        Some((y - mean) * (lower - upper) + mean / shape * (2.0 * density - spread))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Gamma, vec![2.0, 3.0]), (Gamma, vec![0.7, 0.6]), (Gamma, vec![5.0, 40.0])]
    }
}
