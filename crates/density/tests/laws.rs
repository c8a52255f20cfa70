//! What holds for every family, written once over their examples.
//!
//! Each law was tried against deliberate mistakes, and each mistake was caught:
//! gaussian without ln √(2π) · student_t with ν for ν + 1 in its exponent · gamma without ln y · poisson with Γ(y + ½) for
//! y! · negative_binomial without y ln(1 + αμ) · asymmetric_laplace with τ and 1 − τ exchanged in its cdf · a laplace
//! quantile, and a gaussian sampler, of another scale (1.41 and 1.05 times) · logistic's variance without π² · student_t's
//! crps with ν for ν − 1 · the dual's product rule with a minus · digamma's recurrence off by one · exponential's mode at
//! its mean · affine that leaves the location's scale alone · a log_norm that looks at the location · a written location
//! left out as if it were the default · a count's quantile found by a search that wants too much.

mod common;

use common::{args, close, expect, free, gradient, integrate, nll, nll_at, slope};
use surprisal_density::{
    AnyFamily, Arg, Binding, Density, Deps, Dual, Family, Likelihood, Parameter, Prior, Purpose, Real, Stream, Support,
};

/// A few targets from everywhere in the support, away from kinks.
fn targets<F: Family>(family: &F, at: &[f64]) -> Vec<f64> {
    let mut ys: Vec<f64> = [0.003, 0.11, 0.31, 0.62, 0.93, 0.999].map(|q| family.quantile(at, q)).to_vec();
    ys.dedup();
    ys
}

#[test]
fn every_density_integrates_to_one() {
    for_all_examples!(|family, at, what| {
        close(what, expect(&family, at, |_| 1.0), 1.0, 1e-10);
    });
}

#[test]
fn the_three_parts_add_up_and_look_only_where_they_may() {
    for_all_examples!(|family, at, what| {
        let p = args(&family, at);
        for y in targets(&family, at) {
            let parts = family.energy(&p, y) + family.log_norm(&p) + family.base(&p, y);
            close(what, parts, family.nll(&p, y), 1e-14);
        }
        let (log_norm, base) = Deps::of(&family);
        let location = F::PARAMETERS.iter().position(|p| p.location).unwrap();
        assert!(!log_norm.parameter(location) && !base.parameter(location), "{what}: {log_norm:?} {base:?}");
        assert_eq!(log_norm.0 & Deps::Y.0, 0, "{what}: log_norm looks at y");
    });
}

#[test]
fn the_gradient_is_the_slope_in_each_unconstrained_parameter_and_in_y() {
    for_all_examples!(|family, at, what| {
        let u = free(&family, at);
        for y in targets(&family, at) {
            let exact = gradient(&family, &u, y);
            for j in 0..u.len() {
                let along = |x: f64| {
                    let mut u = u.clone();
                    u[j] = x;
                    nll_at(&family, &u, y)
                };
                close(&format!("{what}, y = {y}, parameter {j}"), exact[j], slope(along, u[j]), 1e-7);
            }
            if family.support().is_continuous() {
                // In ln y where y > 0, so that a step never leaves the support.
                let (got, want) = match family.support() {
                    Support::Positive => (y * exact[u.len()], slope(|s| nll(&family, at, libm::exp(s)), libm::log(y))),
                    _ => (exact[u.len()], slope(|y| nll(&family, at, y), y)),
                };
                close(&format!("{what}, y = {y}, in y"), got, want, 1e-7);
            }
        }
    });
}

#[test]
fn slopes_of_slopes_are_the_curvature() {
    for_all_examples!(|family, at, what| {
        type D = Dual<Dual<f64, 1>, 1>;
        let u = free(&family, at);
        for y in targets(&family, at) {
            for j in 0..u.len() {
                let var = |i: usize| if i == j { D::var(Dual::var(u[i], 0), 0) } else { D::con(Dual::con(u[i])) };
                let p: Vec<Arg<D>> = (0..u.len()).map(|i| Arg::free(family.domain(i), var(i))).collect();
                let curvature = family.nll(&p, D::lit(y)).slope[0].slope[0];
                let along = |x: f64| {
                    let mut u = u.clone();
                    u[j] = x;
                    gradient(&family, &u, y)[j]
                };
                close(&format!("{what}, y = {y}, parameter {j}"), curvature, slope(along, u[j]), 1e-7);
                if family.log_concave() && j == 0 {
                    assert!(curvature >= -1e-12, "{what} is not convex in its location at {y}: {curvature}");
                }
            }
        }
    });
}

#[test]
fn the_score_averages_to_zero() {
    for_all_examples!(|family, at, what| {
        let u = free(&family, at);
        for j in 0..u.len() {
            // A given parameter has no estimating equation of its own, but this holds for it too.
            let average = expect(&family, at, |y| gradient(&family, &u, y)[j]);
            close(&format!("{what}, parameter {j}"), average, 0.0, 1e-9);
        }
    });
}

