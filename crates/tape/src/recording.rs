//! A bound family on the tape: its loss, its slopes, and how often each line has to be computed.

use crate::tape::{Expr, Input, Op, Tape};
use crate::when::When;
use crate::{Bound, Slot};
use surprisal_density::{AnyFamily, Arg, Domain, Dual, Family, Visit};

/// The formula of a bound family, written down.
#[derive(Clone, Debug)]
pub struct Recording {
    /// What was written.
    pub tape: Tape,
    /// −ln p of a row, without `norm`.
    pub value: Expr,
    /// The same without its terms that are functions of the data alone.
    pub row: Expr,
    /// Those terms: 0 where there are none.
    pub data: Expr,
    /// Its slopes in the trained numbers, heads first.
    pub slopes: Vec<Expr>,
    /// `log_norm` and its slopes in the learned numbers, where it is the same in each row.
    pub norm: Option<(Expr, Vec<Expr>)>,
    /// Functions of the data alone that rows look at.
    pub columns: Vec<Expr>,
    /// Columns of η.
    pub heads: usize,
    /// The head of the location: the offset is added to it.
    pub location: Option<usize>,
}

/// What a row gives, and what it is given beside its heads and target.
#[derive(Clone, Debug)]
pub struct RowParts {
    /// Its loss, and the slopes.
    pub wanted: Vec<Expr>,
    /// Functions of the data alone.
    pub columns: Vec<Expr>,
    /// What is the same in each row.
    pub uniforms: Vec<Expr>,
}

/// Trained numbers whose slopes one pass carries.
const WIDTH: usize = 4;

impl Recording {
    /// Runs the formula of `family`, whose parameters come from `slots`.
    pub fn of<F: Family>(family: &F, slots: &[Slot]) -> Recording {
        let heads = slots.iter().filter(|slot| matches!(slot, Slot::Predicted(_))).count();
        let trained = slots.iter().filter(|slot| !matches!(slot, Slot::Fixed(_))).count();
        let location = match slots.first() {
            Some(Slot::Predicted(k)) => Some(*k),
            _ => None,
        };
        Recording::written(heads, trained, location, |first| pass(family, slots, heads, first))
    }

    /// A density over one number, every parameter given: the prior of a weight, or of a learned parameter.
    ///
    /// Head 0 is the unconstrained number, of which `domain` makes the one that the density is over; the link adds no
    /// Jacobian.
    pub fn of_density(family: AnyFamily, domain: Domain) -> Recording {
        struct Record(Domain);
        impl Visit for Record {
            type Output = Recording;
            fn visit<F: Family>(self, family: F) -> Recording {
                Recording::written(1, 1, None, |first| prior(&family, self.0, first))
            }
        }
        family.visit(Record(domain))
    }

    fn written(heads: usize, trained: usize, location: Option<usize>, pass: impl Fn(usize) -> Pass) -> Recording {
        let (mut tape, passes) = Tape::record(|| {
            let firsts = (0..trained.max(1)).step_by(WIDTH);
            firsts.map(&pass).collect::<Vec<_>>()
        });
        let log_norm = passes[0].norm.value;
        let once = tape.when(log_norm) == When::Call;
        let part = |p: &Pass| if once { p.without_norm } else { p.with_norm };
        let slope = |k: usize, part: &dyn Fn(&Pass) -> Number| part(&passes[k / WIDTH]).slope[k % WIDTH];
        let nothing = tape.lines[log_norm.line()].op == Op::Literal(0f64.to_bits());
        let norm_slopes = (heads..trained).map(|k| slope(k, &|p| p.norm));
        let norm = (once && !nothing).then(|| (log_norm, norm_slopes.collect()));
        let slopes = (0..trained).map(|k| slope(k, &part)).collect();
        let value = part(&passes[0]).value;
        let (row, data) = tape.more(|| value.apart());
        let mut recording = Recording { tape, value, row, data, slopes, norm, columns: vec![], heads, location };
        recording.columns = recording.data_columns(value);
        recording
    }

