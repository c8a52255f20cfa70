//! Absolute and quantile errors end at vertices: brute force on small data, duality on larger.

mod common;

use common::algebra::dot;
use common::kinks::{Kink, brute, certificate};
use common::newton::Design;
use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{Done, assert_value, close, one};
use surprisal_spec::Status;

/// Σ wᵢ ρ(rᵢ)/s as kinks; `quantile` ½ and s/2 is the Laplace density of scale s.
fn kinks(design: &Design, quantile: f64, scale: f64) -> Vec<Kink> {
    let kink = |i: usize| {
        let w = design.weight[i] / scale;
        Kink { row: design.row(i), target: design.y[i], up: w * quantile, down: w * (1.0 - quantile) }
    };
    (0..design.y.len()).filter(|&i| design.weight[i] > 0.0).map(kink).collect()
}
/// −ln of τ(1 − τ)/s, and sd_y, for all rows.
fn constants(design: &Design, quantile: f64, scale: f64) -> f64 {
    let weight: f64 = design.weight.iter().sum();
    weight * libm::log(scale / (quantile * (1.0 - quantile))) + design.jacobian()
}
/// How a likelihood is written, its quantile, and its scale as an asymmetric Laplace's.
fn likelihoods(scale: &str, value: f64) -> Vec<(String, f64, f64)> {
    let asymmetric = |q: f64| (format!("{{ asymmetric_laplace: {{ quantile: {q}, scale: {scale} }} }}"), q, value);
    let mut all: Vec<_> = [0.1, 0.5, 0.85].map(asymmetric).to_vec();
    all.push((format!("{{ laplace: {{ scale: {scale} }} }}"), 0.5, 0.5 * value));
    all
}
fn theta(done: &Done, design: &Design) -> Vec<f64> {
    design.names.iter().map(|name| done.at(name)).collect()
}
fn noisy(seed: u64, n: usize, d: usize) -> Sheet {
    Sheet::draw(seed, n, d, |x, stream| linear(x) - libm::log(stream.uniform()) + 0.3 * stream.normal())
}

#[test]
fn flat_priors_end_at_the_best_vertex_on_small_data() {
    for keys in [RAW, STANDARDISED] {
        for (seed, n, d) in [(71, 9, 1), (72, 11, 2), (73, 12, 3)] {
            for sheet in [noisy(seed, n, d), noisy(seed, n, d).weighted(|i| [1.0, 0.3, 2.0, 0.0][i % 4])] {
                for (likelihood, quantile, scale) in likelihoods("0.7", 0.7) {
                    let done = one(&sheet.dataset(keys), &format!("likelihood: {likelihood}\nestimator: mle"));
                    let design = Design::of(&done, true, &["location"], &[]);
                    let scale = scale / design.y_sd;
                    let value = brute(&kinks(&design, quantile, scale)) + constants(&design, quantile, scale);
                    assert_value(&done, value);
                }
            }
        }
    }
}

#[test]
fn flat_priors_have_no_duality_gap_on_larger_data_and_a_learned_scale_is_the_mean_loss() {
    for keys in [RAW, STANDARDISED] {
        for sheet in [noisy(74, 301, 5), noisy(75, 200, 5).weighted(|i| 0.1 + (i % 5) as f64)] {
            for (likelihood, quantile, factor) in likelihoods("learned", 1.0) {
                let done = one(&sheet.dataset(keys), &format!("likelihood: {likelihood}\nestimator: mle"));
                let design = Design::of(&done, true, &["location"], &[]);
                let theta = theta(&done, &design);
                let unit = kinks(&design, quantile, 1.0);
                let (rest, outside, u) = certificate(&unit, &vec![0.0; theta.len()], &theta, 1e-9);
                let loss: f64 = unit.iter().map(|kink| kink.value(&theta)).sum();
                let dual: f64 = unit.iter().zip(&u).map(|(kink, u)| u * kink.target).sum();
                assert!(rest < 1e-9 && outside < 1e-9, "{likelihood} {keys}: {rest:e} {outside:e}");
                close(loss, dual, 1e-8, "duality gap");
                // The best scale of a mean loss: itself.
                let scale = loss / design.weight.iter().sum::<f64>();
                close(done.at("scale"), scale / factor, 1e-6, "scale");
                assert_value(&done, loss / scale + constants(&design, quantile, scale));
                assert_eq!(*done.status(), Status::Converged, "{likelihood} {keys}");
            }
        }
    }
}

