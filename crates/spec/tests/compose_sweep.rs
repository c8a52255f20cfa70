//! Sweeps: what is crossed, what changes together, what exists only here and there, and what is drawn.

mod compose_common;

use compose_common::*;

fn swept(sweep: &str) -> String {
    format!("{BASE}sweep:\n{sweep}")
}

fn counts(yaml: &str, arguments: &[&str]) -> Vec<(String, usize)> {
    let it = fine(&shelf(&[]), yaml, arguments);
    assert_eq!(it.steps.last().map_or(1, |step| step.cells), it.cells.len());
    it.steps.iter().map(|step| (format!("{} {}", step.what, step.text), step.cells)).collect()
}

#[test]
fn a_grid_crosses_its_keys_and_the_last_varies_fastest() {
    let it = fine(&shelf(&[]), &swept("  grid: { estimator: [mle, map], dtype: [f32, f64] }\n"), &[]);
    assert_eq!(
        varied(&it),
        ["estimator=mle dtype=f32", "estimator=mle dtype=f64", "estimator=map dtype=f32", "estimator=map dtype=f64",]
    );
}

#[test]
fn ranges_stand_for_their_numbers() {
    let values = |range: &str| {
        let it = fine(&shelf(&[]), &swept(&format!("  grid: {{ prior.gaussian.scale: {{ {range} }} }}\n")), &[]);
        each(&it, "prior.gaussian.scale").join(" ")
    };
    assert_eq!(values("range: [1, 4]"), "1 2 3");
    assert_eq!(values("range: [0.1, 0.5, 0.1]"), "0.1 0.2 0.3 0.4");
    assert_eq!(values("range: [3, 0, -1]"), "3 2 1");
    assert_eq!(values("linspace: [0.1, 1, 4]"), "0.1 0.4 0.7 1");
    assert_eq!(values("logspace: [1e-6, 1, 4]"), "1e-6 0.0001 0.01 1");
    assert_eq!(values("logspace: [.5, 2_000, 2]"), "0.5 2000");
}

#[test]
fn keys_of_a_zip_change_together_and_cross_with_the_rest() {
    let yaml = swept(
        "  grid: { estimator: [mle, map] }\n  zip:\n    noise:\n      likelihood: [poisson, { student_t: { nu: 4, scale: 1 } }]\n      prior.gaussian.scale: [~, 3]\n",
    );
    let it = fine(&shelf(&[]), &yaml, &[]);
    assert_eq!(
        varied(&it),
        [
            "estimator=mle likelihood=poisson",
            "estimator=mle likelihood=student_t prior.gaussian.scale=3",
            "estimator=map likelihood=poisson",
            "estimator=map likelihood=student_t prior.gaussian.scale=3",
        ]
    );
    assert_eq!(each(&it, "prior.gaussian.scale"), ["1", "3", "1", "3"]);
    assert_eq!(counts(&yaml, &[]), [("grid estimator 2".to_string(), 2), ("zip noise 2".to_string(), 4)]);
}

#[test]
fn when_crosses_more_where_its_rule_holds_and_exclude_leaves_cells_out() {
    let yaml = swept(
        "  grid: { estimator: [mse, mle, map], likelihood: [poisson, { gaussian: { scale: 1 } }] }\n  when:\n    - if: { estimator: map, likelihood: gaussian }\n      grid: { prior.gaussian.scale: [1, 2, 3] }\n  exclude:\n    - { estimator: mse, likelihood: poisson }\n    - { estimator: [mle, map], likelihood: poisson }\n",
    );
    let it = fine(&shelf(&[]), &yaml, &[]);
    assert_eq!(
        varied(&it),
        [
            "estimator=mse likelihood=gaussian",
            "estimator=mle likelihood=gaussian",
            "estimator=map likelihood=gaussian prior.gaussian.scale=1",
            "estimator=map likelihood=gaussian prior.gaussian.scale=2",
            "estimator=map likelihood=gaussian prior.gaussian.scale=3",
        ]
    );
    let counts: Vec<usize> = counts(&yaml, &[]).into_iter().map(|(_, n)| n).collect();
    assert_eq!(counts, [6, 8, 7, 5]);
}

#[test]
fn a_rule_sees_defaults_numbers_and_what_a_word_chose() {
    let shelf = shelf(&[("likelihood/heavy", "student_t: { nu: 4, scale: learned }\n")]);
    let left = |rule: &str| {
        let yaml = swept(&format!(
            "  grid: {{ likelihood: [heavy, poisson], prior.gaussian.scale: [0.1, 1] }}\n  exclude: [{rule}, {{ likelihood: poisson, prior.gaussian.scale: 0.1 }}]\n"
        ));
        fine(&shelf, &yaml, &[]).cells.len()
    };
    assert_eq!(left("{ dtype: f32 }"), 3);
    assert_eq!(left("{ dtype: f64, likelihood: heavy }"), 1);
    assert_eq!(left("{ likelihood: student_t }"), 1);
    assert_eq!(left("{ prior.gaussian.scale: 1e-1 }"), 2);
    assert_eq!(left("{ likelihood.student_t.nu: 4.0 }"), 1);
    assert_eq!(left("{ prior: { gaussian: { scale: 1.0 } } }"), 1);
    assert_eq!(left("{ likelihood.student_t.nu: 5 }"), 3);
}

