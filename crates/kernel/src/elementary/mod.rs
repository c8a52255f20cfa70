//! The elementary functions, each a fixed sequence of IEEE operations over lanes of `f32` or `f64`.
//!
//! Policy: a NaN gives a NaN; outside its domain a function is NaN, at a pole ±∞; results that are too large are ±∞, and
//! subnormal ones are rounded like others. Errors are measured by `tests/functions.rs`: over all 2³² numbers by
//! `just functions`, over every 4093rd of them by the ordinary tests.

mod erf;
mod exp;
mod gamma;
mod ln;

pub use erf::{erf, erfc, ln_normal_cdf};
pub use exp::{EXP_F32, EXP_F64, exp, exp_excess, exp_falling, exp_m1, exps, logistic, softplus, tanh};
pub use gamma::{digamma, lgamma, lgamma_d, rising_excess};
pub use ln::{ln, ln_1p, ln_reduced_f32, ln_reduced_f64};
