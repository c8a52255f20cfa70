//! Families made of families: sketches, to prove that the trait carries them. Nothing here is shipped.
//!
//! Two things the trait does not say by itself: a wrapper's parameter list is a constant of its type, made here by
//! concatenation; and a target of several columns is not a `y: R`, so the last family takes its row as parameters.

mod common;

use common::{close, gradient, slope};
use surprisal_density::family::{Gaussian, Logistic, Poisson};
use surprisal_density::{Arg, Domain, Dual, Family, LnCdf, Parameter, Real, Support};

/// What a sketch does not need.
macro_rules! no_statistics {
    () => {
        fn mean(&self, _: &[f64]) -> Option<f64> {
            None
        }
        fn variance(&self, _: &[f64]) -> Option<f64> {
            None
        }
        fn mode(&self, _: &[f64]) -> Option<f64> {
            None
        }
        fn quantile(&self, _: &[f64], _: f64) -> f64 {
            f64::NAN
        }
        fn examples() -> Vec<(Self, Vec<f64>)> {
            vec![]
        }
    };
}

/// ln Σ e^x of two.
fn ln_add<R: Real>(a: R, b: R) -> R {
    a.max(b) + (-(a - b).abs()).exp().ln_1p()
}

/// Clamped to a range: the tails become atoms on its ends (Tobin 1958).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Censored<F> {
    leaf: F,
    left: f64,
    right: f64,
}

impl<F: LnCdf> Family for Censored<F> {
    const NAME: &'static str = "censored";
    const FORMULA: &'static str = "P(Y ≤ left) on left, p(y) between, P(Y > right) on right";
    const PARAMETERS: &'static [Parameter] = F::PARAMETERS;
    fn support(&self) -> Support {
        Support::Clamped(self.left, self.right)
    }
    // The normaliser of the inside is part of the energy: it counts for some rows only.
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let inside = self.leaf.nll(p, y);
        let (left, right) = (R::lit(self.left), R::lit(self.right));
        let upper = R::select_lt(y, right, inside, -self.leaf.ln_survival(p, right));
        R::select_lt(left, y, upper, -self.leaf.ln_cdf(p, left))
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        if y < self.left {
            0.0
        } else if y >= self.right {
            1.0
        } else {
            self.leaf.cdf(p, y)
        }
    }
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        let quantile = |q: f64| self.leaf.quantile(p, q).clamp(self.left, self.right);
        surprisal_density::special::crps(self.support(), |z| self.cdf(p, z), |z| 1.0 - self.cdf(p, z), quantile, y)
    }
    no_statistics!();
}

/// Only what lies in a range was seen: renormalised there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Truncated<F> {
    leaf: F,
    left: f64,
    right: f64,
}

impl<F: LnCdf> Family for Truncated<F> {
    const NAME: &'static str = "truncated";
    const FORMULA: &'static str = "p(y) / P(left < Y ≤ right)";
    const PARAMETERS: &'static [Parameter] = F::PARAMETERS;
    fn support(&self) -> Support {
        Support::Clamped(self.left, self.right)
    }
    // The mass looks at the location, so it is energy; the leaf's own parts keep their places.
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let (a, b) = (self.leaf.ln_cdf(p, R::lit(self.right)), self.leaf.ln_cdf(p, R::lit(self.left)));
        let ln_mass = a + (-(b - a).exp()).ln_1p();
        self.leaf.energy(p, y) + ln_mass
    }
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        self.leaf.log_norm(p)
    }
    fn base<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        self.leaf.base(p, y)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        let below = self.leaf.cdf(p, self.left);
        (self.leaf.cdf(p, y.clamp(self.left, self.right)) - below) / (self.leaf.cdf(p, self.right) - below)
    }
    no_statistics!();
}

/// Zeros of two kinds (Lambert 1992): mean, and the logit of a structural zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ZeroInflated<F>(F);

impl Family for ZeroInflated<Poisson> {
    const NAME: &'static str = "zero_inflated_poisson";
    const FORMULA: &'static str = "zero [y = 0] + (1 − zero) p(y)";
    const PARAMETERS: &'static [Parameter] = &[Poisson::PARAMETERS[0], Parameter::location("zero", Domain::Unit)];
    fn support(&self) -> Support {
        Support::Counts
    }
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let counted = self.0.nll(p, y) + p[1].u.softplus(); // ln(1 − zero) = −softplus(u)
        let zero = -ln_add(-(-p[1].u).softplus(), -counted);
        R::select_lt(y, R::lit(0.5), zero, counted)
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        if y < 0.0 { 0.0 } else { p[1] + (1.0 - p[1]) * self.0.cdf(&p[..1], y) }
    }
    no_statistics!();
}

/// Two of a kind: location and scale of each, and the weight of the second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mixture<F>(F);

