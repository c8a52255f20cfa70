//! A run that is stopped before any step, and goes on from what it saved, ends with the bits of one that never stopped.

mod common;

use common::{Prepared, in_parts, prepare};
use surprisal_train::{Constants, Control, attempt};

/// Stops a run before every `every`-th step, takes it up again in a new control, and compares; how often it was stopped.
fn stops(it: &Prepared, every: usize) -> usize {
    let job = it.job(0);
    let (calm, side) = attempt(job, &Constants::default(), Control::new(&|| false)).expect("it is not stopped");
    assert_eq!(calm.failure, None);
    let ((outcome, other), stops) = in_parts(every, |control| attempt(job, &Constants::default(), control));
    assert_eq!(outcome, calm);
    assert_eq!((other.curve, other.at), (side.curve, side.at));
    stops
}

#[test]
fn descent_by_batches_goes_on_from_before_any_step() {
    for optimiser in
        ["sgd: { lr: 0.01, momentum: 0.9, epochs: 4, batch: 2 }", "adam: { lr: 0.05, epochs: 4, batch: 3 }"]
    {
        let it = prepare(
            "{ linear_gaussian: { n: 30, test_n: 5, replicates: 1 } }",
            &format!(
                "model: {{ mlp: {{ widths: [3], activation: tanh }} }}\nlikelihood: {{ laplace: {{ scale: learned }} }}\n\
                 optimiser: {{ {optimiser} }}\nearly_stopping: {{ share: 0.2, patience: 2 }}\n\
                 select: {{ over: {{ prior.gaussian.scale: [0.5, 2.0] }} }}\nprior: {{ gaussian: {{ scale: 1.0 }} }}"
            ),
        );
        for every in [1, 2, 7] {
            assert!(stops(&it, every) >= 10 / every, "{optimiser}");
        }
    }
}

#[test]
fn full_batch_searches_go_on_from_before_any_iteration() {
    let split = "{ linear_gaussian: { n: 30, test_n: 5, replicates: 1 } }";
    for keys in [
        "likelihood: { student_t: { nu: learned, scale: learned } }",
        "likelihood: { gaussian: { scale: predicted } }",
        "likelihood: { gaussian: { scale: learned } }\nprior: { laplace: { scale: 0.3 } }",
        "likelihood: { laplace: { scale: learned } }\nprior: { gaussian: { scale: 1.0 } }",
        "likelihood: { asymmetric_laplace: { quantile: 0.3, scale: learned } }",
        "likelihood: { logistic: { scale: learned } }\nmodel: { mlp: { widths: [3], activation: tanh } }\n\
         prior: { gaussian: { scale: 1.0 } }\noptimiser: { lbfgs: { max_iterations: 60 } }",
    ] {
        let it = prepare(split, keys);
        for every in [1, 5] {
            assert!(stops(&it, every) >= 1, "{keys}");
        }
    }
}

#[test]
fn a_descent_that_leaves_the_numbers_says_where_it_was_however_often_it_is_taken_up() {
    let it = prepare(
        "{ linear_gaussian: { n: 30, test_n: 5, replicates: 1 } }",
        "likelihood: { gaussian: { scale: 0.1 } }\noptimiser: { sgd: { lr: 10.0, epochs: 400, batch: 30 } }\n\
         estimator: mle\ndtype: f32\nengine: candle",
    );
    let calm = attempt(it.job(0), &Constants::default(), Control::new(&|| false)).expect("it is not stopped").0;
    assert!(calm.last.as_ref().is_some_and(|last| !last.parameters.is_empty()), "{calm:?}");
    for every in [1, 2] {
        let ((found, _), stops) = in_parts(every, |control| attempt(it.job(0), &Constants::default(), control));
        assert!(stops > 3);
        assert_eq!(found, calm);
    }
}
