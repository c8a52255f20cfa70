//! Heavy tails: Student-t and logistic models end at the best of many Newton solutions.

mod common;

use common::newton::{Design, Formula, normal};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, assert_optimum, assert_value, close, one};
use surprisal_density::{Real, Stream};
use surprisal_spec::{Number, Status};

/// ln Γ(ν/2) − ln Γ((ν+1)/2) + ½ ln(νπ) + ln σ + ½(ν+1) ln(1 + z²/ν).
fn student<R: Real>(eta: R, nu: R, ln_scale: R, y: f64) -> R {
    let half = R::lit(0.5);
    let z = (R::lit(y) - eta) * (-ln_scale).exp();
    let norm = (half * nu).lgamma() - (half * nu + half).lgamma() + half * (nu * R::lit(std::f64::consts::PI)).ln();
    norm + ln_scale + half * (nu + R::lit(1.0)) * (z * z / nu).ln_1p()
}
/// ν and σ fixed.
struct Both(f64, f64, Option<f64>);
impl Formula<1> for Both {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        student(eta, R::lit(self.0), R::lit(libm::log(self.1)), y)
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        self.2.filter(|_| name != "bias").map_or(R::lit(0.0), |tau| normal(theta, 0.0, tau))
    }
}
/// ν fixed, σ learned.
struct Scale(f64);
impl Formula<2> for Scale {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        student(eta, R::lit(self.0), u, y)
    }
}
/// ν = ½ + eᵘ and σ learned.
struct Shape;
impl Formula<3> for Shape {
    fn row<R: Real>(&self, [eta, u, s]: [R; 3], y: f64) -> R {
        student(eta, u.exp() + R::lit(0.5), s, y)
    }
}
/// r/s + 2 ln(1 + e^(−r/s)) + ln s.
struct Logistic(Option<f64>);
impl Formula<2> for Logistic {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        let z = (R::lit(y) - eta) * (-u).exp();
        z + R::lit(2.0) * (-z).softplus() + u
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        self.0.filter(|_| name.starts_with("w.")).map_or(R::lit(0.0), |tau| normal(theta, 0.0, tau))
    }
}

fn heavy(seed: u64, n: usize, nu: f64) -> Sheet {
    let noise = move |stream: &mut Stream| {
        let (z, w) = (stream.normal(), -2.0 * libm::log(stream.uniform()));
        z / (w / nu.max(1.0)).sqrt()
    };
    Sheet::draw(seed, n, 3, |x, stream| linear(x) + 0.4 * noise(stream))
}
fn with_outliers(mut sheet: Sheet) -> Sheet {
    for i in (0..sheet.y.len()).step_by(9) {
        sheet.y[i] += if i % 2 == 0 { 60.0 } else { -25.0 };
    }
    sheet
}

/// Best of many starts: the optimum of the run, spread widely, with tails from heavy to light.
fn best<const Z: usize>(done: &Done, design: &Design, formula: &impl Formula<Z>) -> (Vec<f64>, f64) {
    let p = design.names.len() - (Z - 1);
    let mut best = (vec![], f64::INFINITY);
    for k in 0..24_u64 {
        let mut stream = Stream::new(surprisal_density::Purpose::Sample, &[99, k]);
        let start: Vec<f64> = (0..design.names.len())
            .map(
                |j| if j < p { [0.0, 1.0, 4.0][k as usize % 3] * stream.normal() } else { 2.0 * stream.normal() - 1.0 },
            )
            .collect();
        let found = design.minimise_from(formula, start);
        if found.1 < best.1 && found.0.iter().all(|x| x.is_finite()) {
            best = found;
        }
    }
    let _ = done;
    best
}

