use super::{Family, Limit, Support, args};
use crate::{Arg, Domain, Parameter, Real, Stream, special};

/// p(y) = Γ((ν+1)/2) / (Γ(ν/2) σ √(νπ)) · (1 + z²/ν)^(−(ν+1)/2), z = (y − μ)/σ.
///
/// σ is the scale, not the standard deviation. As a likelihood: robust regression; Gaussian as ν → ∞.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StudentT;

impl Family for StudentT {
    const NAME: &'static str = "student_t";
    const FORMULA: &'static str = "Γ((nu+1)/2) / (Γ(nu/2) scale √(nu π)) (1 + ((y − location)/scale)²/nu)^(−(nu+1)/2)";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::location("location", Domain::Real),
        Parameter::shape("nu", Domain::Above(0.5)),
        Parameter::shape("scale", Domain::Positive),
    ];
    const LIMITS: &'static [Limit] = &[Limit { parameter: 1, at: f64::INFINITY, reduces_to: "gaussian" }];

    fn support(&self) -> Support {
        Support::Real
    }
    #[inline(always)]
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let [location, nu, scale] = args(p);
        let z = (y - location.x) / scale.x;
        R::lit(0.5) * (nu.x + R::lit(1.0)) * (z.sq() / nu.x).ln_1p()
    }
    #[inline(always)]
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        let [_, nu, scale] = args(p);
        let half = R::lit(0.5);
        // The constant of a Gaussian, less what vanishes as ν → ∞.
        scale.u + R::lit(special::LN_SQRT_TAU) - R::rising_excess(half * nu.x, half)
    }
    fn log_concave(&self) -> bool {
        false
    }
    fn mean(&self, p: &[f64]) -> Option<f64> {
        (p[1] > 1.0).then_some(p[0])
    }
    fn variance(&self, p: &[f64]) -> Option<f64> {
        let nu = p[1];
        (nu > 1.0).then(|| if nu > 2.0 { p[2] * p[2] * nu / (nu - 2.0) } else { f64::INFINITY })
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        Some(p[0])
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        special::student_t_cdf((y - p[0]) / p[2], p[1])
    }
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        special::student_t_cdf((p[0] - y) / p[2], p[1])
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        p[0] + p[2] * special::student_t_quantile(q, p[1])
    }
    /// By inversion: one uniform per draw.
    fn sample(&self, p: &[f64], stream: &mut Stream) -> f64 {
        self.quantile(p, stream.uniform())
    }
    /// σ (z (2F(z) − 1) + 2 f(z) (ν + z²)/(ν − 1) − 2 √ν/(ν − 1) · B(½, ν − ½)/B(½, ν/2)²), z = (y − μ)/σ
    /// (Jordan, Krüger & Lerch 2019).
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let (nu, z) = (p[1], (y - p[0]) / p[2]);
        if nu <= 1.0 {
            return None;
        }
        let (lower, upper) = (special::student_t_cdf(z, nu), special::student_t_cdf(-z, nu));
        let rising = special::ln_rising_d(0.5 * nu, 0.5, 0);
        let square = z * z / nu;
        let density = libm::exp(rising - 0.5 * (nu + 1.0) * libm::log1p(square)) * special::FRAC_1_SQRT_PI; // times √ν
        let spread = libm::exp(2.0 * rising - special::ln_rising_d(nu - 0.5, 0.5, 0)) * special::FRAC_1_SQRT_PI;
        let tails = nu.sqrt() / (nu - 1.0) * (density * (1.0 + square) - spread);
        Some(p[2] * (z * (lower - upper) + 2.0 * tails))
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![(StudentT, vec![0.4, 4.0, 0.7]), (StudentT, vec![0.4, 1.5, 0.7]), (StudentT, vec![-2.0, 1e6, 3.0])]
    }
}
