//! Prints the formula of each family, for each of its bindings and as a prior, as straight-line Rust over vectors.
//!
//! The text is `formulas.rs` in the output folder; `surprisal_tape` knows the slopes and what is computed when.

use std::fmt::Write;
use surprisal_density::{AnyFamily, Domain, Prior};
use surprisal_tape::{Bound, Expr, Input, Op, Recording, RowParts, Slot};

#[path = "src/sizes.rs"]
mod sizes;
use sizes::{COLUMNS, TRAINED, UNIFORMS};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/sizes.rs");
    let (mut text, mut arms, mut priors) = (String::new(), String::new(), String::new());
    for family in AnyFamily::all() {
        if Prior::may_be(family) {
            let name = camel(family.name());
            text += &formula(&Recording::of_density(family, Domain::Real), &format!("{name}Prior"));
            writeln!(priors, "        AnyFamily::{name}(_) => make.call(formulas::{name}Prior),").expect("a String");
        }
        let parameters = family.parameters().len();
        if family.arity() != parameters || parameters > TRAINED || parameters == 0 {
            continue;
        }
        // The text has no given number in it. A location that no head predicts is filled in by `Located`.
        let all = Bound::bindings(family, &vec![f64::NAN; parameters]);
        for bound in all.into_iter().filter(|bound| matches!(bound.slots[0], Slot::Predicted(_))) {
            let name = name(&bound);
            text += &formula(&Recording::of_bound(&bound), &name);
            let pattern: Vec<&str> = bound.slots.iter().map(pattern).collect();
            let family = camel(family.name());
            writeln!(
                arms,
                "        (AnyFamily::{family}(_), [{}]) => make.call(formulas::{name}),",
                pattern.join(", ")
            )
            .expect("a String");
        }
    }
    let choose = format!(
        "/// Calls `make` with the formula of a bound family, if it is one of those that are compiled.\n\
         pub(crate) fn choose<M: Make>(bound: &Bound, make: M) -> Option<M::Output> {{\n    \
         Some(match (bound.family, &bound.slots[..]) {{\n{arms}        _ => return None,\n    }})\n}}\n\n\
         /// Calls `make` with the formula of a family as a prior, if it can be one.\n\
         pub(crate) fn choose_prior<M: Make>(family: AnyFamily, make: M) -> Option<M::Output> {{\n    \
         Some(match family {{\n{priors}        _ => return None,\n    }})\n}}\n"
    );
    let text = format!("mod formulas {{\nuse super::*;\n{text}}}\n\n{choose}");
    let path = std::path::Path::new(&std::env::var_os("OUT_DIR").expect("cargo sets it")).join("formulas.rs");
    std::fs::write(path, text).expect("the output folder can be written");
}

fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

/// `StudentTPfl`: the family, and how each parameter is bound.
fn name(bound: &Bound) -> String {
    let letter = |slot: &Slot| match slot {
        Slot::Fixed(_) => 'f',
        Slot::Learned(_) => 'l',
        Slot::Predicted(_) => 'p',
    };
    let bindings: String = bound.slots.iter().map(letter).collect();
    camel(bound.family.name()) + &camel(&bindings)
}

fn pattern(slot: &Slot) -> &'static str {
    match slot {
        Slot::Fixed(_) => "Slot::Fixed(_)",
        Slot::Learned(_) => "Slot::Learned(_)",
        Slot::Predicted(_) => "Slot::Predicted(_)",
    }
}

/// Which of eˣ, eˣ − 1 and eˣ − 1 − x.
fn exp_order(op: Op) -> Option<usize> {
    [Op::Exp, Op::ExpM1, Op::ExpExcess].iter().position(|it| *it == op)
}

