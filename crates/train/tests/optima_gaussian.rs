//! Gaussian linear models end where their closed forms say.

mod common;

use common::algebra::{cholesky, dot, least_squares, shortest_least_squares};
use common::newton::{Design, Formula, normal};
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, assert_optimum, assert_value, close, one};
use surprisal_density::Real;
use surprisal_spec::Status;

const LN_TAU: f64 = 1.837_877_066_409_345_5;
const DIABETES: &str = "{ diabetes: { split: none, standardise: false } }";
const DIABETES_STANDARDISED: &str = "{ diabetes: { split: none } }";

/// Σ w −ln N(r; 0, σ²) + ln sd_y a row.
fn gaussian(design: &Design, theta: &[f64], sigma: f64) -> f64 {
    let rows = (0..design.y.len()).map(|i| {
        let r = (design.y[i] - dot(&design.row(i), theta)) / sigma;
        design.weight[i] * (0.5 * r * r + libm::log(sigma) + 0.5 * LN_TAU)
    });
    rows.sum::<f64>() + design.jacobian()
}

fn ols(design: &Design) -> (Vec<f64>, f64) {
    let root = |i: usize| design.weight[i].sqrt();
    let a: Vec<Vec<f64>> = (0..design.y.len()).map(|i| design.row(i).iter().map(|x| x * root(i)).collect()).collect();
    let b: Vec<f64> = (0..design.y.len()).map(|i| design.y[i] * root(i)).collect();
    let theta = least_squares(&a, &b);
    let rss: f64 = (0..b.len()).map(|i| (b[i] - dot(&a[i], &theta)) * (b[i] - dot(&a[i], &theta))).sum();
    (theta, (rss / design.weight.iter().sum::<f64>()).sqrt())
}

/// (XᵀWX + Λ) θ = XᵀWy + Λm.
fn ridge(design: &Design, sigma: f64, tau: &dyn Fn(&str) -> Option<(f64, f64)>) -> (Vec<f64>, f64) {
    let p = design.names.len();
    let (mut a, mut b, mut nlp) = (vec![vec![0.0; p]; p], vec![0.0; p], 0.0);
    for i in 0..design.y.len() {
        let row = design.row(i);
        for j in 0..p {
            b[j] += design.weight[i] * row[j] * design.y[i];
            (0..p).for_each(|k| a[j][k] += design.weight[i] * row[j] * row[k]);
        }
    }
    for (j, name) in design.names.iter().enumerate() {
        if let Some((mean, sd)) = tau(name) {
            a[j][j] += sigma * sigma / (sd * sd);
            b[j] += sigma * sigma / (sd * sd) * mean;
        }
    }
    let theta = cholesky(&a, &b).expect("a ridge is positive definite");
    for (j, name) in design.names.iter().enumerate() {
        nlp += tau(name).map_or(0.0, |(mean, sd)| normal(theta[j], mean, sd));
    }
    (theta.clone(), gaussian(design, &theta, sigma) + nlp)
}

fn check_ols(dataset: &str, keys: &str, bias: bool) -> Done {
    let done = one(dataset, keys);
    let design = Design::of(&done, bias, &["location"], &[]);
    let (theta, sigma) = ols(&design);
    let mut expected: Vec<(String, f64)> = design.names.iter().cloned().zip(theta.iter().copied()).collect();
    expected.push(("scale".into(), sigma));
    assert_optimum(&done, gaussian(&design, &theta, sigma), &expected);
    assert_eq!(*done.status(), Status::Converged);
    done
}

const LEARNED: &str = "likelihood: { gaussian: { scale: learned } }\nestimator: mle";

fn noisy(n: usize, d: usize) -> Sheet {
    Sheet::draw(11, n, d, |x, stream| linear(x) + 0.8 * stream.normal())
}

#[test]
fn mle_with_learned_scale_is_least_squares_on_diabetes_in_both_coordinates() {
    let raw = check_ols(DIABETES, LEARNED, true);
    let standardised = check_ols(DIABETES_STANDARDISED, LEARNED, true);
    close(raw.fit().objective.0, standardised.fit().objective.0, 1e-8, "the NLL is in original units either way");
    for name in raw.fit().parameters.keys() {
        let x = raw.at(name);
        close(standardised.original(name), x, 1e-6 * x.abs().max(1.0), name);
    }
}