#[test]
fn own_samples_cost_the_entropy_on_average() {
    for_all_examples!(|family, at, what| {
        let entropy = expect(&family, at, |y| nll(&family, at, y));
        let square = expect(&family, at, |y| nll(&family, at, y) * nll(&family, at, y));
        let mut stream = Stream::new(Purpose::Sample, &[Stream::text_key(what), 1]);
        let n = 20_000;
        let mean = (0..n).map(|_| nll(&family, at, family.sample(at, &mut stream))).sum::<f64>() / f64::from(n);
        let error = ((square - entropy * entropy).max(0.0) / f64::from(n)).sqrt();
        assert!((mean - entropy).abs() <= 4.5 * error + 1e-12, "{what}: {mean} and {entropy} ± {error}");
    });
}

#[test]
fn samples_match_the_distribution_function() {
    for_all_examples!(|family, at, what| {
        let mut stream = Stream::new(Purpose::Sample, &[Stream::text_key(what), 2]);
        let n = 20_000;
        let mut ys: Vec<f64> = (0..n).map(|_| family.sample(at, &mut stream)).collect();
        ys.sort_by(f64::total_cmp);
        // Kolmogorov & Smirnov; conservative for counts. P(D √n > 1.95) < 0.001.
        let mut furthest = 0.0_f64;
        for i in (0..n).step_by(7) {
            let (below, upto) = (ys.partition_point(|&y| y < ys[i]), ys.partition_point(|&y| y <= ys[i]));
            let cdf = family.cdf(at, ys[i]);
            furthest = furthest.max((cdf - upto as f64 / n as f64).abs());
            if family.support().is_continuous() {
                furthest = furthest.max((cdf - below as f64 / n as f64).abs());
            }
        }
        assert!(furthest * (n as f64).sqrt() < 1.95, "{what}: {furthest}");
    });
}

#[test]
fn the_distribution_function_is_the_integral_of_the_density() {
    for_all_examples!(|family, at, what| {
        let ends: Vec<f64> = match family.support() {
            Support::Real | Support::Positive => common::breaks(&family, at),
            Support::Classes(n) => (0..n.unwrap()).map(|k| k as f64).collect(),
            _ => (0..family.quantile(at, 0.999) as u32).map(f64::from).collect(),
        };
        for pair in ends.windows(2).filter(|e| e[1] > e[0]) {
            let mass = match family.support().is_continuous() {
                true => integrate(|y| libm::exp(-nll(&family, at, y)), pair[0], pair[1]),
                false => libm::exp(-nll(&family, at, pair[1])),
            };
            let gained = family.cdf(at, pair[1]) - family.cdf(at, pair[0]);
            let lost = family.survival(at, pair[0]) - family.survival(at, pair[1]);
            close(what, gained, mass, 1e-11);
            close(what, lost, mass, 1e-11);
            close(what, family.cdf(at, pair[1]) + family.survival(at, pair[1]), 1.0, 1e-14);
        }
    });
}

#[test]
fn tails_keep_their_digits() {
    for_all_examples!(|family, at, what| {
        if family.support().is_continuous() {
            for q in [1e-15, 1e-9, 1e-4] {
                let (low, high) = (family.quantile(at, q), family.quantile(at, 1.0 - q));
                let exact = 1.0 - (1.0 - q);
                assert!((family.cdf(at, low) / q - 1.0).abs() < 1e-9, "{what}: {} {q}", family.cdf(at, low));
                assert!((family.survival(at, high) / exact - 1.0).abs() < 1e-9, "{what}: upper {q}");
            }
        }
    });
}

#[test]
fn the_quantile_inverts_the_distribution_function() {
    for_all_examples!(|family, at, what| {
        for i in 1..100 {
            let q = f64::from(i) / 100.0;
            let y = family.quantile(at, q);
            if family.support().is_continuous() {
                close(what, family.cdf(at, y), q, 1e-12);
            } else {
                assert!(family.support().contains(y), "{what}: {y}");
                assert!(family.cdf(at, y) >= q - 1e-14, "{what}: too small at {q}");
                assert!(y == 0.0 || family.cdf(at, y - 1.0) < q, "{what}: too large at {q}");
                let p = family.cdf(at, y);
                assert!(
                    p >= 1.0 - 1e-15 || family.quantile(at, p) == y,
                    "{what}: {y} is not the quantile of its own probability"
                );
            }
        }
        assert_eq!(family.median(at), family.quantile(at, 0.5), "{what}");
    });
}

#[test]
fn a_count_is_found_from_any_guess() {
    let (poisson, at) = (AnyFamily::named("poisson").unwrap(), [60.0]);
    for q in [1e-6, 0.05, 0.5, 0.77, 1.0 - 1e-9] {
        for guess in [-1e9, 0.0, 7.3, 59.0, 61.0, 100.0, 1e4, 1e12, f64::NAN] {
            let cdf = |k| poisson.cdf(&at, k);
            let found = surprisal_density::special::count_quantile(q, guess, cdf, |k| poisson.survival(&at, k));
            assert!(cdf(found) >= q && cdf(found - 1.0) < q, "{found} from {guess} for {q}");
        }
    }
}

