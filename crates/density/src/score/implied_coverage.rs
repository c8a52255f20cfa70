use super::{Direction, Nature, Predictive, Score};

/// Σ P(q₀.₀₅ ≤ Y ≤ q₀.₉₅) / n: what coverage the model itself expects; undefined for classes.
///
/// 0.9 if continuous, more for counts: what the observed coverage is to be compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpliedCoverage90;

impl Score for ImpliedCoverage90 {
    const NAME: &'static str = "implied_coverage_90";
    const NATURE: Nature = Nature::Diagnostic;
    const DIRECTION: Direction = Direction::None;
    const UNIT: &'static str = "";

    fn row(&self, p: &Predictive, _: f64) -> Option<f64> {
        let (low, high) = p.central_90()?;
        // P(Y < low) is P(Y ≤ low) less what sits on low.
        let atom = if p.family.support().is_continuous() { 0.0 } else { libm::exp(-p.family.nll(p.at, low)) };
        Some(p.family.cdf(p.at, high) - p.family.cdf(p.at, low) + atom)
    }
}
