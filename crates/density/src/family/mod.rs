//! One file per family: a density, its parameters, and what follows from them.

use crate::{Arg, Domain, Parameter, Real, Stream, special};

/// Collects the families into the one enum a config may name.
macro_rules! families {
    ($($module:ident::$Family:ident),+ $(,)?) => {
        $(mod $module; pub use $module::$Family;)+

        /// Any family a config may name.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum AnyFamily { $(#[doc = concat!("See [`", stringify!($Family), "`].")] $Family($Family)),+ }

        impl AnyFamily {
            /// The YAML keys of all families, in the order of the registry.
            pub const NAMES: &'static [&'static str] = &[$($Family::NAME),+];
            /// Every family, with its defaults.
            pub fn all() -> Vec<AnyFamily> {
                vec![$(AnyFamily::$Family($Family::default())),+]
            }
            /// See [`Family::examples`]; a categorical one knows its classes.
            pub fn examples(self) -> Vec<(AnyFamily, Vec<f64>)> {
                match self {
                    $(AnyFamily::$Family(_) => $Family::examples().into_iter().map(|(it, at)| (it.into(), at)).collect()),+
                }
            }
            /// Calls `v` with the family inside.
            #[inline]
            pub fn visit<V: Visit>(self, v: V) -> V::Output {
                match self { $(AnyFamily::$Family(it) => v.visit(it)),+ }
            }
        }
        $(impl From<$Family> for AnyFamily {
            fn from(it: $Family) -> AnyFamily { AnyFamily::$Family(it) }
        })+
    };
}
families! {
    asymmetric_laplace::AsymmetricLaplace,
    bernoulli::Bernoulli,
    categorical::Categorical,
    exponential::Exponential,
    flat::Flat,
    gamma::Gamma,
    gaussian::Gaussian,
    laplace::Laplace,
    log_normal::LogNormal,
    logistic::Logistic,
    negative_binomial::NegativeBinomial,
    poisson::Poisson,
    student_t::StudentT,
}

/// Where targets live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Support {
    /// The real line.
    Real,
    /// y > 0.
    Positive,
    /// 0, 1, 2, …
    Counts,
    /// The labels 0, 1, …, n − 1; `None` as long as n is not known.
    Classes(Option<usize>),
    /// The line between two limits, and an atom on each (censoring).
    Clamped(f64, f64),
}

impl Support {
    /// Whether `y` is in the support.
    pub fn contains(self, y: f64) -> bool {
        let whole = y >= 0.0 && y == y.trunc() && y.is_finite();
        match self {
            Support::Real => y.is_finite(),
            Support::Positive => y > 0.0 && y.is_finite(),
            Support::Counts => whole,
            Support::Classes(n) => whole && n.is_none_or(|n| (y as usize) < n),
            Support::Clamped(left, right) => y >= left && y <= right && !y.is_nan(),
        }
    }
    /// A density with respect to length (true) or a probability of points (false). Their NLLs don't compare.
    pub fn is_continuous(self) -> bool {
        matches!(self, Support::Real | Support::Positive)
    }
    /// What [`Support::contains`] asks for, in words.
    pub fn expected(self) -> String {
        match self {
            Support::Real => "a finite number".into(),
            Support::Positive => "a number greater than 0".into(),
            Support::Counts => "a count 0, 1, 2, …".into(),
            Support::Classes(None) => "a class 0, 1, 2, …".into(),
            Support::Classes(Some(n)) => format!("a class 0 … {}", n - 1),
            Support::Clamped(left, right) => format!("a number from {left} to {right}"),
        }
    }
}

/// What a family becomes at the edge of a parameter's domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The parameter's place in the list.
    pub parameter: usize,
    /// 0 or ∞.
    pub at: f64,
    /// The family it becomes, by name.
    pub reduces_to: &'static str,
}

