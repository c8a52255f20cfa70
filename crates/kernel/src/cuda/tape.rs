//! A number that writes down how it was computed, each expression once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::{Add, Div, Mul, Neg, Sub};
use surprisal_density::Real;

/// A line of the tape that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Expr(u32);

impl Expr {
    /// Its place on the tape.
    pub fn line(self) -> usize {
        self.0 as usize
    }
}

/// What a formula is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Input {
    /// The target.
    Y,
    /// Column of η, the offset added if it is the location.
    Head(usize),
    /// A learned location: the offset makes it one number for each row.
    Shifted(usize),
    /// A learned number, unconstrained.
    Learned(usize),
    /// Value of the k-th fixed parameter.
    Value(usize),
    /// Unconstrained number of the k-th fixed parameter.
    Unconstrained(usize),
}

/// An operation on earlier lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// The bits of a constant.
    Literal(u64),
    Input(Input),
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    MulAdd,
    SelectLt,
    Abs,
    Sqrt,
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    LnNormalCdf,
    /// By order of the derivative.
    Lgamma(usize),
    /// By order of the derivative.
    LnRising(usize),
}

/// One line: an operation and what it acts on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Line {
    pub op: Op,
    pub args: Vec<Expr>,
}

/// Lines, each of which looks at earlier ones only.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tape {
    pub lines: Vec<Line>,
    known: HashMap<Line, Expr>,
}

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::default();
}

impl Tape {
    /// What `formula` writes down, and what it returns.
    pub fn record<T>(formula: impl FnOnce() -> T) -> (Tape, T) {
        let outer = TAPE.take();
        let result = formula();
        (TAPE.replace(outer), result)
    }

    /// The lines in `R`, in order.
    pub fn evaluate<R: Real>(&self, input: impl Fn(Input) -> R) -> Vec<R> {
        let mut values: Vec<R> = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            let at = |k: usize| values[line.args[k].line()];
            values.push(match line.op {
                Op::Literal(bits) => R::lit(f64::from_bits(bits)),
                Op::Input(which) => input(which),
                Op::Add => at(0) + at(1),
                Op::Sub => at(0) - at(1),
                Op::Mul => at(0) * at(1),
                Op::Div => at(0) / at(1),
                Op::Neg => -at(0),
                Op::MulAdd => at(0).mul_add(at(1), at(2)),
                Op::SelectLt => R::select_lt(at(0), at(1), at(2), at(3)),
                Op::Abs => at(0).abs(),
                Op::Sqrt => at(0).sqrt(),
                Op::Exp => at(0).exp(),
                Op::ExpM1 => at(0).exp_m1(),
                Op::Ln => at(0).ln(),
                Op::Ln1p => at(0).ln_1p(),
                Op::LnNormalCdf => at(0).ln_normal_cdf(),
                Op::Lgamma(order) => at(0).lgamma_d(order),
                Op::LnRising(order) => R::ln_rising_d(at(0), at(1), order),
            });
        }
        values
    }

    /// Which lines `wanted` needs, those in `given` being at hand.
    pub fn needed(&self, wanted: &[Expr], given: &[Expr]) -> Vec<bool> {
        let mut needed = vec![false; self.lines.len()];
        wanted.iter().for_each(|e| needed[e.line()] = true);
        for i in (0..self.lines.len()).rev() {
            if needed[i] && !given.contains(&Expr(i as u32)) {
                self.lines[i].args.iter().for_each(|a| needed[a.line()] = true);
            }
        }
        needed
    }

    /// The lines by number.
    pub fn exprs(&self) -> impl DoubleEndedIterator<Item = Expr> + use<> {
        (0..self.lines.len() as u32).map(Expr)
    }
}

/// Writes a line unless it is there.
fn write(op: Op, mut args: Vec<Expr>) -> Expr {
    if matches!(op, Op::Add | Op::Mul | Op::MulAdd) {
        args[..2].sort(); // a + b and b + a are one line
    }
    TAPE.with_borrow_mut(|tape| {
        let line = Line { op, args };
        if let Some(&known) = tape.known.get(&line) {
            return known;
        }
        let new = Expr(tape.lines.len() as u32);
        tape.lines.push(line.clone());
        tape.known.insert(line, new);
        new
    })
}

