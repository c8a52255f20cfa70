//! How far kernels are from the reference in double precision: every family, every binding, near and far.

use crate::{Found, Given};
use surprisal_density::{AnyFamily, Domain, Prior, Purpose, Stream, Support};
use surprisal_kernel::cuda::{Dtype, Pass, Program};
use surprisal_kernel::{Bound, Penalty, Rows, Slot, kernel};

/// A bound family, or one as a prior, and what it is tried on.
#[derive(Clone, Debug)]
pub struct Case {
    /// The formula.
    pub of: Formula,
    /// Its text for one dtype.
    pub program: Program,
    /// In numbers that the dtype has.
    pub given: Given,
}

/// What a program computes.
#[derive(Clone, Debug)]
pub enum Formula {
    /// A likelihood with its bindings.
    Likelihood(Bound),
    /// A prior with its parameters.
    Prior(Penalty),
}

impl Formula {
    /// Its text for one dtype.
    pub fn program(&self, dtype: Dtype) -> Program {
        match self {
            Formula::Likelihood(bound) => Program::of(bound, dtype),
            Formula::Prior(penalty) => Program::of_prior(penalty, dtype),
        }
    }
    /// The family.
    pub fn family(&self) -> AnyFamily {
        match self {
            Formula::Likelihood(bound) => bound.family,
            Formula::Prior(penalty) => penalty.family,
        }
    }
}

/// Every registered family at all its examples.
fn examples() -> impl Iterator<Item = (AnyFamily, Vec<f64>)> {
    AnyFamily::all().into_iter().flat_map(AnyFamily::examples)
}

/// Classes with and without a reference, around every change of kernel.
fn classes() -> Vec<AnyFamily> {
    let counts = [2, 3, 10, 16, 17, 100, 1000, 2048, 2049, 5000];
    let of = |n: usize| {
        [None, Some(n / 2)].map(|reference| {
            let mut family = AnyFamily::named("categorical").expect("registered");
            if let AnyFamily::Categorical(it) = &mut family {
                (it.classes, it.reference) = (Some(n), reference);
            }
            family
        })
    };
    counts.into_iter().flat_map(of).collect()
}

/// Every family × every binding × every example, with the values of the example's parameters.
pub fn bounds() -> Vec<(Bound, Vec<f64>)> {
    let categorical = |family: &AnyFamily| matches!(family, AnyFamily::Categorical(_));
    let mut all = Vec::new();
    for (family, at) in examples().filter(|(family, _)| !categorical(family)) {
        all.extend(Bound::bindings(family, &at).into_iter().map(|bound| (bound, at.clone())));
    }
    all.extend(classes().into_iter().map(|family| (Bound::predicted(family), vec![0.0; family.arity()])));
    all
}

/// Every family that can be a prior, at every example.
pub fn penalties() -> Vec<Penalty> {
    let of = |(family, at)| Penalty { family, at };
    examples().filter(|(family, _)| Prior::may_be(*family)).map(of).collect()
}

/// Every formula: likelihoods, then priors.
pub fn formulas() -> Vec<Formula> {
    let likelihoods = bounds().into_iter().map(|(bound, _)| Formula::Likelihood(bound));
    likelihoods.chain(penalties().into_iter().map(Formula::Prior)).collect()
}

/// What to try each formula on, for one dtype.
pub fn cases(dtype: Dtype) -> Vec<Case> {
    let rows = |i: usize, bound: &Bound| match bound.family {
        AnyFamily::Categorical(_) => (400_000 / bound.heads()).clamp(7, 5000),
        _ if i % 27 == 8 => 4113, // more than one block of sums
        _ => 200,
    };
    let likelihoods = bounds().into_iter().enumerate().map(|(i, (bound, at))| {
        let n = rows(i, &bound);
        case(bound, &at, dtype, i, n)
    });
    likelihoods.chain(penalties().into_iter().map(|penalty| prior(penalty, dtype))).collect()
}

/// Numbers near and far, over more than one block of sums.
fn prior(mut penalty: Penalty, dtype: Dtype) -> Case {
    penalty.at.iter_mut().for_each(|x| *x = crate::packed::beside(dtype, *x));
    let mut stream = Stream::new(Purpose::Sample, &[4113]);
    let far = |i: usize| if i.is_multiple_of(3) { 1000.0 } else { 2.0 };
    let eta: Vec<f64> = (0..4113).map(|i| far(i) * stream.normal()).collect();
    let (rows, learned, weight, offset) = (None, vec![], None, None);
    let given = Given { rows, y: vec![0.0; eta.len()], eta, learned, weight, offset }.rounded(dtype);
    let of = Formula::Prior(penalty);
    Case { program: of.program(dtype), of, given }
}

