//! L-BFGS to the last bits, with an optional absolute-value penalty around a centre.
//!
//! Quasi-Newton steps from a limited memory (Nocedal 1980; Liu & Nocedal 1989), a line search that ends on slopes when
//! values have become rounding (Hager & Zhang 2005), and orthant-wise steps for the penalty (Andrew & Gao 2007). Within
//! an orthant the memory is applied to the coordinates that move only, so on the final face it is plain L-BFGS.

use super::floor::Floor;
use super::line::{Searched, search};
use super::memory::Memory;
use super::orthant::{Orthant, penalty};
use super::state::{self, Pause};
use super::{dot, sup};
use crate::checkpoint::State;
use std::ops::ControlFlow;

/// A function with a gradient.
pub trait Objective {
    /// Number of coordinates.
    fn dim(&self) -> usize;
    /// Value and gradient at x; a value or gradient that is not finite means "outside", −∞ "unbounded below".
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// The penalty Σ λⱼ |xⱼ − cⱼ|.
#[derive(Debug, Clone, PartialEq)]
pub struct L1 {
    /// λⱼ ≥ 0; 0 leaves the coordinate smooth.
    pub weight: Vec<f64>,
    /// cⱼ.
    pub centre: Vec<f64>,
}

/// How hard to try.
///
/// A point has converged when every coordinate of the (pseudo-)gradient is at most `tolerance` times the largest value
/// that this coordinate of the gradient has had on the way (or its λ), *and* the quasi-Newton step from there is at most
/// √`tolerance`/10⁴ of each coordinate's reach (the largest |x| and |x − start| on the way). Both are the same in all
/// units of the columns. Where rounding does not allow this, the search goes on until neither value nor gradient has
/// improved in 40 iterations (20, if the promised decrease below is reached); the best point is then `Converged` if its gradient satisfies the first rule with
/// max(`tolerance`, 4096 ε), or if the decrease that the quadratic model still promises is below 64 ε |f|; otherwise
/// it is `Stalled`. In no case has a point converged where |gradient × reach| of a coordinate is above 10⁻⁶ of the value.
#[derive(Debug, Clone, PartialEq)]
pub struct Lbfgs {
    /// Steps at most.
    pub max_iterations: usize,
    /// Relative size of the gradient at which to end.
    pub tolerance: f64,
    /// Pairs remembered; with up to 1,024 coordinates (128 with a penalty), at least three times their number or 384. That makes it BFGS where
    /// it can: a quadratic of condition 10⁸ in 50 coordinates takes some 500 evaluations instead of more than 16,000.
    pub memory: usize,
}

impl Default for Lbfgs {
    fn default() -> Lbfgs {
        Lbfgs { max_iterations: 10_000, tolerance: 1e-12, memory: 30 }
    }
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Stationary to `tolerance` or to floating point.
    Converged,
    /// No further decrease is possible in floating point, yet the gradient is not small.
    Stalled,
    /// `max_iterations` are spent, or the caller broke off.
    BudgetSpent,
    /// The start is outside.
    NonFinite,
    /// The value falls to −∞ or below −10²⁰ (1 + |value at the start|). A value that falls like a logarithm up to an edge of
    /// the domain (a scale going to 0) cannot be told in floating point: that is `Stalled`, or `Converged` where rounding
    /// in the residuals stops it, and for the caller to rule out.
    Unbounded,
}

impl End {
    /// All of them, in an order that never changes: results are kept by their place in it.
    pub(crate) const ALL: [End; 5] = [End::Converged, End::Stalled, End::BudgetSpent, End::NonFinite, End::Unbounded];
}

/// Where a search ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The best point.
    pub x: Vec<f64>,
    /// Its value, the penalty included.
    pub value: f64,
    /// Largest |coordinate| of its (pseudo-)gradient.
    pub gradient_norm: f64,
    /// Steps taken.
    pub iterations: usize,
    /// Evaluations of the objective.
    pub evaluations: usize,
    /// Why it ended.
    pub end: End,
}

/// The current point and the trial one.
pub(crate) struct Walk<'a> {
    f: &'a mut dyn Objective,
    l1: Option<&'a L1>,
    pub(super) x: Vec<f64>,
    pub(super) g: Vec<f64>,
    pub(super) value: f64,
    trial: Vec<f64>,
    trial_g: Vec<f64>,
    trial_value: f64,
    pub(super) evaluations: usize,
    /// Steps taken from searches that ended without a good one.
    pub(super) halting: usize,
}

