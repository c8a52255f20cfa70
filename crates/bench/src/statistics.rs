//! Medians, and how sure they are: percentile bootstrap over rounds.

use surprisal_density::{Purpose, Stream};

/// Resamples of an interval.
const RESAMPLES: usize = 2000;

/// The middle one, or the mean of the two.
///
/// ```
/// assert_eq!(surprisal_bench::median(&[3.0, 1.0, 2.0]), 2.0);
/// assert_eq!(surprisal_bench::median(&[4.0, 1.0]), 2.5);
/// ```
pub fn median(xs: &[f64]) -> f64 {
    let mut xs = xs.to_vec();
    xs.sort_by(f64::total_cmp);
    match xs.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => xs[n / 2],
        n => 0.5 * (xs[n / 2 - 1] + xs[n / 2]),
    }
}

/// A number and the interval that holds it with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// The number itself.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// Whether the interval holds `x`.
    pub fn holds(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }
    /// All three times a factor.
    pub fn times(self, factor: f64) -> Estimate {
        Estimate { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// A statistic of rounds, each of which is drawn as a whole: what was slow together stays together.
pub fn bootstrap(rounds: usize, statistic: impl Fn(&[usize]) -> f64) -> Estimate {
    let all: Vec<usize> = (0..rounds).collect();
    let mut stream = Stream::new(Purpose::Sample, &[rounds as u64]);
    let mut drawn = vec![0; rounds];
    let mut values: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.iter_mut().for_each(|i| *i = ((stream.uniform() * rounds as f64) as usize).min(rounds - 1));
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[(share * (RESAMPLES - 1) as f64).round() as usize];
    Estimate { value: statistic(&all), low: at(0.025), high: at(0.975) }
}
