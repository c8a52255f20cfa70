use super::{Direction, Nature, Predictive, Score};

/// ∫ (F(z) − 1{y ≤ z})² dz, a sum for counts: undefined for classes and without a mean (Gneiting & Raftery 2007, § 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crps;

impl Score for Crps {
    const NAME: &'static str = "crps";
    const NATURE: Nature = Nature::StrictlyProper;
    const DIRECTION: Direction = Direction::Lower;
    const UNIT: &'static str = "y";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        p.family.crps(p.at, y)
    }
}