/// A third of the rows near the example; a third far from it, with targets of their own density; a third near it, with
/// targets of another's.
fn case(mut bound: Bound, at: &[f64], dtype: Dtype, number: usize, n: usize) -> Case {
    let family = bound.family;
    for slot in &mut bound.slots {
        if let Slot::Fixed(x) = slot {
            *x = crate::packed::beside(dtype, *x); // fixed numbers too are ones that the dtype has
        }
    }
    let mut stream = Stream::new(Purpose::Sample, &[number as u64, n as u64]);
    let far = match family.support() {
        Support::Real => 1000.0,
        Support::Classes(_) => 30.0,
        _ => 3.0,
    };
    let draw = |j: usize, wide: bool, stream: &mut Stream| match (family.domain(j), wide) {
        (Domain::Real, false) => at[j] + stream.normal(),
        (Domain::Real, true) => far * stream.normal(),
        (domain, false) => domain.unlink(at[j]) + 0.3 * stream.normal(),
        (_, true) => 20.0 * stream.uniform() - 10.0,
    };
    let learned: Vec<f64> = bound.learned_parameters().iter().map(|&j| draw(j, false, &mut stream)).collect();
    let (mut eta, mut y, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..n {
        let from = eta.len();
        for (j, slot) in bound.slots.iter().enumerate() {
            if matches!(slot, Slot::Predicted(_)) {
                eta.push(draw(j, i % 3 == 1, &mut stream));
            }
        }
        bound.values(&eta[from..], &learned, &mut values);
        if i % 3 == 2 {
            values.copy_from_slice(at);
        }
        let drawn = match family {
            // A quantile of classes takes their number's square.
            AnyFamily::Categorical(it) => (stream.uniform() * it.classes.unwrap_or(2) as f64).floor(),
            _ => family.sample(&values, &mut stream),
        };
        // A shape of e^−10 has no quantiles in double precision.
        let drawn = if drawn.is_nan() { family.sample(at, &mut stream) } else { drawn };
        let smallest = if family.support() == Support::Positive { f64::from(f32::MIN_POSITIVE) } else { f64::MIN };
        y.push(drawn.clamp(smallest, 1e30));
    }
    let class = matches!(family, AnyFamily::Categorical(_));
    let weight = number.is_multiple_of(2).then(|| (0..n).map(|i| 0.5 + (i % 3) as f64).collect());
    let shifted = number.is_multiple_of(3) && !class && !matches!(bound.slots[0], Slot::Fixed(_));
    let offset = shifted.then(|| (0..n).map(|i| (i % 5) as f64 * 0.125 - 0.25).collect());
    // η in the order of the rows asked for: here the data reversed.
    let rows: Option<Vec<usize>> = (number % 4 == 3).then(|| (0..n).rev().collect());
    let heads = bound.heads();
    if rows.is_some() && heads > 0 {
        eta = eta.chunks_exact(heads).rev().flatten().copied().collect();
    }
    let given = Given { rows, eta, learned, y, weight, offset }.rounded(dtype);
    Case { program: Program::of(&bound, dtype), of: Formula::Likelihood(bound), given }
}

/// What the reference finds of a prior, and Σ (1 + |x|).
fn of_prior(penalty: &Penalty, theta: &[f64]) -> (Found, Vec<f64>) {
    let mut slopes = vec![0.0; theta.len()];
    let out = vec![penalty.value_and_gradient(theta, &mut slopes)];
    let values: Vec<f64> = theta.iter().map(|&x| penalty.derivatives(x).0).collect();
    let sizes = vec![values.iter().map(|x| 1.0 + x.abs()).sum()];
    (Found { out, slopes, values }, sizes)
}

/// The largest differences from the reference, in units of 1 + |x|; of sums, of all their terms' Σ (1 + |x|).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// Of −ln p of a row.
    pub value: f64,
    /// Of the slopes in η.
    pub slope: f64,
    /// Of the loss and its slopes in learned numbers.
    pub sum: f64,
    /// Of −ln p of a row where it is at least 1, in units in the last place of the results' dtype (f32 beside bf16).
    pub ulp: f64,
}

