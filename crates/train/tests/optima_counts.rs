//! Counts: Poisson and negative binomial models end at Newton solutions, or say why there is none.

mod common;

use common::newton::{Design, Formula, normal};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{assert_optimum, assert_value, close, one};
use surprisal_density::{AnyFamily, Real, Stream};
use surprisal_spec::{Number, Status};

/// μ − y η + ln y!.
struct Poisson(Option<f64>);
impl Formula<1> for Poisson {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        eta.exp() - R::lit(y) * eta + R::lit(libm::lgamma(y + 1.0))
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        match self.0 {
            Some(tau) if name != "bias" => normal(theta, 0.0, tau),
            _ => R::lit(0.0),
        }
    }
}

/// −Σ_{j<y} ln(1 + αj) + ln y! − y η + (y + 1/α) ln(1 + αμ): the product form, without Γ.
fn nb2<R: Real>(eta: R, alpha: R, y: f64) -> R {
    let rising = (0..y as usize).fold(R::lit(0.0), |sum, j| sum + (alpha * R::lit(j as f64)).ln_1p());
    R::lit(libm::lgamma(y + 1.0)) - rising - R::lit(y) * eta
        + (R::lit(y) + R::lit(1.0) / alpha) * (alpha * eta.exp()).ln_1p()
}
struct Fixed(f64);
impl Formula<1> for Fixed {
    fn row<R: Real>(&self, [eta]: [R; 1], y: f64) -> R {
        nb2(eta, R::lit(self.0), y)
    }
}
struct Learned(Option<f64>);
impl Formula<2> for Learned {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        nb2(eta, u.exp(), y)
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        match (name, self.0) {
            (_, None) | ("bias", _) => R::lit(0.0),
            // exponential of mean 2 over α = eᵘ.
            ("dispersion", _) => theta.exp() * R::lit(0.5) + R::lit(std::f64::consts::LN_2),
            (_, Some(tau)) => normal(theta, 0.0, tau),
        }
    }
}

fn count(family: &str, at: &[f64], stream: &mut Stream) -> f64 {
    AnyFamily::named(family).expect("it is registered").sample(at, stream)
}
fn poisson(n: usize) -> Sheet {
    Sheet::draw(21, n, 4, |x, stream| count("poisson", &[libm::exp(0.6 * linear(x))], stream))
}
fn overdispersed(n: usize, alpha: f64) -> Sheet {
    Sheet::draw(22, n, 4, |x, stream| count("negative_binomial", &[libm::exp(0.6 * linear(x)), alpha], stream))
}
/// Targets as drawn, under exposures and weights.
fn exposed(sheet: &Sheet) -> Sheet {
    sheet.clone().weighted(|i| [1.0, 0.25, 3.0][i % 3]).with_offset(|i| 0.5 * ((i % 7) as f64) - 1.0)
}

#[test]
fn poisson_ends_at_the_newton_solution_with_offset_weights_and_prior() {
    for keys in [RAW, STANDARDISED] {
        for sheet in [poisson(80), exposed(&poisson(80))] {
            for (tau, text) in [(None, "estimator: mle"), (Some(0.2), "prior: { gaussian: { scale: 0.2 } }")] {
                let done = one(
                    &sheet.dataset(&format!("{keys}, kind: count")),
                    &format!("likelihood: {{ poisson: {{}} }}\n{text}"),
                );
                let design = Design::of(&done, true, &["location"], &[]);
                let (theta, value) = design.minimise(&Poisson(tau));
                assert_optimum(&done, value, &design.named(&theta));
                assert_eq!(*done.status(), Status::Converged);
            }
        }
    }
}

#[test]
fn poisson_on_badly_scaled_columns_and_large_counts() {
    let mut sheet =
        Sheet::draw(23, 100, 3, |x, stream| count("poisson", &[libm::exp(8.0 + 0.5 * x[0] - 0.3 * x[2])], stream));
    sheet.x.iter_mut().for_each(|row| (row[0], row[1]) = (row[0] * 1e4, row[1] * 1e-3));
    for keys in [RAW, STANDARDISED] {
        let done = one(&sheet.dataset(keys), "likelihood: { poisson: {} }\nestimator: mle");
        let design = Design::of(&done, true, &["location"], &[]);
        let mut start = vec![0.0; 4];
        start[3] = 8.0;
        let (theta, value) = design.minimise_from(&Poisson(None), start);
        assert_optimum(&done, value, &design.named(&theta));
    }
}

#[test]
fn negative_binomial_with_fixed_dispersion_ends_at_the_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for alpha in [1e-3, 0.5, 4.0] {
            let done = one(
                &exposed(&overdispersed(90, 0.5)).dataset(keys),
                &format!("likelihood: {{ negative_binomial: {{ dispersion: {alpha} }} }}\nestimator: mle"),
            );
            let design = Design::of(&done, true, &["location"], &[]);
            let (theta, value) = design.minimise(&Fixed(alpha));
            assert_optimum(&done, value, &design.named(&theta));
        }
    }
}