    /// Of a family that a config may name.
    pub fn of_bound(bound: &Bound) -> Recording {
        struct Record<'a>(&'a [Slot]);
        impl Visit for Record<'_> {
            type Output = Recording;
            fn visit<F: Family>(self, family: F) -> Recording {
                Recording::of(&family, self.0)
            }
        }
        bound.family.visit(Record(&bound.slots))
    }

    /// Slopes in the learned numbers.
    pub fn learned(&self) -> &[Expr] {
        &self.slopes[self.heads..]
    }

    /// When a line is computed.
    pub fn when(&self, line: Expr) -> When {
        self.tape.when(line)
    }

    /// The largest expressions of the data alone that rows look at and that call a function.
    pub fn data_columns(&self, value: Expr) -> Vec<Expr> {
        let wanted = [&self.slopes[..], &[value]].concat();
        let data: Vec<Expr> = self.tape.exprs().filter(|&e| self.when(e) == When::Data).collect();
        let needed = self.tape.needed(&wanted, &data);
        let mut costly = vec![false; self.tape.lines.len()];
        for e in data.iter() {
            let line = &self.tape.lines[e.line()];
            costly[e.line()] = line.op.is_function() || line.args.iter().any(|a| costly[a.line()]);
        }
        data.into_iter().filter(|e| needed[e.line()] && costly[e.line()]).collect()
    }

    /// Numbers that are the same in each row, in the order of the tape: what `wanted` needs beside `columns`.
    pub fn uniforms(&self, wanted: &[Expr], columns: &[Expr]) -> Vec<Expr> {
        let call = |e: &Expr| self.tape.when(*e) == When::Call;
        let given: Vec<Expr> = self.tape.exprs().filter(|e| call(e) || columns.contains(e)).collect();
        let needed = self.tape.needed(wanted, &given);
        let literal = |e: &Expr| matches!(self.tape.lines[e.line()].op, Op::Literal(_));
        self.tape.exprs().filter(|e| needed[e.line()] && call(e) && !literal(e)).collect()
    }

    /// What a row gives, and what it is given.
    pub fn row_parts(&self) -> RowParts {
        let wanted = [&[self.row], &self.slopes[..]].concat();
        let columns = self.data_columns(self.row);
        let uniforms = self.uniforms(&wanted, &columns);
        RowParts { wanted, columns, uniforms }
    }

    /// Whether −ln p has terms that are large beside it and cancel, ln Γ and its kin in a row or a rising factorial beside
    /// the powers of a row: double whatever the dtype, on vectors too.
    pub fn special(&self) -> bool {
        let needed = self.tape.needed(&[&self.slopes[..], &[self.value]].concat(), &[]);
        self.tape.exprs().filter(|e| needed[e.line()]).any(|e| match self.tape.lines[e.line()].op {
            Op::RisingExcess(_) => self.when(e) != When::Call,
            Op::Lgamma(_) | Op::LnNormalCdf => self.when(e) == When::Row,
            _ => false,
        })
    }

    /// The same, or a column is looked at: double where columns are doubles, so that a difference from one keeps its digits.
    pub fn wide(&self) -> bool {
        !self.columns.is_empty() || self.special()
    }
}

impl Op {
    /// Worth a column of memory.
    fn is_function(self) -> bool {
        use Op::*;
        !matches!(self, Literal(_) | Input(_) | Add | Sub | Mul | Div | Neg | MulAdd | SelectLt | Abs)
    }
}

type Number = Dual<Expr, WIDTH>;

/// −ln p and its slopes in the trained numbers `first .. first + WIDTH`.
struct Pass {
    without_norm: Number,
    with_norm: Number,
    norm: Number,
}

/// The `k`-th given number, parameter of a domain.
fn given(domain: Domain, k: usize) -> Arg<Number> {
    let at = |input: Input| Dual::con(Expr::input(input));
    match domain {
        Domain::Real => Arg { x: at(Input::Value(k)), u: at(Input::Value(k)) },
        _ => Arg { x: at(Input::Value(k)), u: at(Input::Unconstrained(k)) },
    }
}

fn pass<F: Family>(family: &F, slots: &[Slot], heads: usize, first: usize) -> Pass {
    let variable = |input: Input, k: usize| Dual::var(Expr::input(input), k.wrapping_sub(first));
    let mut fixed = 0..;
    let args: Vec<Arg<Number>> = (slots.iter().enumerate())
        .map(|(j, slot)| match *slot {
            Slot::Fixed(_) => given(family.domain(j), fixed.next().expect("endless")),
            Slot::Learned(k) if j == 0 => Arg::free(family.domain(j), variable(Input::Shifted(k), heads + k)),
            Slot::Learned(k) => Arg::free(family.domain(j), variable(Input::Learned(k), heads + k)),
            Slot::Predicted(k) => Arg::free(family.domain(j), variable(Input::Head(k), k)),
        })
        .collect();
    parts(family, &args, Dual::con(Expr::input(Input::Y)))
}

fn prior<F: Family>(family: &F, domain: Domain, first: usize) -> Pass {
    let args: Vec<Arg<Number>> = (0..family.arity()).map(|j| given(family.domain(j), j)).collect();
    parts(family, &args, domain.link(Dual::var(Expr::input(Input::Head(0)), 0usize.wrapping_sub(first))))
}

/// Summed in the order of the kernel on the CPU.
fn parts<F: Family>(family: &F, args: &[Arg<Number>], y: Number) -> Pass {
    let (energy, norm, base) = (family.energy(args, y), family.log_norm(args), family.base(args, y));
    Pass { without_norm: energy + base, with_norm: energy + norm + base, norm }
}

#[cfg(test)]
mod tests {
    use super::*;
    use surprisal_density::family::{Gamma, Gaussian, NegativeBinomial, Poisson, StudentT};

