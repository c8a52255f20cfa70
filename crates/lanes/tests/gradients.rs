//! Gradients against the f64 reference of the likelihoods and priors, and a network written row by row.

mod common;

use common::{batch, bindings, model, shape};
use surprisal_density::Dual;
use surprisal_kernel::{Bound, Isa, Rows as All, Slot, kernel};
use surprisal_lanes::{Cohort, Kind, Model, Number, Shape};
use surprisal_spec::Activation;

fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::Tanh => libm::tanh(x),
        Activation::Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
    }
}

/// η of a row, as one would write it down.
fn eta(shape: &Shape, theta: &[f64], x: &[f64]) -> Vec<f64> {
    let widths: Vec<usize> = [&shape.hidden[..], &[shape.heads]].concat();
    let (mut h, mut at) = (x.to_vec(), 0);
    for (l, &outputs) in widths.iter().enumerate() {
        let bias = at + h.len() * outputs;
        let out = (0..outputs).map(|o| {
            let sum: f64 = h.iter().enumerate().map(|(i, h)| h * theta[at + i * outputs + o]).sum();
            sum + theta[bias + o]
        });
        let out: Vec<f64> = out.collect();
        at = bias + outputs;
        h = if l + 1 < widths.len() { out.iter().map(|x| activate(shape.activation, *x)).collect() } else { out };
    }
    h
}

/// The objective of a batch, as `train` defines it, at θ.
fn objective(shape: &Shape, model: &Model<f64>, y: &[f64], batch: &[usize], theta: &[f64]) -> f64 {
    let kernel = kernel(&model.bound);
    let n = shape.inputs;
    let eta: Vec<f64> = batch.iter().flat_map(|&i| eta(shape, theta, &model.rows.x[i * n..(i + 1) * n])).collect();
    let learned = &theta[theta.len() - shape.learned..];
    let pick = |of: &Vec<f64>| batch.iter().map(|&i| of[i]).collect::<Vec<f64>>();
    let weight = model.rows.weight.as_ref().map(pick);
    let weights = weight.as_ref().map_or(batch.len() as f64, |w| w.iter().sum());
    let targets = kernel.targets(pick(&y.to_vec()), weight, model.rows.offset.as_ref().map(pick));
    let (mut g, mut h) = (vec![0.0; eta.len()], vec![0.0; shape.learned]);
    let nll = kernel.value_and_gradient(&eta, learned, &targets, All::All, &mut g, &mut h) + 0.3 * weights;
    let mut prior: f64 = model
        .priors
        .iter()
        .map(|(range, it)| it.value_and_gradient(&theta[range.clone()], &mut vec![0.0; range.len()]))
        .sum();
    for (k, (penalty, j)) in model.learned.iter().zip(model.bound.learned_parameters()).enumerate() {
        let value = model.bound.family.domain(j).link(Dual::<f64, 1>::var(learned[k], 0)).value;
        prior += penalty.derivatives(value).0;
    }
    (nll + prior * batch.len() as f64 / model.rows.len() as f64) / model.size as f64
}

/// The same model in another precision.
fn cast<T: Number>(model: &Model<f64>) -> Model<T> {
    let x = std::sync::Arc::new(model.rows.x.iter().map(|x| T::of(*x)).collect());
    let rows = std::sync::Arc::new((*model.rows).clone().to(x));
    let Model { bound, priors, learned, size, rule, theta, .. } = model.clone();
    Model { rows, bound, priors, learned, size, rule, theta }
}

/// Value and gradient of a lane among others.
fn lane<T: Number>(shape: &Shape, model: &Model<f64>, batch: &[usize]) -> (f64, Vec<f64>) {
    let mut cohort = Cohort::<T>::new(shape.clone(), Isa::best());
    let at = cohort.width() / 2;
    cohort.put(at, cast(model));
    cohort.batch(at, batch);
    cohort.gradient();
    (cohort.value(at), cohort.slopes(at))
}

