//! Classes: logistic and softmax regressions end at Newton solutions, or say why there is none.

mod common;

use common::newton::{Design, Formula, normal};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{assert_optimum, assert_value, one};
use surprisal_density::Real;
use surprisal_spec::Status;

/// ln(1 + e^η) − y η.
struct Logit(Option<(f64, f64)>);
impl Formula<1> for Logit {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        eta.softplus() - R::lit(y) * eta
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        match (self.0, name) {
            (None, _) | (_, "bias") => R::lit(0.0),
            (Some((mean, sd)), _) => normal(theta, mean, sd),
        }
    }
}

/// ln Σ e^ηₖ − η_y over Z heads; the reference, if any, has η = 0.
struct Softmax<const Z: usize> {
    reference: Option<usize>,
    weights: Option<f64>,
    bias: Option<f64>,
}
impl<const Z: usize> Formula<Z> for Softmax<Z> {
    fn row<R: Real>(&self, z: [R; Z], y: f64) -> R {
        let mut logits: Vec<R> = z.to_vec();
        if let Some(reference) = self.reference {
            logits.insert(reference, R::lit(0.0));
        }
        let max = logits[1..].iter().fold(logits[0], |m, l| m.max(*l));
        let sum = logits.iter().fold(R::lit(0.0), |sum, l| sum + (*l - max).exp());
        sum.ln() + max - logits[y as usize]
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        let sd = if name.ends_with("bias") { self.bias } else { self.weights };
        sd.map_or(R::lit(0.0), |sd| normal(theta, 0.0, sd))
    }
}

fn two(n: usize, d: usize, weighted: bool) -> Sheet {
    let sheet = Sheet::draw(31, n, d, |x, stream| f64::from(u8::from(stream.uniform() < linear(x).logistic())));
    if weighted { sheet.weighted(|i| [1.0, 0.0, 2.5][i % 3]) } else { sheet }
}
fn keys(coordinates: &str) -> String {
    format!("{coordinates}, kind: class")
}

#[test]
fn bernoulli_ends_at_the_newton_solution() {
    for coordinates in [RAW, STANDARDISED] {
        for weighted in [false, true] {
            for (prior, text) in [
                (None, "estimator: mle"),
                (Some((0.0, 0.3)), "prior: { gaussian: { scale: 0.3 } }"),
                (Some((1.0, 0.2)), "prior: { gaussian: { location: 1, scale: 0.2 } }"),
            ] {
                let done = one(
                    &two(100, 4, weighted).dataset(&keys(coordinates)),
                    &format!("likelihood: {{ bernoulli: {{}} }}\n{text}"),
                );
                let design = Design::of(&done, true, &["location"], &[]);
                let (theta, value) = design.minimise(&Logit(prior));
                assert_optimum(&done, value, &design.named(&theta));
                assert_eq!(*done.status(), Status::Converged);
            }
        }
    }
}

#[test]
fn bernoulli_on_generated_rows_and_badly_scaled_columns() {
    let done =
        one("{ two_class: { n: 150, test_n: 5, replicates: 1 } }", "likelihood: { bernoulli: {} }\nestimator: mle");
    let design = Design::of(&done, true, &["location"], &[]);
    let (theta, value) = design.minimise(&Logit(None));
    assert_optimum(&done, value, &design.named(&theta));
    let mut sheet = two(120, 3, false);
    sheet.x.iter_mut().for_each(|row| (row[0], row[1]) = (row[0] * 1e5, row[1] * 1e-3));
    let done = one(&sheet.dataset(&keys(RAW)), "likelihood: { bernoulli: {} }\nestimator: mle");
    let design = Design::of(&done, true, &["location"], &[]);
    let (theta, value) = design.minimise(&Logit(None));
    assert_optimum(&done, value, &design.named(&theta));
}

const MANY: &str = "{ many_class: { n: 200, test_n: 5, replicates: 1, classes: 3, dim: 3 } }";

#[test]
fn categorical_with_any_reference_is_one_model_and_the_newton_solution() {
    for reference in 0..3 {
        let done = one(MANY, &format!("likelihood: {{ categorical: {{ reference: {reference} }} }}\nestimator: mle"));
        let heads: Vec<String> = (0..3).filter(|k| *k != reference).map(|k| format!("logit.{k}")).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let design = Design::of(&done, true, &heads, &[]);
        let (theta, value) = design.minimise(&Softmax::<2> { reference: Some(reference), weights: None, bias: None });
        assert_optimum(&done, value, &design.named(&theta));
        assert_eq!(*done.status(), Status::Converged);
    }
}