    /// What the tape says at these inputs: −ln p and its slopes.
    fn at(recording: &Recording, input: impl Fn(Input) -> f64) -> Vec<f64> {
        let lines = recording.tape.evaluate(&recording.tape.exprs().collect::<Vec<_>>(), input);
        let once = recording.norm.iter().map(|(norm, _)| lines[norm.line()]).sum::<f64>();
        let mut out = vec![lines[recording.value.line()] + once];
        for (k, slope) in recording.slopes.iter().enumerate() {
            let once = k.checked_sub(recording.heads).and_then(|k| recording.norm.as_ref().map(|(_, all)| all[k]));
            out.push(lines[slope.line()] + once.map_or(0.0, |e| lines[e.line()]));
        }
        out
    }

    #[test]
    fn a_tape_evaluates_to_what_dual_numbers_give() {
        let slots = [Slot::Predicted(0), Slot::Learned(0), Slot::Predicted(1)];
        let recording = Recording::of(&StudentT, &slots);
        for (location, nu, scale, y) in [(0.3, 1.1, -0.4, 2.0), (-2.0, 6.0, 3.0, -2.0), (1e3, -3.0, -9.0, 0.0)] {
            let found = at(&recording, |input| match input {
                Input::Head(0) => location,
                Input::Head(_) => scale,
                Input::Learned(_) => nu,
                _ => y,
            });
            let free = |j: usize, u: f64, k: usize| Arg::free(StudentT.domain(j), Dual::<f64, 3>::var(u, k));
            let expected = StudentT.nll(&[free(0, location, 0), free(1, nu, 2), free(2, scale, 1)], Dual::con(y));
            for (found, expected) in found.iter().zip([&[expected.value][..], &expected.slope].concat()) {
                assert!((found - expected).abs() <= 1e-13 * (1.0 + expected.abs()), "{found} for {expected}");
            }
        }
    }

    #[test]
    fn a_prior_has_the_slope_of_the_number_behind_the_parameter() {
        let recording = Recording::of_density(Gamma.into(), Domain::Positive);
        for u in [-2.0, 0.1, 3.0] {
            let found = at(&recording, |input| match input {
                Input::Head(_) => u,
                Input::Value(k) => [0.7, 2.5][k],
                Input::Unconstrained(k) => Gamma.domain(k).unlink([0.7, 2.5][k]),
                _ => f64::NAN,
            });
            let args = [Arg::fixed(Gamma.domain(0), 0.7), Arg::fixed(Gamma.domain(1), 2.5)];
            let expected = Gamma.nll(&args, Domain::Positive.link(Dual::<f64, 1>::var(u, 0)));
            assert!((found[0] - expected.value).abs() <= 1e-13 * (1.0 + expected.value.abs()));
            assert!((found[1] - expected.slope[0]).abs() <= 1e-13 * (1.0 + expected.slope[0].abs()));
        }
    }

    #[test]
    fn an_expression_is_written_once_and_slopes_of_constants_not_at_all() {
        let recording = Recording::of(&Gaussian, &[Slot::Predicted(0), Slot::Fixed(2.0)]);
        let wanted = [&recording.slopes[..], &[recording.value]].concat();
        let needed = recording.tape.needed(&wanted, &[]).into_iter().filter(|it| *it).count();
        // y, location, scale, difference, z, −1/scale, z², ½z² with ½, 2zz′ and ½ of it
        assert!(needed <= 13, "{needed} lines: {:?}", recording.tape.lines);
    }

    #[test]
    fn a_row_is_double_on_vectors_where_terms_cancel_that_are_large_beside_the_loss() {
        let free = [Slot::Predicted(0), Slot::Learned(0), Slot::Predicted(1)];
        let special = |recording: Recording| recording.special();
        assert!(!special(Recording::of(&Poisson, &free[..1])));
        assert!(!special(Recording::of(&Gamma, &free[..2])));
        assert!(special(Recording::of(&Gamma, &[free[0], free[2]])));
        assert!(special(Recording::of(&NegativeBinomial, &[free[0], Slot::Fixed(0.5)])));
        assert!(!special(Recording::of(&StudentT, &[free[0], Slot::Fixed(4.0), free[2]])));
        assert!(!special(Recording::of(&StudentT, &free)));
        assert!(special(Recording::of(&StudentT, &[free[0], Slot::Predicted(2), free[2]])));
    }

    #[test]
    fn a_function_of_the_data_alone_is_a_column_and_makes_the_row_wide() {
        let columns = |recording: Recording| (recording.columns.len(), recording.wide());
        let free = [Slot::Predicted(0), Slot::Learned(0)];
        assert_eq!(columns(Recording::of(&Poisson, &free[..1])), (2, true)); // ln y, all of base
        assert_eq!(columns(Recording::of(&Gamma, &free)), (1, true)); // ln y
        assert_eq!(columns(Recording::of(&NegativeBinomial, &free)), (1, true)); // ln y!
        assert_eq!(columns(Recording::of(&NegativeBinomial, &[free[0], Slot::Fixed(0.5)])), (1, true)); // all of base
        assert_eq!(columns(Recording::of(&Gaussian, &free)), (0, false));
        assert_eq!(columns(Recording::of(&StudentT, &[free[0], Slot::Fixed(4.0), free[1]])), (0, false));
        assert_eq!(columns(Recording::of(&StudentT, &[free[0], Slot::Predicted(1), free[1]])), (0, true));
    }
}
