//! Progress on stderr: a bar for people, plain lines where stderr is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How far a sweep is.
pub struct Progress {
    bar: ProgressBar,
    plain: bool,
    total: usize,
    done: usize,
    failed: usize,
    start: Instant,
    told: Instant,
}

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// For so many runs.
    pub fn new(total: usize) -> Progress {
        let plain = !std::io::stderr().is_terminal();
        let bar = if plain {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        } else {
            ProgressBar::new(total as u64)
        };
        bar.set_style(
            ProgressStyle::with_template("{wide_bar} {pos}/{len} runs {msg} {elapsed} + {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let now = Instant::now();
        Progress { bar, plain, total, done: 0, failed: 0, start: now, told: now }
    }
    /// One run more.
    pub fn step(&mut self, failed: bool) {
        self.done += 1;
        self.failed += usize::from(failed);
        self.bar.inc(1);
        if self.failed > 0 {
            self.bar.set_message(format!("({} failed)", self.failed));
        }
        if self.plain && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            self.line();
        }
    }
    fn line(&self) {
        let seconds = self.start.elapsed().as_secs_f64();
        eprintln!("{}/{} runs, {} failed, {seconds:.0} s", self.done, self.total, self.failed);
    }
    /// Leaves the terminal as it was.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        if self.plain && self.total > 0 {
            self.line();
        }
    }
}
