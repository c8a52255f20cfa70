//! Several classes with linear logits.

use super::generated::{dot, names, normals};
use super::{About, Dataset};
use crate::limit::MAX_COLUMNS;
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::Categorical;

dataset! {
    /// P(y = k) ∝ exp(separation · uₖ·x), x ~ N(0, I), each uₖ ~ N(0, I / dim) anew in each replicate.
    pub struct ManyClass: generated {
        /// Features.
        dim: usize = 5, Range::whole(1, MAX_COLUMNS);
        /// Labels.
        classes: usize = 4, Range::whole(2, MAX_COLUMNS);
        /// How far apart the logits are.
        separation: f64 = 2.0, Range::NOT_NEGATIVE;
    }
}

impl Dataset for ManyClass {
    const NAME: &'static str = "many_class";
    const ABOUT: About = About {
        what: "P(y = k) ∝ exp(separation · uₖ·x), x ~ N(0, I), uₖ ~ N(0, I / dim) in each replicate",
        rows: None,
        features: None,
        kind: Some(TargetKind::Class),
        licence: "generated",
        citation: "this project",
    };
    fn load(&self, _: &Roots) -> Result<Loaded, DataError> {
        let family = Categorical { classes: Some(self.classes), reference: None };
        let sd = self.separation / (self.dim as f64).sqrt();
        self.draw().tables(
            names(self.dim),
            self.classes,
            |stream| normals(self.classes * self.dim, sd, stream),
            |w, stream| {
                let x = normals(self.dim, 1.0, stream);
                let at = w.chunks(self.dim).map(|w| dot(w, &x)).collect();
                (x, family.into(), at)
            },
        )
    }
}