#[test]
fn mse_is_the_same_row_as_mle_with_learned_scale() {
    for dataset in [DIABETES, DIABETES_STANDARDISED] {
        let mse = check_ols(dataset, "estimator: mse", true);
        let mle = check_ols(dataset, LEARNED, true);
        close(mse.fit().objective.0, mle.fit().objective.0, 1e-8, "objective");
    }
}

#[test]
fn least_squares_without_bias_with_weights_and_badly_scaled_columns() {
    for keys in [RAW, STANDARDISED] {
        check_ols(&noisy(60, 4).dataset(keys), &format!("{LEARNED}\nmodel: {{ linear: {{ bias: false }} }}"), false);
        let weighted = noisy(60, 4).weighted(|i| [0.0, 0.5, 1.0, 7.25][i % 4]);
        check_ols(&weighted.dataset(keys), LEARNED, true);
        check_ols(&weighted.dataset(keys), "estimator: mse", true);
        let mut scaled = noisy(80, 4);
        for row in &mut scaled.x {
            (row[0], row[1], row[2]) = (row[0] * 1e5, row[1] * 1e-4, row[2] + 300.0);
        }
        check_ols(&scaled.dataset(keys), LEARNED, true);
    }
}

#[test]
fn a_fixed_scale_is_in_original_units_and_does_not_move_the_weights() {
    for dataset in [DIABETES, DIABETES_STANDARDISED] {
        let done = one(dataset, "likelihood: { gaussian: { scale: 30 } }\nestimator: mle");
        let design = Design::of(&done, true, &["location"], &[]);
        let (theta, _) = ols(&design);
        assert_optimum(&done, gaussian(&design, &theta, 30.0 / design.y_sd), &design.named(&theta));
    }
}

#[test]
fn ridge_is_the_closed_form_with_lambda_of_sigma_and_tau_in_the_same_coordinates() {
    for dataset in [DIABETES, DIABETES_STANDARDISED] {
        for (sigma, tau) in [(54.0, 100.0), (54.0, 0.3), (200.0, 0.01), (1.0, 10.0)] {
            let keys =
                format!("likelihood: {{ gaussian: {{ scale: {sigma} }} }}\nprior: {{ gaussian: {{ scale: {tau} }} }}");
            let done = one(dataset, &keys);
            let design = Design::of(&done, true, &["location"], &[]);
            let (theta, value) = ridge(&design, sigma / design.y_sd, &|name| (name != "bias").then_some((0.0, tau)));
            assert_optimum(&done, value, &design.named(&theta));
            assert_eq!(*done.status(), Status::Converged);
        }
    }
}

#[test]
fn the_issues_own_file_gives_its_ridge() {
    let keys = "model: { linear: { bias: true } }
likelihood: { gaussian: { scale: 0.5 } }
prior: { gaussian: { scale: 2.0, bias: flat } }
estimator: map
optimiser: { lbfgs: { max_iterations: 2000, tolerance: 1e-12 } }
dtype: f64
seeds: [0]";
    let done = one(&noisy(40, 2).dataset(RAW), keys);
    let design = Design::of(&done, true, &["location"], &[]);
    let (theta, value) = ridge(&design, 0.5, &|name| (name != "bias").then_some((0.0, 2.0)));
    assert_optimum(&done, value, &design.named(&theta));
}

