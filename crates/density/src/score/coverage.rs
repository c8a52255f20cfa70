use super::{Direction, Nature, Predictive, Score};

/// Σ 1{q₀.₀₅ ≤ y ≤ q₀.₉₅} / n: how often the central interval holds the target; undefined for classes.
///
/// Counts over-cover; see [`ImpliedCoverage90`](super::ImpliedCoverage90) (Gneiting, Balabdaoui & Raftery 2007).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage90;

impl Score for Coverage90 {
    const NAME: &'static str = "coverage_90";
    const NATURE: Nature = Nature::Diagnostic;
    const DIRECTION: Direction = Direction::Target(0.9);
    const UNIT: &'static str = "";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        p.central_90().map(|(low, high)| if low <= y && y <= high { 1.0 } else { 0.0 })
    }
}
