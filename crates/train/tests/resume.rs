//! A run that is stopped before any step, and goes on from what it saved, ends with the bits of one that never stopped.

mod common;

use common::{Prepared, prepare};
use std::cell::{Cell, RefCell};
use std::time::Duration;
use surprisal_train::{Checkpoint, Constants, Control, attempt};

/// Stops a run before every `every`-th step, takes it up again in a new control, and compares; how often it was stopped.
fn stops(it: &Prepared, every: usize) -> usize {
    let job = it.job(0);
    let (calm, side) = attempt(job, &Constants::default(), Control::new(&|| false)).expect("it is not stopped");
    assert_eq!(calm.failure, None);
    let (saved, mut stops) = (RefCell::new(Vec::new()), 0);
    loop {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > every
        };
        let write = |bytes: &[u8]| *saved.borrow_mut() = bytes.to_vec();
        let checkpoint = Checkpoint::new("this".into(), Duration::from_secs(3600), Box::new(write));
        if stops > 0 {
            checkpoint.restore(&saved.borrow()).expect("what was saved can be read");
        }
        match attempt(job, &Constants::default(), Control::new(&stop).saving(checkpoint)) {
            None => stops += 1,
            Some((outcome, other)) => {
                assert_eq!(outcome, calm);
                assert_eq!((other.curve, other.at), (side.curve, side.at));
                return stops;
            }
        }
        assert!(stops < 20_000, "it never ends");
    }
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
