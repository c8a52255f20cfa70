//! Means and their uncertainty, against numbers computed elsewhere.

use crate::make::*;
use surprisal_report::{Errors, Statistic, summarise, summarise_with};
use surprisal_spec::Estimator;

const X: [f64; 5] = [1.25, 0.75, 2.0, 1.5, 1.0];

#[test]
fn overlapping_splits_have_the_nadeau_bengio_error() {
    let (arm, mut records) = (mle("a", &gaussian(), 5), Records::default());
    put_nll(&mut records, &arm, &X);
    let summary = summarise("t", &[arm], &records, &scores(&["nll"]));
    let cell = &summary.sections[0].rows[0].cells[0];
    // python: math.sqrt((1/5 + 10/90) * statistics.variance([1.25, .75, 2, 1.5, 1]))
    assert!((cell.se.unwrap().0 - 0.268_224_615_657_184_7).abs() < 1e-15, "{:?}", cell.se);
    assert_eq!((cell.value.0, cell.n, cell.statistic), (1.3, 5, Statistic::Mean));
}

#[test]
fn the_naive_error_is_named_and_independent_replicates_have_it_without_a_name() {
    let (mut arm, mut records) = (mle("a", &gaussian(), 5), Records::default());
    put_nll(&mut records, &arm, &X);
    let naive = summarise_with("t", std::slice::from_ref(&arm), &records, &scores(&["nll"]), Errors::Naive);
    assert!(
        naive.sections[0].caption[1].contains("naive standard error s/√k, which is too small"),
        "{:?}",
        naive.sections[0].caption
    );
    arm.overlapping = false;
    let independent = summarise("t", &[arm], &records, &scores(&["nll"]));
    assert!(independent.sections[0].caption[1].contains("mean over 5 replicates ± the standard error s/√k."));
    for summary in [naive, independent] {
        // Another formula for the same: the variance as half the mean squared difference of all pairs.
        let pairs: f64 = X.iter().flat_map(|a| X.iter().map(move |b| (a - b) * (a - b))).sum();
        let se = (pairs / 2.0 / 5.0 / 4.0 / 5.0).sqrt();
        assert!((summary.sections[0].rows[0].cells[0].se.unwrap().0 - se).abs() < 1e-15);
    }
}

#[test]
fn seeds_are_averaged_within_a_split_before_splits_are_counted() {
    let (mut arm, mut records) = (mle("a", &gaussian(), 2), Records::default());
    for (k, values) in [[1.0, 3.0], [5.0, 7.0]].into_iter().enumerate() {
        arm.units[k].runs = vec![format!("{k}-0"), format!("{k}-1")];
        for (id, x) in arm.units[k].runs.clone().iter().zip(values) {
            put_run(&mut records, &arm, &arm.units[k], id, converged(&[("nll", x)]));
        }
    }
    let summary = summarise("t", &[arm], &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    let cell = &section.rows[0].cells[0];
    // Units 2 and 6: s = √8, and √(8 · (1/2 + 1/9)).
    assert_eq!((cell.value.0, cell.n), (4.0, 2));
    assert!((cell.se.unwrap().0 - (8.0f64 * 11.0 / 18.0).sqrt()).abs() < 1e-15);
    assert!(section.caption.iter().any(|s| s.starts_with("Up to 2 seeds are averaged within each split")));
}

#[test]
fn one_split_has_no_uncertainty_and_nothing_bold() {
    let (a, b) = (mle("a", &gaussian(), 1), mle("b", &student(), 1));
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0]);
    put_nll(&mut records, &b, &[2.0]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let cells: Vec<_> = summary.sections[0].rows.iter().map(|row| row.cells[0].clone()).collect();
    assert!(cells.iter().all(|cell| cell.se.is_none() && !cell.bold));
}

