//! Means, how sure they are, and medians that do not hide failures.

use crate::Better;
use surprisal_density::special::student_t_quantile;

/// Which standard error stands behind ±.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Errors {
    /// Nadeau–Bengio where units share rows, s/√k where they are independent.
    #[default]
    Corrected,
    /// s/√k, also where units share rows: only beside published tables that used it.
    Naive,
}

/// A mean and its standard error, of k units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub mean: f64,
    /// Of more than one unit.
    pub se: Option<f64>,
    pub k: usize,
}

/// Mean ± s·√(1/k + `overlap`), `overlap` = n_test/n_train where units share rows (Nadeau & Bengio 2003), else 0.
///
/// None without values.
pub(crate) fn estimate(values: &[f64], overlap: f64) -> Option<Estimate> {
    let k = values.len();
    if k == 0 {
        return None;
    }
    // Around the first value: equal values have their own mean, and no spread, whatever rounding does.
    let shift = values[0];
    let mean = shift + values.iter().map(|x| x - shift).sum::<f64>() / k as f64;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    let se = (k > 1).then(|| (squares / (k - 1) as f64 * (1.0 / k as f64 + overlap)).sqrt());
    Some(Estimate { mean, se, k })
}

impl Estimate {
    /// Half the width of the 95 % t interval, with k − 1 degrees of freedom.
    pub fn half_width(&self) -> Option<f64> {
        self.se.map(|se| if se == 0.0 { 0.0 } else { se * student_t_quantile(0.975, (self.k - 1) as f64) })
    }
}

/// The median of `numbers` and of `failures` that rank worse than all of them; NaN where there is no worst.
pub(crate) fn median(numbers: &[f64], failures: &[f64], better: Better) -> f64 {
    // A failure that left a number which is not finite is shown as that number.
    let worst = match better {
        Better::Lower => f64::INFINITY,
        Better::Higher => f64::NEG_INFINITY,
        Better::Target(_) | Better::None => f64::NAN,
    };
    let mut good: Vec<f64> = numbers.to_vec();
    good.sort_by(|a, b| if better == Better::Higher { b.total_cmp(a) } else { a.total_cmp(b) });
    let mut bad: Vec<f64> = failures.iter().map(|&x| if x.is_nan() { x } else { worst }).collect();
    bad.sort_by_key(|x| x.is_nan());
    good.append(&mut bad);
    let n = good.len();
    match n {
        0 => f64::NAN,
        _ if n % 2 == 1 => good[n / 2],
        _ => {
            let (a, b) = (good[n / 2 - 1], good[n / 2]);
            if b.is_finite() { a + 0.5 * (b - a) } else { b }
        }
    }
}