impl<F: Family> Family for Mixture<F> {
    const NAME: &'static str = "mixture";
    const FORMULA: &'static str = "(1 − weight) p(y) + weight p₂(y)";
    const PARAMETERS: &'static [Parameter] = &[
        F::PARAMETERS[0],
        F::PARAMETERS[1],
        Parameter { name: "location_2", ..F::PARAMETERS[0] },
        Parameter { name: "scale_2", ..F::PARAMETERS[1] },
        Parameter::shape("weight", Domain::Unit),
    ];
    fn support(&self) -> Support {
        self.0.support()
    }
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let (first, second) = (self.0.nll(&p[..2], y), self.0.nll(&p[2..4], y));
        -ln_add(-first - p[4].u.softplus(), -second - (-p[4].u).softplus())
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn log_concave(&self) -> bool {
        false
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        (1.0 - p[4]) * self.0.cdf(&p[..2], y) + p[4] * self.0.cdf(&p[2..4], y)
    }
    no_statistics!();
}

/// Ordered classes by a cumulative logit (McCullagh 1980): a location, the first cut, and the gaps to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Ordinal;

impl Ordinal {
    const CLASSES: usize = 4;
}

impl Family for Ordinal {
    const NAME: &'static str = "ordinal";
    const FORMULA: &'static str = "logistic(cut_k − location) − logistic(cut_(k−1) − location)";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::location("location", Domain::Real),
        Parameter::shape("cut", Domain::Real),
        Parameter::shape("gap_1", Domain::Positive),
        Parameter::shape("gap_2", Domain::Positive),
    ];
    fn support(&self) -> Support {
        Support::Classes(Some(Self::CLASSES))
    }
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        // ln(F(b) − F(a)) = −softplus(−b) − softplus(a) + ln(1 − e^(a − b)), a < b; the ends are one-sided.
        let mut cut = p[1].x - p[0].x;
        let mut out = (-cut).softplus();
        for k in 1..Self::CLASSES {
            let own = if k + 1 < Self::CLASSES {
                let next = cut + p[k + 1].x;
                let own = (-next).softplus() + cut.softplus() - (-(cut - next).exp()).ln_1p();
                cut = next;
                own
            } else {
                cut.softplus()
            };
            out = R::select_lt(y, R::lit(k as f64 - 0.5), out, own);
        }
        out
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn cdf(&self, p: &[f64], y: f64) -> f64 {
        let cuts = [p[1], p[1] + p[2], p[1] + p[2] + p[3]];
        cuts.get(y as usize).map_or(1.0, |cut| (cut - p[0]).logistic())
    }
    no_statistics!();
}

/// Two targets at once. `y` is the first column; further columns arrive as parameters that no link moves and nobody
/// trains: a table's columns are bound like any other input (by row), and the density is over all of them.
///
/// Precision by its Cholesky factor: z₁ = (y₁ − μ₁)/σ₁, z₂ = (y₂ − μ₂)/σ₂ − slope · z₁.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Gaussian2;

impl Family for Gaussian2 {
    const NAME: &'static str = "gaussian_2";
    const FORMULA: &'static str = "exp(−½(z₁² + z₂²)) / (2π scale scale_2)";
    const PARAMETERS: &'static [Parameter] = &[
        Parameter::location("location", Domain::Real),
        Parameter::location("location_2", Domain::Real),
        Parameter::shape("scale", Domain::Positive),
        Parameter::shape("scale_2", Domain::Positive),
        Parameter::shape("slope", Domain::Real),
        Parameter::given("y_2", Domain::Real),
    ];
    fn support(&self) -> Support {
        Support::Real
    }
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let first = (y - p[0].x) / p[2].x;
        let second = (p[5].x - p[1].x) / p[3].x - p[4].x * first;
        R::lit(0.5) * (first.sq() + second.sq())
    }
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R {
        p[2].u + p[3].u + R::lit(2.0 * surprisal_density::special::LN_SQRT_TAU)
    }
    fn cdf(&self, _: &[f64], _: f64) -> f64 {
        f64::NAN
    }
    no_statistics!();
}

/// The gradient of any wrapper is the slope.
fn gradient_holds<F: Family>(family: F, at: &[f64], ys: &[f64]) {
    let u = common::free(&family, at);
    for &y in ys {
        let exact = gradient(&family, &u, y);
        for j in 0..u.len() {
            let along = |x: f64| {
                let mut u = u.clone();
                u[j] = x;
                common::nll_at(&family, &u, y)
            };
            close(&format!("{} at {y}, parameter {j}", F::NAME), exact[j], slope(along, u[j]), 1e-7);
        }
    }
}

fn density<F: Family>(family: &F, at: &[f64], y: f64) -> f64 {
    libm::exp(-common::nll(family, at, y))
}

fn over_range<F: Family>(family: &F, at: &[f64], ends: &[f64]) -> f64 {
    ends.windows(2).map(|e| common::integrate(|y| density(family, at, y), e[0], e[1])).sum()
}

