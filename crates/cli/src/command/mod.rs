//! One file per command.

pub mod bench;
pub mod check;
pub mod completions;
pub mod config;
pub mod docs;
pub mod doctor;
pub mod eval;
pub mod init;
pub mod launch;
pub mod list;
pub mod man;
pub mod plan;
pub mod predict;
pub mod reproduce;
pub mod run;
pub mod runs;
pub mod schema;
pub mod status;
pub mod table;
pub mod verify;

/// Calls the rest of a command with a prepared experiment, or tells why there is none.
macro_rules! prepared {
    ($path:expr, $options:expr) => {
        match crate::prepare::prepare($path, $options)? {
            Ok(prepared) => prepared,
            Err(refused) => return refused.tell($options),
        }
    };
}
pub(crate) use prepared;