/// Such steps allowed.
const HALTING: usize = 50;

impl Walk<'_> {
    /// Evaluates the trial point; anything not finite makes the value infinite (or −∞ if it is that).
    fn evaluate(&mut self) -> f64 {
        self.evaluations += 1;
        self.trial_g.fill(0.0);
        let smooth = self.f.evaluate(&self.trial, &mut self.trial_g);
        let value = smooth + penalty(self.l1, &self.trial);
        let inside = value == f64::NEG_INFINITY || value.is_finite() && sup(&self.trial_g).is_finite();
        self.trial_value = if inside { value } else { f64::INFINITY };
        self.trial_value
    }

    fn at(&mut self, o: &Orthant, d: &[f64], t: f64) -> (f64, f64) {
        o.step(self.l1, &self.x, d, t, &mut self.trial);
        let value = self.evaluate();
        if value == f64::NEG_INFINITY {
            return (value, -1.0);
        }
        if !value.is_finite() {
            return (value, f64::NAN);
        }
        let mut slope = dot(&self.trial_g, d);
        if let Some(l1) = self.l1 {
            slope += (0..d.len()).map(|j| l1.weight[j] * o.sign[j] * d[j]).sum::<f64>();
        }
        (value, slope)
    }

    /// The trial point becomes the point; returns the step and the gradient difference.
    fn accept(&mut self) -> (Vec<f64>, Vec<f64>) {
        let s = self.trial.iter().zip(&self.x).map(|(a, b)| a - b).collect();
        let y = self.trial_g.iter().zip(&self.g).map(|(a, b)| a - b).collect();
        std::mem::swap(&mut self.x, &mut self.trial);
        std::mem::swap(&mut self.g, &mut self.trial_g);
        self.value = self.trial_value;
        (s, y)
    }

    /// OWL-QN's backtracking along the projected path, for steps that leave the orthant.
    fn project(&mut self, o: &Orthant, d: &[f64]) -> bool {
        let mut t = 1.0;
        for _ in 0..30 {
            let (value, _) = self.at(o, d, t);
            let gain: f64 = (0..d.len()).map(|j| o.pseudo[j] * (self.trial[j] - self.x[j])).sum();
            if value <= self.value + 1e-4 * gain && gain < 0.0 {
                return true;
            }
            t *= 0.5;
        }
        false
    }
}

impl Lbfgs {
    /// Minimises `f` (+ `l1`) from `start`.
    ///
    /// # Panics
    /// If `start` or `l1` have another length than `f`.
    pub fn minimise(&self, f: &mut dyn Objective, start: &[f64], l1: Option<&L1>) -> Found {
        self.resume(f, start, l1, None, &mut |_| ControlFlow::Continue(()))
    }

    /// The same, from a state that was kept on the way, if there is one that fits; `pause` is asked before each
    /// iteration, may keep the state and may break off. A search that goes on ends with the bits of one that was never
    /// interrupted.
    ///
    /// # Panics
    /// If `start` or `l1` have another length than `f`.
    pub fn resume(
        &self,
        f: &mut dyn Objective,
        start: &[f64],
        l1: Option<&L1>,
        kept: Option<&State>,
        pause: &mut dyn FnMut(Pause) -> ControlFlow<()>,
    ) -> Found {
        let n = f.dim();
        assert_eq!(start.len(), n, "a start has one number per coordinate");
        assert!(
            l1.is_none_or(|l| l.weight.len() == n && l.centre.len() == n),
            "a penalty has one weight per coordinate"
        );
        let (trial, zero) = (start.to_vec(), vec![0.0; n]);
        let x = trial.clone();
        let (g, trial_g) = (zero.clone(), zero);
        let mut walk = Walk { f, l1, x, g, value: 0.0, trial, trial_g, trial_value: 0.0, evaluations: 0, halting: 0 };
        walk.evaluate();
        walk.accept();
        if !walk.value.is_finite() || !sup(start).is_finite() {
            let end = if walk.value == f64::NEG_INFINITY { End::Unbounded } else { End::NonFinite };
            return Found {
                x: start.to_vec(),
                value: walk.value,
                gradient_norm: f64::INFINITY,
                iterations: 0,
                evaluations: 1,
                end,
            };
        }
        let mut floor = Floor::new(start);
        let (iterations, end) = self.run(&mut walk, &mut floor, kept, pause);
        let (x, value, gradient_norm) = match end {
            End::Unbounded => {
                let norm = if sup(&walk.g).is_finite() { sup(&walk.g) } else { f64::INFINITY };
                (walk.x, walk.value, norm)
            }
            _ => floor.point,
        };
        Found { x, value, gradient_norm, iterations, evaluations: walk.evaluations, end }
    }

