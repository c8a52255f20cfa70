//! Many models at once, one in each lane: a bound family over blocks of vectors `[rows][lanes]`.
//!
//! No operation crosses lanes, and rows are summed in order: what a lane gives depends on nothing but its own numbers,
//! whatever the instruction set, the number of lanes or the company.

mod classes;
mod code;
mod interpret;
mod precision;
mod printed;
mod rows;

use crate::classes::Classes;
use crate::isa::{Isa, Vectors};
use crate::simd::Element;
#[doc(hidden)]
pub use classes::Rows as ClassRows;
use code::Code;
use interpret::{Registers, registers};
#[doc(hidden)]
pub use printed::Printed;
#[doc(hidden)]
pub use rows::Rows;
use rows::Stage;
pub use rows::{Batch, Sums};
use surprisal_density::{AnyFamily, Arg, Domain};
use surprisal_tape::{Bound, Expr, Input, Op, Recording, RowParts, Slot};

/// Rows that stand side by side in η and in the numbers of hidden layers.
pub const ROWS: usize = 4;

/// A bound family as code over lanes: given numbers are a lane's own, learned ones too.
///
/// Rows that look at a column, or call ln Γ or its like, are computed in double; all agree with [`Fused`](crate::Fused) to
/// rounding.
#[derive(Clone, Debug)]
pub struct Program {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Formula(Box<Formula>),
    /// Cross-entropy: any number of heads.
    Classes(Classes),
}

#[derive(Clone, Debug)]
struct Formula {
    recording: Recording,
    /// Functions of the data that rows look at.
    columns: Vec<Expr>,
    /// What is the same in each row: numbers for the rows, then `norm` and its slopes.
    once: Code,
    once_inputs: Vec<Input>,
    uniforms: usize,
    /// A row: its value and its slopes.
    row: Code,
    row_inputs: Vec<RowInput>,
    double: bool,
    /// The prior whose rows the compiler knows.
    printed: Option<AnyFamily>,
}

/// What a row is given, in the order of the code's sources.
#[derive(Clone, Copy, Debug, PartialEq)]
enum RowInput {
    Uniform(usize),
    Column(usize),
    Head(usize),
    Shifted(usize),
    Y,
}

/// Registers of one program, and what it has computed for all rows.
#[derive(Debug)]
pub struct Scratch<T> {
    lanes: usize,
    /// Of rows, and of what is computed once, in the precision of the numbers and in double.
    own: [Registers<T>; 2],
    double: [Registers<f64>; 2],
    /// Uniforms, then `norm` and its slopes: `[numbers][lanes]`.
    uniform: Vec<f64>,
}

impl<T> Scratch<T> {
    /// `norm` and its slopes in the learned numbers, `[1 + learned][lanes]`; empty where it is part of the rows.
    pub fn norm(&self, program: &Program) -> &[f64] {
        match &program.kind {
            Kind::Formula(it) => &self.uniform[it.uniforms * self.lanes..],
            Kind::Classes(_) => &[],
        }
    }
}

impl Program {
    /// Of a likelihood.
    pub fn likelihood(bound: &Bound) -> Program {
        match bound.family {
            AnyFamily::Categorical(family) if bound.slots.iter().all(|slot| matches!(slot, Slot::Predicted(_))) => {
                Program { kind: Kind::Classes(Classes::of(&family)) }
            }
            _ => Program::of(Recording::of_bound(bound), None),
        }
    }
    /// Of a prior of single numbers, each of them the unconstrained one behind a parameter of that domain (a weight is
    /// its own: [`Domain::Real`]); no Jacobian of the link is added.
    pub fn prior(family: AnyFamily, domain: Domain) -> Program {
        let printed = (domain == Domain::Real && printed::knows(family)).then_some(family);
        Program::of(Recording::of_density(family, domain), printed)
    }

    fn of(recording: Recording, printed: Option<AnyFamily>) -> Program {
        let tape = &recording.tape;
        let RowParts { wanted, columns, uniforms } = recording.row_parts();
        let norm: Vec<Expr> =
            recording.norm.iter().flat_map(|(value, slopes)| [&[*value], &slopes[..]].concat()).collect();
        let inputs = |given: &[Expr], wanted: &[Expr]| -> Vec<(Expr, Input)> {
            let needed = tape.needed(wanted, given);
            let input = |e: Expr| match tape.lines[e.line()].op {
                Op::Input(input) if needed[e.line()] && !given.contains(&e) => Some((e, input)),
                _ => None,
            };
            tape.exprs().filter_map(input).collect()
        };
        let once_wanted = [&uniforms[..], &norm].concat();
        let (once_given, once_inputs): (Vec<Expr>, Vec<Input>) = inputs(&[], &once_wanted).into_iter().unzip();
        let once = Code::of(tape, &once_wanted, &once_given);
        let mut given: Vec<Expr> = [&uniforms[..], &columns].concat();
        let mut row_inputs: Vec<RowInput> = (0..uniforms.len()).map(RowInput::Uniform).collect();
        row_inputs.extend((0..columns.len()).map(RowInput::Column));
        for (e, input) in inputs(&given.clone(), &wanted) {
            given.push(e);
            row_inputs.push(match input {
                Input::Head(k) => RowInput::Head(k),
                Input::Shifted(k) => RowInput::Shifted(k),
                Input::Y => RowInput::Y,
                _ => unreachable!("{input:?} is the same in each row"),
            });
        }
        let double = recording.wide();
        let row = Code::of(tape, &wanted, &given);
        let uniforms = uniforms.len();
        let formula = Formula { columns, once, once_inputs, uniforms, row, row_inputs, double, printed, recording };
        Program { kind: Kind::Formula(Box::new(formula)) }
    }

