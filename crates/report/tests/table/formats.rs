//! Every format of one small experiment, as people read it.

use crate::make::*;
use surprisal_data::TargetKind;
use surprisal_density::Prior;
use surprisal_report::{Format, Summary, summarise};
use surprisal_spec::{Arm, Number, Outcome, Status};

/// Counts: mse beside Poisson and negative binomial, a failure, an unfinished arm, references.
fn small() -> Summary {
    let poisson = likelihood("poisson", &[]);
    let negative = likelihood("negative_binomial", &[surprisal_density::Binding::Learned(None)]);
    let count = |arm: Arm| Arm { kind: TargetKind::Count, dataset: "bike_hires".into(), ..arm };
    let arms = [
        count(mse("s", 3)),
        count(mle("p", &poisson, 3)),
        count(mle("n", &negative, 3)),
        Arm { candidates: 5, ..count(map("m", &poisson, &normal(0.5), 3)) },
    ];
    let with = |it: Outcome, constant: f64| Outcome {
        constant: named(&[("nll", constant), ("rmse", 3.5), ("coverage_90", 0.875)]),
        truth: named(&[("nll", 1.75), ("rmse", 1.5), ("coverage_90", 0.9)]),
        notes: vec!["column `wind` is constant".into()],
        ..it
    };
    let outcome =
        |status: Status, nll: f64| ended(status, &[("nll", nll), ("rmse", nll - 0.25), ("coverage_90", 0.85)]);
    let to_poisson =
        || Status::Boundary { parameter: "dispersion".into(), limit: Number(0.0), reduces_to: "poisson".into() };
    let mut records = Records::default();
    let ok = || Status::Converged;
    put(&mut records, &arms[0], [2.5, 2.625, 2.25].map(|x| with(outcome(ok(), x), 4.5)).into());
    put(&mut records, &arms[1], [2.0, 2.125, 1.875].map(|x| with(outcome(ok(), x), 5.5)).into());
    let negative = vec![outcome(ok(), 1.875), outcome(to_poisson(), 2.0), failed("the line search found no step")];
    put(&mut records, &arms[2], negative.into_iter().map(|it| with(it, 3.5)).collect());
    put(&mut records, &arms[3], vec![outcome(Status::BudgetSpent, 2.5), outcome(ok(), 2.75), outcome(ok(), 2.375)]);
    summarise("Counts", &arms, &records, &scores(&["nll", "rmse", "coverage_90"]))
}

