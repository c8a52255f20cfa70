//! What becomes of a model depends on nothing but itself, to the bit.

mod common;

use common::{Trace, bindings, model, shape, train};
use surprisal_density::{AnyFamily, Purpose, Stream};
use surprisal_kernel::{Bound, Isa, Penalty, Slot};
use surprisal_lanes::{Cohort, Kind, Model, Number, Rule, Shape};
use surprisal_spec::Activation;

fn gaussian() -> Bound {
    let family = AnyFamily::named("gaussian").expect("it is known");
    Bound { family, slots: vec![Slot::Predicted(0), Slot::Learned(0)] }
}

/// Models 0 .. n alone, on the plainest instructions.
fn solo<T: Number>(shape: &Shape, queue: &[(u64, usize)], make: &dyn Fn(u64) -> Model<T>) -> Vec<(u64, Trace)> {
    queue.iter().flat_map(|one| train(Isa::Scalar, shape, &[*one], make)).collect()
}

fn same(found: &[(u64, Trace)], expected: &[(u64, Trace)], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (k, trace) in expected {
        let other = &found.iter().find(|(it, _)| it == k).expect("each model ends").1;
        let first = trace.iter().zip(other).position(|(a, b)| a != b);
        assert_eq!(first, None, "{what}: model {k} has other bits from this step on");
    }
}

fn any_packing<T: Number>(activation: Activation, rule: Kind, hidden: &[usize]) {
    let bound = gaussian();
    let shape = shape(6, hidden, activation, &bound, rule);
    let make = |k: u64| model::<T>(&shape, &bound, k, true);
    let mut stream = Stream::new(Purpose::Sample, &[3]);
    let all: Vec<(u64, usize)> = (0..17).map(|k| (k, 1 + stream.below(7) as usize)).collect();
    let expected = solo(&shape, &all, &make);
    for n in 1..=all.len() {
        let mut queue = all.clone();
        stream.shuffle(&mut queue);
        queue.truncate(n);
        let mine: Vec<_> = expected.iter().filter(|(k, _)| queue.iter().any(|(it, _)| it == k)).cloned().collect();
        for isa in Isa::available() {
            same(&train(isa, &shape, &queue, &make), &mine, &format!("{n} models on {isa}"));
        }
    }
}

#[test]
fn a_model_is_the_same_in_cohorts_of_any_size_order_and_instruction_set() {
    any_packing::<f32>(Activation::Relu, Kind::Adam, &[7]);
    any_packing::<f32>(Activation::Tanh, Kind::Sgd, &[4, 5]);
    any_packing::<f64>(Activation::Softplus, Kind::Adam, &[3]);
    any_packing::<f64>(Activation::Relu, Kind::Sgd, &[]);
}

#[test]
fn a_model_is_the_same_beside_any_family() {
    let one = |bound: &Bound| bound.heads() == 1 && bound.learned() == 1;
    let bounds: Vec<Bound> = bindings().into_iter().filter(one).collect();
    assert!(bounds.len() >= 8, "{}", bounds.len());
    let shape = shape(4, &[5], Activation::Tanh, &bounds[0], Kind::Adam);
    let make = |k: u64| model::<f32>(&shape, &bounds[k as usize % bounds.len()], k, true);
    let queue: Vec<(u64, usize)> = (0..17).map(|k| (k, 3 + k as usize % 3)).collect();
    let expected = solo(&shape, &queue, &make);
    for isa in Isa::available() {
        same(&train(isa, &shape, &queue, &make), &expected, &format!("families on {isa}"));
    }
}

#[test]
fn a_model_is_the_same_beside_one_that_overflows() {
    let bound = gaussian();
    let shape = shape(6, &[5, 4], Activation::Relu, &bound, Kind::Sgd);
    let wild = [1e30, f64::NAN, f64::INFINITY, -1e38, 1e-42];
    let make = |k: u64| {
        let mut model = model::<f32>(&shape, &bound, k, true);
        if k >= 100 {
            model.theta.iter_mut().step_by(3).for_each(|x| *x = wild[k as usize % wild.len()]);
        }
        model
    };
    let tame: Vec<(u64, usize)> = (0..9).map(|k| (k, 6)).collect();
    let expected = solo(&shape, &tame, &make);
    let mut stream = Stream::new(Purpose::Sample, &[9]);
    for round in 0..6 {
        let mut queue = [&tame[..], &(100..108).map(|k| (k + round, 5)).collect::<Vec<_>>()].concat();
        stream.shuffle(&mut queue);
        for isa in Isa::available() {
            let found = train(isa, &shape, &queue, &make);
            let found: Vec<_> = found.into_iter().filter(|(k, _)| *k < 100).collect();
            same(&found, &expected, &format!("beside overflow on {isa}"));
        }
    }
}

