//! Two classes with a logistic border.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::Bernoulli;

dataset! {
    /// P(y = 1) = logistic(separation · u·x), x ~ N(0, I), u a direction drawn anew in each replicate.
    ///
    /// With a large separation the classes of a train set are separable, and no maximum of the likelihood exists.
    pub struct TwoClass: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Length of the true weight vector.
        separation: f64 = 2.0, Range::NOT_NEGATIVE;
    }
}

impl Dataset for TwoClass {
    const NAME: &'static str = "two_class";
    const ABOUT: About = About {
        what: "P(y = 1) = logistic(separation · u·x), x ~ N(0, I), u a direction of each replicate",
        rows: None,
        features: None,
        kind: Some(TargetKind::Class),
        licence: "generated",
        citation: "this project",
    };
    fn load(&self, _: &Roots) -> Result<Loaded, DataError> {
        let direction = |stream: &mut _| {
            let u = normals(self.dim, 1.0, stream);
            let length = dot(&u, &u).sqrt();
            u.into_iter().map(|u| self.separation * u / length).collect::<Vec<f64>>()
        };
        self.draw().tables(names(self.dim), 2, direction, |w, stream| {
            let x = normals(self.dim, 1.0, stream);
            let at = vec![dot(w, &x)];
            (x, Bernoulli.into(), at)
        })
    }
}
