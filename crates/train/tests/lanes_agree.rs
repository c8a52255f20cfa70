//! Lanes and candle take the same first steps, to rounding.

mod common;

use common::sheet::{Sheet, linear};
use common::{Prepared, prepare};
use surprisal_kernel::Isa;
use surprisal_train::{Constants, Control, Side, attempt};

/// Largest relative difference of learning curves, predictions and objective between the two engines.
fn apart(it: &Prepared) -> f64 {
    let order: Vec<usize> = (0..it.plan.runs.len()).collect();
    let lanes = it.in_lanes(&order, Isa::best());
    let mut worst: f64 = 0.0;
    for (k, (outcome, side)) in lanes.iter().enumerate() {
        let (expected, other) =
            attempt(it.job(k), &Constants::default(), Control::new(&|| false)).expect("nobody stops it");
        assert_eq!(outcome.failure, None, "lanes");
        assert_eq!(expected.failure, None, "candle");
        let (a, b) = (numbers(outcome, side), numbers(&expected, &other));
        assert_eq!(a.len(), b.len());
        assert_eq!(outcome.fit.as_ref().map(|it| it.status.word()), expected.fit.as_ref().map(|it| it.status.word()));
        assert_eq!((outcome.test_rows, &outcome.notes), (expected.test_rows, &expected.notes));
        for (a, b) in a.iter().zip(&b) {
            assert!(b.is_finite(), "a number of candle is not finite");
            worst = worst.max((a - b).abs() / (1.0 + b.abs()));
            if a.is_nan() {
                worst = f64::INFINITY;
            }
        }
    }
    worst
}

fn numbers(outcome: &surprisal_spec::Outcome, side: &Side) -> Vec<f64> {
    let fit = outcome.fit.as_ref().expect("a fit");
    let mut all = vec![fit.objective.0, fit.nll.0, fit.neg_log_prior.0, fit.gradient_norm.0 / fit.rows as f64];
    all.extend(side.curve.iter().flat_map(|(_, mean, score)| [*mean, score.unwrap_or(0.0)]));
    all.extend(side.at.iter().flatten());
    all.extend(fit.parameters.values().map(|it| it.0));
    all
}

/// Targets that every support accepts: counts above 0, and few.
fn counts(d: usize) -> Sheet {
    Sheet::draw(7, 43, d, |x, stream| (2.0 + libm::tanh(linear(x)) + stream.uniform()).floor())
}

const SPLIT: &str = "split: { random: { k: 2, test: 0.2 } }";
const MLP: &str = "model: { mlp: { widths: [7], activation: tanh } }";
const LIKELIHOODS: &[&str] = &[
    "gaussian: { scale: learned }",
    "gaussian: { scale: 0.7 }",
    "gaussian: { scale: predicted }",
    "gaussian: { location: learned, scale: predicted }",
    "laplace: { scale: learned }",
    "laplace: { scale: predicted }",
    "logistic: { scale: learned }",
    "logistic: { scale: predicted }",
    "student_t: { nu: learned, scale: learned }",
    "student_t: { nu: 4, scale: predicted }",
    "student_t: { nu: predicted, scale: learned }",
    "student_t: { nu: predicted, scale: predicted }",
    "asymmetric_laplace: { quantile: 0.3, scale: learned }",
    "asymmetric_laplace: { quantile: 0.3, scale: predicted }",
];
const POSITIVE: &[&str] = &[
    "gamma: { shape: learned }",
    "gamma: { shape: predicted }",
    "log_normal: { scale: learned }",
    "log_normal: { scale: predicted }",
    "exponential: {}",
    "poisson: {}",
    "negative_binomial: { dispersion: learned }",
    "negative_binomial: { dispersion: 0.3 }",
    "negative_binomial: { dispersion: predicted }",
];

fn agree(dataset: &str, keys: &str, tolerance: f64, wrong: &mut Vec<String>) {
    let it = prepare(dataset, &format!("{keys}\nengine: candle"));
    let apart = apart(&it);
    println!("{apart:.1e}  {}", keys.replace('\n', "; "));
    if apart.is_nan() || apart > tolerance {
        wrong.push(format!("{apart:.1e}  {keys}"));
    }
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_family_and_binding_takes_the_steps_of_candle() {
    let mut wrong = vec![];
    for dtype in [("f64", 1e-9), ("f32", 2e-4)] {
        for (likelihoods, standardise) in [(LIKELIHOODS, "standardise: true"), (POSITIVE, "standardise: false")] {
            for likelihood in likelihoods {
                let dataset = counts(3).dataset(&format!("{standardise}, {SPLIT}"));
                let keys = format!(
                    "likelihood: {{ {likelihood} }}\n{MLP}\noptimiser: {{ adam: {{ lr: 0.01, epochs: 2, batch: 8 }} }}\n\
                     prior: {{ gaussian: {{ scale: 0.8 }} }}\ndtype: {}",
                    dtype.0
                );
                agree(&dataset, &keys, dtype.1, &mut wrong);
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_prior_optimiser_and_model_takes_the_steps_of_candle() {
    let mut wrong = vec![];
    let priors = [
        "flat: {}",
        "laplace: { scale: 0.5 }",
        "student_t: { nu: 3, scale: 0.5 }",
        "logistic: { scale: 0.4 }",
        "gaussian: { scale: { fan_in: 1.0 } }",
        "gaussian: { scale: 0.5, bias: { gaussian: { scale: 2.0 } } }",
    ];
    let optimisers = [
        "sgd: { lr: 0.05, epochs: 2, batch: 8 }",
        "sgd: { lr: 0.02, momentum: 0.9, epochs: 2, batch: 5 }",
        "adam: { lr: 0.02, epochs: 2, batch: 8, beta1: 0.8, eps: 0.001 }",
        // A slope that is nothing but rounding would be blown up by lr/eps in each step.
        "adamw: { lr: 0.02, epochs: 2, batch: 100, weight_decay: 0.1, eps: 0.001 }",
    ];
    let models = [
        "linear: {}",
        "linear: { bias: false }",
        "constant: {}",
        "mlp: { widths: [5], activation: relu }",
        "mlp: { widths: [9, 4, 6], activation: softplus }",
        "mlp: { widths: [3, 8], activation: tanh }",
    ];
    let dataset = counts(4).dataset(&format!("standardise: true, {SPLIT}"));
    for (k, optimiser) in optimisers.iter().enumerate() {
        for (j, model) in models.iter().enumerate() {
            let prior = priors[(j + 2 * k) % priors.len()];
            let keys = format!(
                "model: {{ {model} }}\noptimiser: {{ {optimiser} }}\nprior: {{ {prior} }}\ndtype: f64\n\
                 likelihood: {{ gaussian: {{ scale: {{ learned: {{ prior: {{ gamma: {{ mean: 1.0, shape: 2.0 }} }} }} }} }} }}"
            );
            agree(&dataset, &keys, 1e-9, &mut wrong);
        }
    }
    none(&wrong);
}
