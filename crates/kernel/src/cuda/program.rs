//! A bound family as CUDA text: what to call it, what to give it, and how many threads it takes.

use super::classes::Classes;
use super::dtype::Dtype;
use super::{classes, print, template};
use crate::{Bound, Penalty, Slot};
use surprisal_density::{AnyFamily, Arg, Domain, Family, Visit};
use surprisal_tape::{Input, Recording};

/// What a launch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// The loss and its gradient.
    Fused,
    /// The loss, and if asked for −ln p of each row.
    Forward,
}

impl Pass {
    /// Both.
    pub const ALL: [Pass; 2] = [Pass::Fused, Pass::Forward];

    /// As in names of kernels.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Fused => "fused",
            Pass::Forward => "forward",
        }
    }
}

/// How a kernel is launched over some rows. The shape of its sums follows from it, and it from the rows alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Blocks of the grid.
    pub blocks: u32,
    /// Threads of a block.
    pub threads: u32,
    /// Doubles of scratch memory.
    pub scratch: usize,
    /// Counters, zero before the first launch; a launch leaves them zero.
    pub arrivals: usize,
    /// Rows of a block.
    pub share: usize,
}

/// Rows of a block of sums.
const BLOCK: usize = 4096;
/// Blocks that meet first.
const GROUP: usize = 64;

impl Launch {
    fn new(rows: usize, share: usize, threads: u32, sums: usize) -> Launch {
        let blocks = rows.div_ceil(share);
        let groups = blocks.div_ceil(GROUP);
        let counted = u32::try_from(blocks).expect("fewer rows than a grid has blocks for");
        Launch { blocks: counted, threads, scratch: sums * (blocks + groups), arrivals: 1 + groups, share }
    }
}

/// A bound family for one dtype: kernels of the signature
///
/// ```c
/// (i64 n, i64 stride, const i64 *rows, const T *eta, const D *learned, const double *fixed, const D *y,
///  const D *weight, const D *offset, const R *columns, T *slopes, D *values, D *out, double *scratch, unsigned *arrivals)
/// ```
///
/// with the names of [`Program::kernel`]. `n` rows of η and of `slopes`, row-major, stored as the dtype T; `y`, `weight`,
/// `offset` and each of the `columns`, which begin `stride` numbers apart, hold the data set, and row i looks at number
/// `rows[i]` of them (or i, if `rows` is null). `weight`, `offset`, `slopes` and `values` may be null. `out` gets
/// Σ wᵢ · −ln pᵢ and then its slopes in the learned numbers; `values` gets −ln pᵢ without its weight (forward only). D is
/// `double` beside `f64`, else `float`; R is [`Program::wide`]. Kernels of classes take three more numbers:
/// [`Program::numbers`].
#[derive(Clone, Debug)]
pub struct Program {
    family: &'static str,
    name: String,
    dtype: Dtype,
    given: Vec<Arg<f64>>,
    heads: usize,
    learned: usize,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Rows(Box<Recording>),
    Classes(Classes),
}

