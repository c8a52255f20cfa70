//! What the kernels are to reach: f32, value and gradient, one thread; and by how much they miss it.

use crate::kernels::{Kernels, Row};
use crate::variant::{TABLE_SIZES, Variant};
use surprisal_report::text;

/// The goals of one case. The first is a most, the others are leasts.
struct Goal {
    family: &'static str,
    parameters: &'static str,
    /// Times the time of a copy of the same bytes, from DRAM.
    memcpy: f64,
    /// Times faster than scalar Rust, in L2.
    naive: f64,
    /// Times faster than candle, with the default and the tuned allocator, at 128 Ki; not where it has no operation.
    candle: Option<(f64, f64)>,
    /// Times faster than JAX, at 128 Ki.
    jax: f64,
}

const fn goal(
    (family, parameters): (&'static str, &'static str),
    memcpy: f64,
    naive: f64,
    candle: Option<(f64, f64)>,
    jax: f64,
) -> Goal {
    Goal { family, parameters, memcpy, naive, candle, jax }
}

const GOALS: [Goal; 7] = [
    goal(("gaussian", "location"), 1.25, 4.0, Some((50.0, 6.0)), 1.5),
    goal(("gaussian", "location+scale"), 1.4, 4.0, Some((25.0, 7.0)), 3.0),
    goal(("poisson", "mean"), 1.5, 6.0, Some((20.0, 6.0)), 3.0),
    goal(("student_t", "location+scale"), 2.0, 6.0, Some((15.0, 6.0)), 2.0),
    goal(("bernoulli", "logit"), 3.5, 7.0, Some((15.0, 6.0)), 1.5),
    goal(("negative_binomial", "mean+dispersion"), 20.0, 8.0, None, 8.0),
    goal(("categorical", "1000 classes"), 2.5, 4.0, Some((15.0, 6.0)), 2.0),
];

/// The cases that have goals, as `family/parameters`.
pub fn published() -> Vec<String> {
    GOALS.iter().map(|it| format!("{}/{}", it.family, it.parameters)).collect()
}

/// The goals beside what was measured; a goal that is missed says by how much.
pub fn goals(kernels: &Kernels, width: usize) -> String {
    let [l2, middle, dram] = TABLE_SIZES;
    let head = ["loss", "× memcpy, DRAM", "vs naive, L2", "vs candle, 128 Ki", "vs candle_tuned", "vs jax, 128 Ki"];
    let rows = GOALS.iter().map(|goal| {
        let row = |variant, n: usize| {
            let near = |row: &&Row| {
                (row.variant, row.family.as_str(), row.parameters.as_str()) == (variant, goal.family, goal.parameters)
                    && row.dtype == "f32"
                    && row.n <= n
                    && row.n as f64 > 0.9 * n as f64
            };
            kernels.rows.iter().find(near)
        };
        let faster = |variant, n, least: Option<f64>| {
            told(row(variant, n), row(variant, n).and_then(|row| Some(row.fused_ratio?.value)), least)
        };
        let memcpy = row(Variant::Fused, dram);
        vec![
            format!("{} ({})", goal.family, goal.parameters),
            told(memcpy, memcpy.and_then(|row| row.memcpy_ratio), Some(-goal.memcpy)),
            faster(Variant::Naive, l2, Some(goal.naive)),
            faster(Variant::Candle, middle, goal.candle.map(|it| it.0)),
            faster(Variant::CandleTuned, middle, goal.candle.map(|it| it.1)),
            faster(Variant::Jax, middle, Some(goal.jax)),
        ]
    });
    let rows = rows.collect();
    text::plain_table(head.map(String::from).to_vec(), vec![false, true, true, true, true, true], rows, width)
}

/// A ratio and its goal; a most is a negative number.
fn told(row: Option<&Row>, ratio: Option<f64>, goal: Option<f64>) -> String {
    let Some(row) = row else { return "–".into() };
    let Some(ratio) = ratio else { return row.note.clone().unwrap_or_else(|| "ambiguous".into()) };
    let Some(goal) = goal else { return format!("{ratio:.2}") };
    let (sign, missed) = if goal < 0.0 { ("≤", ratio > -goal) } else { ("≥", ratio < goal) };
    let goal = goal.abs();
    match missed {
        false => format!("{ratio:.2} ({sign} {goal})"),
        true => format!("{ratio:.2} ({sign} {goal}: missed by {:.0} %)", 100.0 * (ratio / goal - 1.0).abs()),
    }
}
