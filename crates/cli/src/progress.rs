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
    /// Steps of all runs, told or not.
    steps: u64,
    /// Of the work, how much is done: a share, by what runs are expected to cost.
    share: f64,
    /// What the run that ended last varied.
    current: String,
}

impl Seen {
    /// Steps a second; none before there are any.
    fn pace(&self, elapsed: Duration) -> Option<f64> {
        (self.steps > 0).then(|| self.steps as f64 / elapsed.as_secs_f64().max(1e-3))
    }
    /// How long the rest takes, at the pace so far; unknown before a run has ended.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        let left = elapsed.as_secs_f64() * (1.0 - self.share).max(0.0) / self.share;
        Duration::try_from_secs_f64(left).ok()
    }
}

/// How far a sweep is.
pub struct Progress {
    mode: Mode,
    bar: ProgressBar,
    seen: Arc<Mutex<Seen>>,
    /// What each run is expected to cost, as a share of all.
    costs: Vec<f64>,
    start: Instant,
    told: Instant,
}

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(5);
/// A bar shorter than this says nothing.
const BAR: usize = 10;

impl Progress {
    /// For runs that are expected to cost so much, in any unit.
    pub fn new(mode: Mode, costs: impl Iterator<Item = f64>) -> Progress {
        let mut costs: Vec<f64> = costs.collect();
        let (total, sum) = (costs.len(), costs.iter().sum::<f64>());
        costs.iter_mut().for_each(|cost| *cost = if sum > 0.0 { *cost / sum } else { 1.0 / total as f64 });
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
                let _ = out.write_str(&rest(width, &seen, state.elapsed()));
            };
            bar.set_style(style.with_key("rest", rest));
        }
        if mode == Mode::Bar {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        if mode == Mode::Json {
            event(json!({ "event": "start", "runs": total }));
        }
        Progress { mode, bar, seen, costs, start: now, told: now }
    }

    /// One run more: its place, its id, what it varied, and why it failed if it did.
    pub fn left(&mut self, index: usize, id: &str, current: &str, failure: Option<&str>) {
        let seen = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.done += 1;
            seen.failed += usize::from(failure.is_some());
            seen.share += self.costs[index];
            // The bar is drawn past `println!`, and what is varied may be a stranger's text.
            seen.current = shown(current).into_owned();
            seen.clone()
        };
        self.bar.inc(1);
        if self.mode == Mode::Json {
            let mut line = self.json("run", &seen);
            (line["id"], line["varied"], line["failure"]) = (id.into(), current.into(), failure.into());
            event(line);
        }
        self.now_and_then(&seen);
    }

    /// So many steps more, of any runs.
    pub fn steps(&mut self, steps: u64) {
        let seen = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.steps += steps;
            seen.clone()
        };
        self.now_and_then(&seen);
    }

    /// A line, when the last is long ago.
    fn now_and_then(&mut self, seen: &Seen) {
        if self.told.elapsed() < EVERY {
            return;
        }
        self.told = Instant::now();
        match self.mode {
            Mode::Plain => eprintln!("{}", line(seen, self.start.elapsed())),
            Mode::Json => event(self.json("steps", seen)),
            _ => {}
        }
    }

    /// How far the sweep is, for a program.
    fn json(&self, name: &str, seen: &Seen) -> Value {
        let elapsed = self.start.elapsed();
        json!({
            "event": name, "done": seen.done, "runs": seen.total, "failed": seen.failed, "seconds": elapsed.as_secs_f64(),
            "eta_seconds": seen.left(elapsed).map(|left| left.as_secs_f64()),
            "steps": seen.steps, "steps_per_second": seen.pace(elapsed),
        })
    }

    /// Leaves the terminal as it was.
    pub fn finish(self) {
        self.bar.finish_and_clear();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match self.mode {
            Mode::Plain if seen.total > 0 => eprintln!("{}", done(&seen, self.start.elapsed())),
            Mode::Json => {
                let mut line = self.json("end", &seen);
                line.as_object_mut().map(|line| line.remove("eta_seconds"));
                event(line);
            }
            _ => {}
        }
    }
}

/// `410k steps/s`.
fn pace(steps_per_second: f64) -> String {
    match steps_per_second {
        n if n < 1e3 => format!("{n:.0} steps/s"),
        n if n < 1e6 => format!("{:.0}k steps/s", n / 1e3),
        n => format!("{:.1}M steps/s", n / 1e6),
    }
}

