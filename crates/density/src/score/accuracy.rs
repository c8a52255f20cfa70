use super::{Direction, Nature, Predictive, Score};

/// Σ 1{y = argmaxₖ pₖ} / n: undefined but for classes (Gneiting 2017).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy;

impl Score for Accuracy {
    const NAME: &'static str = "accuracy";
    const NATURE: Nature = Nature::Consistent("mode");
    const DIRECTION: Direction = Direction::Higher;
    const UNIT: &'static str = "";

    fn row(&self, p: &Predictive, y: f64) -> Option<f64> {
        p.classes()?;
        p.family.mode(p.at).map(|mode| if y == mode { 1.0 } else { 0.0 })
    }
}