impl Program {
    /// Of a family that a config may name.
    pub fn of(bound: &Bound, dtype: Dtype) -> Program {
        struct Make<'a>(&'a Bound, Dtype);
        impl Visit for Make<'_> {
            type Output = Program;
            fn visit<F: Family>(self, family: F) -> Program {
                Program::of_family(&family, &self.0.slots, self.1)
            }
        }
        match bound.family {
            // Long rows are no straight line: these kernels are written by hand, and tested like the others.
            AnyFamily::Categorical(family) => {
                let classes = Classes::of(&family);
                Program {
                    family: bound.family.name(),
                    name: format!("categorical_{}_{}", classes.team_name(), dtype.name()),
                    dtype,
                    given: vec![],
                    heads: family.arity(),
                    learned: 0,
                    body: Body::Classes(classes),
                }
            }
            _ => bound.family.visit(Make(bound, dtype)),
        }
    }

    /// Of any family, each of whose parameters has a slot.
    pub fn of_family<F: Family>(family: &F, slots: &[Slot], dtype: Dtype) -> Program {
        let letter = |slot: &Slot| match slot {
            Slot::Fixed(_) => 'f',
            Slot::Learned(_) => 'l',
            Slot::Predicted(_) => 'p',
        };
        let letters: String = slots.iter().map(letter).collect();
        let count = |wanted: char| letters.chars().filter(|&it| it == wanted).count();
        let given = slots.iter().enumerate().filter_map(|(j, slot)| slot.given(family.domain(j)));
        Program {
            family: F::NAME,
            name: format!("{}_{letters}_{}", F::NAME, dtype.name()),
            dtype,
            given: given.collect(),
            heads: count('p'),
            learned: count('l'),
            body: Body::Rows(Box::new(Recording::of(family, slots))),
        }
    }

    /// Of a prior over numbers, which stand in the place of η as rows of one; no data are read.
    pub fn of_prior(penalty: &Penalty, dtype: Dtype) -> Program {
        let family = penalty.family;
        Program {
            family: family.name(),
            name: format!("{}_prior_{}", family.name(), dtype.name()),
            dtype,
            given: penalty.given(),
            heads: 1,
            learned: 0,
            body: Body::Rows(Box::new(Recording::of_density(family, Domain::Real))),
        }
    }

    /// The kernel's name: family, bindings by letter (`f`ixed, `l`earned, `p`redicted), dtype and pass.
    pub fn kernel(&self, pass: Pass) -> String {
        format!("{}_{}", self.name, pass.name())
    }
    /// The family's name.
    pub fn family(&self) -> &'static str {
        self.family
    }
    /// The dtype of η.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }
    /// Columns of η.
    pub fn heads(&self) -> usize {
        self.heads
    }
    /// Learned numbers.
    pub fn learned(&self) -> usize {
        self.learned
    }
    /// Whether rows, and so the data columns, are in double: always for `f64`, and where large terms cancel.
    pub fn wide(&self) -> bool {
        match &self.body {
            Body::Rows(recording) => self.dtype == Dtype::F64 || recording.wide(),
            Body::Classes(_) => self.dtype == Dtype::F64,
        }
    }
    /// What the kernel reads as `fixed`: value and unconstrained number of each fixed parameter, in order.
    pub fn fixed(&self) -> Vec<f64> {
        self.given.iter().flat_map(|it| [it.x, it.u]).collect()
    }
    /// The further arguments of kernels of classes, of 64 bits: classes, reference (−1 for none), rows of a block.
    pub fn numbers(&self, rows: usize) -> Vec<i64> {
        match &self.body {
            Body::Rows(_) => vec![],
            Body::Classes(it) => vec![it.classes as i64, it.reference, self.launch(rows, Pass::Fused).share as i64],
        }
    }
    /// Functions of the data alone that the kernel wants as `columns`: once per data set.
    pub fn columns(&self, y: &[f64]) -> Vec<Vec<f64>> {
        let Body::Rows(recording) = &self.body else { return vec![] };
        let mut columns = vec![Vec::with_capacity(y.len()); recording.columns.len()];
        for &y in y.iter().filter(|_| !recording.columns.is_empty()) {
            let lines = recording.tape.evaluate(&recording.columns, |input| match input {
                Input::Y => y,
                Input::Value(k) => self.given[k].x,
                Input::Unconstrained(k) => self.given[k].u,
                _ => f64::NAN, // no column looks at what is trained
            });
            for (column, e) in columns.iter_mut().zip(&recording.columns) {
                column.push(lines[e.line()]);
            }
        }
        columns
    }
    /// How to launch it over `rows` rows.
    pub fn launch(&self, rows: usize, pass: Pass) -> Launch {
        match &self.body {
            Body::Rows(recording) => Launch::new(rows, BLOCK, 32, print::sums(recording, pass)),
            Body::Classes(it) if it.team() == 1 => Launch::new(rows, BLOCK, 32, 1),
            // Few rows: a block each. Many: some in a row, so that few sums remain.
            Body::Classes(it) => Launch::new(rows, (rows / BLOCK).clamp(1, 128), it.team() as u32, 1),
        }
    }
    /// The text of both passes.
    pub(super) fn text(&self) -> String {
        let text = |pass: Pass| match &self.body {
            Body::Rows(recording) => print::rows(self, recording, pass),
            Body::Classes(it) => classes::text(self, it, pass),
        };
        Pass::ALL.map(text).concat()
    }
    /// The family and its bindings.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// One text with the kernels of all `programs`, of the same name once.
pub fn module<'a>(programs: impl IntoIterator<Item = &'a Program>) -> String {
    let mut known = std::collections::HashSet::new();
    let mut text = template::library();
    let mut rows = std::collections::HashSet::new();
    for program in programs {
        if rows.insert((program.dtype, program.heads)) {
            text += &print::row_type(program.dtype, program.heads);
        }
        if known.insert(program.name.clone()) {
            text += &program.text();
        }
    }
    text
}