fn formula(recording: &Recording, name: &str) -> String {
    let tape = &recording.tape;
    let RowParts { wanted, columns, uniforms } = recording.row_parts();
    assert!(uniforms.len() <= UNIFORMS && columns.len() <= COLUMNS, "{name}: {} {}", uniforms.len(), columns.len());
    let needed = tape.needed(&wanted, &[&uniforms[..], &columns].concat());
    let mut body = String::new();
    let (mut reads_y, mut both, mut triples) = (false, Vec::new(), Vec::new());
    let exps = |arg: Expr| {
        let of = |e: Expr| exp_order(tape.lines[e.line()].op).is_some() && tape.lines[e.line()].args[0] == arg;
        tape.exprs().filter(|&e| needed[e.line()] && of(e)).count()
    };
    let literal = |e: Expr| matches!(tape.lines[e.line()].op, Op::Literal(_));
    let column = |e: Expr| columns.iter().position(|c| *c == e);
    let term = |e: Expr| match (tape.lines[e.line()].op, column(e)) {
        (Op::Literal(bits), _) => format!("S::lit({:?})", f64::from_bits(bits)).replace("inf", "f64::INFINITY"),
        (_, Some(k)) => format!("column[{k}][0].add(column[{k}][1])"),
        _ => format!("v{}", e.line()),
    };
    for e in tape.exprs().filter(|&e| needed[e.line()] && !literal(e) && column(e).is_none()) {
        let line = &tape.lines[e.line()];
        let at = |k: usize| term(line.args[k]);
        let call = |f: &str| format!("elementary::{f}({})", at(0));
        let code = match (uniforms.iter().position(|u| *u == e), line.op) {
            (Some(k), _) => format!("uniform[{k}]"),
            (_, Op::Input(Input::Head(k))) => format!("head[{k}]"),
            (_, Op::Input(Input::Y)) => {
                reads_y = true;
                "y".into()
            }
            // The nearer number first: what is left of a difference then is exact, or small beside it.
            (_, op @ (Op::Add | Op::Sub)) => {
                let (f, column) = (if op == Op::Add { "add" } else { "sub" }, |k: usize| column(line.args[k]));
                match (column(0), column(1)) {
                    (None, Some(b)) => format!("{}.{f}(column[{b}][0]).{f}(column[{b}][1])", at(0)),
                    (Some(a), None) => format!("column[{a}][0].{f}({}).add(column[{a}][1])", at(1)),
                    _ => format!("{}.{f}({})", at(0), at(1)),
                }
            }
            (_, Op::Mul) => format!("{}.mul({})", at(0), at(1)),
            (_, Op::Div) => format!("{}.div({})", at(0), at(1)),
            (_, Op::Neg) => format!("{}.neg()", at(0)),
            (_, Op::MulAdd) => format!("{}.fma({}, {})", at(0), at(1), at(2)),
            (_, Op::SelectLt) => format!("S::select_lt({}, {}, {}, {})", at(0), at(1), at(2), at(3)),
            (_, Op::Abs) => format!("{}.abs()", at(0)),
            (_, Op::Sqrt) => format!("{}.sqrt()", at(0)),
            // eˣ and its kin come from one call.
            (_, op) if exp_order(op).is_some() && exps(line.args[0]) > 1 => {
                let known = triples.iter().position(|arg| *arg == line.args[0]).unwrap_or_else(|| {
                    writeln!(body, "        let exps{} = elementary::exps({});", triples.len(), at(0))
                        .expect("a String");
                    triples.push(line.args[0]);
                    triples.len() - 1
                });
                format!("exps{known}[{}]", exp_order(op).expect("as asked"))
            }
            (_, Op::Exp) => call("exp"),
            (_, Op::ExpM1) => call("exp_m1"),
            (_, Op::ExpExcess) => call("exp_excess"),
            (_, Op::Ln) => call("ln"),
            (_, Op::Ln1p) => call("ln_1p"),
            (_, Op::LnNormalCdf) => call("ln_normal_cdf"),
            (_, Op::Lgamma(order)) => format!("elementary::lgamma_d({}, {order})", at(0)),
            (_, Op::RisingExcess(order @ 0..=1)) => {
                // Value and slope come from one call.
                let known = both.iter().position(|args| *args == line.args).unwrap_or_else(|| {
                    let k = both.len();
                    writeln!(body, "        let both{k} = elementary::rising_excess({}, {});", at(0), at(1))
                        .expect("a String");
                    both.push(line.args.clone());
                    k
                });
                format!("both{known}.{order}")
            }
            (_, op) => unreachable!("{name}: {op:?} in a row"),
        };
        writeln!(body, "        let v{} = {code};", e.line()).expect("a String");
    }
    let is_special = recording.special();
    let mut slopes: Vec<String> = recording.slopes.iter().map(|&e| term(e)).collect();
    slopes.resize(TRAINED, "S::lit(0.0)".into());
    format!(
        "#[derive(Clone, Copy)]\npub struct {name};\nimpl Formula for {name} {{\n    \
         const HEADS: usize = {};\n    const LEARNED: usize = {};\n    const UNIFORMS: usize = {};\n    \
         const COLUMNS: usize = {};\n    const READS_Y: bool = {reads_y};\n    const SPECIAL: bool = {is_special};\n    \
         #[inline(always)]\n    fn row<S: Simd>(head: [S; TRAINED], y: S, uniform: [S; UNIFORMS], column: [[S; 2]; COLUMNS]) -> (S, [S; TRAINED]) {{\n        \
         let _ = (head, y, uniform, column);\n{body}        ({}, [{}])\n    }}\n}}\n",
        recording.heads,
        recording.learned().len(),
        uniforms.len(),
        columns.len(),
        term(recording.row),
        slopes.join(", "),
    )
}
