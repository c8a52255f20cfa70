//! A sine whose noise grows.

use super::generated::names;
use super::{About, Dataset};
use crate::{DataError, Loaded, Roots, TargetKind};
use surprisal_density::Range;
use surprisal_density::family::Gaussian;

/// The sine runs from −REACH to REACH.
const REACH: f64 = 3.0;

dataset! {
    /// y ~ Gaussian(sin x, σ(x)), x ~ uniform(−3, 3), ln σ linear in x from ln `low` to ln `high`.
    ///
    /// A predicted scale needs nothing but a line in x; a predicted location needs a hidden layer.
    pub struct HeteroscedasticSine: generated {
        /// σ at x = −3.
        low: f64 = 0.05, Range::POSITIVE;
        /// σ at x = 3.
        high: f64 = 0.5, Range::POSITIVE;
    }
}

impl Dataset for HeteroscedasticSine {
    const NAME: &'static str = "heteroscedastic_sine";
    const ABOUT: About = About {
        what: "y ~ Gaussian(sin x, σ(x)), x ~ uniform(−3, 3), ln σ linear in x",
        rows: None,
        features: Some(1),
        kind: Some(TargetKind::Real),
        licence: "generated",
        citation: "this project",
    };
    fn load(&self, _: &Roots) -> Result<Loaded, DataError> {
        let (low, high) = (libm::log(self.low), libm::log(self.high));
        self.draw().tables(
            names(1),
            0,
            |_| (),
            |(), stream| {
                let share = stream.uniform();
                let x = REACH * (2.0 * share - 1.0);
                let at = vec![libm::sin(x), libm::exp(low + share * (high - low))];
                (vec![x], Gaussian.into(), at)
            },
        )
    }
}
