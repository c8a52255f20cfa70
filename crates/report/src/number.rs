//! Numbers as people read them: rounded to their uncertainty.

/// A number as digits and, where it is very large or small, a power of ten.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Digits {
    pub mantissa: String,
    pub exponent: Option<i32>,
}

impl Digits {
    fn plain(mantissa: String) -> Digits {
        // −0.00 is 0.00 to this many digits.
        let zero = mantissa.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
        Digits { mantissa: if zero { mantissa.trim_start_matches('-').into() } else { mantissa }, exponent: None }
    }
    fn scientific(x: f64, decimals: usize) -> Digits {
        let text = format!("{x:.decimals$e}");
        match text.split_once('e') {
            Some((mantissa, exponent)) => Digits { mantissa: mantissa.into(), exponent: exponent.parse().ok() },
            None => Digits::plain(text),
        }
    }
    /// `1.2e-9`.
    pub fn ascii(&self) -> String {
        match self.exponent {
            Some(exponent) => format!("{}e{exponent}", self.mantissa),
            None => self.mantissa.clone(),
        }
    }
}

/// Power of ten of the first digit, once rounded to `digits` significant ones.
fn exponent(x: f64, digits: usize) -> i32 {
    let text = format!("{x:.*e}", digits - 1);
    text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0)
}

/// To so many decimals; to tens, hundreds, … where negative.
fn fixed(x: f64, decimals: i32) -> Digits {
    let mut unit = 1.0;
    for _ in decimals..0 {
        unit *= 10.0;
    }
    Digits::plain(format!("{:.*}", decimals.max(0) as usize, if unit > 1.0 { (x / unit).round() * unit } else { x }))
}

/// Without an uncertainty: five significant digits.
pub(crate) fn alone(x: f64) -> Digits {
    if !x.is_finite() {
        return Digits::plain(if x.is_nan() { "NaN".into() } else { format!("{x}") });
    }
    if x == 0.0 {
        return Digits::plain("0".into());
    }
    match exponent(x, 5) {
        e @ -4..=6 => fixed(x, 4 - e),
        _ => Digits::scientific(x, 4),
    }
}

/// With one: its two significant digits, and the value to the same decimals.
pub(crate) fn with_error(x: f64, se: f64) -> (Digits, Digits) {
    if !x.is_finite() || !se.is_finite() || se == 0.0 {
        let Digits { mantissa, exponent } = alone(x);
        // Nothing is uncertain: zeros at the end say nothing.
        let trimmed =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { &mantissa };
        return (Digits { mantissa: trimmed.into(), exponent }, alone(se));
    }
    let last = exponent(se, 2) - 1; // power of ten of the last digit that is shown
    let first = exponent(x, 2).max(last);
    if (-9..=5).contains(&last) && (x == 0.0 || first <= 6) {
        return (fixed(x, -last), fixed(se, -last));
    }
    (Digits::scientific(x, (first - last).clamp(0, 16) as usize), Digits::scientific(se, 1))
}

/// `2 %`-like shares of sentences, and counts: three significant digits without trailing zeros.
pub(crate) fn short(x: f64) -> String {
    if !x.is_finite() || x == 0.0 {
        return alone(x).ascii();
    }
    let e = exponent(x, 3);
    if (-4..=6).contains(&e) {
        let text = fixed(x, 2 - e).mantissa;
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        Digits::scientific(x, 2).ascii()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(x: f64, se: f64) -> String {
        let (x, se) = with_error(x, se);
        format!("{} ± {}", x.ascii(), se.ascii())
    }

    #[test]
    fn a_value_is_rounded_to_two_digits_of_its_uncertainty() {
        assert_eq!(pair(1.23456, 0.0432), "1.235 ± 0.043");
        assert_eq!(pair(1.23456, 0.0996), "1.23 ± 0.10"); // 0.0996 is 0.10 to two digits
        assert_eq!(pair(-0.001, 0.25), "0.00 ± 0.25");
        assert_eq!(pair(123456.0, 1234.0), "123500 ± 1200");
        assert_eq!(pair(53.26, 3.1), "53.3 ± 3.1");
        assert_eq!(pair(53.26, 31.0), "53 ± 31");
        assert_eq!(pair(1.5e-12, 2e-13), "1.50e-12 ± 2.0e-13");
        assert_eq!(pair(2.5, 0.0), "2.5 ± 0");
        assert_eq!(pair(f64::INFINITY, f64::NAN), "inf ± NaN");
    }

    #[test]
    fn a_value_without_uncertainty_has_five_digits() {
        let texts = [0.0, 1.0 / 3.0, 1234567.0, 2e7, 1e-7, f64::NAN, f64::NEG_INFINITY].map(|x| alone(x).ascii());
        assert_eq!(texts, ["0", "0.33333", "1234600", "2.0000e7", "1.0000e-7", "NaN", "-inf"]);
        assert_eq!([0.9, 1.0 / 9.0, 0.25, 1e-9].map(short), ["0.9", "0.111", "0.25", "1.00e-9"]);
    }
}
