//! Rounds: A, B, … and again A, B, …, so that what slows the machine slows all alike; and whether to believe them.

use crate::engine::{Absent, Engine};
use crate::statistics::{Estimate, bootstrap, median};
use std::time::Duration;

/// How long is measured.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Settings {
    /// Rounds; each times everything twice.
    pub rounds: usize,
    /// Of one sample, at least: as many calls as that takes.
    pub sample: Duration,
    /// How often what disagrees with itself is measured.
    pub tries: usize,
}

/// Two samples of the same thing may differ by this much.
pub const AGREE: f64 = 0.03;

/// Seconds per call: the first sample of each round, and the second.
#[derive(Clone, Debug, Default)]
struct Samples {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Samples {
    fn median(&self, rounds: &[usize]) -> f64 {
        let both = rounds.iter().flat_map(|&i| [self.first[i], self.second[i]]);
        median(&both.collect::<Vec<_>>())
    }
    /// A/A − 1.
    fn disagreement(&self) -> f64 {
        (median(&self.first) / median(&self.second) - 1.0).abs()
    }
}

/// What came of one engine.
#[derive(Clone, Debug, Default)]
pub struct Timing {
    /// Seconds of a call.
    pub seconds: Option<Estimate>,
    /// Its time over that of each reference; `None` where one of the two is ambiguous.
    pub ratios: Vec<Option<Estimate>>,
    /// Why there is less than asked for.
    pub absent: Option<Absent>,
    /// The two samples of a round disagree, after all tries.
    pub ambiguous: bool,
}

/// Times engines in rounds. `references` are places in the list.
pub fn measure(engines: &mut [Box<dyn Engine + '_>], references: &[usize], settings: &Settings) -> Vec<Timing> {
    let mut timings = vec![Timing { ratios: vec![None; references.len()], ..Timing::default() }; engines.len()];
    let mut calls = vec![0; engines.len()];
    for (k, engine) in engines.iter_mut().enumerate() {
        match calibrate(engine.as_mut(), settings.sample.as_secs_f64()) {
            Ok(n) => calls[k] = n,
            Err(absent) => timings[k].absent = Some(absent),
        }
    }
    let mut pending: Vec<usize> = (0..engines.len()).filter(|&k| timings[k].absent.is_none()).collect();
    for attempt in 1..=settings.tries {
        let asked = |k: &usize| timings[*k].absent.is_none() && (pending.contains(k) || references.contains(k));
        let timed: Vec<usize> = (0..engines.len()).filter(asked).collect();
        let samples = sample(engines, &timed, &calls, settings.rounds, &mut timings);
        let sure = |k: usize| samples[k].disagreement() <= AGREE;
        let compared: Vec<usize> = references.iter().copied().filter(|&r| timings[r].absent.is_none()).collect();
        let fine = |k: usize| sure(k) && compared.iter().all(|&r| sure(r));
        pending.retain(|&k| timings[k].absent.is_none());
        for k in pending.extract_if(.., |k| fine(*k) || attempt == settings.tries) {
            let ratio = |&r: &usize| {
                let of = |rounds: &[usize]| samples[k].median(rounds) / samples[r].median(rounds);
                (sure(k) && compared.contains(&r) && sure(r)).then(|| bootstrap(settings.rounds, of))
            };
            timings[k].ratios = references.iter().map(ratio).collect();
            timings[k].seconds = Some(bootstrap(settings.rounds, |rounds| samples[k].median(rounds)));
            timings[k].ambiguous = !sure(k);
        }
        if pending.is_empty() {
            break;
        }
    }
    timings
}

/// Calls that take at least so many seconds; caches, branches and pages are warm afterwards.
fn calibrate(engine: &mut dyn Engine, seconds: f64) -> Result<u64, Absent> {
    let mut calls = 1;
    engine.time(1)?;
    loop {
        let took = engine.time(calls)?;
        if took >= 0.5 * seconds || calls >= 1 << 30 {
            return Ok(((seconds / took * calls as f64).ceil() as u64).max(1));
        }
        calls *= if took < 0.05 * seconds { 8 } else { 2 };
    }
}

/// One try: each round goes through the list twice.
fn sample(
    engines: &mut [Box<dyn Engine + '_>],
    timed: &[usize],
    calls: &[u64],
    rounds: usize,
    timings: &mut [Timing],
) -> Vec<Samples> {
    let mut samples = vec![Samples::default(); engines.len()];
    for _ in 0..rounds {
        for second in [false, true] {
            for &k in timed {
                if timings[k].absent.is_some() {
                    continue;
                }
                match engines[k].time(calls[k]) {
                    Ok(seconds) => {
                        let list = if second { &mut samples[k].second } else { &mut samples[k].first };
                        list.push(seconds / calls[k] as f64);
                    }
                    Err(absent) => timings[k].absent = Some(absent),
                }
            }
        }
    }
    samples
}
