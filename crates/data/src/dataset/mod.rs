//! One file per data set: its keys, what it is, and how it becomes a table.

use crate::{DataError, Loaded, Roots, SplitRule, TargetKind};
use serde::{Deserialize, Serialize};

/// What a data set is, for lists and pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About {
    /// One sentence.
    pub what: &'static str,
    /// Rows, if the data set fixes them.
    pub rows: Option<usize>,
    /// Features, if the data set fixes them.
    pub features: Option<usize>,
    /// The kind of target unless another is declared; `None`: it must be declared, or the likelihood does.
    pub kind: Option<TargetKind>,
    /// Under which terms the data may be used.
    pub licence: &'static str,
    /// Whom to cite.
    pub citation: &'static str,
}

/// The keys that every data set has; written by the macro `dataset!`.
pub trait Common {
    /// Whether x is standardised on train rows, and y if it is real.
    fn standardise(&self) -> bool;
    /// How rows are split; `None` for generators, whose replicates are the units.
    fn split(&self) -> Option<&SplitRule>;
    /// The declared kind of target, if any.
    fn kind(&self) -> Option<TargetKind>;
}

/// A source of tables.
pub trait Dataset: Common {
    /// The YAML key.
    const NAME: &'static str;
    /// What it is.
    const ABOUT: About;
    /// Reads or draws it, and splits it.
    fn load(&self, roots: &Roots) -> Result<Loaded, DataError>;
    /// Under which terms the data may be used.
    fn licence(&self) -> &str {
        Self::ABOUT.licence
    }
    /// Whom to cite.
    fn citation(&self) -> &str {
        Self::ABOUT.citation
    }
}

/// Adds the common keys to a data set's own: `stored` data is split, `generated` data comes in replicates.
macro_rules! dataset {
    ($(#[$doc:meta])* pub struct $Name:ident: stored { $($own:tt)* }) => {
        keys! {
            $(#[$doc])*
            pub struct $Name {
                $($own)*
                /// Whether x is standardised on train rows, and y if it is real.
                standardise: bool = true;
                /// Which rows test.
                split: $crate::SplitRule = $crate::SplitRule::default();
                /// What the target is, if not what the data set says.
                kind: Option<$crate::TargetKind> = None;
            }
        }
        impl $crate::Common for $Name {
            fn standardise(&self) -> bool {
                self.standardise
            }
            fn split(&self) -> Option<&$crate::SplitRule> {
                Some(&self.split)
            }
            fn kind(&self) -> Option<$crate::TargetKind> {
                self.kind
            }
        }
    };
    ($(#[$doc:meta])* pub struct $Name:ident: generated { $($own:tt)* }) => {
        keys! {
            $(#[$doc])*
            pub struct $Name {
                /// Train rows of a replicate; a larger n keeps the rows of a smaller one.
                n: usize = 100, surprisal_density::Range::whole(1, $crate::MAX_NUMBERS);
                /// Test rows of a replicate; the same for every n.
                test_n: usize = 1000, surprisal_density::Range::whole(1, $crate::MAX_NUMBERS);
                /// Independent tables, each with its own truth.
                replicates: usize = 20, surprisal_density::Range::whole(1, $crate::limit::MAX_SPLITS);
                /// Another seed, other tables.
                seed: u64 = 0;
                $($own)*
                /// Whether x is standardised on train rows, and y if it is real; not by default: the coordinates of
                /// the truth are known.
                standardise: bool = false;
                /// What the target is, if not what the generator says.
                kind: Option<$crate::TargetKind> = None;
            }
        }
        impl $crate::Common for $Name {
            fn standardise(&self) -> bool {
                self.standardise
            }
            fn split(&self) -> Option<&$crate::SplitRule> {
                None
            }
            fn kind(&self) -> Option<$crate::TargetKind> {
                self.kind
            }
        }
        impl $Name {
            /// What the drawing needs to know.
            fn draw(&self) -> $crate::dataset::generated::Draw {
                use $crate::Dataset;
                $crate::dataset::generated::Draw {
                    name: Self::NAME,
                    kind: self.kind.or(Self::ABOUT.kind),
                    n: self.n,
                    test_n: self.test_n,
                    replicates: self.replicates,
                    seed: self.seed,
                }
            }
        }
    };
}

/// Collects the data sets into the one enum a config may name.
macro_rules! datasets {
    ($($module:ident::$Name:ident),+ $(,)?) => {
        $(mod $module; pub use $module::$Name;)+

        /// Any data set a config may name.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[expect(clippy::large_enum_variant, reason = "there is one of it in an experiment")]
        pub enum AnyDataset { $(#[doc = concat!("See [`", stringify!($Name), "`].")] $Name($Name)),+ }

        impl AnyDataset {
            /// The YAML keys of all data sets, in the order of the registry.
            pub const NAMES: &'static [&'static str] = &[$($Name::NAME),+];
            /// What each of them is, in the same order.
            pub const ABOUT: &'static [About] = &[$($Name::ABOUT),+];
            /// The keys that each of them takes, in the same order.
            pub const KEYS: &'static [&'static [&'static str]] = &[$($Name::KEYS),+];

            /// The YAML key.
            pub fn name(&self) -> &'static str {
                match self { $(AnyDataset::$Name(_) => $Name::NAME),+ }
            }
            /// What it is.
            pub fn about(&self) -> About {
                match self { $(AnyDataset::$Name(_) => $Name::ABOUT),+ }
            }
            /// See [`Dataset::load`].
            pub fn load(&self, roots: &Roots) -> Result<Loaded, DataError> {
                match self { $(AnyDataset::$Name(it) => it.load(roots)),+ }
            }
            /// See [`Dataset::licence`].
            pub fn licence(&self) -> &str {
                match self { $(AnyDataset::$Name(it) => it.licence()),+ }
            }
            /// See [`Dataset::citation`].
            pub fn citation(&self) -> &str {
                match self { $(AnyDataset::$Name(it) => it.citation()),+ }
            }
            /// See [`Common::standardise`].
            pub fn standardise(&self) -> bool {
                match self { $(AnyDataset::$Name(it) => it.standardise()),+ }
            }
            /// See [`Common::split`].
            pub fn split(&self) -> Option<&SplitRule> {
                match self { $(AnyDataset::$Name(it) => it.split()),+ }
            }
            /// The kind of its tables' target: as declared, or else what the data set says.
            pub fn kind(&self) -> Option<TargetKind> {
                match self { $(AnyDataset::$Name(it) => it.kind().or($Name::ABOUT.kind)),+ }
            }
        }
        $(impl From<$Name> for AnyDataset {
            fn from(it: $Name) -> AnyDataset { AnyDataset::$Name(it) }
        })+
    };
}

mod bundled;
mod generated;

datasets! {
    csv::Csv,
    diabetes::Diabetes,
    iris::Iris,
    wine_quality::WineQuality,
    linear_gaussian::LinearGaussian,
    heteroscedastic_sine::HeteroscedasticSine,
    heavy_tails::HeavyTails,
    poisson_counts::PoissonCounts,
    overdispersed_counts::OverdispersedCounts,
    two_class::TwoClass,
    many_class::ManyClass,
}

pub use self::csv::Missing;
pub use crate::sheet::{Column, Delimiter};
