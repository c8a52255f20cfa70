//! Least squares with coefficients that may not be negative: the projection of a point on a cone.
//!
//! The active-set method of Lawson & Hanson (1974, "Solving Least Squares Problems", ch. 23), with an updated
//! factorisation; the residual is formed by projection, so that it is exactly orthogonal to the columns in use.

use super::face::Face;
use super::{axpy, dot};

/// Generators of a cone, all of length about 1.
pub(crate) trait Cone {
    /// Dimension of the space.
    fn dim(&self) -> usize;
    /// Number of generators.
    fn len(&self) -> usize;
    /// Generator i.
    fn generator(&self, i: usize) -> Vec<f64>;
    /// Inner products of all generators with r.
    fn products(&self, r: &[f64]) -> Vec<f64>;
}

/// What is left of `f` after its projection on the cone; none if the method did not end.
pub(crate) fn residual(cone: &dyn Cone, f: &[f64]) -> Option<Vec<f64>> {
    let norm = dot(f, f).sqrt();
    let mut face = Face::new(cone.dim());
    let mut u: Vec<f64> = Vec::new();
    let mut held = vec![false; cone.len()];
    let mut rest = f.to_vec();
    for _ in 0..10 * (cone.len() + cone.dim()) {
        let size = dot(&rest, &rest).sqrt();
        if size <= 1e-13 * norm {
            return Some(rest);
        }
        let products = cone.products(&rest);
        let mut order: Vec<usize> =
            (0..held.len()).filter(|&i| !held[i] && products[i] > 1e-11 * size.max(1e-4 * norm)).collect();
        order.sort_unstable_by(|a, b| products[*b].total_cmp(&products[*a]).then(a.cmp(b)));
        // the first that can come in with a positive coefficient
        let mut z = Vec::new();
        let came = order.iter().any(|&i| {
            if !face.push(i, &cone.generator(i), 1e-9) {
                return false;
            }
            z = face.multipliers(f);
            let good = z.last().is_some_and(|z| *z > 0.0);
            if !good {
                face.drop(face.len() - 1);
            }
            good
        });
        if !came {
            return Some(rest);
        }
        held[face.rows[face.len() - 1]] = true;
        u.push(0.0);
        while let Some(step) = (0..z.len()).filter(|&i| z[i] <= 0.0).map(|i| u[i] / (u[i] - z[i])).reduce(f64::min) {
            for i in 0..z.len() {
                u[i] += step * (z[i] - u[i]);
            }
            let gone: Vec<usize> = (0..z.len()).filter(|&i| z[i] <= 0.0 && u[i] <= 1e-15 * norm).collect();
            let least = (0..z.len()).filter(|&i| z[i] <= 0.0).min_by(|&a, &b| u[a].total_cmp(&u[b]));
            for &i in (if gone.is_empty() { least.as_slice() } else { &gone }).iter().rev() {
                held[face.drop(i)] = false;
                u.remove(i);
            }
            z = face.multipliers(f);
        }
        u = z;
        rest = face.project(f);
        // once more: what is left of the left-over is rounding
        let again = face.project(&rest);
        rest.fill(0.0);
        axpy(1.0, &again, &mut rest);
    }
    None
}
