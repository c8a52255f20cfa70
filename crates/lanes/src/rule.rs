//! Steps: sgd, adam and adamw with a learning rate, decays and a momentum for each lane.

use crate::model::Rule;
use surprisal_kernel::{Aligned, Element, Job, Simd};

/// Numbers of a rule, one for each lane.
#[derive(Debug)]
pub struct Pace<T> {
    /// sgd: the learning rate; adam: the same over 1 − β₁ᵗ, set by each step.
    pub rate: Aligned<T>,
    /// sgd: the momentum; adam: β₁.
    pub keep: Aligned<T>,
    /// 1 − β₁.
    pub take: Aligned<T>,
    /// β₂.
    pub keep_square: Aligned<T>,
    /// 1 − β₂.
    pub take_square: Aligned<T>,
    /// 1/(1 − β₂ᵗ), set by each step.
    pub root: Aligned<T>,
    pub eps: Aligned<T>,
    /// Learning rate times decay, of weights.
    pub decay: Aligned<T>,
}

impl<T: Element> Pace<T> {
    pub fn new(lanes: usize) -> Pace<T> {
        let zero = || Aligned::zeros(lanes);
        Pace {
            rate: zero(),
            keep: zero(),
            take: zero(),
            keep_square: zero(),
            take_square: zero(),
            root: zero(),
            eps: zero(),
            decay: zero(),
        }
    }
    /// What a rule says of all its steps.
    pub fn set(&mut self, lane: usize, rule: &Rule) {
        match *rule {
            Rule::Sgd { lr, momentum, .. } => (self.rate[lane], self.keep[lane]) = (T::of(lr), T::of(momentum)),
            Rule::Adam { lr, beta1, beta2, eps, decay, .. } => {
                (self.keep[lane], self.take[lane]) = (T::of(beta1), T::of(1.0 - beta1));
                (self.keep_square[lane], self.take_square[lane]) = (T::of(beta2), T::of(1.0 - beta2));
                (self.eps[lane], self.decay[lane]) = (T::of(eps), T::of(lr * decay));
            }
        }
    }
}

/// Weights and means that a rule keeps are 0 or at least this: 2^(2·mantissa) times the least normal number, 8·10⁻²⁵ of
/// `f32`.
///
/// Where a gradient is 0, or no more than a prior's, as of a unit that is off for every row, numbers fall by a factor in
/// each step, until rounding holds them at a subnormal one for ever. It is right and useless, and on many CPUs costs a
/// hundred times what another number costs. The distance from the normal numbers is that of a weight to its slope under a
/// prior, which is to be normal too.
fn least<T: Element>() -> f64 {
    T::MIN_NORMAL * T::TWO_MANTISSA * T::TWO_MANTISSA
}

/// x, or 0 where it is less than `least` (a NaN stays).
#[inline(always)]
fn kept<S: Simd>(x: S, least: S) -> S {
    x.unless_lt(x.abs(), least)
}

/// θ ← θ − lr v, v ← m v + g.
pub struct Sgd<'a, T> {
    pub pace: &'a Pace<T>,
    pub gradient: &'a [T],
    pub velocity: &'a mut [T],
    pub from: &'a [T],
    pub to: &'a mut [T],
}

impl<T: Element> Job<T> for Sgd<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let (rate, keep) = (S::load(&self.pace.rate), S::load(&self.pace.keep));
        let (w, least) = (S::WIDTH, S::lit(least::<T>()));
        let state = self.gradient.chunks_exact(w).zip(self.velocity.chunks_exact_mut(w));
        for ((from, to), (g, v)) in self.from.chunks_exact(w).zip(self.to.chunks_exact_mut(w)).zip(state) {
            let velocity = kept(S::load(v).fma(keep, S::load(g)), least);
            velocity.store(v);
            kept(rate.fnma(velocity, S::load(from)), least).store(to);
        }
    }
}

/// Adam; weights decay beside the step.
pub struct Adam<'a, T> {
    pub pace: &'a Pace<T>,
    pub decays: bool,
    pub gradient: &'a [T],
    pub mean: &'a mut [T],
    pub square: &'a mut [T],
    pub from: &'a [T],
    pub to: &'a mut [T],
}

impl<T: Element> Job<T> for Adam<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        let Pace { rate, keep, take, keep_square, take_square, root, eps, decay } = self.pace;
        let (rate, root, eps) = (S::load(rate), S::load(root), S::load(eps));
        let (keep, take) = (S::load(keep), S::load(take));
        let (keep_square, take_square) = (S::load(keep_square), S::load(take_square));
        let decay = if self.decays { S::load(decay) } else { S::lit(0.0) };
        let (w, least, normal) = (S::WIDTH, S::lit(least::<T>()), S::lit(T::MIN_NORMAL));
        let state = self.mean.chunks_exact_mut(w).zip(self.square.chunks_exact_mut(w));
        let theta = self.from.chunks_exact(w).zip(self.to.chunks_exact_mut(w));
        for (((from, to), (m, v)), g) in theta.zip(state).zip(self.gradient.chunks_exact(w)) {
            let g = S::load(g);
            let mean = kept(S::load(m).fma(keep, take.mul(g)), least);
            // A square is as small as the square of what is kept.
            let square = kept(S::load(v).fma(keep_square, take_square.mul(g).mul(g)), normal);
            mean.store(m);
            square.store(v);
            let theta = S::load(from);
            // A lane without decay keeps even an infinity.
            let theta =
                if self.decays { S::select_lt(S::lit(0.0), decay, decay.fnma(theta, theta), theta) } else { theta };
            kept(theta.sub(rate.mul(mean).div(square.mul(root).sqrt().add(eps))), least).store(to);
        }
    }
}

/// Whether every number of a lane is finite: 0 in a lane where it is, NaN elsewhere.
pub struct Probe<'a, T> {
    pub x: &'a [T],
    pub out: &'a mut [T],
}

impl<T: Element> Job<T> for Probe<'_, T> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        const CHAINS: usize = 4;
        let (zero, w) = (S::lit(0.0), S::WIDTH);
        let mut sum = [zero; CHAINS];
        let mut fours = self.x.chunks_exact(CHAINS * w);
        for four in &mut fours {
            for c in 0..CHAINS {
                sum[c] = S::load(&four[c * w..]).fma(zero, sum[c]);
            }
        }
        for x in fours.remainder().chunks_exact(w) {
            sum[0] = S::load(x).fma(zero, sum[0]);
        }
        sum[0].add(sum[1]).add(sum[2].add(sum[3])).store(self.out);
    }
}
