//! A line and Student-t noise.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::StudentT;

dataset! {
    /// y ~ StudentT(w·x, nu, scale), x ~ N(0, I), w ~ N(0, tau² I) anew in each replicate; no intercept.
    pub struct HeavyTails: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Standard deviation of the true weights.
        tau: f64 = 1.0, Range::NOT_NEGATIVE;
        /// Degrees of freedom: the smaller, the heavier the tails.
        nu: f64 = 3.0, Range::above(0.5);
        /// Scale of the noise (not its standard deviation).
        scale: f64 = 1.0, Range::POSITIVE;
    }
}

impl Dataset for HeavyTails {
    const NAME: &'static str = "heavy_tails";
    const ABOUT: About = About {
        what: "y ~ StudentT(w·x, nu, scale), x ~ N(0, I), w ~ N(0, tau² I) in each replicate",
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
                let at = vec![dot(w, &x), self.nu, self.scale];
                (x, StudentT.into(), at)
            },
        )
    }
}