#[test]
fn text_is_for_a_terminal() {
    insta::assert_snapshot!(small().render(Format::Text), @r##"
    Counts: bike_hires

    estimator  likelihood           prior                 nll ↓           rmse ↓  coverage_90    n  tried  failures
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    mse        gaussian(            flat        2.562 ± 0.069 a    2.312 ± 0.069     0.85 ± 0  3/3      1
               scale=plug-in)
    mle        poisson              flat          2.062 ± 0.069    1.812 ± 0.069     0.85 ± 0  3/3      1
    mle        negative_binomial(   flat          1.938 ± 0.069  1.688 ± 0.069 *     0.85 ± 0  2/3      1  failed 1
               dispersion=learned)
    map ‡      poisson              gaussian(       2.62 ± 0.14    2.38 ± 0.14 *     0.85 ± 0  3/3      5
                                    scale=0.5)
    constant   gaussian             –                 4.5 ± 0 a          3.5 ± 0    0.875 ± 0  3/3      –
    constant   poisson              –                   5.5 ± 0          3.5 ± 0    0.875 ± 0  3/3      –
    constant   negative_binomial    –                   3.5 ± 0          3.5 ± 0    0.875 ± 0  3/3      –
    truth      –                    –                  1.75 ± 0          1.5 ± 0      0.9 ± 0  3/3      –

    status  mle, negative_binomial(dispersion=learned), flat: converged 1, boundary 1 (dispersion → 0:
            poisson); map, poisson, gaussian(scale=0.5): converged 2, budget_spent 1; in the other rows
            every run that gave a number converged

    All arms: model linear. Cells: mean over 3 splits ± the Nadeau–Bengio corrected standard error
    s·√(1/k + n_test/n_train). n: splits with a number, of all. Mean n_test/n_train: 0.111. nll, rmse,
    coverage_90: means over the 2 of 3 splits where all compared arms gave a number. nll in nats per
    row; rmse in the units of y; coverage_90 should be 0.9. Bold (*): the best mean, and every arm whose
    paired difference to it is within its 95 % t interval (corrected where units share rows).
    Diagnostics and reference rows are never bold. nll is not bold: densities, probabilities and other
    kinds of targets do not compare.
    ‡ not stationary, so no MLE or MAP estimate as it stands: map, poisson, gaussian(scale=0.5):
      budget_spent 1 of 3 fits, median gradient norm 0.25
    a density, not pmf: its nll does not compare with that of probabilities
    - column `wind` is constant
    - failed (1): the line search found no step

    contrast    first − second                         given                 nll              rmse  n
    ──────────────────────────────────────────────────────────────────────────────────────────────────
    likelihood  poisson                                mle, flat               –    -0.458 ± 0.048  3
                − mse                                                             [-0.665, -0.251]
    likelihood  negative_binomial(dispersion=learned)  mle, flat               –        -0.625 ± 0  2
                − mse                                                             [-0.625, -0.625]
    prior       map gaussian(scale=0.5)                poisson     0.542 ± 0.048     0.542 ± 0.048  3
                − mle                                             [0.335, 0.749]    [0.335, 0.749]

    Paired differences, first minus second, over the units where both gave a number: mean ±
    Nadeau–Bengio corrected standard error [95 % t interval]; below 0 the first is better. The intervals
    are not adjusted for their number.
    "##);
}

#[test]
fn markdown_is_for_a_page() {
    insta::assert_snapshot!(small().render(Format::Md), @r##"
    **Counts: bike_hires**

    | estimator | likelihood | prior | nll ↓ | rmse ↓ | coverage_90 | n | tried | failures | status |
    | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
    | mse | gaussian(scale=plug-in) | flat | 2.562 ± 0.069<sup>a</sup> | 2.312 ± 0.069 | 0.85 ± 0 | 3/3 | 1 |  | converged 3 |
    | mle | poisson | flat | 2.062 ± 0.069 | 1.812 ± 0.069 | 0.85 ± 0 | 3/3 | 1 |  | converged 3 |
    | mle | negative_binomial(dispersion=learned) | flat | 1.938 ± 0.069 | **1.688 ± 0.069** | 0.85 ± 0 | 2/3 | 1 | failed 1 | converged 1, boundary 1 (dispersion → 0: poisson) |
    | map<sup>‡</sup> | poisson | gaussian(scale=0.5) | 2.62 ± 0.14 | **2.38 ± 0.14** | 0.85 ± 0 | 3/3 | 5 |  | converged 2, budget_spent 1 |
    | constant | gaussian | – | 4.5 ± 0<sup>a</sup> | 3.5 ± 0 | 0.875 ± 0 | 3/3 | – |  |  |
    | constant | poisson | – | 5.5 ± 0 | 3.5 ± 0 | 0.875 ± 0 | 3/3 | – |  |  |
    | constant | negative_binomial | – | 3.5 ± 0 | 3.5 ± 0 | 0.875 ± 0 | 3/3 | – |  |  |
    | truth | – | – | 1.75 ± 0 | 1.5 ± 0 | 0.9 ± 0 | 3/3 | – |  |  |

    All arms: model linear. Cells: mean over 3 splits ± the Nadeau–Bengio corrected standard error s·√(1/k + n_test/n_train). n: splits with a number, of all. Mean n_test/n_train: 0.111. nll, rmse, coverage_90: means over the 2 of 3 splits where all compared arms gave a number. nll in nats per row; rmse in the units of y; coverage_90 should be 0.9. Bold: the best mean, and every arm whose paired difference to it is within its 95 % t interval (corrected where units share rows). Diagnostics and reference rows are never bold. nll is not bold: densities, probabilities and other kinds of targets do not compare.

    - <sup>‡</sup> not stationary, so no MLE or MAP estimate as it stands: map, poisson, gaussian(scale=0.5): budget_spent 1 of 3 fits, median gradient norm 0.25
    - <sup>a</sup> density, not pmf: its nll does not compare with that of probabilities
    - column \`wind\` is constant
    - failed (1): the line search found no step

    | contrast | first | second | given | nll | rmse | n |
    | --- | --- | --- | --- | ---: | ---: | ---: |
    | likelihood | poisson | mse | mle, flat | – | -0.458 ± 0.048 [-0.665, -0.251] | 3 |
    | likelihood | negative_binomial(dispersion=learned) | mse | mle, flat | – | -0.625 ± 0 [-0.625, -0.625] | 2 |
    | prior | map gaussian(scale=0.5) | mle | poisson | 0.542 ± 0.048 [0.335, 0.749] | 0.542 ± 0.048 [0.335, 0.749] | 3 |

    Paired differences, first minus second, over the units where both gave a number: mean ± Nadeau–Bengio corrected standard error \[95 % t interval\]; below 0 the first is better. The intervals are not adjusted for their number.
    "##);
}

#[test]
fn csv_is_for_other_programs() {
    insta::assert_snapshot!(small().render(Format::Csv), @r##"
    dataset,row,estimator,likelihood,prior,model,score,unit,mean,se,median,n,given,units,tried,failures,status,bold,marks
    bike_hires,arm,mse,gaussian(scale=plug-in),flat,linear,nll,nats,2.5625,0.06909634979907084,,2,3,3,1,,converged 3,false,a
    bike_hires,arm,mse,gaussian(scale=plug-in),flat,linear,rmse,y,2.3125,0.06909634979907084,,2,3,3,1,,converged 3,false,
    bike_hires,arm,mse,gaussian(scale=plug-in),flat,linear,coverage_90,,0.85,0,,2,3,3,1,,converged 3,false,
    bike_hires,arm,mle,poisson,flat,linear,nll,nats,2.0625,0.06909634979907084,,2,3,3,1,,converged 3,false,
    bike_hires,arm,mle,poisson,flat,linear,rmse,y,1.8125,0.06909634979907084,,2,3,3,1,,converged 3,false,
    bike_hires,arm,mle,poisson,flat,linear,coverage_90,,0.85,0,,2,3,3,1,,converged 3,false,
    bike_hires,arm,mle,negative_binomial(dispersion=learned),flat,linear,nll,nats,1.9375,0.06909634979907084,,2,2,3,1,failed 1,"converged 1, boundary 1 (dispersion → 0: poisson)",false,
    bike_hires,arm,mle,negative_binomial(dispersion=learned),flat,linear,rmse,y,1.6875,0.06909634979907084,,2,2,3,1,failed 1,"converged 1, boundary 1 (dispersion → 0: poisson)",true,
    bike_hires,arm,mle,negative_binomial(dispersion=learned),flat,linear,coverage_90,,0.85,0,,2,2,3,1,failed 1,"converged 1, boundary 1 (dispersion → 0: poisson)",false,
    bike_hires,arm,map,poisson,gaussian(scale=0.5),linear,nll,nats,2.625,0.13819269959814168,,2,3,3,5,,"converged 2, budget_spent 1",false,‡
    bike_hires,arm,map,poisson,gaussian(scale=0.5),linear,rmse,y,2.375,0.13819269959814168,,2,3,3,5,,"converged 2, budget_spent 1",true,‡
    bike_hires,arm,map,poisson,gaussian(scale=0.5),linear,coverage_90,,0.85,0,,2,3,3,5,,"converged 2, budget_spent 1",false,‡
    bike_hires,constant,constant,gaussian,–,constant,nll,nats,4.5,0,,2,3,3,,,,false,a
    bike_hires,constant,constant,gaussian,–,constant,rmse,y,3.5,0,,2,3,3,,,,false,
    bike_hires,constant,constant,gaussian,–,constant,coverage_90,,0.875,0,,2,3,3,,,,false,
    bike_hires,constant,constant,poisson,–,constant,nll,nats,5.5,0,,2,3,3,,,,false,
    bike_hires,constant,constant,poisson,–,constant,rmse,y,3.5,0,,2,3,3,,,,false,
    bike_hires,constant,constant,poisson,–,constant,coverage_90,,0.875,0,,2,3,3,,,,false,
    bike_hires,constant,constant,negative_binomial,–,constant,nll,nats,3.5,0,,2,3,3,,,,false,
    bike_hires,constant,constant,negative_binomial,–,constant,rmse,y,3.5,0,,2,3,3,,,,false,
    bike_hires,constant,constant,negative_binomial,–,constant,coverage_90,,0.875,0,,2,3,3,,,,false,
    bike_hires,truth,truth,–,–,–,nll,nats,1.75,0,,2,3,3,,,,false,
    bike_hires,truth,truth,–,–,–,rmse,y,1.5,0,,2,3,3,,,,false,
    bike_hires,truth,truth,–,–,–,coverage_90,,0.9,0,,2,3,3,,,,false,
    "##);
}

#[test]
fn latex_is_for_a_paper() {
    insta::assert_snapshot!(small().render(Format::Latex), @r##"
    % needs \usepackage{booktabs}
    \begin{table}
    \centering
    \caption{Counts: bike\_hires}
    \begin{tabular}{lllrrrrrll}
    \toprule
    estimator & likelihood & prior & nll $\downarrow$ & rmse $\downarrow$ & coverage\_90 & n & tried & failures & status \\
    \midrule
    mse & gaussian(scale=plug-in) & flat & $2.562 \pm 0.069$\textsuperscript{a} & $2.312 \pm 0.069$ & $0.85 \pm 0$ & 3/3 & 1 &  & converged 3 \\
    mle & poisson & flat & $2.062 \pm 0.069$ & $1.812 \pm 0.069$ & $0.85 \pm 0$ & 3/3 & 1 &  & converged 3 \\
    mle & negative\_binomial(dispersion=learned) & flat & $1.938 \pm 0.069$ & $\mathbf{1.688 \pm 0.069}$ & $0.85 \pm 0$ & 2/3 & 1 & failed 1 & converged 1, boundary 1 (dispersion $\to$ 0: poisson) \\
    map\textsuperscript{\ddag{}} & poisson & gaussian(scale=0.5) & $2.62 \pm 0.14$ & $\mathbf{2.38 \pm 0.14}$ & $0.85 \pm 0$ & 3/3 & 5 &  & converged 2, budget\_spent 1 \\
    \midrule
    constant & gaussian & -- & $4.5 \pm 0$\textsuperscript{a} & $3.5 \pm 0$ & $0.875 \pm 0$ & 3/3 & -- &  &  \\
    constant & poisson & -- & $5.5 \pm 0$ & $3.5 \pm 0$ & $0.875 \pm 0$ & 3/3 & -- &  &  \\
    constant & negative\_binomial & -- & $3.5 \pm 0$ & $3.5 \pm 0$ & $0.875 \pm 0$ & 3/3 & -- &  &  \\
    truth & -- & -- & $1.75 \pm 0$ & $1.5 \pm 0$ & $0.9 \pm 0$ & 3/3 & -- &  &  \\
    \bottomrule
    \end{tabular}

    \smallskip
    {\footnotesize All arms: model linear. Cells: mean over 3 splits $\pm$ the Nadeau--Bengio corrected standard error s$\cdot$$\surd$(1/k + n\_test/n\_train). n: splits with a number, of all. Mean n\_test/n\_train: 0.111. nll, rmse, coverage\_90: means over the 2 of 3 splits where all compared arms gave a number. nll in nats per row; rmse in the units of y; coverage\_90 should be 0.9. Bold: the best mean, and every arm whose paired difference to it is within its 95 \% t interval (corrected where units share rows). Diagnostics and reference rows are never bold. nll is not bold: densities, probabilities and other kinds of targets do not compare. \\
    \textsuperscript{\ddag{}} not stationary, so no MLE or MAP estimate as it stands: map, poisson, gaussian(scale=0.5): budget\_spent 1 of 3 fits, median gradient norm 0.25 \\
    \textsuperscript{a} density, not pmf: its nll does not compare with that of probabilities \\
    column `wind` is constant \\
    failed (1): the line search found no step\par}
    \end{table}
    \begin{table}
    \centering
    \caption{Counts: bike\_hires, contrasts}
    \begin{tabular}{llllrrr}
    \toprule
    contrast & first & second & given & nll & rmse & n \\
    \midrule
    likelihood & poisson & mse & mle, flat & -- & $-0.458 \pm 0.048\;[-0.665,\,-0.251]$ & 3 \\
    likelihood & negative\_binomial(dispersion=learned) & mse & mle, flat & -- & $-0.625 \pm 0\;[-0.625,\,-0.625]$ & 2 \\
    prior & map gaussian(scale=0.5) & mle & poisson & $0.542 \pm 0.048\;[0.335,\,0.749]$ & $0.542 \pm 0.048\;[0.335,\,0.749]$ & 3 \\
    \bottomrule
    \end{tabular}

    \smallskip
    {\footnotesize Paired differences, first minus second, over the units where both gave a number: mean $\pm$ Nadeau--Bengio corrected standard error {[}95 \% t interval{]}; below 0 the first is better. The intervals are not adjusted for their number.\par}
    \end{table}
    "##);
}

#[test]
fn json_is_the_summary_itself() {
    let (a, mut records) =
        (arm("a", surprisal_spec::Estimator::Mle, &gaussian(), &Prior::flat(), 2), Records::default());
    put_nll(&mut records, &a, &[1.0, f64::INFINITY]);
    insta::assert_snapshot!(summarise("t", &[a], &records, &scores(&["nll"])).render(Format::Json), @r##"
    {
      "schema": 1,
      "title": "t",
      "sections": [
        {
          "dataset": "diabetes",
          "labels": [
            "estimator"
          ],
          "columns": [
            {
              "score": "nll",
              "unit": "nats",
              "better": "lower",
              "diagnostic": false,
              "common": 1
            }
          ],
          "rows": [
            {
              "kind": "arm",
              "labels": {
                "estimator": "mle",
                "likelihood": "gaussian(scale=learned)",
                "prior": "flat",
                "model": "linear"
              },
              "cells": [
                {
                  "statistic": "mean",
                  "value": 1.0,
                  "n": 1,
                  "bold": false,
                  "marks": []
                }
              ],
              "given": 1,
              "units": 2,
              "candidates": 1,
              "failures": [
                {
                  "what": "nll inf",
                  "count": 1
                }
              ],
              "status": [
                {
                  "what": "converged",
                  "count": 2
                }
              ],
              "marks": []
            }
          ],
          "has_candidates": false,
          "has_failures": true,
          "has_status": false,
          "caption": [
            "All arms: likelihood gaussian(scale=learned); prior flat; model linear.",
            "Cells: mean over 2 splits ± the Nadeau–Bengio corrected standard error s·√(1/k + n_test/n_train). n: splits with a number, of all.",
            "Mean n_test/n_train: 0.111.",
            "nll: means over the 1 of 2 splits where all compared arms gave a number.",
            "nll in nats per row.",
            "Nothing is bold: no two arms compare on two common units.",
            "All runs that gave numbers converged."
          ],
          "notes": [],
          "contrasts": [],
          "contrast_caption": []
        }
      ],
      "caption": []
    }
    "##);
}

#[test]
fn a_format_is_known_by_its_name() {
    for (format, name) in Format::ALL.into_iter().zip(Format::NAMES) {
        assert_eq!((format.name(), name.parse()), (*name, Ok(format)));
    }
    assert_eq!(
        "pdf".parse::<Format>().unwrap_err().to_string(),
        "`pdf` is no format; known: text, md, csv, latex, json"
    );
}

#[test]
fn in_a_narrow_terminal_a_wide_table_becomes_several_that_fit() {
    let (a, b) = (
        arm("a", surprisal_spec::Estimator::Mle, &gaussian(), &Prior::flat(), 3),
        arm("b", surprisal_spec::Estimator::Map, &gaussian(), &Prior::flat(), 3),
    );
    let mut records = Records::default();
    put_nll(&mut records, &a, &[1.0, 2.0, 3.0]);
    put_nll(&mut records, &b, &[1.5, 2.25, 3.0]);
    let summary =
        summarise("t", &[a, b], &records, &scores(&["nll", "rmse", "crps", "mae", "coverage_90", "width_90"]));
    let whole = summary.render(Format::Text);
    for columns in [60, 80, 120] {
        let text = summary.render_within(columns);
        let widest = text.lines().map(|line| line.chars().count()).max().expect("lines");
        assert!(widest <= columns, "{columns}: {widest}\n{text}");
        // Nothing is lost: every number of the whole table is in the parts.
        for word in whole.split_whitespace().filter(|word| word.contains('.')) {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
    }
}
