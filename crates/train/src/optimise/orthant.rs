//! The absolute-value penalty: pseudo-gradient, the orthant a step may not leave, and the projected step.
//!
//! OWL-QN (Andrew & Gao 2007, "Scalable training of L1-regularized log-linear models") around any centre: within an
//! orthant of x − centre the penalty is linear, and a coordinate that would change sign stops at the centre exactly.

use super::L1;

/// The penalty at a point: value, pseudo-gradient and the orthant for the next step.
pub(crate) struct Orthant {
    /// Least-norm element of the subdifferential.
    pub pseudo: Vec<f64>,
    /// Sign of x − centre in the orthant; 0 where the coordinate stays at its centre or has no penalty.
    pub sign: Vec<f64>,
    /// Whether the coordinate may move.
    pub free: Vec<bool>,
}

/// Σ λ |x − centre|.
pub(crate) fn penalty(l1: Option<&L1>, x: &[f64]) -> f64 {
    let Some(l1) = l1 else { return 0.0 };
    x.iter().zip(&l1.weight).zip(&l1.centre).map(|((x, w), c)| if *w > 0.0 { w * (x - c).abs() } else { 0.0 }).sum()
}

impl Orthant {
    /// At x, where the smooth part has gradient g.
    pub(crate) fn at(l1: Option<&L1>, x: &[f64], g: &[f64]) -> Orthant {
        let mut o = Orthant { pseudo: g.to_vec(), sign: vec![0.0; x.len()], free: vec![true; x.len()] };
        let Some(l1) = l1 else { return o };
        for j in 0..x.len() {
            let (w, u) = (l1.weight[j], x[j] - l1.centre[j]);
            if w <= 0.0 {
                continue;
            }
            o.sign[j] = match () {
                () if u != 0.0 => u.signum(),
                () if g[j] > w => -1.0,
                () if g[j] < -w => 1.0,
                () => 0.0,
            };
            o.free[j] = o.sign[j] != 0.0;
            o.pseudo[j] = if o.free[j] { g[j] + w * o.sign[j] } else { 0.0 };
        }
        o
    }

    /// Makes d respect the orthant: fixed coordinates and those that would leave their centre backwards do not move.
    pub(crate) fn align(&self, l1: Option<&L1>, x: &[f64], d: &mut [f64]) {
        for j in 0..d.len() {
            let leaves = l1.is_some_and(|l| l.weight[j] > 0.0 && x[j] == l.centre[j]) && d[j] * self.sign[j] < 0.0;
            if !self.free[j] || leaves {
                d[j] = 0.0;
            }
        }
    }

    /// The longest step along d inside the orthant.
    pub(crate) fn longest(&self, l1: Option<&L1>, x: &[f64], d: &[f64]) -> f64 {
        let Some(l1) = l1 else { return f64::INFINITY };
        let inward = |j: &usize| self.sign[*j] != 0.0 && d[*j] * self.sign[*j] < 0.0;
        (0..d.len()).filter(inward).map(|j| (l1.centre[j] - x[j]) / d[j]).fold(f64::INFINITY, f64::min)
    }

    /// x + t d, coordinates that would leave the orthant at their centre.
    pub(crate) fn step(&self, l1: Option<&L1>, x: &[f64], d: &[f64], t: f64, out: &mut [f64]) {
        for j in 0..x.len() {
            out[j] = if d[j] == 0.0 { x[j] } else { x[j] + t * d[j] };
            if let Some(l) = l1
                && self.sign[j] != 0.0
                && d[j] != 0.0
                && ((out[j] - l.centre[j]) * self.sign[j] <= 0.0 || t * d[j] == l.centre[j] - x[j])
            {
                out[j] = l.centre[j];
            }
        }
    }
}
