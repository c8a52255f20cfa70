//! Negative log densities, each written once, over any number and with any binding of its parameters.
//!
//! `surprisal(y) = −ln p(y)`, in nats. A [`Family`] is a formula; a [`Likelihood`] or a [`Prior`] is a family in a role.

mod deps;
mod dual;
pub mod family;
mod param;
mod range;
mod real;
mod role;
mod schema;
pub mod score;
pub mod special;
mod stream;

pub use deps::Deps;
pub use dual::Dual;
pub use family::{AnyFamily, Family, LnCdf, Support, Visit};
pub use param::{Arg, Domain, Parameter};
pub use range::Range;
pub use real::Real;
pub use role::{Binding, Density, Likelihood, Prior, RoleError, Strength};
pub use schema::Properties;
pub use score::{AnyScore, Predictive, Score};
pub use stream::{Purpose, Stream};
