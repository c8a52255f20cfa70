//! One token that says: stop, and why. Set by a signal or by this program; everything that waits or trains looks at it.

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Whether to stop, and with which exit code. Clones are one token.
#[derive(Clone, Default)]
pub struct Stop {
    set: Arc<AtomicBool>,
    code: Arc<AtomicUsize>,
}

impl Stop {
    /// A token that SIGINT (130) and SIGTERM (143) set.
    ///
    /// The first signal asks the program to end well: what is under way is given up or saved, what is done is kept. A
    /// second one ends it at once with the same code; nothing is lost then either, for records are whole lines.
    pub fn on_signals() -> Result<Stop> {
        let stop = Stop::default();
        stop.on(SIGINT, 130)?;
        stop.on(SIGTERM, 143)?;
        Ok(stop)
    }

    /// Lets one more signal set the token, with the exit code that it stands for.
    pub fn on(&self, signal: i32, code: u8) -> Result<()> {
        // In this order: the first signal finds the token unset, and only the second ends the program.
        flag::register_conditional_shutdown(signal, i32::from(code), self.set.clone())
            .and_then(|_| flag::register_usize(signal, self.code.clone(), usize::from(code)))
            .and_then(|_| flag::register(signal, self.set.clone()))
            .map(|_| ())
            .with_context(|| format!("cannot listen for signal {signal}"))
    }

    /// Asks to stop, with this exit code unless a signal came first.
    pub fn set(&self, code: u8) {
        let _ = self.code.compare_exchange(0, usize::from(code), Ordering::Relaxed, Ordering::Relaxed);
        self.set.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Relaxed)
    }

    /// The exit code to end with, once the token is set.
    pub fn code(&self) -> u8 {
        u8::try_from(self.code.load(Ordering::Relaxed)).unwrap_or(crate::exit::FAILED_RUNS)
    }
}
