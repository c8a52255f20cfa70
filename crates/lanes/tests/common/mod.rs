//! Models drawn by number, and what becomes of them in a cohort.
#![allow(dead_code)]

use std::sync::Arc;
use surprisal_density::{AnyFamily, Purpose, Stream, Support};
use surprisal_kernel::{Bound, Isa, Penalty};
use surprisal_lanes::{Cohort, Kind, Model, Number, Rows, Rule, Shape};
use surprisal_spec::Activation;

/// Every binding of every family, the location predicted or learned.
pub fn bindings() -> Vec<Bound> {
    let first = AnyFamily::all().into_iter().flat_map(|family| family.examples().into_iter().take(1));
    let all = first.flat_map(|(family, at)| Bound::bindings(family, &at)).filter(|bound| bound.heads() > 0);
    let classes = [(2, None), (3, Some(1)), (10, None)];
    let of = |(classes, reference)| surprisal_density::family::Categorical { classes: Some(classes), reference };
    all.chain(classes.map(|it| Bound::predicted(of(it).into()))).collect()
}

pub fn shape(inputs: usize, hidden: &[usize], activation: Activation, bound: &Bound, rule: Kind) -> Shape {
    let (heads, learned) = (bound.heads(), bound.learned());
    Shape { inputs, hidden: hidden.to_vec(), heads, bias: true, activation, learned, batch: 11, rule }
}

/// Model number `k`: its rows, weights, prior and pace.
pub fn model<T: Number>(shape: &Shape, bound: &Bound, k: u64, columns: bool) -> Model<T> {
    let mut stream = Stream::new(Purpose::Sample, &[k, 5]);
    let rows = 17 + (k as usize * 7) % 12;
    let x: Vec<T> = (0..rows * shape.inputs).map(|_| T::of(stream.normal())).collect();
    let y: Vec<f64> = (0..rows)
        .map(|_| match bound.family.support() {
            Support::Real => stream.normal(),
            Support::Positive => 0.1 + 3.0 * stream.uniform(),
            Support::Counts => stream.below(6) as f64,
            Support::Classes(classes) => stream.below(classes.unwrap_or(2) as u64) as f64,
            Support::Clamped(..) => unreachable!("no family of a config"),
        })
        .collect();
    let weight = (columns && k.is_multiple_of(2)).then(|| (0..rows).map(|_| 0.5 + stream.uniform()).collect());
    let offset: Option<Vec<f64>> =
        (columns && k.is_multiple_of(3)).then(|| (0..rows).map(|_| stream.uniform() - 0.5).collect());
    let n = shape.len();
    let weights = n - shape.learned;
    let families = ["gaussian", "laplace", "student_t", "logistic"];
    let prior = |name: &str| {
        let family = AnyFamily::named(name).expect("it is known");
        let at = family.parameters().iter().map(|it| if it.location { 0.1 } else { 0.7 + 0.1 * k as f64 }).collect();
        Penalty { family, at }
    };
    let first = shape.inputs * shape.hidden.first().copied().unwrap_or(shape.heads);
    let priors = match k % 5 {
        0 => vec![],
        1 => vec![(0..first, prior("gaussian"))],
        _ => vec![(0..first, prior(families[(k % 4) as usize])), (first..weights, prior("gaussian"))],
    };
    let zero = vec![0.0; n];
    let lr = 0.01 * (1.0 + (k % 3) as f64);
    let rule = match shape.rule {
        Kind::Sgd => Rule::Sgd { lr, momentum: 0.3 * (k % 3) as f64, velocity: zero },
        Kind::Adam => Rule::Adam {
            lr,
            beta1: 0.9 - 0.1 * (k % 2) as f64,
            beta2: 0.999,
            eps: 1e-8,
            decay: if k % 4 == 3 { 0.1 } else { 0.0 },
            mean: zero.clone(),
            square: zero,
            power: [1.0; 2],
        },
    };
    let learned = bound.learned_parameters().into_iter().map(|j| match k % 2 {
        _ if bound.family.domain(j) == surprisal_density::Domain::Real => prior("gaussian"),
        0 => Penalty { family: AnyFamily::named("flat").expect("it is known"), at: vec![] },
        _ => Penalty { family: AnyFamily::named("gamma").expect("it is known"), at: vec![1.5, 2.0] },
    });
    let learned = learned.collect();
    let rows = Rows::new(bound, Arc::new(x), &y, weight, offset.as_deref(), 0.3);
    Model {
        size: shape.batch.min(rows.len()),
        rows: Arc::new(rows),
        bound: bound.clone(),
        priors,
        learned,
        rule,
        theta: (0..n).map(|_| 0.5 * stream.normal()).collect(),
    }
}

/// The rows of step `step` of model `k`: batches of an epoch in a new order, the last one shorter.
pub fn batch(k: u64, rows: usize, size: usize, step: usize) -> Vec<usize> {
    let steps = rows.div_ceil(size);
    let (epoch, at) = (step / steps, step % steps);
    let mut order: Vec<usize> = (0..rows).collect();
    Stream::new(Purpose::Shuffle, &[k, epoch as u64]).shuffle(&mut order);
    order[at * size..rows.min((at + 1) * size)].to_vec()
}

/// Bits of values and numbers of a model after each of its steps.
pub type Trace = Vec<Vec<u64>>;

fn bits(x: f64) -> u64 {
    if x.is_nan() { u64::MAX } else { x.to_bits() }
}

/// Trains the models of a list in a cohort, each for its own number of steps, whoever waits in whatever lane is free.
pub fn train<T: Number>(
    isa: Isa,
    shape: &Shape,
    queue: &[(u64, usize)],
    make: &dyn Fn(u64) -> Model<T>,
) -> Vec<(u64, Trace)> {
    let mut cohort = Cohort::<T>::new(shape.clone(), isa);
    let mut waiting = queue.iter();
    let mut seats: Vec<Option<(u64, usize, usize, Trace)>> = (0..cohort.width()).map(|_| None).collect();
    let mut done = vec![];
    loop {
        while let Some(lane) = cohort.free() {
            let Some(&(k, steps)) = waiting.next() else { break };
            cohort.put(lane, make(k));
            seats[lane] = Some((k, 0, steps, vec![]));
        }
        if cohort.is_empty() {
            return done;
        }
        for (lane, seat) in seats.iter().enumerate() {
            let Some((k, step, ..)) = seat else { continue };
            let rows = cohort.rows(lane).expect("somebody is there").len();
            cohort.batch(lane, &batch(*k, rows, shape.batch, *step));
        }
        cohort.gradient();
        let values: Vec<f64> = (0..cohort.width()).map(|lane| cohort.value(lane)).collect();
        cohort.update();
        for (lane, seat) in seats.iter_mut().enumerate() {
            let Some((_, step, steps, trace)) = seat else { continue };
            *step += 1;
            let mut now = vec![bits(values[lane]), u64::from(cohort.is_finite(lane))];
            now.extend(cohort.theta(lane).into_iter().map(bits));
            trace.push(now);
            if step == steps {
                let (k, .., trace) = seat.take().expect("it is there");
                cohort.take(lane);
                done.push((k, trace));
            }
        }
    }
}
