//! What may stand beside what: references, measures, identical runs, sections.

use crate::make::*;
use surprisal_data::TargetKind;
use surprisal_density::Prior;
use surprisal_report::{Format, RowKind, summarise};
use surprisal_spec::{Arm, Estimator, Outcome};

fn with_references(nll: f64, constant: f64) -> Outcome {
    Outcome { constant: named(&[("nll", constant)]), truth: named(&[("nll", 0.5)]), ..converged(&[("nll", nll)]) }
}

#[test]
fn every_family_has_its_constant_row_and_the_truth_comes_last() {
    let (a, b, c) = (mle("a", &gaussian(), 2), mle("b", &student(), 2), map("c", &gaussian(), &normal(1.0), 2));
    let mut records = Records::default();
    put(&mut records, &a, vec![with_references(1.0, 3.0), with_references(1.5, 3.5)]);
    put(&mut records, &b, vec![with_references(1.0, 4.0), with_references(1.5, 4.5)]);
    put(&mut records, &c, vec![with_references(0.1, 3.0), with_references(0.1, 3.5)]);
    let summary = summarise("t", &[a, b, c], &records, &scores(&["nll"]));
    let rows: Vec<_> = summary.sections[0].rows[3..].iter().collect();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.kind, row.label("likelihood"), row.cells[0].value.0, row.cells[0].bold)).collect();
    let constant = RowKind::Constant;
    assert_eq!(
        seen,
        [(constant, "gaussian", 3.25, false), (constant, "student_t", 4.25, false), (RowKind::Truth, "–", 0.5, false)]
    );
}

#[test]
fn likelihoods_of_one_family_whose_constants_differ_have_a_row_each() {
    use surprisal_density::Binding::{Fixed, Learned};
    let quantile = |q| likelihood("asymmetric_laplace", &[Fixed(q), Learned(None)]);
    let (a, b) = (mle("a", &quantile(0.1), 2), mle("b", &quantile(0.9), 2));
    let mut records = Records::default();
    put(&mut records, &a, vec![with_references(1.0, 3.0), with_references(1.5, 3.5)]);
    put(&mut records, &b, vec![with_references(1.0, 4.0), with_references(1.5, 4.5)]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let rows = &summary.sections[0].rows;
    assert_eq!(rows[2].label("likelihood"), "asymmetric_laplace(quantile=0.1, scale=learned)");
    assert_eq!(rows[3].label("likelihood"), "asymmetric_laplace(quantile=0.9, scale=learned)");
    assert_eq!(rows.len(), 5);
}

#[test]
fn a_density_beside_probabilities_is_marked_and_nll_is_not_judged() {
    let count = |mut arm: Arm| {
        arm.kind = TargetKind::Count;
        arm
    };
    let (a, b) = (count(mse("a", 3)), count(mle("b", &likelihood("poisson", &[]), 3)));
    let mut records = Records::default();
    let values =
        |x: f64| (0..3).map(move |k| converged(&[("nll", x + k as f64 * 0.01), ("crps", x + k as f64 * 0.01)]));
    put(&mut records, &a, values(1.0).collect());
    put(&mut records, &b, values(2.0).collect());
    let summary = summarise("t", &[a, b], &records, &scores(&["nll", "crps"]));
    let section = &summary.sections[0];
    let mark = &section.rows[0].cells[0].marks[0];
    assert!(section.notes.iter().any(|note| note.mark == *mark && note.text.starts_with("density, not pmf")));
    assert!(section.rows[1].cells[0].marks.is_empty());
    let bold: Vec<_> = section.rows.iter().map(|row| (row.cells[0].bold, row.cells[1].bold)).collect();
    assert_eq!(bold, [(false, true), (false, false)]);
    assert!(section.contrasts.iter().all(|contrast| contrast.differences.iter().all(Option::is_none)));
}

#[test]
fn equal_runs_are_shown_twice_and_said_to_be_equal() {
    let a = mle("a", &gaussian(), 2);
    let b = Arm { estimator: Estimator::Map, ..a.clone() };
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 2.0]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    let section = &summary.sections[0];
    assert_eq!(section.rows[1].marks, ["a"]);
    assert_eq!(section.notes[0].text, "= same run as mle");
    assert!(section.rows.iter().all(|row| row.cells[0].bold));
    assert!(section.contrasts.is_empty(), "a run minus itself is no news");
}

#[test]
fn cells_of_a_sweep_that_lower_to_one_assumption_keep_what_was_asked() {
    let ask = |prior: &str| Arm { varied: vec![("prior".into(), prior.into())], ..mle("a", &gaussian(), 2) };
    let arms = [ask("gaussian(scale=1)"), ask("gaussian(scale=9)")];
    let mut records = Records::default();
    put_nll(&mut records, &arms[0], &[1.0, 2.0]);
    let section = summarise("t", &arms, &records, &scores(&["nll"])).sections.remove(0);
    assert_eq!(section.labels, ["estimator", "asked: prior"]);
}

