//! The Laplace prior under smooth likelihoods: the conditions of Karush, Kuhn and Tucker, with zeros that are exact.

mod common;

use common::newton::{Design, Formula};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, assert_value, close, one};
use surprisal_density::{AnyFamily, Real};
use surprisal_spec::Status;

struct Squares(f64);
impl Formula<1> for Squares {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        let z = (R::lit(y) - eta) / R::lit(self.0);
        R::lit(0.5) * z * z + R::lit(libm::log(self.0) + 0.5 * libm::log(std::f64::consts::TAU))
    }
}
struct Logit;
impl Formula<1> for Logit {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        eta.softplus() - R::lit(y) * eta
    }
}
struct Poisson;
impl Formula<1> for Poisson {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        eta.exp() - R::lit(y) * eta + R::lit(libm::lgamma(y + 1.0))
    }
}

/// Checks every condition at the end of the run; how many weights rest at the centre.
fn kkt(done: &Done, design: &Design, formula: &impl Formula<1>, centre: f64, b: f64) -> usize {
    let theta: Vec<f64> = design.names.iter().map(|name| done.at(name)).collect();
    let gradient = design.gradient(formula, &theta);
    let mut zeros = 0;
    for (j, name) in design.names.iter().enumerate() {
        if name == "bias" {
            close(gradient[j], 0.0, 1e-6, "slope in the bias");
        } else if theta[j] == centre {
            zeros += 1;
            assert!(gradient[j].abs() <= 1.0 / b + 1e-9, "{name} rests at {centre} with slope {}", gradient[j]);
        } else {
            close(gradient[j], -(theta[j] - centre).signum() / b, 1e-6 / b.min(1.0), name);
        }
    }
    // The free weights alone, by Newton on the face: the same point.
    let face: Vec<bool> = design.names.iter().zip(&theta).map(|(name, t)| name == "bias" || *t != centre).collect();
    let signs: Vec<f64> = design
        .names
        .iter()
        .zip(&theta)
        .map(|(name, t)| if name == "bias" { 0.0 } else { (t - centre).signum() / b })
        .collect();
    let there = design.on_face(formula, &theta, &face, &signs);
    for j in 0..theta.len() {
        close(theta[j], there[j], 1e-6, &design.names[j]);
    }
    let d = design.names.len() - 1;
    let nlp: f64 = (0..d).map(|j| (there[j] - centre).abs() / b + libm::log(2.0 * b)).sum();
    assert_value(done, design.value(formula, &there) + nlp);
    zeros
}

fn features(x: &[f64]) -> f64 {
    linear(&x[..3])
}
fn real(n: usize) -> Sheet {
    Sheet::draw(91, n, 7, |x, stream| features(x) + 0.7 * stream.normal())
}

#[test]
fn gaussian_under_a_laplace_prior_satisfies_kkt_with_exact_zeros() {
    for keys in [RAW, STANDARDISED] {
        for (centre, b) in [(0.0, 0.5), (0.0, 0.05), (0.0, 0.01), (0.3, 0.05), (-1.0, 0.02)] {
            for sheet in [real(60), real(60).weighted(|i| 0.2 + (i % 3) as f64), real(5)] {
                let text = format!(
                    "likelihood: {{ gaussian: {{ scale: 0.7 }} }}\nprior: {{ laplace: {{ location: {centre}, scale: {b} }} }}"
                );
                let done = one(&sheet.dataset(keys), &text);
                let design = Design::of(&done, true, &["location"], &[]);
                let zeros = kkt(&done, &design, &Squares(0.7 / design.y_sd), centre, b);
                assert!(zeros > 0 || b > 0.04 || centre != 0.0, "{text} {keys}: no weight rests");
                assert_eq!(*done.status(), Status::Converged, "{text} {keys}");
            }
        }
    }
}

#[test]
fn diabetes_under_a_laplace_prior_satisfies_kkt() {
    for (standardise, b) in [(true, 0.02), (true, 0.2), (false, 0.1), (false, 2.0)] {
        let dataset = format!("{{ diabetes: {{ split: none, standardise: {standardise} }} }}");
        let done = one(
            &dataset,
            &format!("likelihood: {{ gaussian: {{ scale: 54 }} }}\nprior: {{ laplace: {{ scale: {b} }} }}"),
        );
        let design = Design::of(&done, true, &["location"], &[]);
        kkt(&done, &design, &Squares(54.0 / design.y_sd), 0.0, b);
    }
}

#[test]
fn bernoulli_and_poisson_under_a_laplace_prior_satisfy_kkt() {
    let poisson = AnyFamily::named("poisson").expect("it is registered");
    let classes = Sheet::draw(92, 90, 7, |x, stream| f64::from(u8::from(stream.uniform() < features(x).logistic())));
    let counts = Sheet::draw(93, 90, 7, |x, stream| poisson.sample(&[libm::exp(0.5 * features(x))], stream));
    for keys in [RAW, STANDARDISED] {
        for (centre, b) in [(0.0, 0.5), (0.0, 0.1), (0.2, 0.1)] {
            let prior = format!("prior: {{ laplace: {{ location: {centre}, scale: {b} }} }}");
            let done = one(
                &classes.dataset(&format!("{keys}, kind: class")),
                &format!("likelihood: {{ bernoulli: {{}} }}\n{prior}"),
            );
            let design = Design::of(&done, true, &["location"], &[]);
            kkt(&done, &design, &Logit, centre, b);
            for sheet in [
                counts.clone(),
                counts.clone().weighted(|i| 0.5 + (i % 2) as f64).with_offset(|i| 0.1 * (i % 5) as f64),
            ] {
                let done = one(&sheet.dataset(keys), &format!("likelihood: {{ poisson: {{}} }}\n{prior}"));
                let design = Design::of(&done, true, &["location"], &[]);
                kkt(&done, &design, &Poisson, centre, b);
            }
        }
    }
}

#[test]
fn separable_classes_have_a_map_under_a_laplace_prior() {
    let sheet = Sheet::draw(94, 40, 3, |x, _| f64::from(u8::from(x[0] > 0.1)));
    let done = one(
        &sheet.dataset("standardise: false, kind: class"),
        "likelihood: { bernoulli: {} }\nprior: { laplace: { scale: 1 } }",
    );
    let design = Design::of(&done, true, &["location"], &[]);
    kkt(&done, &design, &Logit, 0.0, 1.0);
    assert_eq!(*done.status(), Status::Converged);
}

#[test]
fn a_prior_so_strong_that_nothing_moves_leaves_the_constant_model() {
    let done = one(
        &real(40).dataset(RAW),
        "likelihood: { gaussian: { scale: learned } }\nprior: { laplace: { scale: 0.0001 } }",
    );
    let constant = one(
        &real(40).dataset(RAW),
        "likelihood: { gaussian: { scale: learned } }\nestimator: mle\nmodel: { constant: {} }",
    );
    assert!((1..=7).all(|j| done.at(&format!("w.x{j}")) == 0.0));
    assert_value(&done, constant.fit().objective.0 + 7.0 * libm::log(2.0 * 0.0001));
}
