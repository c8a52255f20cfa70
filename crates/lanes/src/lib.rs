//! Many small models of one shape, one in each lane: one stream of instructions trains them all.
//!
//! A [`Cohort`] has as many lanes as the vectors of the instruction set. Models differ in data, rows, priors, families,
//! learning rates, and in when they begin and end. What becomes of one depends on nothing but itself, to the bit.

mod back;
mod cohort;
mod dense;
mod group;
mod model;
mod numbers;
mod rule;
mod shape;
mod step;

pub use cohort::{Cohort, width};
pub use model::{Model, Rows, Rule};
pub use numbers::Number;
pub use shape::{Kind, Shape};