#[test]
fn bias_priors_locations_by_name_fan_in_and_per_layer_mean_what_they_say() {
    type Tau = fn(&str) -> Option<(f64, f64)>;
    let cases: [(&str, Tau); 5] = [
        ("{ gaussian: { scale: 0.7, bias: { gaussian: { scale: 0.1 } } } }", |name| {
            Some((0.0, if name == "bias" { 0.1 } else { 0.7 }))
        }),
        ("{ gaussian: { scale: 0.7, bias: { gaussian: { location: 3, scale: 0.1 } } } }", |name| {
            Some(if name == "bias" { (3.0, 0.1) } else { (0.0, 0.7) })
        }),
        ("{ gaussian: { scale: { fan_in: 0.4 } } }", |name| (name != "bias").then_some((0.0, 0.2))),
        ("{ gaussian: { scale: { per_layer: [0.05] } } }", |name| (name != "bias").then_some((0.0, 0.05))),
        (
            "{ gaussian: { location: { by_name: { w.x1: 2, w.x3: -1 } }, scale: { by_name: { w.x1: 0.2, w.x2: 0.03, w.x3: 1, w.x4: 1 } } } }",
            |name| match name {
                "bias" => None,
                "w.x1" => Some((2.0, 0.2)),
                "w.x2" => Some((0.0, 0.03)),
                "w.x3" => Some((-1.0, 1.0)),
                _ => Some((0.0, 1.0)),
            },
        ),
    ];
    for keys in [RAW, STANDARDISED] {
        for (prior, tau) in &cases {
            let done = one(
                &noisy(30, 4).dataset(keys),
                &format!("likelihood: {{ gaussian: {{ scale: 0.8 }} }}\nprior: {prior}"),
            );
            let design = Design::of(&done, true, &["location"], &[]);
            let (theta, value) = ridge(&design, 0.8 / design.y_sd, tau);
            assert_optimum(&done, value, &design.named(&theta));
        }
    }
}

/// σ learned with its prior, weights under N(0, τ²).
struct LearnedScale(f64, bool);
impl Formula<2> for LearnedScale {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        R::lit(0.5) * ((R::lit(y) - eta) * (-u).exp()).sq() + u + R::lit(0.5 * LN_TAU)
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        match name {
            // log-normal over σ = eᵘ: ½ u² + u + ½ ln 2π, no Jacobian of the link.
            "scale" if self.1 => R::lit(0.5) * theta.sq() + theta + R::lit(0.5 * LN_TAU),
            "scale" | "bias" => R::lit(0.0),
            _ => normal(theta, 0.0, self.0),
        }
    }
}

#[test]
fn map_with_a_learned_scale_and_its_own_prior_is_the_newton_solution() {
    for keys in [RAW, STANDARDISED] {
        for tau in [10.0, 0.5] {
            for own in [true, false] {
                let scale =
                    if own { "{ learned: { prior: { log_normal: { location: 0, scale: 1 } } } }" } else { "learned" };
                let text = format!(
                    "likelihood: {{ gaussian: {{ scale: {scale} }} }}\nprior: {{ gaussian: {{ scale: {tau} }} }}"
                );
                let done = one(&noisy(40, 4).weighted(|i| 0.5 + (i % 3) as f64).dataset(keys), &text);
                let design = Design::of(&done, true, &["location"], &["scale"]);
                let (theta, value) = design.minimise(&LearnedScale(tau, own));
                assert_optimum(&done, value, &design.named(&theta));
            }
        }
    }
}

/// Both heads predicted.
struct Heteroscedastic(f64);
impl Formula<2> for Heteroscedastic {
    fn row<R: Real>(&self, [eta, u]: [R; 2], y: f64) -> R {
        R::lit(0.5) * ((R::lit(y) - eta) * (-u).exp()).sq() + u + R::lit(0.5 * LN_TAU)
    }
    fn prior<R: Real>(&self, name: &str, theta: R) -> R {
        if self.0 > 0.0 && !name.ends_with("bias") { normal(theta, 0.0, self.0) } else { R::lit(0.0) }
    }
}

#[test]
fn a_predicted_scale_ends_at_the_newton_solution() {
    let sheet = Sheet::draw(5, 200, 3, |x, stream| linear(x) + libm::exp(0.4 * x[1] - 0.3) * stream.normal());
    for (keys, tau) in [(RAW, 0.0), (STANDARDISED, 0.0), (RAW, 0.5), (STANDARDISED, 0.5)] {
        let prior =
            if tau > 0.0 { format!("prior: {{ gaussian: {{ scale: {tau} }} }}") } else { "estimator: mle".into() };
        let done = one(&sheet.dataset(keys), &format!("likelihood: {{ gaussian: {{ scale: predicted }} }}\n{prior}"));
        let design = Design::of(&done, true, &["location", "scale"], &[]);
        let (theta, value) = design.minimise(&Heteroscedastic(tau));
        assert_optimum(&done, value, &design.named(&theta));
    }
}

