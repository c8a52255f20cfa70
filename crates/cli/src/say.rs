//! What is printed. Names, cells and causes come from strangers: nothing hidden reaches a terminal as it stands.
//!
//! `print!`, `println!` and `eprintln!` of this program are these: they stand before std's, so that no line can pass them
//! by. A control character is written as JSON writes it, which leaves JSON what it means.

use std::io::{ErrorKind, Write};
use surprisal_spec::shown_json;

/// To stdout. A reader that closes early (`| head`) ends the program well.
pub fn out(text: &str) {
    match std::io::stdout().lock().write_all(shown_json(text).as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(i32::from(crate::exit::FINE)),
        _ => {}
    }
}

/// To stderr. Where nobody listens, nothing is lost: what matters is in the records.
pub fn err(text: &str) {
    let _ = std::io::stderr().lock().write_all(shown_json(text).as_bytes());
}

macro_rules! print {
    ($($text:tt)*) => { $crate::say::out(&format!($($text)*)) };
}
macro_rules! println {
    () => { $crate::say::out("\n") };
    ($($text:tt)*) => { $crate::say::out(&(format!($($text)*) + "\n")) };
}
#[allow(unused_macros, reason = "or it would be std's")]
macro_rules! eprint {
    ($($text:tt)*) => { $crate::say::err(&format!($($text)*)) };
}
macro_rules! eprintln {
    () => { $crate::say::err("\n") };
    ($($text:tt)*) => { $crate::say::err(&(format!($($text)*) + "\n")) };
}