#[test]
fn draws_are_seeded_and_a_further_key_shifts_nothing() {
    let draw = |kind: &str, seed: u64, more: &str| {
        let over = format!("prior.gaussian.scale: {{ log_uniform: [1e-3, 10] }}{more}");
        let it = fine(&shelf(&[]), &swept(&format!("  {kind}: {{ n: 64, seed: {seed}, over: {{ {over} }} }}\n")), &[]);
        each(&it, "prior.gaussian.scale")
    };
    for kind in ["random", "sobol"] {
        let (one, again) = (draw(kind, 1, ""), draw(kind, 1, ", estimator: [mle, map]"));
        assert_eq!(one, again);
        assert_ne!(one, draw(kind, 2, ""));
        let x: Vec<f64> = one.iter().map(|x| x.parse().unwrap()).collect();
        assert!(x.iter().all(|x| (1e-3..=10.0).contains(x)));
        // A quarter of the logarithms lies in each quarter of the range; of a Sobol sequence exactly.
        for quarter in 0..4 {
            let inside = |x: &&f64| ((libm::log10(**x) + 3.0).floor() as usize).min(3) == quarter;
            let n = x.iter().filter(inside).count();
            assert!(if kind == "sobol" { n == 16 } else { (6..=26).contains(&n) }, "{kind} {quarter}: {n}");
        }
    }
    // As a program of its own computes them from the definition of the streams.
    assert_eq!(draw("random", 1, "")[..3], ["8.99071", "0.00774437", "0.108677"].map(String::from));
}

#[test]
fn whole_numbers_and_lists_are_drawn_too() {
    let yaml = format!(
        "{BASE}model: {{ mlp: {{}} }}\noptimiser: {{ adam: {{}} }}\nsweep:\n  random:\n    n: 200\n    seed: 3\n    over:\n      optimiser.adam.batch: {{ log_whole: [1, 64] }}\n      optimiser.adam.epochs: {{ whole: [2, 4] }}\n      model.mlp.activation: [relu, tanh]\n"
    );
    let it = fine(&shelf(&[]), &yaml, &[]);
    let batches: Vec<usize> = each(&it, "optimiser.adam.batch").iter().map(|x| x.parse().unwrap()).collect();
    assert!(batches.iter().all(|x| (1..=64).contains(x)) && batches.iter().filter(|x| **x <= 8).count() > 60);
    for (key, values) in
        [("optimiser.adam.epochs", vec!["2", "3", "4"]), ("model.mlp.activation", vec!["relu", "tanh"])]
    {
        let drawn: std::collections::BTreeSet<String> = each(&it, key).into_iter().collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), values);
    }
}