fn censoring_and_truncation<F: LnCdf>(leaf: F) {
    let at = [0.4, 0.7];
    let (left, right) = (0.0, 1.3);
    let censored = Censored { leaf, left, right };
    let atoms = density(&censored, &at, left) + density(&censored, &at, right);
    close("censored", atoms + over_range(&censored, &at, &[left, 0.4, right]), 1.0, 1e-12);
    gradient_holds(censored, &at, &[left, 0.2, right]);
    let y = 0.7;
    let square = |z: f64| {
        let p = if z < y { censored.cdf(&at, z) } else { 1.0 - censored.cdf(&at, z) };
        p * p
    };
    let total: f64 = [left, at[0], y, right].windows(2).map(|e| common::integrate(square, e[0], e[1])).sum();
    close("censored crps", censored.crps(&at, y).unwrap(), total, 1e-12);

    let truncated = Truncated { leaf, left, right };
    close("truncated", over_range(&truncated, &at, &[left, 0.4, right]), 1.0, 1e-12);
    close("truncated cdf", truncated.cdf(&at, 1.0), over_range(&truncated, &at, &[left, 0.4, 1.0]), 1e-12);
    gradient_holds(truncated, &at, &[0.1, 1.2]);
}

#[test]
fn censored_and_truncated_integrate_to_one_over_any_family_with_tails() {
    censoring_and_truncation(Gaussian);
    censoring_and_truncation(Logistic);
    censoring_and_truncation(surprisal_density::family::Laplace);
}

#[test]
fn a_censored_row_far_from_the_model_still_has_a_slope() {
    let censored = Censored { leaf: Gaussian, left: 0.0, right: 1.0 };
    let exact = gradient(&censored, &[60.0, 0.0], 0.0);
    assert!((exact[0] - 60.0).abs() < 0.1, "Φ(−60) underflows, its logarithm does not: {exact:?}");
}

#[test]
fn a_zero_inflated_poisson_sums_to_one() {
    let (family, at) = (ZeroInflated(Poisson), [3.4, 0.3]);
    let total: f64 = (0..60).map(|k| density(&family, &at, k.into())).sum();
    close("sum", total, 1.0, 1e-13);
    close("cdf", family.cdf(&at, 2.0), (0..3).map(|k| density(&family, &at, k.into())).sum(), 1e-13);
    gradient_holds(family, &at, &[0.0, 1.0, 6.0]);
}

#[test]
fn a_mixture_integrates_to_one() {
    let (family, at) = (Mixture(Gaussian), [0.4, 0.7, -3.0, 0.2, 0.25]);
    let ends = [-10.0, -4.0, -3.0, -2.0, 0.4, 3.0, 9.0];
    close("integral", over_range(&family, &at, &ends), 1.0, 1e-12);
    close("cdf", family.cdf(&at, 0.4), over_range(&family, &at, &ends[..5]), 1e-12);
    gradient_holds(family, &at, &[-3.1, 0.0, 2.0]);
}

#[test]
fn an_ordinal_family_sums_to_one_and_its_cuts_stay_ordered() {
    let at = [0.3, -1.0, 0.8, 2.0];
    let total: f64 = (0..4).map(|k| density(&Ordinal, &at, k.into())).sum();
    close("sum", total, 1.0, 1e-14);
    close("cdf", Ordinal.cdf(&at, 1.0), density(&Ordinal, &at, 0.0) + density(&Ordinal, &at, 1.0), 1e-14);
    gradient_holds(Ordinal, &at, &[0.0, 1.0, 2.0, 3.0]);
}

#[test]
fn two_targets_integrate_to_one_over_the_plane() {
    let at = |second: f64| [0.4, -1.0, 0.7, 2.0, 0.5, second];
    let inner = |second: f64| over_range(&Gaussian2, &at(second), &[-6.0, -1.0, 0.4, 2.0, 7.0]);
    let ends = [-22.0, -6.0, -1.0, 4.0, 20.0];
    let total: f64 = ends.windows(2).map(|e| common::integrate(inner, e[0], e[1])).sum();
    close("integral", total, 1.0, 1e-10);
    gradient_holds(Gaussian2, &at(1.7), &[0.9]);
    // The slope in the second target comes for nothing: it is an argument like any other.
    type D = Dual<f64, 1>;
    let p: Vec<Arg<D>> = at(1.7)
        .iter()
        .enumerate()
        .map(|(j, &x)| match j {
            5 => Arg { x: D::var(x, 0), u: D::var(x, 0) },
            _ => Arg::fixed(Gaussian2.domain(j), x),
        })
        .collect();
    let want = slope(|second| common::nll(&Gaussian2, &at(second), 0.9), 1.7);
    close("slope in y_2", Gaussian2.nll(&p, D::lit(0.9)).slope[0], want, 1e-8);
}
