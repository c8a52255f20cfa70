//! The exact minimum for linear models under Laplace noise, quantile losses and Laplace priors.
//!
//! Σᵢ wᵢ ρ(yᵢ − xᵢ·θ) + Σⱼ hⱼ(θⱼ) + Σⱼ λⱼ |θⱼ − mⱼ|: an active set on the edges of the piecewise-linear part (`edge.rs`).
//! A penalty is a row with one entry, so zeros under it are held rows, and exact. The walk starts on a few rows and takes
//! in four times as many when it has their minimum (in the spirit of Portnoy & Koenker 1997, Stat. Sci. 12:279): the full
//! sample needs few steps only. Ties are broken by shifts of y of one in 10⁷, drawn by hashing and taken back at the end;
//! a minimum for shifted y stays one when no residual changes sign, and otherwise the walk goes on from there.

use super::edge::{Edge, Ended, Program, Term};
use super::{L1, axpy, dot, sup};

/// A smooth penalty on one coordinate: value, first and second derivative; convex, or else the minimum is a local one.
pub type Smooth<'a> = &'a dyn Fn(f64) -> (f64, f64, f64);

/// The problem.
#[derive(Clone, Copy)]
pub struct Kinked<'a> {
    /// n × `dim`, row by row; a column of ones is the caller's.
    pub x: &'a [f64],
    /// n targets.
    pub y: &'a [f64],
    /// Columns.
    pub dim: usize,
    /// wᵢ ≥ 0; all 1 if there are none.
    pub weight: Option<&'a [f64]>,
    /// ρ(r) = `up`·r for r > 0.
    pub up: f64,
    /// ρ(r) = −`down`·r for r < 0.
    pub down: f64,
    /// hⱼ; empty if none, else one per column.
    pub smooth: &'a [Option<Smooth<'a>>],
    /// λⱼ and mⱼ.
    pub l1: Option<&'a L1>,
}

/// A minimum.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// θ.
    pub x: Vec<f64>,
    /// The objective there.
    pub value: f64,
    /// Rows of the data with residual 0 (to rounding).
    pub residual_zeros: usize,
    /// Largest coordinate of an element of the subdifferential at θ, an upper bound of how far 0 is from it.
    pub certificate: f64,
    /// The same relative to the largest that its terms could be: 1e-12 is rounding.
    pub relative_certificate: f64,
    /// Whether no other θ does as well.
    pub unique: bool,
    /// Steps of the active set.
    pub iterations: usize,
}