    fn run(
        &self,
        walk: &mut Walk,
        floor: &mut Floor,
        kept: Option<&State>,
        pause: &mut dyn FnMut(Pause) -> ControlFlow<()>,
    ) -> (usize, End) {
        let l1 = walk.l1;
        let weight = l1.map(|l| l.weight.as_slice());
        let bottom = -1e20 * (1.0 + walk.value.abs());
        let most = if l1.is_some() { 128 } else { 1024 };
        let few = if walk.x.len() <= most { (3 * walk.x.len()).min(384) } else { 0 };
        let mut memory = Memory::new(self.memory.max(few));
        let put = kept.and_then(|kept| state::put(kept, walk, floor, &mut memory));
        let (first, mut decrement) = put.unwrap_or((0, f64::INFINITY));
        for iteration in first.. {
            if walk.value <= bottom {
                return (iteration, End::Unbounded);
            }
            let state = || state::keep(walk, floor, &memory, iteration, decrement);
            let asked = pause(Pause { iteration, x: &walk.x, value: walk.value, state: &state });
            let o = Orthant::at(l1, &walk.x, &walk.g);
            let measure = floor.see(&walk.x, walk.value, &walk.g, &o.pseudo, weight);
            if measure == 0.0 {
                return (iteration, End::Converged);
            }
            let mut d: Vec<f64> = memory.apply(&o.pseudo, &o.free).iter().map(|v| -v).collect();
            o.align(l1, &walk.x, &mut d);
            let falls = dot(&d, &o.pseudo);
            if memory.is_empty() || !(falls < 0.0 && falls.is_finite() && sup(&d).is_finite()) {
                memory.clear();
                let top = sup(&o.pseudo);
                d = o.pseudo.iter().map(|v| -v / top).collect();
            }
            let slope = dot(&d, &o.pseudo);
            if !memory.is_empty() {
                decrement = -0.5 * slope;
                let small = measure <= self.tolerance && floor.small(&d, self.tolerance);
                if small && floor.good(self.tolerance, decrement) {
                    return (iteration, End::Converged);
                }
            }
            let verdict = if floor.good(self.tolerance, decrement) { End::Converged } else { End::Stalled };
            if floor.reached(decrement) {
                return (iteration, verdict);
            }
            if iteration >= self.max_iterations || asked.is_break() {
                return (iteration, End::BudgetSpent);
            }
            match self.advance(walk, &o, d, slope, floor.noise(), memory.is_empty()) {
                Ok((s, y)) => memory.push(s, y),
                Err(_) if !memory.is_empty() && verdict == End::Stalled => memory.clear(),
                Err(width) => {
                    let left = decrement.min(-0.5 * slope * width);
                    let good = floor.good(self.tolerance, left);
                    return (iteration, if good { End::Converged } else { End::Stalled });
                }
            }
        }
        unreachable!("the loop above has no end")
    }

    /// One step along d; the error is how far the minimum along d can be.
    fn advance(
        &self,
        walk: &mut Walk,
        o: &Orthant,
        d: Vec<f64>,
        slope: f64,
        noise: f64,
        fresh: bool,
    ) -> Result<(Vec<f64>, Vec<f64>), f64> {
        let longest = o.longest(walk.l1, &walk.x, &d);
        let first = if fresh { (1e-2 * sup(&walk.x).max(1.0) / sup(&d)).min(1.0) } else { 1.0 };
        if longest < first && walk.project(o, &d) {
            return Ok(walk.accept());
        }
        let here = (walk.value, slope);
        match search(&mut |t| walk.at(o, &d, t), here, first, longest, noise) {
            Searched::Wolfe(_) | Searched::Limit(_) => Ok(walk.accept()),
            Searched::Stuck { best, .. } if best > 0.0 && walk.halting < HALTING => {
                walk.halting += 1;
                walk.at(o, &d, best);
                Ok(walk.accept())
            }
            Searched::Stuck { width, .. } => Err(width),
        }
    }
}