/// How many slopes lie too near a kink for differences.
fn check(bound: &Bound, hidden: &[usize], activation: Activation, wrong: &mut Vec<String>) -> usize {
    let mut excused = 0;
    let shape = shape(4, hidden, activation, bound, Kind::Sgd);
    for k in 1..4 {
        let mut model = model::<f64>(&shape, bound, k, true);
        // Few bits, so that single precision loses none.
        model.theta.iter_mut().for_each(|x| *x = f64::from(*x as f32));
        let y = model.rows.y.clone();
        let batch = batch(k, model.rows.len(), shape.batch, k as usize);
        let (value, gradient) = lane::<f64>(&shape, &model, &batch);
        let expected = objective(&shape, &model, &y, &batch, &model.theta);
        let name = format!("{} {:?} {hidden:?} {activation:?} model {k}", bound.family.name(), bound.slots);
        let off = (value - expected).abs() / (1.0 + expected.abs());
        if off.is_nan() || off > 1e-12 {
            wrong.push(format!("{name}: the value {value} is not {expected}"));
        }
        for j in 0..shape.len() {
            let at = |h: f64| {
                let mut theta = model.theta.clone();
                theta[j] += h;
                objective(&shape, &model, &y, &batch, &theta)
            };
            // Fourth order: 1e-3⁴ of a fifth derivative, and 1e-16/1e-3 of rounding.
            let h = 1e-3;
            let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let off = (gradient[j] - slope).abs() / (1.0 + slope.abs());
            let kinked = activation == Activation::Relu && !hidden.is_empty() || bound.family.kinked();
            // Twice as far, what is smooth bends four times as much (to h⁴); what has a kink within reach does not.
            let bend = |h: f64| at(h) + at(-h) - 2.0 * at(0.0);
            let kink = kinked && (bend(2.0 * h) - 4.0 * bend(h)).abs() > 1e-9;
            excused += usize::from(off > 1e-7 && kink);
            if off.is_nan() || off > 1e-7 && !kink {
                wrong.push(format!("{name}: slope {j} is {}, not {slope}", gradient[j]));
            }
        }
        let (single, slopes) = lane::<f32>(&shape, &model, &batch);
        if (single - value).abs().is_nan() || (single - value).abs() > 2e-6 * (1.0 + value.abs()) {
            wrong.push(format!("{name}: {single} in f32, {value} in f64"));
        }
        let size = gradient.iter().fold(1.0, |m: f64, g| m.max(g.abs()));
        for (j, (a, b)) in slopes.iter().zip(&gradient).enumerate() {
            if (a - b).abs().is_nan() || (a - b).abs() > 1e-5 * size {
                wrong.push(format!("{name}: slope {j} is {a} in f32, {b} in f64"));
            }
        }
    }
    excused
}

#[test]
fn every_family_and_binding_has_the_slopes_of_the_reference() {
    let mut wrong = vec![];
    let mut excused = 0;
    for bound in bindings() {
        excused += check(&bound, &[5], Activation::Tanh, &mut wrong);
        excused += check(&bound, &[], Activation::Relu, &mut wrong);
    }
    println!("{excused} slopes beside a kink");
    assert!(excused <= 12, "{excused} slopes are beside a kink");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}

#[test]
fn every_activation_and_depth_has_the_slopes_of_the_reference() {
    let (mut wrong, mut excused) = (vec![], 0);
    let family = surprisal_density::AnyFamily::named("gaussian").expect("it is known");
    let bound = Bound { family, slots: vec![Slot::Predicted(0), Slot::Predicted(1)] };
    for activation in [Activation::Tanh, Activation::Softplus, Activation::Relu] {
        for hidden in [&[1][..], &[2, 3], &[6, 7, 4], &[10]] {
            excused += check(&bound, hidden, activation, &mut wrong);
        }
    }
    println!("{excused} slopes beside a kink");
    assert!(excused <= 12, "{excused} slopes are beside a kink");
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}
