//! Operations of a row, counted on the tape that the kernels are printed from.

use crate::case::Case;
use surprisal_tape::{Op, Recording};

/// Floating-point operations of value and slopes of an element: what is computed per row, a fused multiply-add as two,
/// an elementary function as the operations of its vector code (rounded).
pub fn per_element(case: &Case) -> f64 {
    if case.classes() > 0 {
        // Of a logit: the maximum, a difference, eˣ, a sum, a multiple of it.
        return 3.0 + of(Op::Exp) + 2.0;
    }
    let recording = Recording::of_bound(&case.bound);
    let columns = recording.data_columns(recording.row);
    let wanted = [&[recording.row], &recording.slopes[..]].concat();
    let uniforms = recording.uniforms(&wanted, &columns);
    let given = [&columns[..], &uniforms[..]].concat();
    let needed = recording.tape.needed(&wanted, &given);
    let lines = recording.tape.lines.iter().zip(recording.tape.exprs()).zip(needed);
    let own = lines.filter(|((_, e), needed)| *needed && !given.contains(e));
    // And the sum.
    own.map(|((line, _), _)| of(line.op)).sum::<f64>() + 1.0
}

fn of(op: Op) -> f64 {
    match op {
        Op::Literal(_) | Op::Input(_) | Op::Neg | Op::Abs | Op::SelectLt => 0.0,
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Sqrt => 1.0,
        Op::MulAdd => 2.0,
        Op::Exp => 20.0,
        Op::ExpM1 | Op::Ln => 25.0,
        Op::ExpExcess | Op::Ln1p => 30.0,
        Op::LnNormalCdf => 80.0,
        Op::Lgamma(_) => 80.0,
        Op::RisingExcess(_) => 160.0,
    }
}
