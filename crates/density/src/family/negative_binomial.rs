use super::{Family, Limit, Support, args};
use crate::{Arg, Domain, Parameter, Real, special};

/// P(y) = Γ(r + y) / (Γ(r) y!) · (r/(r + μ))ʳ (μ/(r + μ))ʸ, r = 1/α.
///
/// Counts whose variance is μ + αμ² (dispersion α): a Poisson whose mean is gamma distributed. Poisson as α → 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NegativeBinomial;

impl Family for NegativeBinomial {
    const NAME: &'static str = "negative_binomial";
    const FORMULA: &'static str = "Γ(r + y) / (Γ(r) y!) (r/(r + mean))^r (mean/(r + mean))^y, r = 1/dispersion";
    const PARAMETERS: &'static [Parameter] =
        &[Parameter::location("mean", Domain::Positive), Parameter::shape("dispersion", Domain::Positive)];
    const LIMITS: &'static [Limit] = &[Limit { parameter: 1, at: 0.0, reduces_to: "poisson" }];

    fn support(&self) -> Support {
        Support::Counts
    }
    /// (r + y) ln(1 + αμ) − y ln μ.
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [mean, dispersion] = args(p);
        let r = (-dispersion.u).exp();
        (r + y) * (dispersion.x * mean.x).ln_1p() - y * mean.u
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    /// ln y! − (ln Γ(r + y) − ln Γ(r) − y ln r); the bracket vanishes with α.
    #[inline(always)]
    fn base<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        (y + R::lit(1.0)).lgamma() - R::rising_excess((-p[1].u).exp(), y)
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        Some(p[0] * (1.0 + p[1] * p[0]))
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        // P(k) ≥ P(k − 1) as long as k ≤ μ(1 − α), with equality there.
        Some(((p[0] * (1.0 - p[1])).ceil() - 1.0).max(0.0))
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        libm::exp(ln_tails(p, y).0)
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        libm::exp(ln_tails(p, y).1)
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        // Where to look: that of the gamma distribution of equal mean and variance.
        let shape = p[0] / (1.0 + p[1] * p[0]);
        let guess = p[0] * (special::gamma_quantile(q, shape) / shape);
        special::count_quantile(q, guess, |k| self.cdf(p, k), |k| self.survival(p, k))
    }
    /// (y − μ)(2F(y) − 1) + 2μ (1 + αy) P(y) − ½ E|Y − Y′| (Wei & Held 2014, with the last term as an integral).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let (mean, dispersion, whole) = (p[0], p[1], y.floor());
        let (lower, upper) = (self.cdf(p, y), self.survival(p, y));
        let at = [Arg::fixed(Domain::Positive, mean), Arg::fixed(Domain::Positive, dispersion)];
        let mass = if y < 0.0 { 0.0 } else { libm::exp(-self.nll::<f64>(&at, whole)) * (1.0 + dispersion * whole) };
        Some((y - mean) * (lower - upper) + 2.0 * mean * mass - 0.5 * mean_difference(mean, dispersion))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        let at = [[3.4, 0.5], [2.0, 2.5], [20.0, 1e-9]];
        at.map(|at| (NegativeBinomial, at.to_vec())).to_vec()
    }
}

/// (ln P(Y ≤ y), ln P(Y > y)).
fn ln_tails(p: &[f64], y: f64) -> (f64, f64) {
    if y < 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    let odds = p[0] * p[1];
    special::ln_beta_inc(1.0 / p[1], y.floor() + 1.0, 1.0 / (1.0 + odds), odds / (1.0 + odds))
}

/// E|Y − Y′| of two draws: (1/π) ∫₀^∞ (1 − (1 + 4αv t²/(1 + t²))^(−1/α)) / t² dt, v the variance.
///
/// |d| = (1/2π) ∫ (1 − cos dθ)/(1 − cos θ) dθ over a period, averaged by the characteristic function; then t = tan(θ/2).
/// In ln t the integrand is analytic and falls off on both sides: the trapezoidal rule has all digits.
fn mean_difference(mean: f64, dispersion: f64) -> f64 {
    const STEP: f64 = 0.125;
    let variance = mean * (1.0 + dispersion * mean);
    let from = f64::min(0.0, -0.5 * libm::log(4.0 * variance)) - 40.0;
    let steps = ((40.0 - from) / STEP) as usize;
    let terms = (0..=steps).map(|i| {
        let t = libm::exp(from + STEP * i as f64);
        let chord = 4.0 * variance * (t / (1.0 + t * t)) * t;
        -libm::expm1(-libm::log1p(dispersion * chord) / dispersion) / t
    });
    STEP / std::f64::consts::PI * terms.sum::<f64>()
}
