//! Counts whose variance exceeds their mean.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::NegativeBinomial;

dataset! {
    /// y ~ NegativeBinomial(μ = rate · exp(w·x), dispersion α), x ~ N(0, I), w ~ N(0, tau² I) anew in each replicate.
    ///
    /// The variance is μ + α μ²: a Poisson likelihood is too sure of itself.
    pub struct OverdispersedCounts: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Standard deviation of the true weights.
        tau: f64 = 0.3, Range::NOT_NEGATIVE;
        /// The mean at x = 0.
        rate: f64 = 2.0, Range::POSITIVE;
        /// α.
        dispersion: f64 = 0.5, Range::POSITIVE;
    }
}

impl Dataset for OverdispersedCounts {
    const NAME: &'static str = "overdispersed_counts";
    const ABOUT: About = About {
        what: "y ~ NegativeBinomial(rate · exp(w·x), dispersion), x ~ N(0, I), w ~ N(0, tau² I) in each replicate",
        rows: None,
        features: None,
        kind: Some(TargetKind::Count),
        licence: "generated",
        citation: "this project",
    };
    fn load(&self, _: &Roots) -> Result<Loaded, DataError> {
        self.draw().tables(
            names(self.dim),
            0,
            |stream| normals(self.dim, self.tau, stream),
            |w, stream| {
                let x = normals(self.dim, 1.0, stream);
                let at = vec![self.rate * libm::exp(dot(w, &x)), self.dispersion];
                (x, NegativeBinomial.into(), at)
            },
        )
    }
}
