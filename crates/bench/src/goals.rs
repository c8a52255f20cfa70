//! What the kernels are to reach: f32, value and gradient, one thread; and by how much they miss it.

use crate::case::Case;
use crate::kernels::{Kernels, Row};
use crate::variant::{TABLE_SIZES, Variant};
use surprisal_report::text;

/// The goals of one case, where it has some. The first is a most, the others are leasts.
#[derive(Clone, Copy)]
struct Goal {
    family: &'static str,
    parameters: &'static str,
    /// Times the time of a copy of the same bytes, from DRAM.
    memcpy: Option<f64>,
    /// Times faster than scalar Rust, in L2.
    naive: Option<f64>,
    /// Times faster than candle, with the default and the tuned allocator, at 128 Ki.
    candle: [Option<f64>; 2],
    /// Times faster than JAX, at 128 Ki.
    jax: Option<f64>,
    /// Times faster than candle's own loss in candle's autograd, for a batch.
    operation: Option<f64>,
}

const fn goal(
    (family, parameters): (&'static str, &'static str),
    [memcpy, naive, jax]: [f64; 3],
    candle: [Option<f64>; 2],
    operation: Option<f64>,
) -> Goal {
    Goal { family, parameters, memcpy: Some(memcpy), naive: Some(naive), candle, jax: Some(jax), operation }
}

const NO_OP: [Option<f64>; 2] = [None; 2];
const GOALS: [Goal; 8] = [
    goal(("gaussian", "location"), [1.25, 4.0, 1.5], [Some(50.0), Some(6.0)], Some(4.0)),
    goal(("gaussian", "location+scale"), [1.4, 4.0, 3.0], [Some(25.0), Some(7.0)], Some(4.0)),
    goal(("poisson", "mean"), [1.5, 6.0, 3.0], [Some(20.0), Some(6.0)], Some(4.0)),
    goal(("student_t", "location+scale"), [2.0, 6.0, 2.0], [Some(15.0), Some(6.0)], Some(4.0)),
    goal(("bernoulli", "logit"), [3.5, 7.0, 1.5], [Some(15.0), Some(6.0)], Some(4.0)),
    goal(("negative_binomial", "mean+dispersion"), [20.0, 8.0, 8.0], NO_OP, None),
    Goal {
        family: "categorical",
        parameters: "10 classes",
        memcpy: None,
        naive: None,
        candle: NO_OP,
        jax: None,
        operation: Some(10.0),
    },
    goal(("categorical", "1000 classes"), [2.5, 4.0, 2.0], [Some(15.0), Some(6.0)], None),
];

/// The cases that have goals, as `family/parameters`.
pub fn published() -> Vec<String> {
    GOALS.iter().map(|it| format!("{}/{}", it.family, it.parameters)).collect()
}

/// The goals beside what was measured; a goal that is missed says by how much.
pub fn goals(kernels: &Kernels, width: usize) -> String {
    let [batch, l2, middle, dram] = TABLE_SIZES;
    let head = [
        "loss",
        "× memcpy, DRAM",
        "vs naive, L2",
        "vs candle, 128 Ki",
        "vs candle_tuned",
        "vs jax, 128 Ki",
        "in autograd",
    ];
    let rows = GOALS.iter().filter_map(|goal| {
        let case = Case::named(goal.family, goal.parameters)?;
        let row = |variant, n: usize| {
            let n = *case.sizes(&[n]).first()?;
            let asked = |row: &&Row| {
                (row.variant, row.family.as_str(), row.parameters.as_str()) == (variant, goal.family, goal.parameters)
                    && (row.dtype.as_str(), row.n) == ("f32", n)
            };
            kernels.rows.iter().find(asked)
        };
        let times_fused = |row: Option<&Row>| Some(row?.fused_ratio?.value);
        let faster = |variant, n, least| told(row(variant, n), times_fused(row(variant, n)), least);
        let memcpy = row(Variant::Fused, dram);
        let (composed, ours) = (row(Variant::Candle, batch), row(Variant::Operation, batch));
        let operation = times_fused(composed).zip(times_fused(ours)).map(|(composed, ours)| composed / ours);
        Some(vec![
            format!("{} ({})", goal.family, goal.parameters),
            told(memcpy, memcpy.and_then(|row| row.memcpy_ratio), goal.memcpy.map(|most| -most)),
            faster(Variant::Naive, l2, goal.naive),
            faster(Variant::Candle, middle, goal.candle[0]),
            faster(Variant::CandleTuned, middle, goal.candle[1]),
            faster(Variant::Jax, middle, goal.jax),
            told(ours.and(composed), operation, goal.operation),
        ])
    });
    let rows = rows.collect();
    let right = [false, true, true, true, true, true, true].to_vec();
    text::plain_table(head.map(String::from).to_vec(), right, rows, width)
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