#[test]
fn categorical_without_reference_is_not_unique_until_priors_hold_all_logits() {
    let all = ["logit.0", "logit.1", "logit.2"];
    let flat = one(MANY, "likelihood: { categorical: {} }\nestimator: mle");
    assert_eq!(*flat.status(), Status::NotUnique);
    let reference = one(MANY, "likelihood: { categorical: { reference: 0 } }\nestimator: mle");
    assert_value(&flat, reference.fit().objective.0);
    let held = one(
        MANY,
        "likelihood: { categorical: {} }\nprior: { gaussian: { scale: 0.7, bias: { gaussian: { scale: 2 } } } }",
    );
    let design = Design::of(&held, true, &all, &[]);
    let (theta, value) = design.minimise(&Softmax::<3> { reference: None, weights: Some(0.7), bias: Some(2.0) });
    assert_optimum(&held, value, &design.named(&theta));
    assert_eq!(*held.status(), Status::Converged);
    let shifted = one(MANY, "likelihood: { categorical: {} }\nprior: { gaussian: { scale: 0.7 } }");
    assert_eq!(*shifted.status(), Status::NotUnique, "all biases may move together");
}

#[test]
fn iris_has_no_mle_and_its_map_is_the_newton_solution() {
    let iris = |standardise: bool| format!("{{ iris: {{ split: none, standardise: {standardise} }} }}");
    for standardise in [true, false] {
        let mle = one(&iris(standardise), "likelihood: { categorical: { reference: 0 } }\nestimator: mle");
        assert_eq!(*mle.status(), Status::NoMinimiser, "setosa is separable");
        let map =
            one(&iris(standardise), "likelihood: { categorical: { reference: 0 } }\nprior: { gaussian: { scale: 2 } }");
        let labels = map.table.classes.clone();
        let heads = [format!("logit.{}", labels[1]), format!("logit.{}", labels[2])];
        let design = Design::of(&map, true, &[&heads[0], &heads[1]], &[]);
        let (theta, value) = design.minimise(&Softmax::<2> { reference: Some(0), weights: Some(2.0), bias: None });
        assert_optimum(&map, value, &design.named(&theta));
        assert_eq!(*map.status(), Status::Converged);
    }
}

#[test]
fn separable_and_quasi_separable_classes_have_no_mle_but_a_map() {
    let complete = Sheet::draw(32, 40, 2, |x, _| f64::from(u8::from(x[0] + x[1] > 0.2)));
    let mut quasi = Sheet::draw(33, 40, 2, |x, _| f64::from(u8::from(x[0] > 0.0)));
    for k in 0..4 {
        quasi.x[k][0] = 0.0;
        quasi.y[k] = (k % 2) as f64;
    }
    for sheet in [complete, quasi] {
        for coordinates in [RAW, STANDARDISED] {
            for likelihood in ["{ bernoulli: {} }", "{ categorical: { reference: 1 } }"] {
                let mle = one(&sheet.dataset(&keys(coordinates)), &format!("likelihood: {likelihood}\nestimator: mle"));
                assert_eq!(*mle.status(), Status::NoMinimiser, "{likelihood} {coordinates}");
            }
            let map = one(
                &sheet.dataset(&keys(coordinates)),
                "likelihood: { bernoulli: {} }\nprior: { gaussian: { scale: 5 } }",
            );
            let design = Design::of(&map, true, &["location"], &[]);
            let (theta, value) = design.minimise(&Logit(Some((0.0, 5.0))));
            assert_optimum(&map, value, &design.named(&theta));
            assert_eq!(*map.status(), Status::Converged);
        }
    }
}

#[test]
fn a_class_that_is_absent_has_no_minimiser() {
    let absent = one(MANY, "likelihood: { categorical: { classes: 4, reference: 0 } }\nestimator: mle");
    assert_eq!(*absent.status(), Status::NoMinimiser);
    let mut one_class = two(20, 2, false);
    one_class.y.fill(1.0);
    let dataset = one_class.dataset(&format!("{RAW}, kind: class, classes: [\"0\", \"1\"]"));
    let done = one(&dataset, "likelihood: { bernoulli: {} }\nestimator: mle");
    assert_eq!(*done.status(), Status::NoMinimiser);
}

#[test]
fn bernoulli_is_categorical_of_two_classes() {
    let dataset = two(80, 3, true).dataset(&keys(STANDARDISED));
    let bernoulli = one(&dataset, "likelihood: { bernoulli: {} }\nestimator: mle");
    let categorical = one(&dataset, "likelihood: { categorical: { reference: 0 } }\nestimator: mle");
    assert_value(&bernoulli, categorical.fit().objective.0);
}
