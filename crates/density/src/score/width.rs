use super::{Direction, Nature, Predictive, Score};

/// Σ (q₀.₉₅ − q₀.₀₅) / n: sharpness, the mean length of the central interval; undefined for classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Width90;

impl Score for Width90 {
    const NAME: &'static str = "width_90";
    const NATURE: Nature = Nature::Diagnostic;
    const DIRECTION: Direction = Direction::None;
    const UNIT: &'static str = "y";

    fn row(&self, p: &Predictive, _: f64) -> Option<f64> {
        p.central_90().map(|(low, high)| high - low)
    }
}
