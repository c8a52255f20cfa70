//! Newton's method on formulas that a test states itself, with exact second derivatives.

use super::Done;
use super::algebra::{cholesky, moments};
use surprisal_data::TargetKind;
use surprisal_density::{Dual, Real};

/// −ln p of a row as a function of its heads and the learned numbers behind their links; priors by place.
pub trait Formula<const Z: usize> {
    fn row<R: Real>(&self, z: [R; Z], y: f64) -> R;
    fn prior<R: Real>(&self, _name: &str, _theta: R) -> R {
        R::lit(0.0)
    }
}

/// The rows of a run in the network's coordinates, and what its parameters are called.
pub struct Design {
    pub x: Vec<Vec<f64>>,
    pub y: Vec<f64>,
    pub weight: Vec<f64>,
    pub offset: Vec<f64>,
    pub y_sd: f64,
    pub bias: bool,
    pub heads: usize,
    pub names: Vec<String>,
}

impl Design {
    /// `heads` in order, then learned numbers.
    pub fn of(done: &Done, bias: bool, heads: &[&str], learned: &[&str]) -> Design {
        let (table, rows) = (&done.table, &done.split.train);
        let mut x: Vec<Vec<f64>> = rows.iter().map(|&i| table.row(i).to_vec()).collect();
        let mut y: Vec<f64> = rows.iter().map(|&i| table.y[i]).collect();
        let mut y_sd = 1.0;
        if done.run.data.standardise {
            for j in 0..table.dim() {
                let (mean, sd) = moments(&x.iter().map(|row| row[j]).collect::<Vec<_>>());
                x.iter_mut().for_each(|row| row[j] = (row[j] - mean) / sd);
            }
            if done.run.data.kind == TargetKind::Real {
                let (mean, sd) = moments(&y);
                y.iter_mut().for_each(|y| *y = (*y - mean) / sd);
                y_sd = sd;
            }
        }
        let several = heads.len() > 1 || heads[0].starts_with("logit.");
        let mut names = Vec::new();
        for head in heads {
            let prefix = if several { format!("{head}.") } else { String::new() };
            names.extend(table.features.iter().map(|feature| format!("{prefix}w.{feature}")));
            names.extend(bias.then(|| format!("{prefix}bias")));
        }
        names.extend(learned.iter().map(|name| name.to_string()));
        let column = |column: &Option<Vec<f64>>, default: f64| {
            rows.iter().map(|&i| column.as_ref().map_or(default, |c| c[i])).collect()
        };
        let (weight, offset) = (column(&table.weight, 1.0), column(&table.offset, 0.0));
        Design { x, y, weight, offset, y_sd, bias, heads: heads.len(), names }
    }
    fn block(&self) -> usize {
        self.x.first().map_or(0, Vec::len) + usize::from(self.bias)
    }
    /// With a column of ones where there is a bias.
    pub fn row(&self, i: usize) -> Vec<f64> {
        let mut row = self.x[i].clone();
        row.extend(self.bias.then_some(1.0));
        row
    }
    pub fn rows(&self) -> Vec<Vec<f64>> {
        (0..self.y.len()).map(|i| self.row(i)).collect()
    }
    /// What standardising y adds: ln sd_y a row.
    pub fn jacobian(&self) -> f64 {
        self.weight.iter().sum::<f64>() * libm::log(self.y_sd)
    }
    /// Heads and learned numbers of a row.
    fn z<const Z: usize>(&self, i: usize, theta: &[f64]) -> [f64; Z] {
        let (row, p) = (self.row(i), self.block());
        std::array::from_fn(|h| {
            if h < self.heads {
                row.iter().zip(&theta[h * p..]).map(|(x, t)| x * t).sum::<f64>()
                    + if h == 0 { self.offset[i] } else { 0.0 }
            } else {
                theta[self.heads * p + h - self.heads]
            }
        })
    }
    pub fn value<const Z: usize>(&self, formula: &impl Formula<Z>, theta: &[f64]) -> f64 {
        let rows: f64 = (0..self.y.len()).map(|i| self.weight[i] * formula.row(self.z::<Z>(i, theta), self.y[i])).sum();
        rows + self.jacobian() + theta.iter().zip(&self.names).map(|(t, name)| formula.prior(name, *t)).sum::<f64>()
    }
    fn derivatives<const Z: usize>(&self, formula: &impl Formula<Z>, theta: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (n, p) = (theta.len(), self.block());
        let (mut g, mut h) = (vec![0.0; n], vec![vec![0.0; n]; n]);
        for i in 0..self.y.len() {
            let z = self.z::<Z>(i, theta);
            let nll =
                formula.row(std::array::from_fn(|a| Dual::<Dual<f64, Z>, Z>::var(Dual::var(z[a], a), a)), self.y[i]);
            let row = self.row(i);
            // The places of θ that a head or learned number reads, and the factors.
            let reads = |a: usize| -> Vec<(usize, f64)> {
                if a < self.heads {
                    row.iter().enumerate().map(|(j, x)| (a * p + j, *x)).collect()
                } else {
                    vec![(self.heads * p + a - self.heads, 1.0)]
                }
            };
            for a in 0..Z {
                for (j, x) in reads(a) {
                    g[j] += self.weight[i] * nll.value.slope[a] * x;
                    for b in 0..Z {
                        for (k, y) in reads(b) {
                            h[j][k] += self.weight[i] * nll.slope[a].slope[b] * x * y;
                        }
                    }
                }
            }
        }
        for j in 0..n {
            let nlp = formula.prior(&self.names[j], Dual::<Dual<f64, 1>, 1>::var(Dual::var(theta[j], 0), 0));
            g[j] += nlp.value.slope[0];
            h[j][j] += nlp.slope[0].slope[0];
        }
        (g, h)
    }
    /// Damped Newton from a start; the point and its value.
    pub fn minimise_from<const Z: usize>(&self, formula: &impl Formula<Z>, start: Vec<f64>) -> (Vec<f64>, f64) {
        let (mut theta, mut damping) = (start, 0.0);
        let mut value = self.value(formula, &theta);
        for _ in 0..500 {
            let (g, h) = self.derivatives(formula, &theta);
            let mut moved = false;
            for _ in 0..60 {
                let mut damped = h.clone();
                (0..g.len()).for_each(|j| damped[j][j] += damping * h[j][j].abs().max(1e-3));
                if let Some(step) = cholesky(&damped, &g) {
                    let next: Vec<f64> = theta.iter().zip(&step).map(|(t, s)| t - s).collect();
                    let there = self.value(formula, &next);
                    let size = step.iter().zip(&theta).map(|(s, t)| s.abs() / t.abs().max(1.0)).fold(0.0, f64::max);
                    // Near the end rounding hides the descent: a full step is taken on trust.
                    if there < value || size < 1e-7 && damping < 1e-9 {
                        moved = size > 1e-14;
                        (theta, value) = (next, there);
                        damping = if damping < 1e-8 { 0.0 } else { damping * 0.1 };
                        break;
                    }
                }
                damping = if damping == 0.0 { 1e-6 } else { damping * 10.0 };
            }
            if !moved {
                break;
            }
        }
        (theta, value)
    }
    pub fn minimise<const Z: usize>(&self, formula: &impl Formula<Z>) -> (Vec<f64>, f64) {
        self.minimise_from(formula, vec![0.0; self.names.len()])
    }
    /// Of rows and smooth priors.
    pub fn gradient<const Z: usize>(&self, formula: &impl Formula<Z>, theta: &[f64]) -> Vec<f64> {
        self.derivatives(formula, theta).0
    }
    /// Newton on the coordinates that may move, under a linear term: where a kinked penalty is smooth.
    pub fn on_face<const Z: usize>(
        &self,
        formula: &impl Formula<Z>,
        start: &[f64],
        moves: &[bool],
        tilt: &[f64],
    ) -> Vec<f64> {
        let mut theta = start.to_vec();
        for _ in 0..30 {
            let (mut g, mut h) = self.derivatives(formula, &theta);
            for j in 0..g.len() {
                g[j] += tilt[j];
                if !moves[j] {
                    g[j] = 0.0;
                    for k in 0..h.len() {
                        (h[j][k], h[k][j]) = (0.0, 0.0);
                    }
                    h[j][j] = 1.0;
                }
            }
            let step = cholesky(&h, &g).expect("the objective is convex on its face");
            theta.iter_mut().zip(step).for_each(|(t, s)| *t -= s);
        }
        theta
    }
    /// The names with values; learned numbers behind a log link are given by their values.
    pub fn named(&self, theta: &[f64]) -> Vec<(String, f64)> {
        let weights = self.heads * self.block();
        let value = |(j, t): (usize, &f64)| (self.names[j].clone(), if j < weights { *t } else { libm::exp(*t) });
        theta.iter().enumerate().map(value).collect()
    }
}

/// ½ ((t − m)/s)² + ln s + ½ ln 2π.
pub fn normal<R: Real>(t: R, mean: f64, sd: f64) -> R {
    R::lit(0.5) * ((t - R::lit(mean)) / R::lit(sd)).sq()
        + R::lit(libm::log(sd) + 0.5 * libm::log(std::f64::consts::TAU))
}
