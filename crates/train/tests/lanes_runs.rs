//! Runs in lanes: the same in any company, taken up again to the bit, and alone in their failures.

mod common;

use common::{Prepared, in_parts, prepare};
use surprisal_density::{Purpose, Stream};
use surprisal_kernel::Isa;
use surprisal_spec::Outcome;
use surprisal_train::{Constants, Control, Side, Task, cohort};

const DATA: &str = "{ linear_gaussian: { n: 30, test_n: 5, replicates: 2 } }";

/// Runs of two shapes, with selections and early stopping, of unequal lengths.
fn runs() -> Prepared {
    prepare(
        DATA,
        "model: { mlp: { widths: [3], activation: tanh } }\nlikelihood: { laplace: { scale: learned } }\n\
         optimiser: { adam: { lr: 0.05, epochs: 6, batch: 8 } }\nearly_stopping: { share: 0.2, patience: 2 }\n\
         select: { over: { prior.gaussian.scale: [0.5, 2.0] } }\nprior: { gaussian: { scale: 1.0 } }\n\
         dtype: f32\nseeds: [0, 1, 2]\nestimator: map\nsweep: { grid: { optimiser.adam.lr: [0.05, 0.2] } }",
    )
}

fn same(a: &(Outcome, Side), b: &(Outcome, Side), what: &str) {
    assert_eq!(a.0, b.0, "{what}");
    assert_eq!((&a.1.curve, &a.1.at), (&b.1.curve, &b.1.at), "{what}");
}

#[test]
fn a_run_is_the_same_in_any_queue_and_on_any_instruction_set() {
    let it = runs();
    let all: Vec<usize> = (0..it.plan.runs.len()).collect();
    assert!(all.len() >= 12, "{}", all.len());
    let expected: Vec<_> = all.iter().map(|&k| it.in_lanes(&[k], Isa::Scalar).swap_remove(0)).collect();
    let mut stream = Stream::new(Purpose::Sample, &[1]);
    for n in [2, 3, 8, all.len()] {
        let mut queue = all.clone();
        stream.shuffle(&mut queue);
        queue.truncate(n);
        for isa in Isa::available() {
            for (found, &k) in it.in_lanes(&queue, isa).iter().zip(&queue) {
                same(found, &expected[k], &format!("run {k} of {n} on {isa}"));
            }
        }
    }
}

/// One run among others of its plan, stopped before every `every`-th step and taken up again; how often.
fn stops(it: &Prepared, every: usize) -> usize {
    let calm = it.in_lanes(&[0], Isa::best()).swap_remove(0);
    let (found, stops) = in_parts(every, |control| {
        let first = Task { key: 0, job: it.job(0), control };
        let others = (1..4).map(|key| Task { key, job: it.job(key), control: Control::new(&|| false) });
        let mut queue: Vec<Task> = others.chain([first]).collect();
        let (constants, mut found, mut ended) = (Constants::default(), None, 0);
        cohort(Isa::best(), &mut || queue.pop(), &constants, &mut |key, outcome| {
            ended += 1;
            if key == 0 {
                found = outcome;
            } else {
                assert!(outcome.is_some(), "nobody stops the others");
            }
        });
        assert_eq!(ended, 4);
        found
    });
    same(&found, &calm, &format!("stopped {stops} times"));
    stops
}

#[test]
fn a_run_that_is_stopped_and_taken_up_again_ends_with_the_bits_of_one_that_never_stopped() {
    let it = runs();
    assert!(stops(&it, 1) > 30);
    assert!(stops(&it, 7) > 3);
}

