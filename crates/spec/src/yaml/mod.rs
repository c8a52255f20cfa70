//! YAML read with places: every key and value knows the bytes it came from, and every mistake points there.
//!
//! [`Node::parse`] makes a tree that keeps each scalar as written; [`Node::set`] lays overrides and sweeps over it; and
//! [`read()`] turns it into a type, or into *all* of its [`Problem`]s. Which YAML is refused, and why:
//! tags (`!x`: serde's enums are `{variant: …}` here), merge keys `<<`, keys set twice, a second document, aliases beyond
//! a budget, U+2028 and U+2029 (they cannot be written back).
//!
//! | code | a problem of |
//! |---|---|
//! | `yaml` | the text, or a path: it cannot be read, or holds what is refused |
//! | `duplicate-key` | a key set twice |
//! | `unknown-key` | a key that the struct does not have |
//! | `unknown-value` | a word that is none of those expected |
//! | `missing-key` | a key that must be given |
//! | `type` | a text for a number, a list for a mapping, … |
//! | `value` | the right type out of its range, or what a type's own check says |
//!
//! ```
//! use surprisal_spec::yaml::{Node, Place, Sources, read, render_short};
//!
//! #[derive(serde::Deserialize)]
//! struct Train { epochs: u32, rate: f64 }
//!
//! let mut sources = Sources::default();
//! let file = sources.add(Place::File("a.yaml".into()), "epoch: 10\nrate: fast\n");
//! let problems = read::<Train>(&Node::parse(&sources, file).unwrap()).err().unwrap();
//! let told: Vec<_> = problems.iter().map(|problem| render_short(&sources, problem)).collect();
//! assert_eq!(told, [
//!     "a.yaml:1:1: error[unknown-key]: unknown key `epoch`",
//!     "a.yaml:2:7: error[type]: `rate`: expected a number, found the text `fast`",
//! ]);
//! ```

mod access;
mod decode;
mod edit;
mod explain;
mod nearest;
mod node;
mod parse;
mod problem;
mod read;
mod scalar;
mod source;
mod write;

pub(crate) use edit::replace;
pub use edit::{path_word, path_words};
pub use nearest::nearest;
pub use node::{Entry, Kind, Node};
pub use parse::{MAX_BYTES, MAX_DEPTH, MAX_NODES};
pub use problem::{Problem, ProblemView, render, render_github, render_short};
pub use read::read;
pub use scalar::{Scalar, number, resolve};
pub use source::{Place, Source, Sources, Span};
