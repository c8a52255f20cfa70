//! A shard: one of N parts of a plan, for processes that share a sweep.

use std::fmt;
use std::str::FromStr;

/// The K-th of N parts, written `K/N`.
///
/// A pure function of the plan: run i, counted from 0, is in part i mod N + 1. So the parts are disjoint and complete,
/// their sizes differ by at most one, and each has its share of every arm.
///
/// ```
/// use surprisal_spec::Shard;
/// let shard: Shard = "2/3".parse().unwrap();
/// assert_eq!(shard.part(&[0, 1, 2, 3, 4]).copied().collect::<Vec<_>>(), [1, 4]);
/// assert_eq!("4/3".parse::<Shard>().unwrap_err(), "expected K/N with K from 1 to N, found `4/3`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    count: usize,
}

impl Shard {
    /// Everything: 1/1.
    pub const WHOLE: Shard = Shard { number: 1, count: 1 };
    /// All N parts, in order.
    pub fn all(count: usize) -> impl Iterator<Item = Shard> {
        (1..=count).map(move |number| Shard { number, count })
    }
    /// K, from 1.
    pub fn number(self) -> usize {
        self.number
    }
    /// The items of a list that are in the part.
    pub fn part<T>(self, items: &[T]) -> impl Iterator<Item = &T> {
        items.iter().skip(self.number - 1).step_by(self.count)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((number, count)) if 1 <= number && number <= count => Ok(Shard { number, count }),
            _ => Err(format!("expected K/N with K from 1 to N, found `{text}`")),
        }
    }
}