#[test]
fn student_t_with_fixed_nu_and_scale_ends_at_the_best_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for nu in [0.6, 1.0, 4.0, 200.0] {
            for (tau, text) in [(None, "estimator: mle"), (Some(0.4), "prior: { gaussian: { scale: 0.4 } }")] {
                for sheet in [heavy(51, 60, 2.0), with_outliers(heavy(52, 60, 3.0))] {
                    let done = one(
                        &sheet.dataset(keys),
                        &format!("likelihood: {{ student_t: {{ nu: {nu}, scale: 0.5 }} }}\n{text}"),
                    );
                    let design = Design::of(&done, true, &["location"], &[]);
                    let (theta, value) = best(&done, &design, &Both(nu, 0.5 / design.y_sd, tau));
                    assert_optimum(&done, value, &design.named(&theta));
                }
            }
        }
    }
}

#[test]
fn student_t_with_learned_scale_ends_at_the_best_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for nu in [1.0, 3.0, 30.0] {
            for sheet in [
                heavy(53, 70, 2.0),
                with_outliers(heavy(54, 70, 3.0)),
                heavy(55, 70, 2.0).weighted(|i| 0.5 + (i % 4) as f64),
            ] {
                let done = one(
                    &sheet.dataset(keys),
                    &format!("likelihood: {{ student_t: {{ nu: {nu}, scale: learned }} }}\nestimator: mle"),
                );
                let design = Design::of(&done, true, &["location"], &["scale"]);
                let (theta, value) = best(&done, &design, &Scale(nu));
                assert_optimum(&done, value, &design.named(&theta));
            }
        }
    }
}

#[test]
fn student_t_with_learned_nu_and_scale_is_the_best_of_many_starts() {
    for keys in [RAW, STANDARDISED] {
        for seed in [56, 57, 58] {
            for sheet in [heavy(seed, 120, 2.0), with_outliers(heavy(seed, 120, 3.0))] {
                let done = one(
                    &sheet.dataset(keys),
                    "likelihood: { student_t: { nu: learned, scale: learned } }\nestimator: mle",
                );
                let design = Design::of(&done, true, &["location"], &["nu", "scale"]);
                let (theta, value) = best(&done, &design, &Shape);
                let mut expected = design.named(&theta);
                expected[4].1 += 0.5;
                if matches!(done.status(), Status::Boundary { .. }) {
                    assert_value(&done, value);
                } else {
                    assert_optimum(&done, value, &expected);
                    assert!(
                        matches!(done.status(), Status::LocalOptimum { starts } if *starts > 1),
                        "{:?}",
                        done.status()
                    );
                }
            }
        }
    }
}

#[test]
fn light_tails_end_at_the_gaussian_and_say_so() {
    // Uniform noise: lighter than Gaussian.
    let sheet = Sheet::draw(59, 80, 3, |x, stream| linear(x) + stream.uniform());
    for keys in [RAW, STANDARDISED] {
        let student =
            one(&sheet.dataset(keys), "likelihood: { student_t: { nu: learned, scale: learned } }\nestimator: mle");
        let limit =
            Status::Boundary { parameter: "nu".into(), limit: Number(f64::INFINITY), reduces_to: "gaussian".into() };
        assert_eq!(*student.status(), limit);
        let gaussian = one(&sheet.dataset(keys), "likelihood: { gaussian: { scale: learned } }\nestimator: mle");
        assert_value(&student, gaussian.fit().objective.0);
        for name in gaussian.fit().parameters.keys() {
            close(student.at(name), gaussian.at(name), 1e-6, name);
        }
    }
}

#[test]
fn logistic_ends_at_the_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for sheet in
            [heavy(60, 70, 4.0), with_outliers(heavy(61, 70, 3.0)), heavy(62, 70, 2.0).weighted(|i| (i % 3) as f64)]
        {
            for (tau, text) in [(None, "estimator: mle"), (Some(0.3), "prior: { gaussian: { scale: 0.3 } }")] {
                let done =
                    one(&sheet.dataset(keys), &format!("likelihood: {{ logistic: {{ scale: learned }} }}\n{text}"));
                let design = Design::of(&done, true, &["location"], &["scale"]);
                let (theta, value) = design.minimise(&Logistic(tau));
                assert_optimum(&done, value, &design.named(&theta));
                assert_eq!(*done.status(), Status::Converged);
            }
        }
    }
}
