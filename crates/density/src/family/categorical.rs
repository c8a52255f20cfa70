use super::{Family, Support};
use crate::{Arg, Domain, Parameter, Real};

/// P(y = k) = exp(ηₖ) / Σⱼ exp(ηⱼ).
///
/// One head per class; with a `reference` that class's logit is 0 and has no head. As a likelihood: cross-entropy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Categorical {
    /// How many classes; the data set's if not stated.
    pub classes: Option<usize>,
    /// A class whose logit is 0.
    pub reference: Option<usize>,
}

impl Categorical {
    /// Whether the two numbers agree.
    pub fn check(&self) -> Result<(), String> {
        match (self.classes, self.reference) {
            (Some(n), _) if n < 2 => Err(format!("`classes` must be at least 2, found {n}")),
            (Some(n), Some(r)) if r >= n => {
                Err(format!("`reference` must be one of the classes 0 … {}, found {r}", n - 1))
            }
            _ => Ok(()),
        }
    }
    fn classes(&self) -> usize {
        self.classes.unwrap_or(2)
    }
    /// The logit of class `k`.
    #[inline(always)]
    fn logit<R: Real>(&self, p: &[Arg<R>], k: usize) -> R {
        match self.reference {
            Some(r) if k == r => R::lit(0.0),
            Some(r) if k > r => p[k - 1].x,
            _ => p[k].x,
        }
    }
    /// The class that the target is, or 0 for a number that only remembers its inputs.
    fn probabilities(&self, p: &[f64]) -> Vec<f64> {
        let args: Vec<_> = p.iter().map(|&x| Arg { x, u: x }).collect();
        (0..self.classes()).map(|k| libm::exp(-self.energy(&args, k as f64))).collect()
    }
}

impl Family for Categorical {
    const NAME: &'static str = "categorical";
    const FORMULA: &'static str = "exp(logit_y) / Σ exp(logit_k)";
    const PARAMETERS: &'static [Parameter] = &[Parameter::location("logit", Domain::Real)];

    fn support(&self) -> Support {
        Support::Classes(self.classes)
    }
    #[inline(always)]
    fn arity(&self) -> usize {
        self.classes() - usize::from(self.reference.is_some())
    }
    #[inline(always)]
    fn domain(&self, _: usize) -> Domain {
        Domain::Real
    }
    /// ln Σ exp(ηₖ − max) + max − η_y, without overflow at any logit.
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let mut max = self.logit(p, 0);
        for k in 1..self.classes() {
            max = max.max(self.logit(p, k));
        }
        let (mut sum, mut own) = (R::lit(0.0), R::lit(0.0));
        for k in 0..self.classes() {
            let shifted = self.logit(p, k) - max;
            sum = sum + shifted.exp();
            // y == k, by the only branch there is.
            let below = R::select_lt(y, R::lit(k as f64 + 0.5), shifted, own);
            own = R::select_lt(y, R::lit(k as f64 - 0.5), own, below);
        }
        sum.ln() - own
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn mean(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn variance(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn mode(&self, p: &[f64]) -> Option<f64> {
        let probabilities = self.probabilities(p);
        let best = (0..probabilities.len()).rev().max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
        best.map(|k| k as f64)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        let known = self.probabilities(p).into_iter().enumerate().take_while(|(k, _)| *k as f64 <= y);
        known.map(|(_, q)| q).sum::<f64>().min(1.0)
    }
    fn quantile(&self, p: &[f64], q: f64) -> f64 {
        let mut below = 0.0;
        let first = self.probabilities(p).into_iter().position(|mass| {
            below += mass;
            below >= q
        });
        first.unwrap_or(self.classes() - 1) as f64
    }
    fn crps(&self, _: &[f64], _: f64) -> Option<f64> {
        None
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![
            (Categorical { classes: Some(3), reference: None }, vec![0.3, -1.0, 0.8]),
            (Categorical { classes: Some(4), reference: Some(1) }, vec![0.3, -1.0, 2.8]),
        ]
    }
}
