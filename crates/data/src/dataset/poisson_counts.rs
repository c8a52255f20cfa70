//! Counts whose log mean is a line.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::Poisson;

dataset! {
    /// y ~ Poisson(rate · exp(w·x)), x ~ N(0, I), w ~ N(0, tau² I) anew in each replicate.
    pub struct PoissonCounts: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Standard deviation of the true weights.
        tau: f64 = 0.3, Range::NOT_NEGATIVE;
        /// The mean at x = 0.
        rate: f64 = 2.0, Range::POSITIVE;
    }
}

impl Dataset for PoissonCounts {
    const NAME: &'static str = "poisson_counts";
    const ABOUT: About = About {
        what: "y ~ Poisson(rate · exp(w·x)), x ~ N(0, I), w ~ N(0, tau² I) in each replicate",
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
                let at = vec![self.rate * libm::exp(dot(w, &x))];
                (x, Poisson.into(), at)
            },
        )
    }
}