/// Why there is no minimum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KinkedError {
    /// The arguments do not fit together.
    #[error("piecewise-linear problem: {0}")]
    Shape(&'static str),
    /// A number is not finite, or a slope or weight is negative.
    #[error("piecewise-linear problem: {0} has a value that is not finite or out of range")]
    Value(&'static str),
    /// The smooth penalties fall for ever.
    #[error("piecewise-linear problem: the objective is unbounded below")]
    Unbounded,
}

/// Residuals below this, relative to the terms they are a difference of, are 0.
const ZERO: f64 = 1e-11;

/// A number in (−1, 1) that belongs to (i, salt): splitmix64.
pub(crate) fn noise(i: usize, salt: u64) -> f64 {
    let mut z = (i as u64).wrapping_add(salt << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 * (2.0 / (1u64 << 53) as f64) - 1.0
}

impl Kinked<'_> {
    fn check(&self) -> Result<(), KinkedError> {
        let (n, p) = (self.y.len(), self.dim);
        let shape = |ok: bool, what| if ok { Ok(()) } else { Err(KinkedError::Shape(what)) };
        shape(self.x.len() == n * p, "x has not `dim` numbers per target")?;
        shape(self.weight.is_none_or(|w| w.len() == n), "there is not one weight per row")?;
        shape(self.smooth.is_empty() || self.smooth.len() == p, "there is not one smooth term per column")?;
        shape(self.l1.is_none_or(|l| l.weight.len() == p && l.centre.len() == p), "the penalty is not one per column")?;
        let good = |v: &[f64], least: f64| v.iter().all(|v| v.is_finite() && *v >= least);
        let value = |ok: bool, what| if ok { Ok(()) } else { Err(KinkedError::Value(what)) };
        value(good(self.x, f64::MIN), "x")?;
        value(good(self.y, f64::MIN), "y")?;
        value(good(&[self.up, self.down], 0.0), "a slope")?;
        value(self.weight.is_none_or(|w| good(w, 0.0)), "a weight")?;
        value(self.l1.is_none_or(|l| good(&l.weight, 0.0) && good(&l.centre, f64::MIN)), "the penalty")
    }

    /// The problem over θⱼ · 2^eⱼ, with columns of length about 1; returns the units 2^eⱼ too.
    fn program(&self) -> (Program<'_>, Vec<f64>, Vec<usize>) {
        let (n, p) = (self.y.len(), self.dim);
        let column = |j: usize| (0..n).map(|i| self.x[i * p + j].abs()).fold(0.0, f64::max);
        let unit = |top: f64| if top > 0.0 { libm::exp2(libm::floor(libm::log2(top))) } else { 1.0 };
        let unit: Vec<f64> = (0..p).map(|j| unit(column(j))).collect();
        let mut x: Vec<f64> = self.x.to_vec();
        for row in x.chunks_exact_mut(p.max(1)) {
            row.iter_mut().zip(&unit).for_each(|(v, u)| *v /= u);
        }
        let mut y = self.y.to_vec();
        let w = |i: usize| self.weight.map_or(1.0, |w| w[i]);
        let mut up: Vec<f64> = (0..n).map(|i| w(i) * self.up).collect();
        let mut down: Vec<f64> = (0..n).map(|i| w(i) * self.down).collect();
        let mut penalised = Vec::new();
        for j in 0..p {
            if let Some(l) = self.l1
                && l.weight[j] > 0.0
            {
                let start = x.len();
                x.resize(start + p, 0.0);
                x[start + j] = 1.0;
                y.push(l.centre[j] * unit[j]);
                up.push(l.weight[j] / unit[j]);
                down.push(l.weight[j] / unit[j]);
                penalised.push(j);
            }
        }
        let term = |j: usize| -> Option<Term<'_>> {
            let (h, u) = (self.smooth.get(j).copied().flatten()?, unit[j]);
            Some(Box::new(move |t| {
                let (v, a, b) = h(t / u);
                (v, a / u, b / u / u)
            }))
        };
        let smooth = (0..p).map(term).collect();
        (Program { dim: p, x, y, up, down, smooth, data: n }, unit, penalised)
    }

    /// Finds the minimum.
    pub fn minimise(&self) -> Result<Solved, KinkedError> {
        self.check()?;
        let (program, unit, penalised) = self.program();
        let (n, p, all) = (self.y.len(), self.dim, program.y.len());
        let mut start = vec![0.0; p];
        for (k, &j) in penalised.iter().enumerate() {
            start[j] = program.y[n + k];
        }
        let mut edge = Edge::new(&program, start);
        let budget = 100 * (p + 10) + 2 * all;
        let spread = edge.spread;
        let tie = |size: f64, salt: u64| -> Vec<f64> { (0..all).map(|i| size * spread * noise(i, salt)).collect() };
        let mut stride = 1;
        while n / (4 * stride) > 20 * (p + 5) {
            stride *= 4;
        }
        let shift = tie(1e-7, 1);
        loop {
            edge.with(stride, shift.clone());
            if edge.run(budget) == Ended::Unbounded && stride == 1 {
                return Err(KinkedError::Unbounded);
            }
            if stride == 1 {
                break;
            }
            stride /= 4;
        }
        for round in 0..4 {
            edge.with(1, vec![0.0; all]);
            match edge.run(20 * p + 1000) {
                Ended::Optimal => break,
                Ended::Unbounded => return Err(KinkedError::Unbounded),
                Ended::Budget => {
                    edge.with(1, tie(1e-9, 2 + round));
                    edge.run(budget);
                }
            }
        }
        Ok(self.report(&mut edge, &unit, &penalised))
    }

    fn report(&self, edge: &mut Edge, unit: &[f64], penalised: &[usize]) -> Solved {
        let (n, p) = (self.y.len(), self.dim);
        for &i in edge.face.rows.iter().filter(|i| **i >= n) {
            let j = penalised[i - n];
            edge.theta[j] = edge.program.y[i];
        }
        let program = edge.program;
        let (mut zero, size) = (Vec::new(), edge.size());
        for i in (0..program.y.len()).filter(|&i| program.up[i] + program.down[i] > 0.0) {
            let row = program.row(i);
            let r = program.y[i] - dot(row, &edge.theta);
            if edge.sign[i] == 0 || r.abs() <= ZERO * edge.reach(i, size) {
                zero.push(i);
            } else {
                edge.sign[i] = if r > 0.0 { 1 } else { -1 };
            }
        }
        let x: Vec<f64> = edge.theta.iter().zip(unit).map(|(t, u)| t / u).collect();
        let (mut value, mut g, mut terms) = (0.0, vec![0.0; p], vec![0.0; p]);
        let mut add = |slope: f64, most: f64, row: &[f64]| {
            axpy(-slope, row, &mut g);
            terms.iter_mut().zip(row).for_each(|(s, v)| *s += (most * v).abs());
        };
        let u = edge.face.multipliers(&edge.gradient());
        for i in 0..program.y.len() {
            let (up, down) = (program.up[i], program.down[i]);
            let place = edge.face.rows.iter().position(|r| *r == i);
            let slope = match place {
                Some(k) => u[k].clamp(-down, up),
                None if edge.sign[i] > 0 => up,
                None => -down,
            };
            add(slope, up.max(down), program.row(i));
            let r = if i < n { self.y[i] - dot(&self.x[i * p..][..p], &x) } else { 0.0 };
            value += if r > 0.0 { up * r } else { -down * r };
        }
        value += super::orthant::penalty(self.l1, &x);
        for (j, h) in program.smooth.iter().enumerate() {
            if let Some(h) = h {
                let (v, first, second) = h(edge.theta[j]);
                value += v;
                g[j] += first;
                terms[j] += first.abs() + second.abs() * size;
            }
        }
        let relative = g.iter().zip(&terms).map(|(g, s)| if *s > 0.0 { g.abs() / s } else { 0.0 }).fold(0.0, f64::max);
        let original: Vec<f64> = g.iter().zip(unit).map(|(g, u)| g * u).collect();
        Solved {
            value,
            residual_zeros: zero.iter().filter(|i| **i < n).count(),
            certificate: sup(&original),
            relative_certificate: relative,
            unique: super::unique::unique(edge, &zero),
            iterations: edge.iterations,
            x,
        }
    }
}