/// p(y | parameters), in three parts: −ln p = energy + log_norm + base, in nats.
///
/// The parts differ in what they may look at, and [`Deps`](crate::Deps) finds out what they do look at: that, with
/// the bindings, decides how often each is computed. Likelihood and prior are roles of one family.
///
/// The statistics take the parameters' values, not the unconstrained numbers behind them.
pub trait Family: Copy + Default + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// The YAML key.
    const NAME: &'static str;
    /// The density, as one line of text for lists and pages.
    const FORMULA: &'static str;
    /// The parameters, location first.
    const PARAMETERS: &'static [Parameter];

    /// Edges of the domain that a trained parameter may run to, where the family becomes another.
    const LIMITS: &'static [Limit] = &[];

    /// Where `y` lives.
    fn support(&self) -> Support;
    /// How many parameters; only a family over classes has another number than its list.
    #[inline(always)]
    fn arity(&self) -> usize {
        Self::PARAMETERS.len()
    }
    /// Domain of parameter `j`; folds to a constant when `j` is one.
    #[inline(always)]
    fn domain(&self, j: usize) -> Domain {
        Self::PARAMETERS[j].domain
    }
    /// The loss as usually written. Only this part may look at the location.
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R;
    /// What does not look at y: the constant a loss usually forgets.
    fn log_norm<R: Real>(&self, p: &[Arg<R>]) -> R;
    /// What looks at y but not at the location: the base measure.
    #[inline(always)]
    fn base<R: Real>(&self, _p: &[Arg<R>], _y: R) -> R {
        R::lit(0.0)
    }
    /// −ln p(y), all of it.
    #[inline(always)]
    fn nll<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        self.energy(p, y) + self.log_norm(p) + self.base(p, y)
    }
    /// Whether the energy is piecewise linear in the location, with a kink at y: a solver must know, gradients stall.
    fn kinked(&self) -> bool {
        false
    }
    /// Whether −ln p is convex in the location: a stationary point of a linear model is then its optimum.
    fn log_concave(&self) -> bool {
        true
    }

    /// E\[Y\], where it exists.
    fn mean(&self, p: &[f64]) -> Option<f64>;
    /// Var\[Y\], where it exists; may be infinite.
    fn variance(&self, p: &[f64]) -> Option<f64>;
    /// argmax p; the smallest where there are several; `None` where the density has no maximum.
    fn mode(&self, p: &[f64]) -> Option<f64>;
    /// P(Y ≤ y).
    fn cdf(&self, p: &[f64], y: f64) -> f64;
    /// P(Y > y), right also far in the upper tail.
    fn survival(&self, p: &[f64], y: f64) -> f64 {
        1.0 - self.cdf(p, y)
    }
    /// The smallest y with P(Y ≤ y) ≥ q, for 0 < q < 1.
    fn quantile(&self, p: &[f64], q: f64) -> f64;
    /// The smallest y with P(Y ≤ y) ≥ ½.
    fn median(&self, p: &[f64]) -> f64 {
        self.quantile(p, 0.5)
    }
    /// One draw: by inversion unless the family knows better.
    fn sample(&self, p: &[f64], stream: &mut Stream) -> f64 {
        self.quantile(p, stream.uniform())
    }
    /// CRPS = ∫ (F(z) − 1{y ≤ z})² dz in the units of y (a sum for counts); `None` for classes and infinite means.
    ///
    /// Closed form where one is known (Jordan, Krüger & Lerch 2019), else quadrature.
    fn crps(&self, p: &[f64], y: f64) -> Option<f64> {
        self.mean(p)?;
        special::crps(self.support(), |z| self.cdf(p, z), |z| self.survival(p, z), |q| self.quantile(p, q), y)
    }
    /// The parameters of `factor · Y + shift`, for families on the real line.
    fn affine(&self, p: &mut [f64], factor: f64, shift: f64) {
        assert_eq!(self.support(), Support::Real, "only a density on the line is rescaled");
        for (x, parameter) in p.iter_mut().zip(Self::PARAMETERS) {
            if parameter.location {
                *x = *x * factor + shift;
            } else if parameter.name == "scale" {
                *x *= factor;
            }
        }
    }
    /// Parameter values for tests, benches and docs.
    fn examples() -> Vec<(Self, Vec<f64>)>;
}

/// A family on the line whose tails have a formula: what censoring and truncation need.
pub trait LnCdf: Family {
    /// ln P(Y ≤ y).
    fn ln_cdf<R: Real>(&self, p: &[Arg<R>], y: R) -> R;
    /// ln P(Y > y).
    fn ln_survival<R: Real>(&self, p: &[Arg<R>], y: R) -> R;
}

/// A function of any one family, compiled for each.
pub trait Visit {
    /// What the visit returns.
    type Output;
    /// Called with the family behind the enum.
    fn visit<F: Family>(self, family: F) -> Self::Output;
}

