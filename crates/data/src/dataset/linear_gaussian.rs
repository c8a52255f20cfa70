//! A line and Gaussian noise.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::Gaussian;

dataset! {
    /// y ~ Gaussian(w·x, noise), x ~ N(0, I), w ~ N(0, tau² I) anew in each replicate; no intercept.
    ///
    /// With `prior: { gaussian: { scale: tau } }` the prior is the truth.
    pub struct LinearGaussian: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Standard deviation of the true weights.
        tau: f64 = 1.0, Range::NOT_NEGATIVE;
        /// Standard deviation of the noise.
        noise: f64 = 1.0, Range::POSITIVE;
    }
}

impl Dataset for LinearGaussian {
    const NAME: &'static str = "linear_gaussian";
    const ABOUT: About = About {
        what: "y ~ Gaussian(w·x, noise), x ~ N(0, I), w ~ N(0, tau² I) in each replicate",
        rows: None,
        features: None,
        kind: Some(TargetKind::Real),
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
                let at = vec![dot(w, &x), self.noise];
                (x, Gaussian.into(), at)
            },
        )
    }
}
