//! A prior over numbers: Σ −ln p(θⱼ) and its gradient.

use crate::Sum;
use surprisal_density::{AnyFamily, Arg, Dual, Family, Visit};

/// A family with every parameter given, as the density of θ itself: no Jacobian of any link.
#[derive(Clone, Debug, PartialEq)]
pub struct Penalty {
    /// The family.
    pub family: AnyFamily,
    /// The values of its parameters.
    pub at: Vec<f64>,
}

impl Penalty {
    /// Whether it has no preference.
    pub fn is_flat(&self) -> bool {
        matches!(self.family, AnyFamily::Flat(_))
    }
    /// −ln p(θ), its slope and its curvature.
    pub fn derivatives(&self, theta: f64) -> (f64, f64, f64) {
        struct Twice<'a>(&'a [f64], f64);
        impl Visit for Twice<'_> {
            type Output = (f64, f64, f64);
            fn visit<F: Family>(self, family: F) -> (f64, f64, f64) {
                type Second = Dual<Dual<f64, 1>, 1>;
                let args: Vec<Arg<Second>> =
                    self.0.iter().enumerate().map(|(j, &x)| Arg::fixed(family.domain(j), x)).collect();
                let nlp = family.nll(&args, Dual::var(Dual::var(self.1, 0), 0));
                (nlp.value.value, nlp.value.slope[0], nlp.slope[0].slope[0])
            }
        }
        self.family.visit(Twice(&self.at, theta))
    }
    /// Σ −ln p(θⱼ), in nats, all constants kept; slopes are added to `gradient`.
    pub fn value_and_gradient(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        let mut sum = Sum::new();
        for (&theta, gradient) in theta.iter().zip(gradient) {
            let (value, slope, _) = self.derivatives(theta);
            sum.add(value);
            *gradient += slope;
        }
        sum.total()
    }
}
