//! Data sets as tables with declared targets, their splits and their scaling; generators know the truth they drew from.
//!
//! ```
//! use surprisal_data::{AnyDataset, Roots, Scale};
//! let dataset: AnyDataset = serde_json::from_str(r#"{ "linear_gaussian": { "n": 50, "replicates": 2 } }"#).unwrap();
//! let loaded = dataset.load(&Roots::here(".")).unwrap();
//! let (table, split) = loaded.unit(1);
//! assert_eq!((loaded.units(), split.train.len(), table.dim()), (2, 50, 5));
//! let scale = Scale::fit(table, &split.train, dataset.standardise(), false);
//! assert_eq!(scale.x(table, &split.test).len(), split.test.len() * table.dim());
//! ```

#[macro_use]
mod keys;
pub mod dataset;
mod error;
mod file;
mod hash;
mod loaded;
mod note;
mod rows;
mod scale;
mod sheet;
mod split;
mod table;
mod unit;

pub use dataset::{About, AnyDataset, Common, Dataset};
pub use error::DataError;
pub use file::{Folder, Roots};
pub use loaded::{Loaded, Split};
pub use note::Note;
pub use rows::{NewRows, Wanted, read_rows};
pub use scale::Scale;
pub use sheet::Delimiter;
pub use split::{Files, InnerRule, Kfold, Random, Rows, SplitRule, inner_split};
pub use table::{Places, Table, TargetKind, Truth};
pub use unit::Groups;