/// Writes the methods of [`AnyFamily`] that only pass their arguments on.
macro_rules! forward {
    ($a:lifetime; $($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)+) => {
        impl AnyFamily { $(
            $(#[$doc])*
            #[allow(clippy::extra_unused_lifetimes)]
            pub fn $name<$a>(self, $($arg: $ty),*) -> $out {
                struct Call<$a>(std::marker::PhantomData<&$a ()>, $($ty),*);
                impl<$a> Visit for Call<$a> {
                    type Output = $out;
                    fn visit<F: Family>(self, family: F) -> $out {
                        let Call(_, $($arg),*) = self;
                        family.$name($($arg),*)
                    }
                }
                self.visit(Call(std::marker::PhantomData, $($arg),*))
            }
        )+ }
    };
}
forward! { 'a;
    /// See [`Family::support`].
    fn support() -> Support;
    /// See [`Family::arity`].
    fn arity() -> usize;
    /// See [`Family::domain`].
    fn domain(j: usize) -> Domain;
    /// See [`Family::kinked`].
    fn kinked() -> bool;
    /// See [`Family::log_concave`].
    fn log_concave() -> bool;
    /// See [`Family::mean`].
    fn mean(p: &'a [f64]) -> Option<f64>;
    /// See [`Family::variance`].
    fn variance(p: &'a [f64]) -> Option<f64>;
    /// See [`Family::mode`].
    fn mode(p: &'a [f64]) -> Option<f64>;
    /// See [`Family::median`].
    fn median(p: &'a [f64]) -> f64;
    /// See [`Family::cdf`].
    fn cdf(p: &'a [f64], y: f64) -> f64;
    /// See [`Family::survival`].
    fn survival(p: &'a [f64], y: f64) -> f64;
    /// See [`Family::quantile`].
    fn quantile(p: &'a [f64], q: f64) -> f64;
    /// See [`Family::sample`].
    fn sample(p: &'a [f64], stream: &'a mut Stream) -> f64;
    /// See [`Family::crps`].
    fn crps(p: &'a [f64], y: f64) -> Option<f64>;
    /// See [`Family::affine`].
    fn affine(p: &'a mut [f64], factor: f64, shift: f64) -> ();
}

impl AnyFamily {
    /// The YAML key.
    pub fn name(self) -> &'static str {
        struct Name;
        impl Visit for Name {
            type Output = &'static str;
            fn visit<F: Family>(self, _: F) -> &'static str {
                F::NAME
            }
        }
        self.visit(Name)
    }
    /// The density as one line of text.
    pub fn formula(self) -> &'static str {
        struct Formula;
        impl Visit for Formula {
            type Output = &'static str;
            fn visit<F: Family>(self, _: F) -> &'static str {
                F::FORMULA
            }
        }
        self.visit(Formula)
    }
    /// The parameters as the family's file lists them.
    pub fn parameters(self) -> &'static [Parameter] {
        struct Parameters;
        impl Visit for Parameters {
            type Output = &'static [Parameter];
            fn visit<F: Family>(self, _: F) -> &'static [Parameter] {
                F::PARAMETERS
            }
        }
        self.visit(Parameters)
    }
    /// See [`Family::LIMITS`].
    pub fn limits(self) -> &'static [Limit] {
        struct Limits;
        impl Visit for Limits {
            type Output = &'static [Limit];
            fn visit<F: Family>(self, _: F) -> &'static [Limit] {
                F::LIMITS
            }
        }
        self.visit(Limits)
    }
    /// The family of that name, with its defaults.
    pub fn named(name: &str) -> Option<AnyFamily> {
        AnyFamily::all().into_iter().find(|family| family.name() == name)
    }
    /// −ln p(y) at the parameters' values, all constants kept.
    pub fn nll(self, p: &[f64], y: f64) -> f64 {
        struct Nll<'a>(&'a [f64], f64);
        impl Visit for Nll<'_> {
            type Output = f64;
            fn visit<F: Family>(self, family: F) -> f64 {
                let args: Vec<Arg<f64>> =
                    self.0.iter().enumerate().map(|(j, &x)| Arg::fixed(family.domain(j), x)).collect();
                family.nll(&args, self.1)
            }
        }
        self.visit(Nll(p, y))
    }
}

/// Names the parameters inside a formula: `let [location, scale] = args(p);`
#[inline(always)]
pub(crate) fn args<R: Real, const P: usize>(p: &[Arg<R>]) -> [Arg<R>; P] {
    let mut out = [p[0]; P];
    out.copy_from_slice(&p[..P]);
    out
}
