use super::{Direction, Nature, Predictive, Score};

/// Σ |y − median| / n: undefined for classes (Gneiting 2011).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mae;

impl Score for Mae {
    const NAME: &'static str = "mae";
    const NATURE: Nature = Nature::Consistent("median");
    const DIRECTION: Direction = Direction::Lower;
    const UNIT: &'static str = "y";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        p.is_number().then(|| (y - p.family.median(p.at)).abs())
    }
}
