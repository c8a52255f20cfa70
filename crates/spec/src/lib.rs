//! Experiment, plan, run, record: plain data between a YAML file and a result, without effects but reading configs.

mod alike;
mod arm;
pub mod canonical;
mod catalog;
mod compose;
mod engine;
mod estimator;
mod experiment;
mod fits;
mod line;
mod model;
mod number;
mod optimiser;
mod place;
mod plan;
mod record;
mod records;
mod reference;
mod run;
mod schema;
mod shape;
mod shard;
mod shown;
pub mod yaml;

pub use arm::{Arm, Unit, likelihood_text, prior_text};
pub use catalog::Catalog;
pub use compose::{
    Cell, Change, Composed, Document, Explanation, Files, GROUPS, Layer, Shadowed, Step, Swept, compose, compose_with,
};
pub use engine::Engine;
pub use estimator::{Estimator, target_kind};
pub use experiment::{DType, EarlyStopping, Experiment, Name, NonNegative, Positive, Schema, ScoreName, Select, Share};
pub use fits::{fits_memory, weights};
pub use model::{Activation, Constant, Linear, Mlp, Model, Width};
pub use number::Number;
pub use optimiser::{Adam, Adamw, Lbfgs, Optimiser, Sgd};
pub use plan::{Plan, Planned, plan, split_hash};
pub use record::{Fit, Last, Made, Outcome, Record, Scores, Selected, Source, Status};
pub use records::Records;
pub use reference::{Key, Variant, keys, variants};
pub use run::{BITS, Candidate, Data, Run, Selection};
pub use schema::schema;
pub use shape::Shape;
pub use shard::Shard;
pub use shown::{is_hidden, shown, shown_json};
