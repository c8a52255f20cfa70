use super::{Direction, Nature, Predictive, Score};

/// Σₖ (pₖ − 1{y = k})², from 0 to 2: undefined but for classes (Brier 1950).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brier;

impl Score for Brier {
    const NAME: &'static str = "brier";
    const NATURE: Nature = Nature::StrictlyProper;
    const DIRECTION: Direction = Direction::Lower;
    const UNIT: &'static str = "";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        let term = |(k, q): (usize, f64)| {
            let miss = q - if y == k as f64 { 1.0 } else { 0.0 };
            miss * miss
        };
        Some(p.classes()?.into_iter().enumerate().map(term).sum())
    }
}