#[test]
fn diabetes_has_no_duality_gap_in_either_coordinates() {
    for standardise in [true, false] {
        let dataset = format!("{{ diabetes: {{ split: none, standardise: {standardise} }} }}");
        let done = one(&dataset, "likelihood: { laplace: { scale: learned } }\nestimator: mle");
        let design = Design::of(&done, true, &["location"], &[]);
        let theta = theta(&done, &design);
        let unit = kinks(&design, 0.5, 0.5);
        let (rest, outside, u) = certificate(&unit, &vec![0.0; theta.len()], &theta, 1e-8);
        assert!(rest < 1e-8 && outside < 1e-8, "{rest:e} {outside:e}");
        let loss: f64 = unit.iter().map(|kink| kink.value(&theta)).sum();
        close(loss, unit.iter().zip(&u).map(|(kink, u)| u * kink.target).sum(), 1e-8 * loss, "duality gap");
        assert_value(&done, 442.0 * (1.0 + libm::log(2.0 * loss / 442.0)) + design.jacobian());
    }
}

#[test]
fn a_laplace_prior_adds_kinks_of_its_own() {
    for keys in [RAW, STANDARDISED] {
        for (centre, b) in [(0.0, 0.05), (0.0, 1.0), (0.4, 0.08)] {
            for (n, d) in [(12, 2), (150, 5)] {
                for (likelihood, quantile, scale) in likelihoods("0.7", 0.7) {
                    let prior = format!("prior: {{ laplace: {{ location: {centre}, scale: {b} }} }}");
                    let done = one(&noisy(76, n, d).dataset(keys), &format!("likelihood: {likelihood}\n{prior}"));
                    let design = Design::of(&done, true, &["location"], &[]);
                    let scale = scale / design.y_sd;
                    let mut all = kinks(&design, quantile, scale);
                    for j in 0..d {
                        let row: Vec<f64> = (0..=d).map(|k| f64::from(u8::from(k == j))).collect();
                        all.push(Kink { row, target: centre, up: 1.0 / b, down: 1.0 / b });
                    }
                    let constant = constants(&design, quantile, scale) + d as f64 * libm::log(2.0 * b);
                    let theta = theta(&done, &design);
                    let value: f64 = all.iter().map(|kink| kink.value(&theta)).sum();
                    if n < 20 {
                        assert_value(&done, brute(&all) + constant);
                    } else {
                        let (rest, outside, u) = certificate(&all, &vec![0.0; d + 1], &theta, 1e-9);
                        let dual: f64 = all.iter().zip(&u).map(|(kink, u)| u * kink.target).sum();
                        assert!(rest < 1e-8 && outside < 1e-8, "{likelihood} {prior} {keys}: {rest:e} {outside:e}");
                        close(value, dual, 1e-8, "duality gap");
                        assert_value(&done, value + constant);
                    }
                    if b < 0.06 && n < 20 {
                        assert_eq!(done.at("w.x1"), centre, "a weight on the kink is exactly there");
                    }
                }
            }
        }
    }
}

