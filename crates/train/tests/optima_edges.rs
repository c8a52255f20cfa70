//! Predicted scales and shapes that run to the edge of their domain, on some rows or on all: the status says so.

mod common;

use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{assert_value, close, one};
use surprisal_density::Stream;
use surprisal_spec::{Number, Status};

/// A second column that marks the rows of one group.
fn marked(seed: u64, n: usize, target: impl Fn(bool, f64, &mut Stream) -> f64) -> Sheet {
    let mut sheet = Sheet::draw(seed, n, 2, |_, _| 0.0);
    let mut stream = Stream::new(surprisal_density::Purpose::Data, &[seed, 1]);
    for (i, (row, y)) in sheet.x.iter_mut().zip(&mut sheet.y).enumerate() {
        row[1] = f64::from(u8::from(i % 3 == 0));
        *y = target(i % 3 == 0, row[0], &mut stream);
    }
    sheet
}

#[test]
fn a_predicted_scale_without_residuals_is_unbounded() {
    let exact = Sheet::draw(70, 25, 2, |x, _| 2.0 * x[0] - x[1] + 1.0);
    let constant = Sheet::draw(70, 25, 2, |_, _| 4.0);
    for sheet in [exact, constant] {
        for keys in [RAW, STANDARDISED] {
            for family in ["gaussian", "logistic"] {
                let text = format!("likelihood: {{ {family}: {{ scale: predicted }} }}\nestimator: mle");
                let done = one(&sheet.dataset(keys), &text);
                assert_eq!(*done.status(), Status::Unbounded, "{keys} {family} {:?}", done.fit());
            }
        }
    }
}

#[test]
fn a_predicted_scale_that_vanishes_on_a_group_of_rows_is_unbounded() {
    // The group has one target, which is where the learned location may be; the others are noisy.
    let sheet = marked(71, 60, |group, _, stream| if group { 0.0 } else { 0.1 * stream.normal() });
    for keys in [RAW, STANDARDISED] {
        let text = "likelihood: { gaussian: { location: learned, scale: predicted } }\nestimator: mle";
        let done = one(&sheet.dataset(keys), text);
        assert_eq!(*done.status(), Status::Unbounded, "{keys} {:?}", done.fit());
    }
}

#[test]
fn a_weight_prior_holds_a_predicted_scale_only_where_the_bias_cannot_escape_it() {
    let constant = Sheet::draw(72, 25, 2, |_, _| 4.0);
    let likelihood = "likelihood: { gaussian: { scale: predicted } }";
    let escapes = one(&constant.dataset(RAW), &format!("{likelihood}\nprior: {{ gaussian: {{ scale: 1 }} }}"));
    assert_eq!(*escapes.status(), Status::Unbounded);
    let noisy = Sheet::draw(73, 60, 2, |x, stream| linear(&[x[0], x[1], 0.0]) + stream.normal());
    let held = one(&noisy.dataset(RAW), &format!("{likelihood}\nprior: {{ gaussian: {{ scale: 1 }} }}"));
    assert!(held.status().is_stationary(), "{:?}", held.status());
}

#[test]
fn light_tails_under_a_predicted_nu_end_at_the_gaussian_and_say_so() {
    let sheet = Sheet::draw(74, 80, 2, |x, stream| x[0] - x[1] + stream.uniform());
    for keys in [RAW, STANDARDISED] {
        let student =
            one(&sheet.dataset(keys), "likelihood: { student_t: { nu: predicted, scale: learned } }\nestimator: mle");
        let limit =
            Status::Boundary { parameter: "nu".into(), limit: Number(f64::INFINITY), reduces_to: "gaussian".into() };
        assert_eq!(*student.status(), limit, "{keys} {:?}", student.fit());
        let gaussian = one(&sheet.dataset(keys), "likelihood: { gaussian: { scale: learned } }\nestimator: mle");
        assert_value(&student, gaussian.fit().objective.0);
        close(student.at("scale"), gaussian.at("scale"), 1e-6, keys);
    }
}

#[test]
fn a_predicted_nu_that_runs_away_on_a_group_of_rows_is_a_boundary() {
    let heavy = |stream: &mut Stream| stream.normal() / (stream.uniform() + 0.05);
    let sheet = marked(75, 240, |group, x, stream| x + if group { stream.uniform() } else { heavy(stream) });
    for keys in [RAW, STANDARDISED] {
        let done =
            one(&sheet.dataset(keys), "likelihood: { student_t: { nu: predicted, scale: predicted } }\nestimator: mle");
        assert!(
            matches!(done.status(), Status::Boundary { parameter, .. } if parameter == "nu"),
            "{keys} {:?}",
            done.fit()
        );
    }
}

#[test]
fn counts_without_overdispersion_under_a_predicted_dispersion_end_at_the_poisson() {
    let even = Sheet::draw(76, 60, 2, |x, _| libm::exp(1.5 + 0.4 * x[0]).round());
    for keys in [RAW, STANDARDISED] {
        let nb =
            one(&even.dataset(keys), "likelihood: { negative_binomial: { dispersion: predicted } }\nestimator: mle");
        let limit =
            Status::Boundary { parameter: "dispersion".into(), limit: Number(0.0), reduces_to: "poisson".into() };
        assert_eq!(*nb.status(), limit, "{keys} {:?}", nb.fit());
        let poisson = one(&even.dataset(keys), "likelihood: { poisson: {} }\nestimator: mle");
        assert_value(&nb, poisson.fit().objective.0);
    }
}
