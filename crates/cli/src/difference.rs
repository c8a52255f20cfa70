//! What differs between two outcomes of one run: which numbers, by how many ulp, and by how much.

use serde_json::Value;
use surprisal_spec::Outcome;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where in the record: `fit.nll`, `scores.crps`.
    pub at: String,
    /// As it is recorded, and as it is now.
    pub values: (String, String),
    /// Numbers between the two that f64 can hold, and how far they are apart; of numbers only.
    pub distance: Option<(u64, f64)>,
}

/// All that differs in what two computations of a run must agree in.
pub fn differences(recorded: &Outcome, now: &Outcome) -> Vec<Difference> {
    let json = |it: &Outcome| serde_json::to_value(crate::store::result(it)).expect("plain data becomes JSON");
    let mut found = Vec::new();
    compare("", &json(recorded), &json(now), &mut found);
    found
}

fn compare(at: &str, a: &Value, b: &Value, found: &mut Vec<Difference>) {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for key in keys {
                let inner = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                compare(&inner, x.get(key).unwrap_or(&Value::Null), y.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().for_each(|(i, (a, b))| compare(&format!("{at}[{i}]"), a, b, found));
        }
        _ => {
            let distance = a.as_f64().zip(b.as_f64()).map(|(a, b)| (ulps(a, b), (a - b).abs()));
            // −0 and 0 are equal numbers and two texts; equal texts are equal bits.
            let values = (a.to_string(), b.to_string());
            if values.0 != values.1 {
                found.push(Difference { at: at.into(), values, distance });
            }
        }
    }
}

/// How many steps of f64 lie between two finite numbers.
fn ulps(a: f64, b: f64) -> u64 {
    let ordered = |x: f64| {
        let bits = x.to_bits() as i64;
        i128::from(if bits < 0 { i64::MIN - bits } else { bits })
    };
    u64::try_from((ordered(a) - ordered(b)).unsigned_abs()).unwrap_or(u64::MAX)
}

impl Difference {
    /// The distance as a share of the larger number; of numbers only.
    pub fn relative(&self) -> Option<f64> {
        let (a, b) = (self.values.0.parse::<f64>().ok()?, self.values.1.parse::<f64>().ok()?);
        Some((a - b).abs() / a.abs().max(b.abs()).max(f64::MIN_POSITIVE))
    }
    /// The difference as a line.
    pub fn text(&self) -> String {
        let (then, now) = &self.values;
        let nats = ["nll", "neg_log_prior", "objective"].iter().any(|name| self.at.ends_with(name));
        let far = self.distance.map(|(ulp, by)| format!(": {ulp} ulp, {by:.3e}{}", if nats { " nats" } else { "" }));
        format!("{} is recorded as {then} and is now {now}{}", self.at, far.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use surprisal_spec::Number;

    fn scored(nll: f64) -> Outcome {
        Outcome { scores: [("nll".to_string(), Number(nll))].into(), ..Outcome::default() }
    }

    #[test]
    fn a_difference_is_told_in_ulps_and_nats_and_equal_outcomes_have_none() {
        assert_eq!(differences(&scored(1.5), &scored(1.5)), vec![]);
        let found = differences(&scored(1.5), &scored(f64::from_bits(1.5f64.to_bits() + 2)));
        assert_eq!(found[0].distance.map(|d| d.0), Some(2));
        assert_eq!(
            found[0].text(),
            "scores.nll is recorded as 1.5 and is now 1.5000000000000004: 2 ulp, 4.441e-16 nats"
        );
        let lost = differences(&scored(1.0), &Outcome::default());
        assert_eq!(lost[0].text(), "scores is recorded as {\"nll\":1.0} and is now null");
    }

    #[test]
    fn ulps_are_counted_across_zero_and_minus_zero_differs_from_zero() {
        assert_eq!((ulps(0.0, 5e-324), ulps(-5e-324, 5e-324), ulps(-0.0, 0.0)), (1, 2, 0));
        assert_eq!(ulps(f64::MIN, f64::MAX), 2 * f64::MAX.to_bits());
        assert_eq!(differences(&scored(0.0), &scored(-0.0)).len(), 1);
    }
}
