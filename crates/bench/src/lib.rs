//! Speed and accuracy of the losses, beside those of others: paired rounds, one thread.
//!
//! A [`Case`] is a bound family with its data, a [`Variant`] a way to compute its loss. Benches of criterion and `surprisal
//! bench` time the same [`Engine`]s. candle is here as one of the others.

mod accuracy;
mod bench;
mod case;
mod child;
mod compare;
mod composed;
mod engine;
mod figure;
mod flop;
mod goals;
mod instructions;
mod kernels;
mod machine;
mod naive;
mod operation;
mod roof;
mod rounds;
mod serve;
mod statistics;
mod sweep;
mod table;
mod task;
mod variant;

pub use accuracy::{DOMAIN, Errors, errors};
pub use bench::{Bench, peer_versions};
pub use case::{Case, Problem, REACH, cases};
pub use child::{Child, Remote};
pub use compare::{Verdict, compare, verdict};
pub use composed::Composed;
pub use engine::{Absent, Engine, Local};
pub use figure::roofline;
pub use flop::per_element;
pub use goals::{goals, published};
pub use instructions::instructions;
pub use kernels::{Header, Kernels, Row, SCHEMA};
pub use machine::{allocator, load, pin, versions};
pub use naive::{Scalar, naive};
pub use roof::peak_gflops;
pub use rounds::{AGREE, Settings, Timing, measure};
pub use serve::{command, serve};
pub use statistics::{Estimate, bootstrap, median};
pub use sweep::{
    Crossover, ENGINES as SWEEP_ENGINES, Grid, ROWS as SWEEP_ROWS, Sweep, SweepRow, crossover, flop_per_step, sweep,
};
pub use table::render;
pub use task::{Answer, Ask, Task};
pub use variant::{BATCH, SIZES, SLOW, TABLE_SIZES, Variant};
