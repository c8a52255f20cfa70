//! Progress on stderr: a bar for people, plain lines where stderr is no terminal, JSON lines for programs.

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use surprisal_spec::{Arm, Plan, shown};

/// How progress is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, clap::ValueEnum)]
pub enum Mode {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A bar
    Bar,
    /// A line every few seconds
    Plain,
    /// One JSON object a line, for each run and each message
    Json,
    /// Messages only
    None,
}

impl Mode {
    /// A remark on the side.
    pub fn note(self, text: &str) {
        match self {
            Mode::Json => event(json!({ "event": "note", "text": text })),
            _ => eprintln!("note: {text}"),
        }
    }
    /// Something that a person should read.
    pub fn say(self, text: &str) {
        match self {
            Mode::Json => event(json!({ "event": "text", "text": text })),
            _ => eprintln!("{text}"),
        }
    }
    fn resolved(self) -> Mode {
        match self {
            Mode::Auto if std::io::stderr().is_terminal() => Mode::Bar,
            Mode::Auto => Mode::Plain,
            other => other,
        }
    }
}

/// One line of JSON on stderr.
fn event(mut value: Value) {
    value["schema"] = 1.into();
    eprintln!("{value}");
}

/// What tells each run's arm from the others, by the run's id: the values of the keys that the sweep varies.
pub fn varied(plan: &Plan) -> BTreeMap<&str, String> {
    let words = |arm: &Arm| arm.varied.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", ");
    // A run that several arms share is told as the first one's.
    let mut all = BTreeMap::new();
    for arm in plan.arms.iter().rev() {
        all.extend(arm.units.iter().flat_map(|unit| &unit.runs).map(|id| (id.as_str(), words(arm))));
    }
    all
}

/// What is known of a sweep under way.
#[derive(Clone, Default)]
struct Seen {
    done: usize,
    total: usize,
    failed: usize,
    /// What the run that ended last varied.
    current: String,
}

/// How far a sweep is.
pub struct Progress {
    mode: Mode,
    bar: ProgressBar,
    seen: Arc<Mutex<Seen>>,
    start: Instant,
    told: Instant,
}

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);
/// A bar shorter than this says nothing.
const BAR: usize = 10;

impl Progress {
    /// For so many runs.
    pub fn new(mode: Mode, total: usize) -> Progress {
        let (mode, now) = (mode.resolved(), Instant::now());
        let seen = Arc::new(Mutex::new(Seen { total, ..Seen::default() }));
        let target = if mode == Mode::Bar { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {rest}") {
            let shared = seen.clone();
            // Asked at every drawing: the terminal may have another width by now.
            let rest = move |state: &ProgressState, out: &mut dyn Write| {
                let seen = shared.lock().unwrap_or_else(PoisonError::into_inner);
                let width = usize::from(console::Term::stderr().size().1);
                let _ = out.write_str(&rest(width, &seen, state.elapsed(), state.eta()));
            };
            bar.set_style(style.with_key("rest", rest));
        }
        if mode == Mode::Bar {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        if mode == Mode::Json {
            event(json!({ "event": "start", "runs": total }));
        }
        Progress { mode, bar, seen, start: now, told: now }
    }

    /// One run more: its id, what it varied, and why it failed if it did.
    pub fn step(&mut self, id: &str, current: &str, failure: Option<&str>) {
        let seen = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.done += 1;
            seen.failed += usize::from(failure.is_some());
            // The bar is drawn past `println!`, and what is varied may be a stranger's text.
            seen.current = shown(current).into_owned();
            seen.clone()
        };
        self.bar.inc(1);
        if self.mode == Mode::Json {
            event(json!({
                "event": "run", "id": id, "varied": current, "failure": failure, "done": seen.done, "runs": seen.total,
                "failed": seen.failed, "seconds": self.seconds(), "eta_seconds": self.eta(&seen).as_secs_f64(),
            }));
        }
        if self.mode == Mode::Plain && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            let left = HumanDuration(self.eta(&seen));
            eprintln!("{}, about {left:#} to go: {current}", self.line(&seen));
        }
    }

    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// At the mean pace so far.
    fn eta(&self, seen: &Seen) -> Duration {
        let left = seen.total.saturating_sub(seen.done) as f64;
        Duration::from_secs_f64(self.seconds() / seen.done.max(1) as f64 * left)
    }

    fn line(&self, seen: &Seen) -> String {
        format!("{}/{} runs, {} failed, {:.0} s", seen.done, seen.total, seen.failed, self.seconds())
    }

    /// Leaves the terminal as it was.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match self.mode {
            Mode::Plain if seen.total > 0 => eprintln!("{}", self.line(&seen)),
            Mode::Json => event(json!({
                "event": "end", "done": seen.done, "runs": seen.total, "failed": seen.failed, "seconds": self.seconds(),
            })),
            _ => {}
        }
    }
}