#[test]
fn mean_and_variance_are_those_of_the_density() {
    for_all_examples!(|family, at, what| {
        let Some(mean) = family.mean(at) else {
            assert!(family.variance(at).is_none(), "{what}: a variance without a mean");
            continue;
        };
        // A student_t of ν = 1.5 has a mean, but its integral converges like a root.
        let heavy = family.variance(at).is_some_and(f64::is_infinite);
        close(what, expect(&family, at, |y| y), mean, if heavy { 1e-6 } else { 1e-9 });
        if !heavy {
            let variance = family.variance(at).unwrap();
            let numeric = expect(&family, at, |y| (y - mean) * (y - mean));
            close(what, numeric / variance, 1.0, 1e-8);
        }
    });
}

#[test]
fn nothing_is_likelier_than_the_mode() {
    for_all_examples!(|family, at, what| {
        let Some(mode) = family.mode(at) else { continue };
        let best = if mode == 0.0 { 1e-300_f64 } else { mode };
        let best = if family.support().is_continuous() { best } else { mode };
        let least = nll(&family, at, best);
        let others = (1..1000).map(|i| family.quantile(at, f64::from(i) / 1000.0)).chain([mode * 1.001, mode * 0.999]);
        for y in others.filter(|&y| family.support().contains(y)) {
            let more = nll(&family, at, y);
            assert!(more >= least - 1e-12, "{what}: {y} is likelier than the mode {mode}");
            assert!(
                family.support().is_continuous() || y >= mode || more > least + 1e-12,
                "{what}: {y} as likely, and less"
            );
        }
    });
}

#[test]
fn the_closed_crps_is_the_integral() {
    for_all_examples!(|family, at, what| {
        for y in targets(&family, at).into_iter().chain([family.quantile(at, 0.5) * 3.0 + 1.0]) {
            let general = surprisal_density::special::crps(
                family.support(),
                |z| family.cdf(at, z),
                |z| family.survival(at, z),
                |q| family.quantile(at, q),
                y,
            );
            match (family.crps(at, y), general) {
                (Some(closed), Some(general)) => {
                    // ν = 1.5: quadrature stops where the tail is below its own rounding.
                    close(&format!("{what}, y = {y}"), closed / general, 1.0, 1e-9);
                }
                (None, _) => {
                    assert!(matches!(family.support(), Support::Classes(_)) || family.mean(at).is_none(), "{what}")
                }
                (Some(_), None) => panic!("{what}: classes have no crps"),
            }
        }
    });
}

#[test]
fn rescaling_the_target_rescales_the_parameters() {
    for_all_examples!(|family, at, what| {
        if family.support() == Support::Real {
            let (factor, shift) = (2.5, -7.0);
            let mut rescaled = at.to_vec();
            family.affine(&mut rescaled, factor, shift);
            for y in targets(&family, at) {
                let there = nll(&family, &rescaled, factor * y + shift);
                close(what, there, nll(&family, at, y) + libm::log(factor), 1e-12);
                close(what, family.cdf(&rescaled, factor * y + shift), family.cdf(at, y), 1e-12);
                if let Some(crps) = family.crps(at, y) {
                    close(what, family.crps(&rescaled, factor * y + shift).unwrap(), factor * crps, 1e-12);
                }
            }
        }
    });
}

#[test]
fn every_family_survives_being_written_and_read() {
    for_all_examples!(|family, at, what| {
        let any = AnyFamily::named(F::NAME).unwrap();
        let likelihood = Likelihood::new(any, &vec![Binding::Fixed(0.5); F::PARAMETERS.len()]);
        let text = serde_json::to_string(&likelihood).unwrap();
        assert_eq!(serde_json::from_str::<Likelihood>(&text).unwrap(), likelihood, "{what}: {text}");
        if at.len() == F::PARAMETERS.len() {
            let density = Density { family: any, at: at.to_vec() };
            let text = serde_json::to_string(&density).unwrap();
            assert_eq!(serde_json::from_str::<Density>(&text).unwrap(), density, "{what}: {text}");
            if family.support() == Support::Real {
                let text = text.replace("}}", r#", "bias": {"gaussian": {"scale": 3}}}}"#);
                let prior: Prior = serde_json::from_str(&text).unwrap();
                assert_eq!(serde_json::from_str::<Prior>(&serde_json::to_string(&prior).unwrap()).unwrap(), prior);
            }
        }
    });
}

#[test]
fn names_are_distinct_and_each_family_has_one_location_listed_first() {
    let mut names = AnyFamily::NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), AnyFamily::all().len());
    for family in AnyFamily::all() {
        let parameters = family.parameters();
        assert_eq!(AnyFamily::named(family.name()).unwrap().name(), family.name());
        assert!(parameters.iter().enumerate().all(|(j, p): (usize, &Parameter)| p.location == (j == 0)));
        assert!(!family.formula().is_empty());
    }
}