impl Errors {
    /// Whether none is larger.
    pub fn within(self, o: Errors) -> bool {
        self.value <= o.value && self.slope <= o.slope && self.sum <= o.sum && self.ulp <= o.ulp
    }
    /// The larger of each.
    pub fn max(self, o: Errors) -> Errors {
        Errors {
            value: self.value.max(o.value),
            slope: self.slope.max(o.slope),
            sum: self.sum.max(o.sum),
            ulp: self.ulp.max(o.ulp),
        }
    }
}

impl Case {
    /// How far the results may be from the reference.
    pub fn allowed(&self) -> Errors {
        let (value, slope) = match self.program.dtype() {
            // Large counts: terms of 1e5 nats cancel, here and in the reference.
            Dtype::F64 => (1e-11, 1e-11),
            // Slopes are rounded to eight bits.
            Dtype::Bf16 => (1e-6, 1.0 / 256.0),
            Dtype::F32 => (1e-6, 1e-6),
        };
        Errors { value, slope, sum: value, ulp: f64::INFINITY }
    }

    /// What the reference finds, and Σ (1 + |x|) of the terms of each sum.
    fn reference(&self) -> (Found, Vec<f64>) {
        let (given, bound) = match &self.of {
            Formula::Likelihood(bound) => (&self.given, bound),
            Formula::Prior(penalty) => return of_prior(penalty, &self.given.eta),
        };
        let kernel = kernel(bound);
        let targets = kernel.targets(given.y.clone(), given.weight.clone(), given.offset.clone());
        let rows: Vec<usize> = given.rows.clone().unwrap_or_else(|| (0..given.y.len()).collect());
        let (heads, all) = (bound.heads(), Rows::These(&rows));
        let (mut slopes, mut learned) = (vec![0.0; given.eta.len()], vec![0.0; given.learned.len()]);
        let value = kernel.value_and_gradient(&given.eta, &given.learned, &targets, all, &mut slopes, &mut learned);
        let mut values = vec![0.0; rows.len()];
        kernel.values(&given.eta, &given.learned, &targets, all, &mut values);
        let mut sizes = vec![values.iter().map(|x| 1.0 + x.abs()).sum()];
        sizes.resize(1 + learned.len(), 0.0);
        for (i, row) in rows.iter().enumerate().filter(|_| !learned.is_empty()) {
            let (eta, mut slope, mut term) =
                (&given.eta[i * heads..(i + 1) * heads], vec![0.0; heads], learned.clone());
            kernel.value_and_gradient(eta, &given.learned, &targets, Rows::These(&[*row]), &mut slope, &mut term);
            sizes[1..].iter_mut().zip(term).for_each(|(size, x)| *size += 1.0 + x.abs());
        }
        (Found { out: [&[value][..], &learned].concat(), slopes, values }, sizes)
    }

    /// How far the results of both passes are from the reference. NaN where only one of the two has a number.
    pub fn errors(&self, mut run: impl FnMut(Pass) -> Found) -> Errors {
        let (expected, sizes) = self.reference();
        let (fused, forward) = (run(Pass::Fused), run(Pass::Forward));
        assert_eq!(fused.slopes.len(), expected.slopes.len(), "a slope for each η");
        assert_eq!(forward.values.len(), expected.values.len(), "a value for each row");
        let worst = |found: &[f64], expected: &[f64], unit: &dyn Fn(f64) -> f64| {
            let each = found.iter().zip(expected).map(|(&f, &e)| match (f == e, f.is_finite() && e.is_finite()) {
                (true, _) => 0.0,
                (_, true) => (f - e).abs() / unit(e),
                // Beyond single precision there is infinity.
                _ if e.abs() > f64::from(f32::MAX) && f.is_infinite() => 0.0,
                _ => f64::INFINITY,
            });
            each.fold(0.0, f64::max)
        };
        let mixed = |x: f64| 1.0 + x.abs();
        let ulp = |x: f64| match self.program.dtype() {
            _ if x.abs() < 1.0 => f64::INFINITY,
            Dtype::F64 => x.abs().next_up() - x.abs(),
            _ => f64::from((x.abs() as f32).next_up()) - f64::from(x.abs() as f32),
        };
        let sums = |found: &Found| {
            let each = found.out.iter().zip(&expected.out).zip(&sizes);
            each.map(|((f, e), size)| worst(&[*f], &[*e], &|_| *size)).fold(0.0, f64::max)
        };
        Errors {
            value: worst(&forward.values, &expected.values, &mixed),
            slope: worst(&fused.slopes, &expected.slopes, &mixed),
            sum: sums(&fused).max(sums(&forward)),
            ulp: worst(&forward.values, &expected.values, &ulp),
        }
    }
}
