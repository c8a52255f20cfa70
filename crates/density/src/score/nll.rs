use super::{Direction, Nature, Predictive, Score};

/// −ln p(y): the surprisal, all constants kept; ∞ outside the support (Good 1952).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nll;

impl Score for Nll {
    const NAME: &'static str = "nll";
    const NATURE: Nature = Nature::StrictlyProper;
    const DIRECTION: Direction = Direction::Lower;
    const UNIT: &'static str = "nats";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        let inside = p.family.support().contains(y);
        Some(if inside { p.family.nll(p.at, y) } else { f64::INFINITY })
    }
}
