use super::{Direction, Nature, Predictive, Score};

/// √(Σ (y − E\[Y\])² / n): undefined without a mean, and for classes (Gneiting 2011).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rmse;

impl Score for Rmse {
    const NAME: &'static str = "rmse";
    const NATURE: Nature = Nature::Consistent("mean");
    const DIRECTION: Direction = Direction::Lower;
    const UNIT: &'static str = "y";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        let mean = p.family.mean(p.at).filter(|_| p.is_number())?;
        Some((y - mean) * (y - mean))
    }
    fn finish(&self, mean: f64) -> f64 {
        mean.sqrt()
    }
}
