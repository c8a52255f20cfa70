//! Scores: where they are defined, and that the truth is best.

use surprisal_density::family::{Bernoulli, Categorical};
use surprisal_density::score::{Direction, Nature};
use surprisal_density::{AnyFamily, AnyScore, Predictive, Purpose, Stream, Support};

fn of(name: &str) -> AnyScore {
    AnyScore::named(name).unwrap()
}

fn predict<'a>(family: &str, at: &'a [f64]) -> Predictive<'a> {
    Predictive { family: AnyFamily::named(family).unwrap(), at }
}

#[test]
fn the_registry_names_each_score_once() {
    assert_eq!(
        AnyScore::NAMES,
        ["nll", "rmse", "mae", "crps", "coverage_90", "implied_coverage_90", "width_90", "brier", "accuracy"]
    );
    for score in AnyScore::all() {
        assert_eq!(AnyScore::named(score.name()), Some(score));
        // A diagnostic is never ranked from below or above.
        assert_eq!(
            score.nature() == Nature::Diagnostic,
            matches!(score.direction(), Direction::Target(_) | Direction::None)
        );
    }
    assert_eq!(AnyScore::named("nil"), None);
}

#[test]
fn numbers_are_as_computed_by_hand() {
    let p = predict("laplace", &[1.0, 2.0]);
    let row = |name: &str| of(name).row(&p, 4.0).unwrap();
    assert_eq!(row("rmse"), 9.0);
    assert_eq!(of("rmse").finish(9.0), 3.0);
    assert_eq!(row("mae"), 3.0);
    assert!((row("nll") - (1.5 + libm::log(4.0))).abs() < 1e-15);
    assert!((row("width_90") - 4.0 * libm::log(10.0)).abs() < 1e-14);
    assert_eq!(row("coverage_90"), 1.0);
    assert_eq!(of("coverage_90").row(&p, 40.0), Some(0.0));
    assert!((row("implied_coverage_90") - 0.9).abs() < 1e-14);
    assert_eq!(of("brier").row(&p, 4.0), None);
    assert_eq!(of("accuracy").row(&p, 4.0), None);

    let die =
        Predictive { family: Categorical { classes: Some(4), reference: None }.into(), at: &[0.0, 0.0, 0.0, 1e-9] };
    assert!((of("brier").row(&die, 0.0).unwrap() - 0.75).abs() < 1e-9);
    assert_eq!(of("accuracy").row(&die, 3.0), Some(1.0));
    assert_eq!(of("accuracy").row(&die, 0.0), Some(0.0));
    let sure = Predictive { family: Bernoulli.into(), at: &[40.0] };
    assert!((of("brier").row(&sure, 0.0).unwrap() - 2.0).abs() < 1e-15);
}

#[test]
fn a_score_is_absent_where_it_has_no_meaning() {
    let classes = Predictive { family: Bernoulli.into(), at: &[0.4] };
    for name in ["rmse", "mae", "crps", "coverage_90", "implied_coverage_90", "width_90"] {
        assert_eq!(of(name).row(&classes, 1.0), None, "{name}");
    }
    let heavy = predict("student_t", &[0.0, 0.9, 1.0]);
    assert_eq!(of("rmse").row(&heavy, 1.0), None);
    assert_eq!(of("crps").row(&heavy, 1.0), None);
    assert_eq!(of("mae").row(&heavy, 1.0), Some(1.0));
    assert_eq!(of("nll").row(&predict("gamma", &[1.0, 2.0]), -1.0), Some(f64::INFINITY));
    assert_eq!(of("nll").row(&predict("poisson", &[1.0]), 1.5), Some(f64::INFINITY));
}

#[test]
fn counts_cover_more_than_asked_and_the_implied_coverage_says_how_much() {
    let p = predict("poisson", &[2.5]);
    let (low, high) = p.central_90().unwrap();
    assert_eq!((low, high), (0.0, 5.0));
    let mass: f64 = (0..=5).map(|k| libm::exp(-p.family.nll(p.at, k.into()))).sum();
    assert!((of("implied_coverage_90").row(&p, 0.0).unwrap() - mass).abs() < 1e-14 && mass > 0.95);
}

#[test]
fn no_prediction_beats_the_truth_under_a_proper_score() {
    type Case = (&'static str, &'static [f64], &'static [&'static [f64]]);
    let cases: [Case; 5] = [
        ("gaussian", &[0.4, 0.7], &[&[0.5, 0.7], &[0.4, 0.9], &[0.4, 0.55]]),
        ("student_t", &[0.4, 4.0, 0.7], &[&[0.5, 4.0, 0.7], &[0.4, 40.0, 0.7], &[0.4, 4.0, 1.0]]),
        ("gamma", &[2.0, 3.0], &[&[2.3, 3.0], &[2.0, 1.5]]),
        ("negative_binomial", &[3.4, 0.5], &[&[4.0, 0.5], &[3.4, 0.05]]),
        ("bernoulli", &[0.4], &[&[0.8], &[0.0]]),
    ];
    let n = 4_000;
    for (name, truth, others) in cases {
        let truth = predict(name, truth);
        let mut stream = Stream::new(Purpose::Sample, &[Stream::text_key(name)]);
        let ys: Vec<f64> = (0..n).map(|_| truth.family.sample(truth.at, &mut stream)).collect();
        for score in AnyScore::all().into_iter().filter(|score| score.nature() == Nature::StrictlyProper) {
            for other in others {
                let other = predict(name, other);
                let gaps = ys.iter().map(|&y| Some(score.row(&other, y)? - score.row(&truth, y)?));
                let Some(gaps) = gaps.collect::<Option<Vec<f64>>>() else { continue };
                let mean = gaps.iter().sum::<f64>() / f64::from(n);
                let variance = gaps.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / f64::from(n);
                let error = (variance / f64::from(n)).sqrt();
                assert!(mean > 2.0 * error, "{name} {:?}: {} gains {mean} ± {error}", other.at, score.name());
            }
        }
    }
}

#[test]
fn observed_coverage_meets_the_implied_one() {
    for family in ["gaussian", "laplace", "log_normal", "poisson", "student_t"] {
        let at: &[f64] = if family == "poisson" {
            &[2.5]
        } else if family == "student_t" {
            &[0.0, 3.0, 1.0]
        } else {
            &[0.4, 0.7]
        };
        let p = predict(family, at);
        let mut stream = Stream::new(Purpose::Sample, &[Stream::text_key(family), 7]);
        let n = 10_000;
        let hits: f64 = (0..n).map(|_| of("coverage_90").row(&p, p.family.sample(at, &mut stream)).unwrap()).sum();
        let implied = of("implied_coverage_90").row(&p, 0.0).unwrap();
        let error = (implied * (1.0 - implied) / f64::from(n)).sqrt();
        assert!((hits / f64::from(n) - implied).abs() < 4.0 * error, "{family}: {hits} of {n}, {implied} implied");
        assert!(matches!(p.family.support(), Support::Counts) || (implied - 0.9).abs() < 1e-12);
    }
}
