//! Records in, tables out: every number of a table, how sure it is, and what it must not be compared with.
//!
//! [`summarise`] makes a [`Summary`], numbers and sentences without any format; [`Summary::render`] writes it. Both are
//! pure, and what they write depends on the records alone.

mod caption;
mod contrast;
mod escape;
mod format;
mod label;
mod number;
mod observed;
mod reference;
mod splice;
mod statistic;
mod summarise;
mod summary;

pub use format::{Format, UnknownFormat, text};
pub use splice::splice;
pub use statistic::Errors;
pub use summarise::{summarise, summarise_with};
pub use summary::{
    Better, Cell, Column, Contrast, Counted, Difference, Note, Row, RowKind, Section, Statistic, Summary,
};