#[test]
fn negative_binomial_with_learned_dispersion_ends_at_the_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for (tau, binding, prior) in [
            (None, "learned", "estimator: mle"),
            (Some(0.3), "{ learned: { prior: { exponential: { mean: 2 } } } }", "prior: { gaussian: { scale: 0.3 } }"),
        ] {
            for sheet in [overdispersed(120, 0.7), exposed(&overdispersed(120, 0.7)), overdispersed(60, 3.0)] {
                let done = one(
                    &sheet.dataset(keys),
                    &format!("likelihood: {{ negative_binomial: {{ dispersion: {binding} }} }}\n{prior}"),
                );
                let design = Design::of(&done, true, &["location"], &["dispersion"]);
                let (theta, value) = design.minimise(&Learned(tau));
                assert_optimum(&done, value, &design.named(&theta));
            }
        }
    }
}

#[test]
fn a_predicted_dispersion_ends_at_the_newton_solution() {
    let sheet = Sheet::draw(24, 400, 2, |x, stream| {
        count("negative_binomial", &[libm::exp(1.0 + 0.4 * x[0]), libm::exp(0.5 * x[1])], stream)
    });
    for keys in [RAW, STANDARDISED] {
        let done =
            one(&sheet.dataset(keys), "likelihood: { negative_binomial: { dispersion: predicted } }\nestimator: mle");
        let design = Design::of(&done, true, &["location", "dispersion"], &[]);
        let (theta, value) = design.minimise(&Learned(None));
        assert_optimum(&done, value, &design.named(&theta));
    }
}

#[test]
fn counts_without_overdispersion_end_at_the_poisson_and_say_so() {
    let even = Sheet::draw(25, 60, 2, |x, _| libm::exp(1.5 + 0.4 * x[0]).round());
    for keys in [RAW, STANDARDISED] {
        let nb = one(&even.dataset(keys), "likelihood: { negative_binomial: { dispersion: learned } }\nestimator: mle");
        let limit =
            Status::Boundary { parameter: "dispersion".into(), limit: Number(0.0), reduces_to: "poisson".into() };
        assert_eq!(*nb.status(), limit);
        let poisson = one(&even.dataset(keys), "likelihood: { poisson: {} }\nestimator: mle");
        assert_value(&nb, poisson.fit().objective.0);
        for name in poisson.fit().parameters.keys() {
            close(nb.at(name), poisson.at(name), 1e-6, name);
        }
    }
}

#[test]
fn counts_that_are_all_zero_have_no_minimiser_unless_a_prior_holds_the_bias() {
    let zeros = Sheet::draw(26, 20, 2, |_, _| 0.0);
    for likelihood in [
        "{ poisson: {} }",
        "{ negative_binomial: { dispersion: 0.5 } }",
        "{ negative_binomial: { dispersion: learned } }",
    ] {
        for prior in ["estimator: mle", "prior: { gaussian: { scale: 1 } }"] {
            let done = one(&zeros.dataset(RAW), &format!("likelihood: {likelihood}\n{prior}"));
            assert_eq!(*done.status(), Status::NoMinimiser, "{likelihood} {prior}");
        }
    }
    let held = "prior: { gaussian: { scale: 1, bias: { gaussian: { scale: 2 } } } }";
    let done = one(&zeros.dataset(RAW), &format!("likelihood: {{ poisson: {{}} }}\n{held}"));
    assert_eq!(*done.status(), Status::Converged);
}

#[test]
fn a_rank_deficient_poisson_is_not_unique_and_still_the_optimum() {
    let mut sheet = poisson(50);
    let reduced = Sheet { x: sheet.x.iter().map(|row| row[..3].to_vec()).collect(), ..sheet.clone() };
    sheet.x.iter_mut().for_each(|row| row[3] = row[0] - row[1]);
    for keys in [RAW, STANDARDISED] {
        let done = one(&sheet.dataset(keys), "likelihood: { poisson: {} }\nestimator: mle");
        assert_eq!(*done.status(), Status::NotUnique);
        let full = one(&reduced.dataset(keys), "likelihood: { poisson: {} }\nestimator: mle");
        assert_value(&done, full.fit().objective.0);
    }
}

#[test]
fn zeros_wherever_a_column_is_positive_have_no_minimiser() {
    // The rate of the rows with the indicator runs to 0: its weight to −∞.
    let mut sheet = poisson(40);
    for (i, row) in sheet.x.iter_mut().enumerate() {
        row[3] = f64::from(u8::from(i % 5 == 0));
        if i % 5 == 0 {
            sheet.y[i] = 0.0;
        }
    }
    let done = one(&sheet.dataset(RAW), "likelihood: { poisson: {} }\nestimator: mle");
    assert_eq!(*done.status(), Status::NoMinimiser);
}
