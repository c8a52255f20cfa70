//! A parameter: its name, where it may live, and the link that keeps it there.

use crate::{Range, Real};

/// Where a parameter may live. A trained one reaches it through a link that cannot leave it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Domain {
    /// The real line; identity.
    Real,
    /// x > 0; x = eᵘ.
    Positive,
    /// x > 0, and a trained one stays above the bound: x = bound + eᵘ.
    ///
    /// Student-t with ν and σ both learned is unbounded for small ν, hence its bound.
    Above(f64),
    /// 0 < x < 1; x = 1 / (1 + e⁻ᵘ).
    Unit,
}

impl Domain {
    /// From the unconstrained number `u` to the value.
    #[inline(always)]
    pub fn link<R: Real>(self, u: R) -> R {
        match self {
            Domain::Real => u,
            Domain::Positive => u.exp(),
            Domain::Above(bound) => u.exp() + R::lit(bound),
            Domain::Unit => u.logistic(),
        }
    }
    /// From a value to the unconstrained number; NaN outside what the link reaches.
    pub fn unlink(self, x: f64) -> f64 {
        match self {
            Domain::Real => x,
            Domain::Positive => libm::log(x),
            Domain::Above(bound) => libm::log(x - bound),
            Domain::Unit => libm::log(x) - libm::log1p(-x),
        }
    }
    /// The numbers that may be given for the parameter.
    pub fn range(self) -> Range {
        match self {
            Domain::Real => Range::REAL,
            Domain::Positive | Domain::Above(_) => Range::POSITIVE,
            Domain::Unit => Range::SHARE,
        }
    }
    /// Whether a number may be given for the parameter.
    pub fn contains(self, x: f64) -> bool {
        self.range().contains(x)
    }
    /// What [`Domain::contains`] asks for, in words.
    pub fn expected(self) -> String {
        self.range().expected()
    }
}

/// A parameter as a formula sees it: its value and, at no cost, the unconstrained number behind it, so that ln σ is
/// `scale.u` and never `exp(u).ln()`.
#[derive(Clone, Copy, Debug)]
pub struct Arg<R> {
    /// The value, inside its domain.
    pub x: R,
    /// The unconstrained value: ln x if positive, logit x if a probability.
    ///
    /// For [`Domain::Above`] it is ln(x − bound): a formula that wants ln x writes `x.ln()`.
    pub u: R,
}

impl<R: Real> Arg<R> {
    /// From the unconstrained value.
    #[inline(always)]
    pub fn free(domain: Domain, u: R) -> Self {
        Arg { x: domain.link(u), u }
    }
    /// From a given number.
    #[inline(always)]
    pub fn fixed(domain: Domain, x: f64) -> Self {
        Arg { x: R::lit(x), u: R::lit(domain.unlink(x)) }
    }
}

/// A parameter of a family, as its file declares it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its key in YAML and in records.
    pub name: &'static str,
    /// Where it may live.
    pub domain: Domain,
    /// Predicted unless stated otherwise (the location); the others must be given.
    pub location: bool,
    /// Whether it may be trained. A quantile level chooses the question and may not.
    pub trainable: bool,
}

impl Parameter {
    /// A parameter that a head predicts unless stated otherwise.
    pub const fn location(name: &'static str, domain: Domain) -> Self {
        Parameter { name, domain, location: true, trainable: true }
    }
    /// A scale or shape: a number, learned or predicted.
    pub const fn shape(name: &'static str, domain: Domain) -> Self {
        Parameter { name, domain, location: false, trainable: true }
    }
    /// A number and nothing else.
    pub const fn given(name: &'static str, domain: Domain) -> Self {
        Parameter { name, domain, location: false, trainable: false }
    }
}
