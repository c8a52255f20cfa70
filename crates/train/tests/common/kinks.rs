//! Optimality of piecewise-linear objectives: subgradients in their intervals, and the value of the dual.

use super::algebra::{cholesky, dot};

/// A kink at 0 of `target − row·θ`: slope `up` above it, −`down` below.
#[derive(Clone, Debug)]
pub struct Kink {
    pub row: Vec<f64>,
    pub target: f64,
    pub up: f64,
    pub down: f64,
}

impl Kink {
    pub fn value(&self, theta: &[f64]) -> f64 {
        let r = self.target - dot(&self.row, theta);
        if r > 0.0 { self.up * r } else { -self.down * r }
    }
}

/// Least |Σ uᵢ xᵢ − smooth| with uᵢ in [−down, up], each at its end unless its residual is 0 (to `zero`), and by how
/// much the free ones leave their interval. `smooth` is the gradient of the rest.
pub fn certificate(kinks: &[Kink], smooth: &[f64], theta: &[f64], zero: f64) -> (f64, f64, Vec<f64>) {
    let p = theta.len();
    let mut rest: Vec<f64> = smooth.iter().map(|g| -g).collect();
    let (mut u, mut free) = (vec![0.0; kinks.len()], Vec::new());
    for (i, kink) in kinks.iter().enumerate() {
        let r = kink.target - dot(&kink.row, theta);
        if r.abs() <= zero {
            free.push(i);
        } else {
            u[i] = if r > 0.0 { kink.up } else { -kink.down };
            (0..p).for_each(|j| rest[j] += u[i] * kink.row[j]);
        }
    }
    // Σ_free uᵢ xᵢ = −rest, least squares by the Gram matrix of the free rows.
    if !free.is_empty() {
        let gram: Vec<Vec<f64>> =
            free.iter().map(|&a| free.iter().map(|&b| dot(&kinks[a].row, &kinks[b].row)).collect()).collect();
        for _ in 0..3 {
            let b: Vec<f64> = free.iter().map(|&a| -dot(&kinks[a].row, &rest)).collect();
            let Some(step) = cholesky(&gram, &b) else { return (f64::INFINITY, f64::INFINITY, u) };
            for (&i, s) in free.iter().zip(step) {
                u[i] += s;
                (0..p).for_each(|j| rest[j] += s * kinks[i].row[j]);
            }
        }
    }
    let outside = free.iter().map(|&i| (u[i] - kinks[i].up).max(-kinks[i].down - u[i]).max(0.0)).fold(0.0, f64::max);
    (rest.iter().fold(0.0, |m: f64, r| m.max(r.abs())), outside, u)
}

/// The least value over all points where as many kinks meet as there are parameters.
pub fn brute(kinks: &[Kink]) -> f64 {
    let p = kinks[0].row.len();
    let mut choice: Vec<usize> = (0..p).collect();
    let mut best = f64::INFINITY;
    loop {
        let a: Vec<Vec<f64>> = (0..p)
            .map(|j| (0..p).map(|k| choice.iter().map(|&i| kinks[i].row[j] * kinks[i].row[k]).sum()).collect())
            .collect();
        let b: Vec<f64> = (0..p).map(|j| choice.iter().map(|&i| kinks[i].row[j] * kinks[i].target).sum()).collect();
        if let Some(theta) = cholesky(&a, &b) {
            best = best.min(kinks.iter().map(|kink| kink.value(&theta)).sum());
        }
        let Some(k) = (0..p).rev().find(|&k| choice[k] < kinks.len() - p + k) else { return best };
        choice[k] += 1;
        (k + 1..p).for_each(|l| choice[l] = choice[l - 1] + 1);
    }
}
