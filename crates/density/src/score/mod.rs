//! One file per score: what a prediction is worth on a row.

use crate::{AnyFamily, Support};

/// Collects the scores into the one enum a table may name.
macro_rules! scores {
    ($($module:ident::$Score:ident),+ $(,)?) => {
        $(mod $module; pub use $module::$Score;)+

        /// Any score a table may name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AnyScore { $(#[doc = concat!("See [`", stringify!($Score), "`].")] $Score),+ }

        impl AnyScore {
            /// The keys of all scores, in the order of the registry.
            pub const NAMES: &'static [&'static str] = &[$($Score::NAME),+];
            /// Every score.
            pub fn all() -> Vec<AnyScore> {
                vec![$(AnyScore::$Score),+]
            }
            /// The key.
            pub fn name(self) -> &'static str {
                match self { $(AnyScore::$Score => $Score::NAME),+ }
            }
            /// What it rewards.
            pub fn nature(self) -> Nature {
                match self { $(AnyScore::$Score => $Score::NATURE),+ }
            }
            /// Which way is good.
            pub fn direction(self) -> Direction {
                match self { $(AnyScore::$Score => $Score::DIRECTION),+ }
            }
            /// Its unit.
            pub fn unit(self) -> &'static str {
                match self { $(AnyScore::$Score => $Score::UNIT),+ }
            }
            /// See [`Score::row`].
            pub fn row(self, p: &Predictive, y: f64) -> Option<f64> {
                match self { $(AnyScore::$Score => $Score.row(p, y)),+ }
            }
            /// See [`Score::finish`].
            pub fn finish(self, mean: f64) -> f64 {
                match self { $(AnyScore::$Score => $Score.finish(mean)),+ }
            }
        }
        $(impl From<$Score> for AnyScore {
            fn from(_: $Score) -> AnyScore { AnyScore::$Score }
        })+
    };
}
scores! {
    nll::Nll,
    rmse::Rmse,
    mae::Mae,
    crps::Crps,
    coverage::Coverage90,
    implied_coverage::ImpliedCoverage90,
    width::Width90,
    brier::Brier,
    accuracy::Accuracy,
}

impl AnyScore {
    /// The score of that name.
    pub fn named(name: &str) -> Option<AnyScore> {
        AnyScore::all().into_iter().find(|score| score.name() == name)
    }
}

/// What a model says about one row: a family at parameter values, in original units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predictive<'a> {
    /// The family.
    pub family: AnyFamily,
    /// The values of its parameters.
    pub at: &'a [f64],
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Nearer to a number is better.
    Target(f64),
    /// Neither: it describes.
    None,
}

/// What a score rewards (Gneiting & Raftery 2007; Gneiting 2011).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// The true distribution alone is best in expectation.
    StrictlyProper,
    /// No distribution is better than the true one in expectation.
    Proper,
    /// Consistent for this functional: it sees nothing else of the distribution.
    Consistent(&'static str),
    /// It describes and cannot rank: it can be gamed.
    Diagnostic,
}

/// A number for a prediction and what happened.
pub trait Score: Copy + Default + 'static {
    /// The key in tables and records.
    const NAME: &'static str;
    /// What it rewards.
    const NATURE: Nature;
    /// Which way is good.
    const DIRECTION: Direction;
    /// "nats", "y" for the target's unit, or "" for a share.
    const UNIT: &'static str;

    /// The score of one row, in original units; `None` where it is undefined.
    fn row(&self, p: &Predictive, y: f64) -> Option<f64>;
    /// From the mean over rows to what is reported.
    fn finish(&self, mean: f64) -> f64 {
        mean
    }
}

impl Predictive<'_> {
    /// The central interval that leaves 5 % on either side; `None` for classes, which have no order.
    ///
    /// ```
    /// use surprisal_density::{AnyFamily, Predictive};
    /// let die_hard = Predictive { family: AnyFamily::named("exponential").unwrap(), at: &[1.0] };
    /// let (low, high) = die_hard.central_90().unwrap();
    /// assert!((low - 0.0513).abs() < 1e-4 && (high - 2.9957).abs() < 1e-4);
    /// ```
    pub fn central_90(&self) -> Option<(f64, f64)> {
        match self.family.support() {
            Support::Classes(_) => None,
            _ => Some((self.family.quantile(self.at, 0.05), self.family.quantile(self.at, 0.95))),
        }
    }
    /// The probability of each class; `None` for numbers, and as long as the number of classes is not known.
    pub fn classes(&self) -> Option<Vec<f64>> {
        match self.family.support() {
            Support::Classes(Some(n)) => Some((0..n).map(|k| libm::exp(-self.family.nll(self.at, k as f64))).collect()),
            _ => None,
        }
    }
    fn is_number(&self) -> bool {
        !matches!(self.family.support(), Support::Classes(_))
    }
}