#[test]
fn a_gaussian_prior_leaves_subgradients_in_their_intervals() {
    for keys in [RAW, STANDARDISED] {
        for (centre, tau) in [(0.0, 0.05), (0.0, 2.0), (0.5, 0.1)] {
            for (likelihood, quantile, scale) in likelihoods("0.7", 0.7) {
                let prior = format!(
                    "prior: {{ gaussian: {{ location: {centre}, scale: {tau}, bias: {{ gaussian: {{ scale: 3 }} }} }} }}"
                );
                let done = one(&noisy(77, 120, 4).dataset(keys), &format!("likelihood: {likelihood}\n{prior}"));
                let design = Design::of(&done, true, &["location"], &[]);
                let all = kinks(&design, quantile, scale / design.y_sd);
                let theta = theta(&done, &design);
                let smooth: Vec<f64> =
                    (0..5).map(|j| if j < 4 { (theta[j] - centre) / (tau * tau) } else { theta[j] / 9.0 }).collect();
                let (rest, outside, _) = certificate(&all, &smooth, &theta, 1e-9);
                // Strong convexity of 1/9: the distance to the optimum is at most 9 times this.
                assert!(rest < 1e-7 && outside < 1e-7, "{likelihood} {prior} {keys}: {rest:e} {outside:e}");
                assert_eq!(*done.status(), Status::Converged);
            }
        }
    }
}

#[test]
fn a_learned_scale_under_a_weight_prior_is_the_best_of_all_fixed_scales() {
    let priors =
        ["{ gaussian: { scale: 0.2 } }", "{ laplace: { scale: 0.1 } }", "{ laplace: { location: 0.5, scale: 0.03 } }"];
    for (seed, prior) in [78, 81, 82, 83].into_iter().flat_map(|seed| priors.map(|prior| (seed, prior))) {
        let dataset = noisy(seed, 60, 3).dataset(RAW);
        let learned = one(&dataset, &format!("likelihood: {{ laplace: {{ scale: learned }} }}\nprior: {prior}"));
        let s = learned.at("scale");
        let fixed = |s: f64| one(&dataset, &format!("likelihood: {{ laplace: {{ scale: {s:?} }} }}\nprior: {prior}"));
        let same = fixed(s);
        assert_value(&learned, same.fit().objective.0);
        for factor in [0.1, 0.3, 0.7, 0.95, 0.999, 1.001, 1.05, 1.5, 3.0, 10.0] {
            let other = fixed(s * factor).fit().objective.0;
            assert!(
                other >= learned.fit().objective.0 - 1e-9,
                "{seed} {prior}: {factor} gives {other}, learned {}",
                learned.fit().objective.0
            );
        }
    }
}

#[test]
fn the_median_of_an_even_number_of_rows_is_not_unique() {
    let sheet = Sheet { x: vec![vec![1.0]; 4], y: vec![1.0, 2.0, 4.0, 9.0], ..Sheet::default() };
    let done =
        one(&sheet.dataset(RAW), "likelihood: { laplace: { scale: 1 } }\nestimator: mle\nmodel: { constant: {} }");
    assert_eq!(*done.status(), Status::NotUnique);
    assert!((2.0..=4.0).contains(&done.at("bias")));
    assert_value(&done, 10.0 + 4.0 * std::f64::consts::LN_2);
}

#[test]
fn a_dependent_column_leaves_the_value_and_is_not_unique() {
    let mut sheet = noisy(79, 50, 3);
    let reduced = Sheet { x: sheet.x.iter().map(|row| row[..2].to_vec()).collect(), ..sheet.clone() };
    sheet.x.iter_mut().for_each(|row| row[2] = row[0] + row[1]);
    for keys in [RAW, STANDARDISED] {
        let text = "likelihood: { laplace: { scale: learned } }\nestimator: mle";
        let done = one(&sheet.dataset(keys), text);
        assert_value(&done, one(&reduced.dataset(keys), text).fit().objective.0);
        assert_eq!(*done.status(), Status::NotUnique);
    }
}

#[test]
fn residuals_below_and_above_have_the_shares_of_the_quantile() {
    let done = one(
        &noisy(80, 400, 2).dataset(RAW),
        "likelihood: { asymmetric_laplace: { quantile: 0.9, scale: learned } }\nestimator: mle",
    );
    let design = Design::of(&done, true, &["location"], &[]);
    let theta = theta(&done, &design);
    let below = (0..400).filter(|&i| design.y[i] < dot(&design.row(i), &theta) - 1e-9).count();
    assert!((357..=360).contains(&below), "{below} of 400");
}