#[test]
fn a_rank_deficient_fit_ends_at_the_minimum_norm_and_says_that_it_is_not_unique() {
    let mut sheet = noisy(40, 4);
    for row in &mut sheet.x {
        row[2] = row[0] + 0.5 * row[1];
        row[3] = row[1];
    }
    for keys in [RAW, STANDARDISED] {
        for likelihood in [LEARNED, "estimator: mse", "estimator: mle\nlikelihood: { gaussian: { scale: 0.8 } }"] {
            let done = one(&sheet.dataset(keys), likelihood);
            assert_eq!(*done.status(), Status::NotUnique, "{keys} {likelihood}");
            let design = Design::of(&done, true, &["location"], &[]);
            let theta = shortest_least_squares(&design.rows(), &design.y);
            let rss: f64 = (0..40).map(|i| design.y[i] - dot(&design.row(i), &theta)).map(|r| r * r).sum();
            let sigma = if likelihood.contains("0.8") { 0.8 / design.y_sd } else { (rss / 40.0).sqrt() };
            assert_optimum(&done, gaussian(&design, &theta, sigma), &design.named(&theta));
        }
    }
}

#[test]
fn more_columns_than_rows_have_no_scale_but_a_ridge() {
    let sheet = noisy(6, 9);
    for likelihood in [LEARNED, "estimator: mse"] {
        assert_eq!(*one(&sheet.dataset(RAW), likelihood).status(), Status::Unbounded, "{likelihood}");
    }
    let done = one(&sheet.dataset(RAW), "likelihood: { gaussian: { scale: 0.5 } }\nprior: { gaussian: { scale: 1 } }");
    let design = Design::of(&done, true, &["location"], &[]);
    let (theta, value) = ridge(&design, 0.5, &|name| (name != "bias").then_some((0.0, 1.0)));
    assert_optimum(&done, value, &design.named(&theta));
}

#[test]
fn residuals_of_zero_are_unbounded_and_no_panic() {
    let exact = Sheet::draw(3, 25, 2, |x, _| 2.0 * x[0] - x[1] + 1.0);
    let constant = Sheet::draw(3, 25, 2, |_, _| 4.0);
    for sheet in [exact, constant] {
        for keys in [RAW, STANDARDISED] {
            for likelihood in [LEARNED, "estimator: mse", "likelihood: { laplace: { scale: learned } }\nestimator: mle"]
            {
                let done = one(&sheet.dataset(keys), likelihood);
                assert_eq!(*done.status(), Status::Unbounded, "{keys} {likelihood} {:?}", done.fit());
            }
        }
    }
}

#[test]
fn a_constant_column_is_kept_at_zero_and_reported_when_standardised() {
    let mut sheet = noisy(30, 3);
    sheet.x.iter_mut().for_each(|row| row[1] = 6.0);
    let done = one(&sheet.dataset(STANDARDISED), LEARNED);
    assert!(done.outcome.notes.iter().any(|note| note.contains("x2")), "{:?}", done.outcome.notes);
    assert_eq!((done.at("w.x2"), done.status()), (0.0, &Status::Converged));
    sheet.x.iter_mut().for_each(|row| {
        row.remove(1);
    });
    let without = one(&sheet.dataset(STANDARDISED), LEARNED);
    assert_value(&done, without.fit().objective.0);
}

#[test]
fn the_constant_model_is_the_mean_and_its_deviation() {
    for dataset in [DIABETES, DIABETES_STANDARDISED] {
        let done = one(dataset, &format!("{LEARNED}\nmodel: {{ constant: {{}} }}"));
        let (mean, sd) = common::algebra::moments(&done.table.y);
        close(done.original("bias"), mean, 1e-6 * mean, "bias");
        close(done.original("scale"), sd, 1e-6 * sd, "scale");
    }
}

#[test]
fn targets_far_from_zero_keep_their_scale() {
    let mut sheet = noisy(50, 3);
    sheet.y.iter_mut().for_each(|y| *y += 1e7);
    let near = one(&noisy(50, 3).dataset(STANDARDISED), LEARNED);
    let far = one(&sheet.dataset(STANDARDISED), LEARNED);
    assert_eq!(*far.status(), Status::Converged);
    close(far.fit().objective.0, near.fit().objective.0, 1e-6, "objective");
}