#[test]
fn a_contrast_is_the_paired_difference_with_its_t_interval() {
    let (a, b) = (mle("a", &gaussian(), 5), mle("b", &student(), 5));
    let mut records = Records::default();
    put_nll(&mut records, &a, &X);
    put_nll(&mut records, &b, &[1.0, 0.75, 1.5, 1.5, 0.75]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let contrast = &summary.sections[0].contrasts[0];
    assert_eq!((contrast.factor.as_str(), contrast.given.as_str()), ("likelihood", "mle, flat"));
    assert_eq!(
        (contrast.arm.as_str(), contrast.minus.as_str()),
        ("student_t(nu=4, scale=learned)", "gaussian(scale=learned)")
    );
    let it = contrast.differences[0].as_ref().unwrap();
    // python: d = [-.25, 0, -.5, 0, -.25]; math.sqrt((1/5 + 1/9) * statistics.variance(d))
    assert!((it.mean.0 + 0.2).abs() < 1e-15 && (it.se.unwrap().0 - 0.116_666_666_666_666_67).abs() < 1e-15, "{it:?}");
    // t with 4 degrees of freedom at 0.975: 2.776445105 (any table).
    let half = it.interval.unwrap().1.0 - it.mean.0;
    assert!((half / it.se.unwrap().0 - 2.776_445_105).abs() < 1e-8);
}

#[test]
fn bold_goes_by_paired_differences_and_by_the_corrected_interval() {
    let (a, b, c) = (mle("a", &gaussian(), 4), mle("b", &student(), 4), map("c", &gaussian(), &normal(1.0), 4));
    let mut records = Records::default();
    let base = [10.0, 20.0, 30.0, 40.0];
    put_nll(&mut records, &a, &base);
    // Every split says that b is 0.5 ± 0.04 worse, although the splits differ by 10.
    put_nll(&mut records, &b, &[10.5, 20.45, 30.5, 40.55]);
    // d = [0.4, 1, 1, 1]: mean 0.85, s = 0.3; t with 3 degrees of freedom 3.182; half width 0.3 √(1/4 + 1/9) · 3.182 = 0.574.
    put_nll(&mut records, &c, &[10.4, 21.0, 31.0, 41.0]);
    let mut arms = [a, b, c];
    let bold = |arms: &[surprisal_spec::Arm]| -> Vec<bool> {
        let summary = summarise("t", arms, &records, &scores(&["nll"]));
        summary.sections[0].rows.iter().map(|row| row.cells[0].bold).collect()
    };
    assert_eq!(bold(&arms), [true, false, false]);
    for unit in arms.iter_mut().flat_map(|arm| &mut arm.units) {
        unit.test = 81; // n_test/n_train = 0.9: 0.3 √1.15 · 3.182 = 1.02; without it 0.477
    }
    assert_eq!(bold(&arms), [true, false, true]);
    arms.iter_mut().for_each(|arm| arm.overlapping = false);
    assert_eq!(bold(&arms), [true, false, false]);
}

#[test]
fn higher_is_better_where_a_score_says_so_and_diagnostics_are_never_bold() {
    let (a, b) = (mle("a", &gaussian(), 3), mle("b", &student(), 3));
    let mut records = Records::default();
    let values = |nll: f64, coverage: f64| {
        (0..3).map(move |k| {
            converged(&[("nll", nll + 0.001 * k as f64), ("coverage_90", coverage), ("accuracy", coverage)])
        })
    };
    put(&mut records, &a, values(1.0, 0.9).collect());
    put(&mut records, &b, values(2.0, 0.5).collect());
    let summary = summarise("t", &[a, b], &records, &scores(&["nll", "coverage_90", "accuracy"]));
    let bold: Vec<_> = summary.sections[0].rows.iter().flat_map(|row| row.cells.iter().map(|cell| cell.bold)).collect();
    assert_eq!(bold, [true, false, true, false, false, false]);
    assert!(summary.sections[0].caption.iter().any(|s| s.contains("coverage_90 should be 0.9")));
}

#[test]
fn squared_error_is_contrasted_with_the_gaussian_that_it_is() {
    let arms = [
        mse("s", 3),
        mle("g", &gaussian(), 3),
        mle("t", &student(), 3),
        map("m", &likelihood("gaussian", &[log_normal()]), &normal(1.0), 3),
    ];
    let mut records = Records::default();
    for (k, arm) in arms.iter().enumerate() {
        put_nll(&mut records, arm, &[1.0 + k as f64, 1.1, 1.2]);
    }
    let summary = summarise("t", &arms, &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    let lines: Vec<String> =
        section.contrasts.iter().map(|c| format!("{}: {} − {} | {}", c.factor, c.arm, c.minus, c.given)).collect();
    assert_eq!(
        lines,
        [
            "likelihood: student_t(nu=4, scale=learned) − gaussian(scale=learned) | mle, flat",
            "prior: map gaussian(scale=1) − mle | gaussian(scale=learned)",
            "mse: mse − gaussian(scale=learned) | mle, flat",
        ]
    );
    assert!(
        section
            .notes
            .iter()
            .any(|note| note.text == "at a linear optimum mse and Gaussian mle with learned scale are the same row")
    );
    assert_eq!(arms[0].estimator, Estimator::Mse);
}
