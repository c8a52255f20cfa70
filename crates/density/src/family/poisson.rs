use super::{Family, Support};
use crate::{Arg, Domain, Parameter, Real, special};

/// P(y) = μʸ e^(−μ) / y!.
///
/// Counts whose variance is their mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Poisson;

impl Family for Poisson {
    const NAME: &'static str = "poisson";
    const FORMULA: &'static str = "mean^y exp(−mean) / y!";
    const PARAMETERS: &'static [Parameter] = &[Parameter::location("mean", Domain::Positive)];

    fn support(&self) -> Support {
        Support::Counts
    }
    /// μ − y − y ln(μ/y) = y (e^d − 1 − d) with d = ln(μ/y), half the deviance; μ at y = 0. It vanishes at y = μ, so that
    /// nothing is lost for large counts (Loader 2000).
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let d = p[0].u - ln_count(y);
        R::select_lt(R::lit(0.0), y, y * d.exp_excess(), d.exp())
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    /// ln y! − y ln y + y, the surprisal where μ = y.
    #[inline(always)]
    fn base<R: Real>(&self, _: &[Arg<R>], y: R) -> R {
        let (zero, ln_y) = (R::lit(0.0), ln_count(y));
        R::select_lt(zero, y, special::stirling(y, ln_y) + ln_y, (y + R::lit(1.0)).lgamma())
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        // P(k) ≥ P(k − 1) as long as k ≤ μ, with equality at k = μ.
        Some(p[0].ceil() - 1.0)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        if y < 0.0 { 0.0 } else { special::gamma_q(y.floor() + 1.0, p[0]) }
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        if y < 0.0 { 1.0 } else { special::gamma_p(y.floor() + 1.0, p[0]) }
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        let z = special::normal_quantile(q);
        special::count_quantile(
            q,
            p[0] + p[0].sqrt() * z + (z * z - 1.0) / 6.0,
            |k| self.cdf(p, k),
            |k| self.survival(p, k),
        )
    }
    /// (y − μ)(2F(y) − 1) + 2μ P(⌊y⌋) − μ e^(−2μ) (I₀(2μ) + I₁(2μ)) (Wei & Held 2014).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let (mean, whole) = (p[0], y.floor());
        let (lower, upper) = (self.cdf(p, y), self.survival(p, y));
        let at = [Arg::fixed(Domain::Positive, mean)];
        let mass = if y < 0.0 { 0.0 } else { libm::exp(-self.nll::<f64>(&at, whole)) };
        let spread = special::bessel_i0_plus_i1_scaled(2.0 * mean);
        Some((y - mean) * (lower - upper) + mean * (2.0 * mass - spread))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(Poisson, vec![3.4]), (Poisson, vec![0.2]), (Poisson, vec![60.0])]
    }
}

/// ln y; 0 for no counts at all, whose loss does not look at it.
#[inline(always)]
fn ln_count<R: Real>(y: R) -> R {
    R::select_lt(R::lit(0.0), y, y.ln(), R::lit(0.0))
}