    /// Columns of η.
    pub fn heads(&self) -> usize {
        match &self.kind {
            Kind::Formula(it) => it.recording.heads,
            Kind::Classes(it) => it.heads(),
        }
    }
    /// Learned numbers.
    pub fn learned(&self) -> usize {
        match &self.kind {
            Kind::Formula(it) => it.recording.learned().len(),
            Kind::Classes(_) => 0,
        }
    }
    /// Functions of the target that rows look at.
    pub fn columns(&self) -> usize {
        match &self.kind {
            Kind::Formula(it) => it.columns.len(),
            Kind::Classes(_) => 1,
        }
    }
    /// Whether a row's loss has a part that is a function of the data alone.
    pub fn has_base(&self) -> bool {
        match &self.kind {
            Kind::Formula(it) => it.recording.tape.lines[it.recording.data.line()].op != Op::Literal(0f64.to_bits()),
            Kind::Classes(_) => false,
        }
    }
    /// Of one target, with the given numbers of its lane: its columns, and the part of −ln p that is a function of the data
    /// alone, which no row adds.
    pub fn data(&self, given: &[Arg<f64>], y: f64) -> (Vec<f64>, f64) {
        match &self.kind {
            Kind::Classes(it) => (vec![it.head(y)], 0.0),
            Kind::Formula(it) => {
                let wanted = [&it.columns[..], &[it.recording.data]].concat();
                let lines = it.recording.tape.evaluate(&wanted, |input| match input {
                    Input::Y => y,
                    Input::Value(k) => given[k].x,
                    Input::Unconstrained(k) => given[k].u,
                    Input::Head(_) | Input::Shifted(_) | Input::Learned(_) => f64::NAN,
                });
                (it.columns.iter().map(|e| lines[e.line()]).collect(), lines[it.recording.data.line()])
            }
        }
    }

    /// Registers for vectors of so many lanes.
    pub fn scratch<T: Element>(&self, lanes: usize) -> Scratch<T> {
        let Kind::Formula(it) = &self.kind else {
            return Scratch { lanes, own: Default::default(), double: Default::default(), uniform: vec![] };
        };
        let uniform = vec![0.0; it.once.outputs.len() * lanes];
        // Numbers that are double have one precision only.
        let (row, once) = (it.double && T::BYTES < f64::BYTES, T::BYTES < f64::BYTES);
        let own = |is: bool, code: &Code| if is { vec![] } else { registers(code, lanes) };
        let double = |is: bool, code: &Code| if is { registers(code, lanes) } else { vec![] };
        Scratch {
            lanes,
            own: [own(row, &it.row), own(once, &it.once)],
            double: [double(row, &it.row), double(once, &it.once)],
            uniform,
        }
    }

    /// Computes what is the same in each row, in double: to be called before [`Program::rows`] whenever a given or
    /// learned number has changed. `given` is `[values, then unconstrained numbers][lanes]`, `learned` `[learned][lanes]`.
    pub fn once<T: Vectors>(&self, isa: Isa, given: &[f64], learned: &[T], scratch: &mut Scratch<T>) {
        let Kind::Formula(formula) = &self.kind else { return };
        if !scratch.uniform.is_empty() {
            T::rows(isa, Rows { formula, scratch, stage: Stage::Once { given, learned } });
        }
    }

    /// Whether what is the same in each row changes from step to step.
    pub fn changes(&self) -> bool {
        matches!(&self.kind, Kind::Formula(it) if it.once_inputs.iter().any(|i| matches!(i, Input::Learned(_))))
    }

    /// The rows of a batch: slopes of η into `slope` (laid out as η), sums into `sums`.
    ///
    /// A lane that `only` does not name keeps its slopes.
    pub fn rows<T: Vectors>(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        scratch: &mut Scratch<T>,
        slope: &mut [T],
        sums: &mut Sums,
    ) {
        match &self.kind {
            Kind::Formula(formula) => {
                T::rows(isa, Rows { formula, scratch, stage: Stage::Rows { batch, slope, sums, add: false } });
            }
            Kind::Classes(classes) => T::classes(isa, ClassRows { classes, batch, slope, sums }),
        }
    }

    /// The same for numbers of a prior, of which there is one a row: slopes are added.
    pub fn add<T: Vectors>(
        &self,
        isa: Isa,
        batch: &Batch<T>,
        scratch: &mut Scratch<T>,
        slope: &mut [T],
        sums: &mut Sums,
    ) {
        let Kind::Formula(formula) = &self.kind else { return };
        if let Some(family) = formula.printed {
            T::printed(isa, Printed { family, uniform: &scratch.uniform, batch, slope, sums });
        } else {
            T::rows(isa, Rows { formula, scratch, stage: Stage::Rows { batch, slope, sums, add: true } });
        }
    }
}