#[test]
fn a_fault_of_one_run_leaves_the_others_as_they_are() {
    let it = runs();
    let all: Vec<usize> = (0..8).collect();
    let calm = it.in_lanes(&all, Isa::best());
    let (constants, mut waiting) = (Constants::default(), all.iter());
    let mut next = || {
        let &key = waiting.next()?;
        let fault = [(2, "nan@5"), (5, "panic@3")].into_iter().find(|(k, _)| *k == key);
        let fault = fault.map(|(_, fault)| fault.parse().expect("a fault"));
        Some(Task { key, job: it.job(key), control: Control::new(&|| false).failing(fault) })
    };
    let mut found: Vec<Option<(Outcome, Side)>> = vec![None; all.len()];
    cohort(Isa::best(), &mut next, &constants, &mut |key, outcome| found[key] = outcome);
    for (k, found) in found.iter().enumerate() {
        let found = found.as_ref().expect("every run ends");
        match k {
            2 => assert_ne!(found.0, calm[2].0, "the search that was struck counts for nothing"),
            5 => {
                assert!(
                    found.0.failure.as_ref().expect("it fails").contains("panicked: the fault asked for, at step 3")
                );
                assert_eq!(found.0.last.as_ref().map(|last| last.step), Some(1));
            }
            _ => same(found, &calm[k], &format!("run {k}")),
        }
    }
}

#[test]
fn a_descent_that_leaves_the_numbers_says_so_as_candle_does() {
    let it = prepare(
        DATA,
        "likelihood: { gaussian: { scale: 0.1 } }\noptimiser: { sgd: { lr: 10.0, epochs: 400, batch: 30 } }\n\
         estimator: mle\ndtype: f32\nengine: candle",
    );
    let calm = it.in_lanes(&[0], Isa::best()).swap_remove(0).0;
    let lanes = calm.clone();
    let constants = Constants::default();
    let candle = surprisal_train::attempt(it.job(0), &constants, Control::new(&|| false));
    let candle = candle.expect("nobody stops it").0;
    let word = |it: &Outcome| it.fit.as_ref().map(|fit| fit.status.word());
    assert_eq!(word(&lanes), Some("non_finite"));
    assert_eq!(word(&candle), word(&lanes));
    let last = lanes.last.expect("where it was last finite");
    assert!(last.value.0.is_finite() && last.parameters.values().all(|x| x.0.is_finite()));
    assert_eq!(
        last.parameters.keys().collect::<Vec<_>>(),
        candle.last.expect("too").parameters.keys().collect::<Vec<_>>()
    );
    for every in [1, 2] {
        let ((found, _), stops) = in_parts(every, |control| alone(&it, control));
        assert!(stops > 3);
        assert_eq!(found, calm, "stopped {stops} times");
    }
}

/// The first run of a plan by itself.
fn alone(it: &Prepared, control: Control) -> Option<(Outcome, Side)> {
    let (constants, mut found) = (Constants::default(), None);
    let mut queue = Some(Task { key: 0, job: it.job(0), control });
    cohort(Isa::best(), &mut || queue.take(), &constants, &mut |_, outcome| found = outcome);
    found
}

/// ReLU amplifies rounding until two engines end apart; but no more than two seeds do, and to neither side.
#[test]
fn after_long_training_the_engines_differ_by_less_than_seeds_and_to_no_side() {
    let it = prepare(
        "{ heteroscedastic_sine: { n: 60, test_n: 200, replicates: 1 } }",
        "model: { mlp: { widths: [12], activation: relu } }\nlikelihood: { gaussian: { scale: learned } }\n\
         optimiser: { adam: { lr: 0.02, epochs: 150, batch: 16 } }\nprior: { gaussian: { scale: 1.0 } }\n\
         seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]\n\
         dtype: f32\nestimator: map\nengine: candle",
    );
    let all: Vec<usize> = (0..it.plan.runs.len()).collect();
    let nll = |outcome: &Outcome| outcome.scores["nll"].0;
    let lanes: Vec<f64> = it.in_lanes(&all, Isa::best()).iter().map(|it| nll(&it.0)).collect();
    let candle: Vec<f64> = it.outcomes(&all, 2).iter().map(nll).collect();
    let n = all.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let sd = |x: &[f64]| {
        let m = mean(x);
        (x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / (n - 1.0)).sqrt()
    };
    let difference: Vec<f64> = lanes.iter().zip(&candle).map(|(a, b)| a - b).collect();
    let (centre, spread, seeds) = (mean(&difference), sd(&difference), sd(&candle));
    println!("difference {centre:.2e} ± {spread:.2e}, seeds ± {seeds:.2e}");
    assert!(all.len() >= 20);
    assert!(centre.abs() <= 3.0 * spread / n.sqrt() + 1e-6, "{centre} beside {spread}");
    assert!(spread < 0.5 * seeds, "{spread} beside {seeds}");
}
