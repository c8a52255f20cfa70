//! Lines of a tape as operations on registers: what an interpreter over blocks of vectors runs.

use surprisal_tape::{Expr, Op, Tape};

/// Where a register is filled from before the first operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// The same in every row and lane.
    Literal(f64),
    /// One of the lines that were given, by its place.
    Given(usize),
}

/// One operation: registers in, register out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub op: Op,
    pub args: [usize; 4],
    pub to: usize,
}

/// Straight-line code over registers.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub registers: usize,
    /// Filled before the first step.
    pub sources: Vec<(usize, Source)>,
    pub steps: Vec<Step>,
    /// The registers of what was wanted.
    pub outputs: Vec<usize>,
}

impl Code {
    /// Code for the lines in `wanted`; those in `given` are at hand.
    pub fn of(tape: &Tape, wanted: &[Expr], given: &[Expr]) -> Code {
        let needed = tape.needed(wanted, given);
        let lines: Vec<Expr> = tape.exprs().filter(|e| needed[e.line()]).collect();
        let mut code = Code { registers: 0, sources: vec![], steps: vec![], outputs: vec![] };
        let mut at = vec![usize::MAX; tape.lines.len()];
        // A source keeps its register: it is filled once for many blocks. So does a result.
        for &e in &lines {
            let source = match (given.iter().position(|g| *g == e), tape.lines[e.line()].op) {
                (Some(k), _) => Source::Given(k),
                (_, Op::Literal(bits)) => Source::Literal(f64::from_bits(bits)),
                _ => continue,
            };
            at[e.line()] = code.registers;
            code.sources.push((code.registers, source));
            code.registers += 1;
        }
        let mut last = vec![0; tape.lines.len()];
        for &e in lines.iter().filter(|e| at[e.line()] == usize::MAX) {
            tape.lines[e.line()].args.iter().for_each(|a| last[a.line()] = e.line());
        }
        wanted.iter().for_each(|e| last[e.line()] = usize::MAX);
        let mut free = Vec::new();
        let pinned = code.registers;
        for &e in lines.iter().filter(|e| at[e.line()] == usize::MAX).collect::<Vec<_>>() {
            let line = &tape.lines[e.line()];
            // An operand's register is free only after its last reader has one of its own.
            let to = free.pop().unwrap_or_else(|| {
                code.registers += 1;
                code.registers - 1
            });
            let mut args = [0; 4];
            args.iter_mut().zip(&line.args).for_each(|(to, a)| *to = at[a.line()]);
            at[e.line()] = to;
            code.steps.push(Step { op: line.op, args, to });
            for a in &line.args {
                if last[a.line()] == e.line() && at[a.line()] >= pinned && !free.contains(&at[a.line()]) {
                    free.push(at[a.line()]);
                }
            }
        }
        code.outputs = wanted.iter().map(|e| at[e.line()]).collect();
        code
    }
}
