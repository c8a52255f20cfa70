//! An interval of numbers: what it holds, what it is called, and its limits in a schema. One declaration for all three.

use schemars::Schema;

/// An interval of finite numbers.
///
/// ```
/// use surprisal_density::Range;
/// assert!(Range::POSITIVE.contains(0.1) && !Range::POSITIVE.contains(0.0));
/// assert_eq!(Range::SHARE.check(2.0).unwrap_err(), "expected a number between 0 and 1, found 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    with_low: bool,
    high: f64,
    with_high: bool,
    whole: bool,
}

impl Range {
    /// Any finite number.
    pub const REAL: Range = Range::new(f64::NEG_INFINITY, false, f64::INFINITY);
    /// x > 0.
    pub const POSITIVE: Range = Range::new(0.0, false, f64::INFINITY);
    /// x ≥ 0.
    pub const NOT_NEGATIVE: Range = Range::new(0.0, true, f64::INFINITY);
    /// 0 < x < 1.
    pub const SHARE: Range = Range::new(0.0, false, 1.0);
    /// 0 ≤ x < 1.
    pub const FRACTION: Range = Range::new(0.0, true, 1.0);

    const fn new(low: f64, with_low: bool, high: f64) -> Range {
        Range { low, with_low, high, with_high: false, whole: false }
    }
    /// Numbers greater than `low`.
    pub const fn above(low: f64) -> Range {
        Range::new(low, false, f64::INFINITY)
    }
    /// Whole numbers from `low`.
    pub const fn at_least(low: usize) -> Range {
        Range { whole: true, ..Range::new(low as f64, true, f64::INFINITY) }
    }
    /// Whole numbers from `low` to `high`.
    pub const fn whole(low: usize, high: usize) -> Range {
        Range { high: high as f64, with_high: true, ..Range::at_least(low) }
    }
    /// Whether a number is in it.
    pub fn contains(self, x: f64) -> bool {
        let above = if self.with_low { x >= self.low } else { x > self.low };
        let below = if self.with_high { x <= self.high } else { x < self.high };
        above && below && x.is_finite() && (!self.whole || x == x.trunc())
    }
    /// What [`Range::contains`] asks for, in words.
    pub fn expected(self) -> String {
        let kind = if self.whole { "a whole number" } else { "a number" };
        let (low, high) = (self.low, self.high);
        match (low.is_finite(), high.is_finite()) {
            (false, _) => "a finite number".into(),
            (true, false) if self.with_low => format!("{kind} of at least {low}"),
            (true, false) => format!("{kind} greater than {low}"),
            (true, true) if self.with_low && self.with_high => format!("{kind} from {low} to {high}"),
            (true, true) if self.with_low => format!("{kind} of at least {low} and less than {high}"),
            (true, true) => format!("{kind} between {low} and {high}"),
        }
    }
    /// The error is a sentence.
    pub fn check(self, x: f64) -> Result<(), String> {
        if self.contains(x) { Ok(()) } else { Err(format!("expected {}, found {x}", self.expected())) }
    }
    /// As JSON Schema.
    pub fn schema(self) -> Schema {
        let mut schema = Schema::default();
        schema.insert("type".into(), (if self.whole { "integer" } else { "number" }).into());
        self.limit(&mut schema);
        schema
    }
    /// Adds its limits to a schema of a number.
    pub fn limit(self, schema: &mut Schema) {
        for (x, with, words) in [
            (self.low, self.with_low, ["minimum", "exclusiveMinimum"]),
            (self.high, self.with_high, ["maximum", "exclusiveMaximum"]),
        ] {
            if x.is_finite() {
                words.iter().for_each(|word| drop(schema.remove(*word)));
                let number = if x == x.trunc() { (x as i64).into() } else { x.into() };
                schema.insert(words[usize::from(!with)].into(), number);
            }
        }
    }
}