/// What is done, in how many seconds, at which pace.
fn done(seen: &Seen, elapsed: Duration) -> String {
    let pace = seen.pace(elapsed).map(|it| format!(", {}", pace(it))).unwrap_or_default();
    format!("{}/{} runs, {} failed, {:.0} s{pace}", seen.done, seen.total, seen.failed, elapsed.as_secs_f64())
}

/// The same, how long the rest takes, and what ended last.
fn line(seen: &Seen, elapsed: Duration) -> String {
    let left = seen.left(elapsed).map(|left| format!(", about {:#} to go", HumanDuration(left))).unwrap_or_default();
    let current = if seen.current.is_empty() { String::new() } else { format!(": {}", seen.current) };
    format!("{}{left}{current}", done(seen, elapsed))
}

/// What stands beside the bar: as much as leaves room for it, and never more than the width.
fn rest(width: usize, seen: &Seen, elapsed: Duration) -> String {
    let Seen { done, total, failed, current, .. } = seen;
    let count = format!("{done}/{total}");
    let failures = if *failed > 0 { format!(", {failed} failed") } else { String::new() };
    let left = seen.left(elapsed).map(|left| format!(" + {:#}", HumanDuration(left))).unwrap_or_default();
    let runs = format!("{count} runs{failures}");
    let timed = format!("{runs}, {:#}{left}", HumanDuration(elapsed));
    let whole = seen.pace(elapsed).map_or_else(|| timed.clone(), |it| format!("{timed}, {}", pace(it)));
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
    let short = [whole, timed, runs, format!("{count}{failures}"), count.clone()];
    let fits = short.into_iter().find(|text| text.len() <= room);
    // Without room for a bar: what matters most, cut off at the edge.
    fits.unwrap_or_else(|| count.chars().take(width.saturating_sub(1)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sweep under way, two thirds of its work done.
    fn seen() -> Seen {
        let current = "map, student_t(nu=learned, scale=learned)".into();
        Seen { done: 123, total: 4567, failed: 8, steps: 28_700_000, share: 2.0 / 3.0, current }
    }

    #[test]
    fn what_stands_beside_the_bar_fits_every_width_and_says_more_on_wider_ones() {
        let at = |width| rest(width, &seen(), Duration::from_secs(70));
        let mut longest = 0;
        for width in 0..200 {
            let length = at(width).chars().count();
            assert!(length < width.max(1), "{width}: {}", at(width));
            assert!(length >= longest, "{width}: {}", at(width));
            longest = length;
        }
        let widths = [20, 40, 60, 80, 100, 120].map(at);
        insta::assert_snapshot!(widths.join("\n"), @r"
        123/4567
        123/4567 runs, 8 failed
        123/4567 runs, 8 failed, 70s + 35s, 410k steps/s
        123/4567 runs, 8 failed, 70s + 35s, 410k steps/s: map, student_t(nu=…
        123/4567 runs, 8 failed, 70s + 35s, 410k steps/s: map, student_t(nu=learned, scale=learn…
        123/4567 runs, 8 failed, 70s + 35s, 410k steps/s: map, student_t(nu=learned, scale=learned)
        ");
    }

    #[test]
    fn lines_say_what_is_done_how_fast_and_how_long_the_rest_takes() {
        let at = |seen: &Seen| line(seen, Duration::from_secs(70));
        let begun = Seen { total: 4567, steps: 800, ..Seen::default() };
        let candle = Seen { steps: 0, ..seen() };
        insta::assert_snapshot!([at(&begun), at(&candle), at(&seen())].join("\n"), @r"
        0/4567 runs, 0 failed, 70 s, 11 steps/s
        123/4567 runs, 8 failed, 70 s, about 35s to go: map, student_t(nu=learned, scale=learned)
        123/4567 runs, 8 failed, 70 s, 410k steps/s, about 35s to go: map, student_t(nu=learned, scale=learned)
        ");
    }

    #[test]
    fn what_a_stranger_varies_reaches_no_terminal_as_it_stands() {
        let mut progress = Progress::new(Mode::None, [1.0, 1.0].into_iter());
        progress.left(0, "id", "red\u{1b}[31m\u{9b}2J\n", None);
        let seen = progress.seen.lock().expect("no panic").clone();
        let text = rest(200, &seen, Duration::from_secs(1));
        assert!(!text.chars().any(char::is_control) && text.contains(r"red\u{1b}[31m\u{9b}2J\u{a}"), "{text:?}");
    }

    #[test]
    fn no_failures_are_not_told() {
        let seen = Seen { done: 1, total: 2, share: 0.5, ..Seen::default() };
        assert_eq!(rest(80, &seen, Duration::from_secs(1)), "1/2 runs, 1s + 1s");
    }
}
