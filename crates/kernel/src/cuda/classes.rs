//! Kernels of the categorical family, by the length of a row.

use super::dtype::Dtype;
use super::program::{Pass, Program};
use super::template::{fill, for_precision};
use surprisal_density::family::Categorical;

/// How many classes, and which has the logit 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Classes {
    pub classes: usize,
    /// −1 for none.
    pub reference: i64,
}

impl Classes {
    pub fn of(family: &Categorical) -> Classes {
        let reference = family.reference.map_or(-1, |k| k as i64);
        Classes { classes: family.classes.unwrap_or(2), reference }
    }
    /// Threads to a row: one for a short row, a warp for a middling one, a large block for one that caches must hold.
    pub fn team(&self) -> usize {
        match self.classes {
            ..=16 => 1,
            17..=2048 => 32,
            _ => 512,
        }
    }
    /// As in names of kernels.
    pub fn team_name(&self) -> &'static str {
        match self.team() {
            1 => "thread",
            32 => "warp",
            _ => "block",
        }
    }
}

/// The kernel of one pass; how many classes is an argument of it.
pub(super) fn text(program: &Program, classes: &Classes, pass: Pass) -> String {
    let dtype = program.dtype();
    let io = if dtype == Dtype::F64 { "double" } else { "float" };
    let team = classes.team();
    // One thread has a batch of one row; a team has its row in plain variables.
    let [i, w, known] = if team == 1 { ["at[b]", "w[b]", "known[b]"] } else { ["i", "w", "known"] };
    let share = "exp@B@(apart_@R@(load_@DTYPE@(x[k]), max)) * per - (k == own)";
    let slope = format!("slopes[{i} * heads + k] = store_@DTYPE@(({io})({w} * ({share})));");
    let per = "const @R@ per = own == -2 ? NAN@B@ : (@R@)(1 / sum);";
    let value = format!("values[{i}] = (@D@)({known} ? loss : NAN64);");
    let [mut in_row, mut by_first, mut by_all] = [const { String::new() }; 3];
    match (pass, team) {
        (Pass::Fused, 1) => {
            in_row = format!("        {per}\n        if (live[b] && slopes) for (i64 k = 0; k < heads; ++k) {slope}");
        }
        (Pass::Fused, _) => {
            let each = "UNROLL(4)\n        for (i64 k = t; k < heads; k += @TEAM@)";
            by_all = format!("      {per}\n      if (slopes) {{\n        {each} {slope}\n      }}");
        }
        (Pass::Forward, 1) => in_row = format!("        if (live[b] && values) {value}"),
        (Pass::Forward, _) => by_first = format!("        if (values) {value}"),
    }
    let template = match team {
        1 => fill(include_str!("text/rows.cu"), &[("BODY", include_str!("text/class_row.cu").trim_end())]),
        _ => include_str!("text/class_team.cu").to_owned(),
    };
    let template = fill(&template, &[("STORE", &in_row), ("VALUE", &by_first), ("SLOPES", &by_all)]);
    let filled = fill(
        &template,
        &[
            ("CALL", ""),
            ("TOTALS", "    out[0] = (@D@)sums[0][0];"),
            ("ZEROS", "s0 = 0"),
            ("LANE_SUMS", "    sums[0][t] = s0;"),
            ("SUMS", "1"),
            ("BATCH", "1"),
            ("DECLARE", ""),
            ("LOADS", ""),
            ("FAMILY", "categorical"),
            ("WHAT", pass.name()),
            ("NAME", &program.kernel(pass)),
            ("ROW", "@IO@"),
            ("IO", dtype.stored()),
            ("TEAM", &team.to_string()),
            ("DTYPE", dtype.name()),
            ("D", dtype.data().c()),
            ("MORE", ", i64 classes, i64 reference, i64 share"),
        ],
    );
    for_precision(&filled, dtype.data())
}
