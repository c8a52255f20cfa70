//! A failure is a result: it is counted, and it costs the others their units, not their honesty.

use crate::make::*;
use surprisal_report::{Statistic, summarise};
use surprisal_spec::{Number, Status};

fn boundary() -> Status {
    Status::Boundary { parameter: "nu".into(), limit: Number(f64::INFINITY), reduces_to: "gaussian".into() }
}

#[test]
fn means_are_over_the_units_where_every_arm_gave_a_number() {
    let (a, b) = (mle("a", &gaussian(), 4), mle("b", &student(), 4));
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 2.0, 3.0, 100.0]);
    let mut outcomes: Vec<_> = [1.5, 2.5, 3.5].map(|x| converged(&[("nll", x)])).into();
    outcomes.push(failed("the line search found no step"));
    put(&mut records, &b, outcomes);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    let values: Vec<_> =
        section.rows.iter().map(|row| (row.cells[0].value.0, row.cells[0].n, row.given, row.units)).collect();
    assert_eq!(values, [(2.0, 3, 4, 4), (2.5, 3, 3, 4)]);
    assert_eq!((section.rows[1].failures[0].what.as_str(), section.rows[1].failures[0].count), ("failed", 1));
    assert!(
        section.caption.contains(&"nll: means over the 3 of 4 splits where all compared arms gave a number.".into())
    );
    assert!(section.notes.iter().any(|note| note.text == "failed (1): the line search found no step"));
}

#[test]
fn a_unit_with_one_failed_seed_gives_no_number() {
    let (mut arm, mut records) = (mle("a", &gaussian(), 2), Records::default());
    for (k, unit) in arm.units.iter_mut().enumerate() {
        unit.runs = vec![format!("{k}-0"), format!("{k}-1")];
    }
    for (unit, seed, outcome) in [
        (0, 0, converged(&[("nll", 1.0)])),
        (0, 1, failed("no")),
        (1, 0, converged(&[("nll", 5.0)])),
        (1, 1, converged(&[("nll", 7.0)])),
    ] {
        put_run(&mut records, &arm, &arm.units[unit], &format!("{unit}-{seed}"), outcome);
    }
    let row = summarise("t", &[arm], &records, &scores(&["nll"])).sections.remove(0).rows.remove(0);
    assert_eq!((row.cells[0].value.0, row.given, row.units, row.failures[0].count), (6.0, 1, 2, 1));
}

#[test]
fn an_optimum_that_does_not_exist_is_no_number_whatever_the_scores_say() {
    let (a, b) = (mle("a", &gaussian(), 3), mle("b", &student(), 3));
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 2.0, 3.0]);
    put(&mut records, &b, (0..3).map(|_| ended(Status::Unbounded, &[("nll", -50.0)])).collect());
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let rows = &summary.sections[0].rows;
    // An arm without any number is compared with nobody: the others keep their units.
    assert_eq!((rows[0].cells[0].statistic, rows[0].cells[0].value.0), (Statistic::Mean, 2.0));
    assert_eq!((rows[1].cells[0].statistic, rows[1].cells[0].value.0), (Statistic::Median, f64::INFINITY));
    assert_eq!((rows[1].given, rows[1].failures[0].what.as_str()), (0, "unbounded"));
    assert!(!rows[1].cells[0].bold && rows[1].marks.contains(&"‡".into()));
}

#[test]
fn without_common_units_cells_are_medians_with_failures_ranked_worst() {
    let (a, b) = (mle("a", &gaussian(), 4), mle("b", &student(), 4));
    let mut records = Records::default();
    let some =
        |good: [Option<f64>; 4]| good.map(|x| x.map_or_else(|| failed("no"), |x| converged(&[("nll", x)]))).into();
    put(&mut records, &a, some([Some(1.0), Some(2.0), Some(4.0), None]));
    put(&mut records, &b, some([None, None, None, Some(9.0)]));
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    let cells: Vec<_> =
        section.rows.iter().map(|row| (row.cells[0].statistic, row.cells[0].value.0, row.cells[0].n)).collect();
    // [1, 2, 4, worst] and [9, worst, worst, worst].
    assert_eq!(cells, [(Statistic::Median, 3.0, 4), (Statistic::Median, f64::INFINITY, 4)]);
    assert!(section.contrasts.is_empty());
    assert!(section.notes.iter().any(|note| note.text == "median over all units that ran, failures ranked worst"));
}