#[test]
fn what_does_not_vary_is_said_once() {
    let lr = |x: &str| Arm { varied: vec![("optimiser.adam.lr".into(), x.into())], ..mle(x, &gaussian(), 2) };
    let section = summarise("t", &[lr("0.1"), lr("0.01")], &Records::default(), &scores(&["nll"])).sections.remove(0);
    assert_eq!(section.labels, ["estimator", "optimiser.adam.lr"]);
    assert_eq!(section.caption[0], "All arms: likelihood gaussian(scale=learned); prior flat; model linear.");
}

#[test]
fn other_data_make_another_section() {
    let of = |dataset: &str, n: &str| Arm {
        dataset: dataset.into(),
        varied: vec![("dataset.linear_gaussian.n".into(), n.into())],
        ..mle(&format!("{dataset}{n}"), &gaussian(), 2)
    };
    let arms = [of("toy", "25"), of("toy", "50"), of("toy", "25")];
    let summary = summarise("t", &arms, &Records::default(), &scores(&["nll"]));
    let seen: Vec<_> = summary.sections.iter().map(|s| (s.dataset.as_str(), s.rows.len())).collect();
    assert_eq!(seen, [("toy, n = 25", 2), ("toy, n = 50", 1)]);
}

#[test]
fn what_all_sections_say_is_said_once() {
    let of = |dataset: &str| Arm { dataset: dataset.into(), ..mle(dataset, &gaussian(), 3) };
    let (a, b) = (of("one"), Arm { lattice: true, ..of("two") });
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 2.0, 3.0]);
    put_nll(&mut records, &b, &[1.0, 2.0]);
    let summary = summarise("t", &[a, b], &records, &scores(&["nll"]));
    assert!(summary.caption.iter().any(|s| s.starts_with("Cells: mean over 3 splits ± the Nadeau–Bengio")));
    assert!(
        summary.sections[0].caption.iter().all(|s| s.starts_with("All runs converged")),
        "{:?}",
        summary.sections[0].caption
    );
    assert_eq!(
        summary.sections[1].caption[0],
        "nll: means over the 2 of 3 splits where all compared arms gave a number."
    );
    for format in [Format::Text, Format::Md, Format::Latex] {
        assert_eq!(summary.render(format).matches("Cells: mean").count(), 1);
    }
}

#[test]
fn arms_that_were_scored_on_different_rows_are_not_compared() {
    let (a, b) = (mle("a", &gaussian(), 3), mle("b", &student(), 3));
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 1.0, 1.1]);
    put_nll(&mut records, &b, &[5.0, 5.0, 5.1]);
    let mut other = records.get("b-1").unwrap().clone();
    other.run.data.split = "another".into();
    records.insert(other);
    let section = summarise("t", &[a, b], &records, &scores(&["nll"])).sections.remove(0);
    assert!(section.rows.iter().all(|row| !row.cells[0].bold) && section.contrasts.is_empty());
    assert!(section.notes.iter().any(|note| note.text.starts_with("the arms were scored on different rows")));
}

#[test]
fn remarks_on_the_data_are_made_once_and_a_lattice_only_matters_to_densities() {
    let lattice = |arm: Arm| Arm { lattice: true, ..arm };
    let (a, b) = (lattice(mle("a", &gaussian(), 2)), lattice(map("b", &gaussian(), &Prior::flat(), 2)));
    let mut records = Records::default();
    let noted = || Outcome { notes: vec!["duplicate rows: 240".into()], ..converged(&[("nll", 1.0)]) };
    put(&mut records, &a, vec![noted(), noted()]);
    put(&mut records, &b, vec![noted(), noted()]);
    let section = summarise("t", &[a, b], &records, &scores(&["nll"])).sections.remove(0);
    let texts: Vec<_> = section.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        texts,
        ["the target lies on few values (a lattice): a density can be arbitrarily good there", "duplicate rows: 240"]
    );
}

#[test]
fn no_more_than_twelve_contrasts_are_shown_and_each_factor_has_its_share() {
    let mut arms = vec![mse("s", 2), mle("g", &gaussian(), 2)];
    for k in 0..20 {
        arms.push(map(&format!("m{k}"), &gaussian(), &normal(1.0 + k as f64), 2));
    }
    arms.push(mle("t", &student(), 2));
    let mut records = Records::default();
    for (k, arm) in arms.iter().enumerate() {
        put_nll(&mut records, arm, &[1.0 + k as f64, 2.0]);
    }
    let section = summarise("t", &arms, &records, &scores(&["nll"])).sections.remove(0);
    let count = |factor: &str| section.contrasts.iter().filter(|c| c.factor == factor).count();
    assert_eq!((section.contrasts.len(), count("mse"), count("likelihood"), count("prior")), (12, 1, 1, 10));
    assert_eq!(section.contrast_caption[1], "12 of 22 contrasts are shown.");
}
