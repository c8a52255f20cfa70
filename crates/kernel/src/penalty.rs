//! A prior over numbers: Σ −ln p(θⱼ) and its gradient.

use crate::Sum;
use surprisal_density::{AnyFamily, Arg, Dual, Family, Real, Visit};

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
    /// Its parameters: the value of each, and the unconstrained number.
    pub fn given<R: Real>(&self) -> Vec<Arg<R>> {
        self.at.iter().enumerate().map(|(j, &x)| Arg::fixed(self.family.domain(j), x)).collect()
    }
    /// −ln p(θ), its slope and its curvature.
    pub fn derivatives(&self, theta: f64) -> (f64, f64, f64) {
        struct Twice<'a>(&'a [Arg<Dual<Dual<f64, 1>, 1>>], f64);
        impl Visit for Twice<'_> {
            type Output = (f64, f64, f64);
            fn visit<F: Family>(self, family: F) -> (f64, f64, f64) {
                let nlp = family.nll(self.0, Dual::var(Dual::var(self.1, 0), 0));
                (nlp.value.value, nlp.value.slope[0], nlp.slope[0].slope[0])
            }
        }
        self.family.visit(Twice(&self.given(), theta))
    }
    /// Σ −ln p(θⱼ), in nats, all constants kept; slopes are added to `gradient`.
    pub fn value_and_gradient(&self, theta: &[f64], gradient: &mut [f64]) -> f64 {
        struct Add<'a>(&'a [Arg<Dual<f64, 1>>], &'a [f64], &'a mut [f64]);
        impl Visit for Add<'_> {
            type Output = f64;
            fn visit<F: Family>(self, family: F) -> f64 {
                let norm = family.log_norm(self.0).value;
                let mut sum = Sum::new();
                for (&theta, gradient) in self.1.iter().zip(self.2) {
                    let theta = Dual::var(theta, 0);
                    let nlp = family.energy(self.0, theta) + family.base(self.0, theta);
                    sum.add(nlp.value + norm);
                    *gradient += nlp.slope[0];
                }
                sum.total()
            }
        }
        self.family.visit(Add(&self.given(), theta, gradient))
    }
    /// Slopes of the energy below and above its kink, for a kinked family: −ln p is linear on either side.
    pub fn slopes(&self) -> (f64, f64) {
        let centre = self.at[0];
        let slope = |theta: f64| self.derivatives(theta).1;
        (slope(centre - 1.0), slope(centre + 1.0))
    }
}