/// What stands beside the bar: as much as leaves room for it, and never more than the width.
fn rest(width: usize, seen: &Seen, elapsed: Duration, eta: Duration) -> String {
    let Seen { done, total, failed, current } = seen;
    let count = format!("{done}/{total}");
    let failures = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    let left = format!("{:#} + {:#}", HumanDuration(elapsed), HumanDuration(eta));
    let runs = format!("{count} runs{failures}");
    let whole = format!("{runs}, {left}");
    // The width counts what is drawn: everything but the last is plain ASCII.
    let room = width.saturating_sub(BAR + 1);
    let long = format!("{whole}: {current}");
    if !current.is_empty() && long.chars().count() <= room {
        return long;
    }
    if !current.is_empty() && whole.len() + 12 <= room {
        let kept: String = long.chars().take(room - 1).collect();
        return format!("{kept}…");
    }
    let short = [whole, runs, format!("{count}{failures}"), count.clone()];
    let fits = short.into_iter().find(|text| text.len() <= room);
    // Without room for a bar: what matters most, cut off at the edge.
    fits.unwrap_or_else(|| count.chars().take(width.saturating_sub(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_the_bar_fits_every_width_and_says_more_on_wider_ones() {
        let seen =
            Seen { done: 123, total: 4567, failed: 8, current: "map, student_t(nu=learned, scale=learned)".into() };
        let at = |width| rest(width, &seen, Duration::from_secs(70), Duration::from_secs(4000));
        let mut longest = 0;
        for width in 0..200 {
            let length = at(width).chars().count();
            assert!(length < width.max(1), "{width}: {}", at(width));
            assert!(length >= longest, "{width}: {}", at(width));
            longest = length;
        }
        assert_eq!(at(20), "123/4567");
        assert_eq!(at(40), "123/4567 runs, 8 failed");
        assert_eq!(at(80), "123/4567 runs, 8 failed, 70s + 67m: map, student_t(nu=learned, scale…");
        assert!(at(120).ends_with("map, student_t(nu=learned, scale=learned)"));
    }

    #[test]
    fn what_a_stranger_varies_reaches_no_terminal_as_it_stands() {
        let mut progress = Progress::new(Mode::None, 2);
        progress.step("id", "red\u{1b}[31m\u{9b}2J\n", None);
        let seen = progress.seen.lock().expect("no panic").clone();
        let text = rest(200, &seen, Duration::from_secs(1), Duration::from_secs(1));
        assert!(!text.chars().any(char::is_control) && text.contains(r"red\u{1b}[31m\u{9b}2J\u{a}"), "{text:?}");
    }

    #[test]
    fn no_failures_are_not_told() {
        let seen = Seen { done: 1, total: 2, ..Seen::default() };
        assert_eq!(rest(80, &seen, Duration::from_secs(1), Duration::from_secs(1)), "1/2 runs, 1s + 1s");
    }
}