#[test]
fn large_layers_and_batches_have_the_same_bits_in_any_blocks() {
    let bound = gaussian();
    let mut shape = shape(5, &[521, 130], Activation::Relu, &bound, Kind::Adam);
    shape.batch = 23;
    let make = |k: u64| model::<f32>(&shape, &bound, k, false);
    let queue: Vec<(u64, usize)> = (0..3).map(|k| (k, 2)).collect();
    let expected = solo(&shape, &queue, &make);
    for isa in Isa::available() {
        same(&train(isa, &shape, &queue, &make), &expected, &format!("large layers on {isa}"));
    }
}

/// Bits of the gradient and the value of each lane, whose batches have these many rows: more than go forward at once.
fn slopes(isa: Isa, shape: &Shape, make: &dyn Fn(u64) -> Model<f32>, lanes: &[(u64, usize)]) -> Vec<Vec<u64>> {
    let mut cohort = Cohort::<f32>::new(shape.clone(), isa);
    let lanes = &lanes[..lanes.len().min(cohort.width())];
    for (lane, (k, rows)) in lanes.iter().enumerate() {
        let model = make(*k);
        let all = model.rows.len();
        cohort.put(lane, model);
        cohort.batch(lane, &(0..*rows).map(|i| i * 7 % all).collect::<Vec<_>>());
    }
    cohort.gradient();
    let bits = |lane| cohort.slopes(lane).into_iter().chain([cohort.value(lane)]).map(f64::to_bits).collect();
    (0..lanes.len()).map(bits).collect()
}

#[test]
fn a_batch_of_many_rows_has_the_same_bits_beside_shorter_ones() {
    let bound = gaussian();
    let lanes: Vec<(u64, usize)> =
        [389, 128, 1, 129, 300, 64, 127, 256].into_iter().zip(0..).map(|(n, k)| (k, n)).collect();
    for hidden in [&[5, 4][..], &[]] {
        for inputs in [0, 6, 9] {
            let mut shape = shape(inputs, hidden, Activation::Tanh, &bound, Kind::Adam);
            shape.batch = 389;
            let make = |k: u64| model::<f32>(&shape, &bound, k, true);
            let alone: Vec<_> = lanes.iter().flat_map(|one| slopes(Isa::Scalar, &shape, &make, &[*one])).collect();
            for isa in Isa::available() {
                let found = slopes(isa, &shape, &make, &lanes);
                assert_eq!(found, alone[..found.len()], "{inputs} inputs, {hidden:?} on {isa}");
            }
        }
    }
}

/// A unit that is off for every row, under a strong prior or none: its numbers fall in each step.
fn fades<T: Number>(rule: Kind) {
    let bound = gaussian();
    let shape = shape(6, &[5], Activation::Relu, &bound, rule);
    let least = T::MIN_NORMAL * T::TWO_MANTISSA * T::TWO_MANTISSA;
    let make = |k: u64| {
        let mut model = model::<T>(&shape, &bound, k, false);
        // Its bias is the lowest of all, and its weights are small: no row can turn it on.
        model.theta[30] = -50.0;
        (0..6).for_each(|i| model.theta[i * 5] = 1e-3);
        let strong = Penalty { family: AnyFamily::named("gaussian").expect("known"), at: vec![0.0, 0.1] };
        model.priors = if k.is_multiple_of(2) { vec![(0..30, strong)] } else { vec![] };
        model
    };
    let mut cohort = Cohort::<T>::new(shape.clone(), Isa::best());
    (0..cohort.width()).for_each(|lane| cohort.put(lane, make(lane as u64)));
    for step in 0..6000 {
        for lane in 0..cohort.width() {
            let (rows, size) = (cohort.rows(lane).expect("a model").len(), 11);
            cohort.batch(lane, &common::batch(lane as u64, rows, size, step));
        }
        cohort.gradient();
        cohort.update();
    }
    for lane in 0..cohort.width() {
        let carried = match cohort.rule(lane).expect("a model") {
            Rule::Sgd { velocity, .. } => vec![velocity],
            Rule::Adam { mean, square, .. } => {
                assert!(square.iter().all(|&x| x == 0.0 || x >= T::MIN_NORMAL), "squares of lane {lane}: {square:?}");
                vec![mean]
            }
        };
        for numbers in carried.into_iter().chain([cohort.theta(lane)]) {
            let fading = numbers.iter().find(|x| **x != 0.0 && x.abs() < least);
            assert_eq!(fading, None, "a number of lane {lane} that fades for ever");
        }
        assert!(cohort.theta(lane).iter().all(|x| x.is_finite()), "lane {lane}");
    }
}

#[test]
fn what_fades_ends_at_zero_and_not_among_subnormal_numbers() {
    fades::<f32>(Kind::Adam);
    fades::<f32>(Kind::Sgd);
    fades::<f64>(Kind::Adam);
}