#[test]
fn a_score_that_is_not_finite_is_counted_and_shown_as_it_is() {
    let (arm, mut records) = (mle("a", &gaussian(), 3), Records::default());
    put_nll(&mut records, &arm, &[f64::NAN, f64::INFINITY, f64::NAN]);
    let summary = summarise("t", &[arm], &records, &scores(&["nll"]));
    let row = &summary.sections[0].rows[0];
    assert!(row.cells[0].value.0.is_nan());
    let counts: Vec<_> = row.failures.iter().map(|it| (it.what.as_str(), it.count)).collect();
    assert_eq!(counts, [("nll NaN", 2), ("nll inf", 1)]);
}

#[test]
fn what_has_not_run_is_no_failure_of_the_arm() {
    let (arm, mut records) = (mle("a", &gaussian(), 4), Records::default());
    put_nll(&mut records, &arm, &[1.0, 3.0]);
    let summary = summarise("t", &[arm], &records, &scores(&["nll"]));
    let row = &summary.sections[0].rows[0];
    assert_eq!((row.cells[0].value.0, row.cells[0].n, row.given, row.units), (2.0, 2, 2, 4));
    assert_eq!((row.failures[0].what.as_str(), row.failures[0].count), ("not run", 2));
}

#[test]
fn a_score_without_meaning_for_an_arm_leaves_its_cell_empty_and_the_others_whole() {
    let (a, b) = (mle("a", &gaussian(), 2), mle("b", &student(), 2));
    let mut records = Records::default();
    put(&mut records, &a, vec![converged(&[("nll", 1.0), ("rmse", 1.0)]), converged(&[("nll", 1.0), ("rmse", 3.0)])]);
    put_nll(&mut records, &b, &[1.0, 2.0]);
    let rows = summarise("t", &[a, b], &records, &scores(&["nll", "rmse"])).sections.remove(0).rows;
    assert_eq!((rows[0].cells[1].value.0, rows[0].cells[1].n), (2.0, 2));
    assert_eq!((rows[1].cells[1].statistic, rows[1].given), (Statistic::Absent, 2));
    assert!(rows[1].failures.is_empty());
}

#[test]
fn rows_that_are_not_stationary_carry_a_mark_with_their_gradient_norm() {
    let (a, b) = (mle("a", &gaussian(), 3), mle("b", &student(), 3));
    let mut records = Records::default();
    put(
        &mut records,
        &a,
        vec![ended(boundary(), &[("nll", 1.0)]), converged(&[("nll", 1.0)]), ended(boundary(), &[("nll", 2.0)])],
    );
    let late = || ended(Status::BudgetSpent, &[("nll", 1.0)]);
    put(&mut records, &b, vec![late(), late(), converged(&[("nll", 2.0)])]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    assert!(section.rows[0].marks.is_empty(), "a boundary is stationary");
    assert_eq!(section.rows[1].marks, ["‡"]);
    assert_eq!(section.notes[0].mark, "‡");
    assert_eq!(
        section.notes[0].text,
        "not stationary, so no MLE or MAP estimate as it stands: mle, student_t(nu=4, scale=learned): budget_spent 2 of 3 fits, median gradient norm 0.25"
    );
    let counts: Vec<_> =
        section.rows[0].status.iter().map(|it| (it.what.as_str(), it.count, it.detail.as_str())).collect();
    assert_eq!(counts, [("converged", 1, ""), ("boundary", 2, "nu → inf: gaussian")]);
}
