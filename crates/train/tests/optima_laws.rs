//! `fit` is `evaluate` at the record's parameters for every family, binding and prior; threads and order change no bit.

mod common;

use common::laws::predictions;
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, close, one, prepare};
use surprisal_density::AnyFamily;
use surprisal_spec::Status;

/// Families with what their shapes may be bound to; the data set's kind.
fn likelihoods() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let one = |family: &str, name: &str, number: &str| -> Vec<String> {
        let own = "{ learned: { prior: { log_normal: { location: 0, scale: 1 } } } }";
        [number, "learned", "predicted", own].map(|it| format!("{{ {family}: {{ {name}: {it} }} }}")).to_vec()
    };
    let mut student = vec![];
    for nu in ["4", "learned", "{ learned: { prior: { gamma: { mean: 10, shape: 2 } } } }", "predicted"] {
        for scale in ["0.5", "learned", "predicted"] {
            student.push(format!("{{ student_t: {{ nu: {nu}, scale: {scale} }} }}"));
        }
    }
    let asymmetric = |scale: &str| format!("{{ asymmetric_laplace: {{ quantile: 0.3, scale: {scale} }} }}");
    let categorical = ["{ categorical: {} }", "{ categorical: { reference: 1 } }"].map(String::from).to_vec();
    vec![
        (
            "real",
            "gaussian",
            [one("gaussian", "scale", "0.5"), vec!["{ gaussian: { scale: { standardised: 0.4 } } }".into()]].concat(),
        ),
        ("real", "laplace", one("laplace", "scale", "0.5")),
        ("real", "logistic", one("logistic", "scale", "0.5")),
        ("real", "student_t", student),
        ("real", "asymmetric_laplace", ["0.5", "learned", "predicted"].map(asymmetric).to_vec()),
        ("positive", "log_normal", one("log_normal", "scale", "0.5")),
        ("positive", "gamma", one("gamma", "shape", "2")),
        ("positive", "exponential", vec!["{ exponential: {} }".into()]),
        ("count", "poisson", vec!["{ poisson: {} }".into()]),
        ("count", "negative_binomial", one("negative_binomial", "dispersion", "0.5")),
        ("class", "bernoulli", vec!["{ bernoulli: {} }".into()]),
        ("class", "categorical", categorical),
    ]
}

fn sheet(kind: &str) -> Sheet {
    let gamma = AnyFamily::named("gamma").expect("it is registered");
    let poisson = AnyFamily::named("poisson").expect("it is registered");
    let sheet = Sheet::draw(101, 40, 3, |x, stream| match kind {
        "real" => linear(x) + 0.6 * stream.normal(),
        "positive" => gamma.sample(&[libm::exp(linear(x)), 2.0], stream),
        "count" => poisson.sample(&[libm::exp(0.5 * linear(x)) * gamma.sample(&[1.0, 2.0], stream)], stream),
        _ => f64::from(u8::from(linear(x) + 1.5 * stream.normal() > 0.5)),
    });
    let sheet = sheet.weighted(|i| [1.0, 0.5, 2.0][i % 3]);
    if matches!(kind, "positive" | "count") { sheet.with_offset(|i| 0.2 * (i % 4) as f64) } else { sheet }
}

const PRIORS: [&str; 7] = [
    "flat: {}",
    "gaussian: { scale: 0.5 }",
    "gaussian: { location: 0.2, scale: { fan_in: 1 }, bias: { student_t: { nu: 3, scale: 2 } } }",
    "laplace: { scale: 0.3 }",
    "asymmetric_laplace: { quantile: 0.2, scale: 0.3 }",
    "student_t: { nu: 3, scale: 0.5, bias: { laplace: { location: 0.1, scale: 1 } } }",
    "logistic: { scale: { per_layer: [0.4] } }",
];

/// `one` checks the laws of every record it makes.
fn every(kinds: &[&str]) {
    for (kind, family, bindings) in likelihoods().into_iter().filter(|(kind, ..)| kinds.contains(kind)) {
        for coordinates in [RAW, STANDARDISED] {
            let dataset = sheet(kind).dataset(&format!("{coordinates}, kind: {kind}"));
            for binding in &bindings {
                for prior in PRIORS {
                    let keys = format!(
                        "likelihood: {binding}\nprior: {{ {prior} }}\noptimiser: {{ lbfgs: {{ max_iterations: 40 }} }}"
                    );
                    let done = one(&dataset, &keys);
                    assert!(
                        !matches!(done.status(), Status::NonFinite { .. }),
                        "{family} {binding} {prior}: {:?}",
                        done.fit()
                    );
                }
            }
        }
    }
}

#[test]
fn fit_is_evaluate_at_its_parameters_for_real_targets() {
    every(&["real"]);
}

#[test]
fn fit_is_evaluate_at_its_parameters_for_positive_targets_and_counts() {
    every(&["positive", "count"]);
}

#[test]
fn fit_is_evaluate_at_its_parameters_for_classes() {
    every(&["class"]);
}

#[test]
fn fit_is_evaluate_for_mse_on_real_positive_and_count_targets() {
    for kind in ["real", "positive", "count"] {
        for coordinates in [RAW, STANDARDISED] {
            let mut sheet = sheet(kind);
            sheet.offset = None;
            one(&sheet.dataset(&format!("{coordinates}, kind: {kind}")), "estimator: mse");
        }
    }
}

fn same_predictions(done: &Done) {
    let network = predictions(done, &done.fit().parameters, true);
    let original = predictions(done, &done.fit().parameters_original, false);
    for (a, b) in network.iter().flatten().zip(original.iter().flatten()) {
        close(*a, *b, 1e-9 * (1.0 + a.abs()), "a parameter of a row");
    }
}

#[test]
fn parameters_in_original_units_predict_the_same() {
    for model in ["{ linear: {} }", "{ linear: { bias: false } }"] {
        for (kind, _, bindings) in likelihoods() {
            let mut sheet = sheet(kind);
            for row in &mut sheet.x {
                row[0] = row[0] * 100.0 + 7.0;
            }
            let dataset = sheet.dataset(&format!("{STANDARDISED}, kind: {kind}"));
            for binding in &bindings {
                let keys = format!("likelihood: {binding}\nprior: {{ gaussian: {{ scale: 0.5 }} }}\nmodel: {model}");
                same_predictions(&one(&dataset, &keys));
            }
        }
    }
}

#[test]
fn one_job_and_two_in_any_order_give_the_same_bits() {
    let keys = "likelihood: { gaussian: { scale: learned } }
prior: { gaussian: { scale: 1 } }
sweep: { grid: { estimator: [mse, mle, map], model: [{ linear: {} }, { mlp: { widths: [5] } }],
  optimiser: [{ lbfgs: { max_iterations: 40 } }, { adam: { epochs: 3, lr: 0.01 } }], dtype: [f32, f64] } }
seeds: [0, 1]";
    let it = prepare("{ diabetes: { split: { random: { k: 2 } } } }", keys);
    let n = it.plan.runs.len();
    let forward: Vec<usize> = (0..n).collect();
    let backward: Vec<usize> = (0..n).rev().collect();
    let text = |order: &[usize], jobs: usize| -> Vec<String> {
        it.outcomes(order, jobs)
            .iter()
            .map(|outcome| serde_json::to_string(outcome).expect("plain data becomes JSON"))
            .collect()
    };
    let solo = text(&forward, 1);
    assert!(solo.iter().all(|outcome| !outcome.contains("failure")), "{solo:?}");
    assert_eq!(solo, text(&forward, 2));
    assert_eq!(solo, text(&backward, 2));
    assert_eq!(solo, text(&backward, 1));
}