#[test]
fn what_is_wrong_with_a_sweep_is_told_at_its_place() {
    let cases = [
        "  grdi: { estimator: [mle] }\n",
        "  grid: { estimator: [mle, mpa] }\n",
        "  grid: { estimator: mle }\n",
        "  grid: { prior.gaussian.scale: { linspce: [1, 2, 3] } }\n",
        "  grid: { prior.gaussian.scale: { linspace: [1, 2] } }\n",
        "  grid: { prior.gaussian.scale: { linspace: [1, 2, 1.5] } }\n",
        "  grid: { prior.gaussian.scale: { logspace: [0, 2, 3] } }\n",
        "  grid: { prior.gaussian.scale: { range: [1, 2, 0] } }\n",
        "  grid: { prior.gaussian.scale: { range: [2, 1] } }\n",
        "  grid: { prior.gaussian.scale: { range: [1, x] } }\n",
        "  grid: { seeds: [[0], [1]] }\n",
        "  grid: { prior.gausian.scale: [1] }\n",
        "  grid: { estimator: [mle] }\n  zip: { a: { estimator: [map] } }\n",
        "  zip: { prior: { estimator: [mle, map] } }\n",
        "  zip: { a: { estimator: [mle, map], dtype: [f32] } }\n",
        "  when: [{ if: { estimatr: map }, grid: { dtype: [f32] } }]\n",
        "  when: [{ if: { estimator: mpa }, grid: { dtype: [f32] } }]\n",
        "  when: [{ grid: { dtype: [f32] } }]\n",
        "  when: [{ if: { estimator: map } }]\n",
        "  exclude: [{ likelihood: gausian }]\n",
        "  exclude: [{ prior.gaussian.scale: -1 }]\n",
        "  exclude: [{ estimator: map }]\n",
        "  exclude: [estimator]\n",
        "  random: { n: 0, seed: 1, over: { dtype: [f32] } }\n",
        "  random: { n: 3, over: { dtype: [f32] } }\n",
        "  random: { n: 3, seed: 1 }\n",
        "  random: { n: 3, seed: 1, over: { prior.gaussian.scale: { unifrom: [1, 2] } } }\n",
        "  random: { n: 3, seed: 1, over: { prior.gaussian.scale: { uniform: [2, 1] } } }\n",
        "  sobol: { n: 3, seed: 1, over: { prior.gaussian.scale: { log_uniform: [0, 1] } } }\n",
        "  sobol: { n: 70_000, seed: 1, over: { dtype: [f32] } }\n",
        "  random: { n: 3, seed: 1, over: { optimiser.lbfgs.memory: { whole: [1, 2.5] } } }\n",
        "  random: { n: 3, seed: 1, over: { prior.gaussian.scale: { uniform: [-2, -1] } } }\n",
        "  grid: { prior.gaussian.scale: { range: [1, 1000] }, optimiser.lbfgs.memory: { range: [1, 1000] } }\n",
    ];
    let all: Vec<String> = cases.iter().map(|case| short(&shelf(&[]), &swept(case), &[]).join("\n")).collect();
    insta::assert_snapshot!(all.join("\n"), @r"
    a.yaml:7:3: error[unknown-key]: unknown key `sweep.grdi`
    a.yaml:7:28: error[unknown-value]: `estimator`: there is no `mpa`
    a.yaml:7:22: error[type]: `estimator` must be a list of at least one value
    a.yaml:7:35: error[unknown-value]: `prior.gaussian.scale` is varied over values; there is no `linspce`
    a.yaml:7:45: error[value]: `linspace` takes [from, to, how many]; found 2 numbers
    a.yaml:7:52: error[value]: `linspace`: how many must be a whole number from 2 to 20000, found 1.5
    a.yaml:7:46: error[value]: `logspace`: both ends must be greater than 0, found 0
    a.yaml:7:49: error[value]: `range`: a step can't be 0
    a.yaml:7:46: error[value]: `range` gives 0 values: expected 1 to 20000
    a.yaml:7:46: error[type]: `range`: expected a number, found `x`
    a.yaml:7:11: error[value]: `seeds` can't be swept: it is one for the experiment
    a.yaml:7:17: error[unknown-value]: unknown prior `gausian`
    a.yaml:8:15: error[value]: `estimator` is varied by two dimensions
    a.yaml:7:10: error[value]: a dimension of `zip` has a name of its own, and `prior` is a key
    a.yaml:7:38: error[value]: values of a zip change together: `estimator` has 2 and `dtype` 1
    a.yaml:7:18: error[unknown-key]: unknown key `estimatr`
    a.yaml:7:29: error[unknown-value]: `estimator`: there is no `mpa`
    a.yaml:7:12: error[missing-key]: an item of `when` needs `if: { some.key: value }`, and `grid` or `zip`
    a.yaml:7:12: error[missing-key]: an item of `when` needs `grid` or `zip`: what is varied where the rule holds
    a.yaml:7:27: error[unknown-value]: unknown likelihood `gausian`
    a.yaml:7:37: error[value]: `prior.gaussian.scale` must be a number greater than 0, found -1
    a.yaml:7:15: error[value]: every combination is excluded: nothing is left
    a.yaml:7:13: error[type]: a rule of `exclude` must be a mapping of keys to values: `{ estimator: mse }`
    a.yaml:7:16: error[value]: `sweep.random.n`: expected a whole number of at least 1, found `0`
    a.yaml:7:3: error[missing-key]: `sweep.random` needs `seed`
    a.yaml:7:3: error[missing-key]: `random` needs `over: { some.key: { uniform: [a, b] } }`
    a.yaml:7:60: error[unknown-value]: `prior.gaussian.scale` can't be drawn from `unifrom`
    a.yaml:7:73: error[value]: `uniform` must rise: 2 is not below 1
    a.yaml:7:73: error[value]: `log_uniform` must begin above 0, found 0
    a.yaml:7:15: error[value]: `sobol` draws at most 65536 values of 256 keys
    a.yaml:7:73: error[value]: `whole` takes whole numbers, found 2.5
    a.yaml:7:70: error[value]: `prior.gaussian.scale` must be a number greater than 0, found -2
    a.yaml:7:74: error[value]: `prior.gaussian.scale` must be a number greater than 0, found -1
    a.yaml:7:11: error[value]: more than 20000 combinations
    ");
}

#[test]
fn cells_that_a_rule_adds_count_with_their_candidates_before_they_are_made() {
    let yaml = format!(
        "{}select: {{ over: {{ likelihood.gaussian.scale: {{ linspace: [1, 2, 100] }} }} }}\n",
        swept(
            "  grid: { estimator: [mle, map] }\n  when: [{ if: { estimator: map }, grid: { prior.gaussian.scale: { linspace: [1, 2, 1000] } } }]\n"
        )
    );
    let told = short(&shelf(&[]), &yaml, &[]).join("\n");
    insta::assert_snapshot!(told, @"a.yaml:8:44: error[value]: 1001 cells with 100 candidates each are more than 100000 configs");
}