impl Expr {
    /// What the formula is given.
    pub fn input(input: Input) -> Expr {
        write(Op::Input(input), vec![])
    }
    /// The constant that it is, if it is one.
    fn constant(self) -> Option<f64> {
        TAPE.with_borrow(|tape| match tape.lines[self.line()].op {
            Op::Literal(bits) => Some(f64::from_bits(bits)),
            _ => None,
        })
    }
    fn is(self, c: f64) -> bool {
        self.constant() == Some(c)
    }
    fn call(self, op: Op) -> Expr {
        write(op, vec![self])
    }
    /// Of two constants their result, rounded once in f64.
    fn binary(self, op: Op, o: Expr, fold: fn(f64, f64) -> f64) -> Expr {
        match (self.constant(), o.constant()) {
            (Some(a), Some(b)) => Expr::lit(fold(a, b)),
            _ => write(op, vec![self, o]),
        }
    }
}

// Slopes of what is constant are literal zeros: they leave no trace. No formula multiplies by a literal 0 otherwise.
impl Add for Expr {
    type Output = Expr;
    fn add(self, o: Expr) -> Expr {
        match () {
            _ if self.is(0.0) => o,
            _ if o.is(0.0) => self,
            _ => self.binary(Op::Add, o, |a, b| a + b),
        }
    }
}
impl Sub for Expr {
    type Output = Expr;
    fn sub(self, o: Expr) -> Expr {
        match () {
            _ if self.is(0.0) => -o,
            _ if o.is(0.0) => self,
            _ => self.binary(Op::Sub, o, |a, b| a - b),
        }
    }
}
impl Mul for Expr {
    type Output = Expr;
    fn mul(self, o: Expr) -> Expr {
        match () {
            _ if self.is(0.0) || o.is(1.0) => self,
            _ if o.is(0.0) || self.is(1.0) => o,
            _ if self.is(-1.0) => -o,
            _ if o.is(-1.0) => -self,
            _ => self.binary(Op::Mul, o, |a, b| a * b),
        }
    }
}
impl Div for Expr {
    type Output = Expr;
    fn div(self, o: Expr) -> Expr {
        match () {
            _ if self.is(0.0) || o.is(1.0) => self,
            _ => self.binary(Op::Div, o, |a, b| a / b),
        }
    }
}
impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        let twice = TAPE.with_borrow(|tape| {
            let line = &tape.lines[self.line()];
            (line.op == Op::Neg).then(|| line.args[0])
        });
        match (self.constant(), twice) {
            (Some(0.0), _) => self,
            (Some(c), _) => Expr::lit(-c),
            (_, Some(inside)) => inside,
            _ => self.call(Op::Neg),
        }
    }
}

impl Real for Expr {
    fn lit(c: f64) -> Expr {
        write(Op::Literal(c.to_bits()), vec![])
    }
    fn exp(self) -> Expr {
        self.call(Op::Exp)
    }
    fn exp_m1(self) -> Expr {
        self.call(Op::ExpM1)
    }
    fn ln(self) -> Expr {
        self.call(Op::Ln)
    }
    fn ln_1p(self) -> Expr {
        self.call(Op::Ln1p)
    }
    fn abs(self) -> Expr {
        self.call(Op::Abs)
    }
    fn select_lt(a: Expr, b: Expr, then: Expr, other: Expr) -> Expr {
        if then == other { then } else { write(Op::SelectLt, vec![a, b, then, other]) }
    }
    fn mul_add(self, a: Expr, b: Expr) -> Expr {
        write(Op::MulAdd, vec![self, a, b])
    }
    fn sqrt(self) -> Expr {
        self.call(Op::Sqrt)
    }
    fn lgamma_d(self, order: usize) -> Expr {
        self.call(Op::Lgamma(order))
    }
    fn ln_rising_d(a: Expr, n: Expr, order: usize) -> Expr {
        write(Op::LnRising(order), vec![a, n])
    }
    fn ln_normal_cdf(self) -> Expr {
        self.call(Op::LnNormalCdf)
    }
}
