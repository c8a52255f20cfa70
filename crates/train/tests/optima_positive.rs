//! Positive targets: gamma, exponential and log-normal models end at Newton solutions or closed forms.

mod common;

use common::algebra::{dot, least_squares};
use common::newton::{Design, Formula, normal};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{assert_optimum, one};
use surprisal_density::{AnyFamily, Real};
use surprisal_spec::Status;

/// k ln m − k ln k + ln Γ(k) − (k − 1) ln y + k y/m.
fn gamma<R: Real>(eta: R, k: R, y: f64) -> R {
    k * eta - k * k.ln() + k.lgamma() - (k - R::lit(1.0)) * R::lit(libm::log(y)) + k * R::lit(y) * (-eta).exp()
}
struct Fixed(f64, Option<f64>);
impl Formula<1> for Fixed {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        gamma(eta, R::lit(self.0), y)
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        self.1.filter(|_| name != "bias").map_or(R::lit(0.0), |tau| normal(theta, 0.0, tau))
    }
}
struct Learned;
impl Formula<2> for Learned {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        gamma(eta, u.exp(), y)
    }
}

fn waits(shape: f64) -> Sheet {
    let gamma = AnyFamily::named("gamma").expect("it is registered");
    Sheet::draw(41, 90, 4, |x, stream| gamma.sample(&[libm::exp(linear(x)), shape], stream))
}
fn exposed(sheet: &Sheet) -> Sheet {
    sheet.clone().weighted(|i| [1.0, 0.25, 3.0][i % 3]).with_offset(|i| 0.5 * ((i % 7) as f64) - 1.0)
}
fn both() -> [String; 2] {
    [RAW, STANDARDISED].map(|it| format!("{it}, kind: positive"))
}

#[test]
fn gamma_with_fixed_shape_and_exponential_end_at_the_newton_solution() {
    for keys in both() {
        for sheet in [waits(2.0), exposed(&waits(2.0))] {
            for (shape, likelihood) in
                [(1.0, "{ exponential: {} }"), (0.3, "{ gamma: { shape: 0.3 } }"), (50.0, "{ gamma: { shape: 50 } }")]
            {
                for (tau, text) in [(None, "estimator: mle"), (Some(0.3), "prior: { gaussian: { scale: 0.3 } }")] {
                    let done = one(&sheet.dataset(&keys), &format!("likelihood: {likelihood}\n{text}"));
                    let design = Design::of(&done, true, &["location"], &[]);
                    let (theta, value) = design.minimise(&Fixed(shape, tau));
                    assert_optimum(&done, value, &design.named(&theta));
                    assert_eq!(*done.status(), Status::Converged);
                }
            }
        }
    }
}

#[test]
fn gamma_with_learned_or_predicted_shape_ends_at_the_newton_solution() {
    for keys in both() {
        for sheet in [waits(0.6), waits(30.0), exposed(&waits(3.0))] {
            let done = one(&sheet.dataset(&keys), "likelihood: { gamma: { shape: learned } }\nestimator: mle");
            let design = Design::of(&done, true, &["location"], &["shape"]);
            let (theta, value) = design.minimise(&Learned);
            assert_optimum(&done, value, &design.named(&theta));
        }
        let done = one(&waits(3.0).dataset(&keys), "likelihood: { gamma: { shape: predicted } }\nestimator: mle");
        let design = Design::of(&done, true, &["location", "shape"], &[]);
        let (theta, value) = design.minimise(&Learned);
        assert_optimum(&done, value, &design.named(&theta));
    }
}

#[test]
fn log_normal_is_least_squares_of_the_logarithms() {
    for keys in both() {
        for sheet in [waits(2.0), exposed(&waits(2.0))] {
            let learned = one(&sheet.dataset(&keys), "likelihood: { log_normal: { scale: learned } }\nestimator: mle");
            let fixed = one(&sheet.dataset(&keys), "likelihood: { log_normal: { scale: 0.5 } }\nestimator: mle");
            let design = Design::of(&learned, true, &["location"], &[]);
            let n = design.y.len();
            let root = |i: usize| design.weight[i].sqrt();
            let target = |i: usize| libm::log(design.y[i]) - design.offset[i];
            let a: Vec<Vec<f64>> = (0..n).map(|i| design.row(i).iter().map(|x| x * root(i)).collect()).collect();
            let b: Vec<f64> = (0..n).map(|i| target(i) * root(i)).collect();
            let theta = least_squares(&a, &b);
            let rss: f64 = (0..n).map(|i| b[i] - dot(&a[i], &theta)).map(|r| r * r).sum();
            let weight: f64 = design.weight.iter().sum();
            let logs: f64 = (0..n).map(|i| design.weight[i] * libm::log(design.y[i])).sum();
            let nll =
                |s: f64| weight * (libm::log(s) + 0.5 * libm::log(std::f64::consts::TAU)) + 0.5 * rss / (s * s) + logs;
            let mut expected: Vec<(String, f64)> = design.names.iter().cloned().zip(theta).collect();
            assert_optimum(&fixed, nll(0.5), &expected);
            let sigma = (rss / weight).sqrt();
            expected.push(("scale".into(), sigma));
            assert_optimum(&learned, nll(sigma), &expected);
        }
    }
}

#[test]
fn gamma_on_badly_scaled_columns() {
    let mut sheet = waits(2.0);
    sheet.x.iter_mut().for_each(|row| (row[0], row[1], row[2]) = (row[0] * 1e5, row[1] * 1e-3, row[2] + 50.0));
    for keys in both() {
        let done = one(&sheet.dataset(&keys), "likelihood: { gamma: { shape: learned } }\nestimator: mle");
        let design = Design::of(&done, true, &["location"], &["shape"]);
        let start: Vec<f64> =
            design.names.iter().map(|name| if name == "shape" { 0.7 } else { done.at(name) }).collect();
        let (theta, value) = design.minimise_from(&Learned, start);
        assert_optimum(&done, value, &design.named(&theta));
    }
}

#[test]
fn targets_that_follow_exactly_have_an_unbounded_shape() {
    let exact = Sheet::draw(42, 30, 2, |x, _| libm::exp(0.5 * x[0] - x[1]));
    for likelihood in ["{ gamma: { shape: learned } }", "{ log_normal: { scale: learned } }"] {
        let done = one(&exact.dataset(RAW), &format!("likelihood: {likelihood}\nestimator: mle"));
        assert_eq!(*done.status(), Status::Unbounded, "{likelihood} {:?}", done.fit());
    }
}
