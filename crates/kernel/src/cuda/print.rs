//! A recording as C: what is the same in each row before the loop, what is not inside it.

use super::dtype::{Dtype, Precision};
use super::program::{Pass, Program};
use super::template::fill;
use std::fmt::Write;
use surprisal_tape::{Expr, Input, Op, Recording, When};

/// How many sums a kernel keeps: the loss, the weights if something is counted once, the slopes of learned numbers.
pub(super) fn sums(recording: &Recording, pass: Pass) -> usize {
    let learned = recording.learned();
    1 + usize::from(recording.norm.is_some()) + if pass == Pass::Fused { learned.len() } else { 0 }
}

/// A row of η: read and written at once where its size allows.
pub(super) fn row_type(dtype: Dtype, heads: usize) -> String {
    let bytes = dtype.bytes() * heads;
    let align = if bytes.is_power_of_two() && bytes <= 16 { format!("ALIGN({bytes}) ") } else { String::new() };
    let (name, stored) = (row_name(dtype, heads), dtype.stored());
    format!("\ntypedef struct {align}{{ {stored} at[{}]; }} {name};\n", heads.max(1))
}

fn row_name(dtype: Dtype, heads: usize) -> String {
    format!("Row_{}_{heads}", dtype.name())
}

/// The kernel of one pass.
pub(super) fn rows(program: &Program, recording: &Recording, pass: Pass) -> String {
    let precision = if program.wide() { Precision::Double } else { Precision::Single };
    let printer = Printer { recording, dtype: program.dtype(), precision };
    let fused = pass == Pass::Fused;
    let mut wanted = vec![recording.value];
    if fused {
        wanted.extend(&recording.slopes);
    }
    let (mut call, mut body) = printer.row(&wanted);
    body += &printer.ends(program, pass);
    let (declare, loads) = printer.loads(&wanted);
    if pass == Pass::Forward
        && let Some((norm, _)) = &recording.norm
    {
        let known = printer.used_in_rows(&wanted);
        call += &printer.call(&[*norm], &known, "    ");
        writeln!(call, "    const {0} norm = ({0}){1};", precision.c(), printer.double(*norm)).expect("a String");
    }
    let totals = printer.totals(program.heads(), fused);
    let count = sums(recording, pass);
    let list = |f: &dyn Fn(usize) -> String| (0..count).map(f).collect::<Vec<_>>();
    fill(
        include_str!("text/rows.cu"),
        &[
            ("CALL", call.trim_end()),
            ("BODY", body.trim_end()),
            ("TOTALS", totals.trim_end()),
            ("ZEROS", &list(&|s| format!("s{s} = 0")).join(", ")),
            ("LANE_SUMS", &list(&|s| format!("    sums[{s}][t] = s{s};")).join("\n")),
            ("SUMS", &count.to_string()),
            ("DECLARE", declare.trim_end()),
            ("LOADS", loads.trim_end()),
            ("BATCH", if program.wide() { "2" } else { "4" }),
            ("FAMILY", program.name()),
            ("WHAT", pass.name()),
            ("NAME", &program.kernel(pass)),
            ("ROW", &row_name(program.dtype(), program.heads())),
            ("DTYPE", program.dtype().name()),
            ("D", program.dtype().data().c()),
            ("R", precision.c()),
            ("B", precision.bits()),
            ("MORE", ""),
        ],
    )
}

struct Printer<'a> {
    recording: &'a Recording,
    dtype: Dtype,
    precision: Precision,
}

impl Printer<'_> {
    fn literal(&self, e: Expr, precision: Precision) -> Option<String> {
        match self.recording.tape.lines[e.line()].op {
            Op::Literal(bits) => Some(precision.literal(f64::from_bits(bits))),
            _ => None,
        }
    }
    /// A line that is computed once per call, as a double.
    fn double(&self, e: Expr) -> String {
        self.literal(e, Precision::Double).unwrap_or_else(|| format!("d{}", e.line()))
    }
    /// A line inside the loop.
    fn in_row(&self, e: Expr) -> String {
        let letter = if self.recording.when(e) == When::Call { 'u' } else { 'v' };
        self.literal(e, self.precision).unwrap_or_else(|| format!("{letter}{}", e.line()))
    }

    /// Lines once per call that rows look at.
    fn used_in_rows(&self, wanted: &[Expr]) -> Vec<Expr> {
        let tape = &self.recording.tape;
        let given: Vec<Expr> = tape
            .exprs()
            .filter(|&e| self.recording.when(e) == When::Call || self.recording.columns.contains(&e))
            .collect();
        let needed = tape.needed(wanted, &given);
        let once = |e: &Expr| self.recording.when(*e) == When::Call && self.literal(*e, Precision::Double).is_none();
        tape.exprs().filter(|e| needed[e.line()] && once(e)).collect()
    }

    /// Lines once per call that `wanted` needs and `known` does not.
    fn call(&self, wanted: &[Expr], known: &[Expr], indent: &str) -> String {
        let tape = &self.recording.tape;
        let (needed, done) = (tape.needed(wanted, &[]), tape.needed(known, &[]));
        let mut text = String::new();
        for e in tape.exprs().filter(|e| needed[e.line()] && !done[e.line()]) {
            let line = &tape.lines[e.line()];
            let code = match line.op {
                Op::Literal(_) => continue,
                Op::Input(Input::Learned(k)) => format!("(double)learned[{k}]"),
                Op::Input(Input::Value(k)) => format!("fixed[{}]", 2 * k),
                Op::Input(Input::Unconstrained(k)) => format!("fixed[{}]", 2 * k + 1),
                op => code(op, Precision::Double, &line.args.iter().map(|&a| self.double(a)).collect::<Vec<_>>()),
            };
            writeln!(text, "{indent}const double d{} = {code};", e.line()).expect("a String");
        }
        text
    }

    /// What comes before the loop, and the lines inside it.
    fn row(&self, wanted: &[Expr]) -> (String, String) {
        let (recording, r) = (self.recording, self.precision.c());
        let uniform = self.used_in_rows(wanted);
        let mut call = self.call(&uniform, &[], "    ");
        for e in &uniform {
            writeln!(call, "    const {r} u{0} = ({r})d{0};", e.line()).expect("a String");
        }
        let mut body = String::new();
        for e in self.in_rows(wanted) {
            let line = &recording.tape.lines[e.line()];
            let code = match (recording.columns.iter().position(|c| *c == e), line.op) {
                (Some(k), _) => format!("c{k}[b]"),
                (_, Op::Input(Input::Y)) => format!("({r})target[b]"),
                (_, Op::Input(Input::Shifted(k))) => format!("({r})learned[{k}] + shift[b]"),
                (_, Op::Input(Input::Head(k))) => {
                    let shift = if recording.location == Some(k) { " + shift[b]" } else { "" };
                    format!("({r})load_{}(x[b].at[{k}]){shift}", self.dtype.name())
                }
                (_, op) => code(op, self.precision, &line.args.iter().map(|&a| self.in_row(a)).collect::<Vec<_>>()),
            };
            writeln!(body, "        const {r} v{} = {code};", e.line()).expect("a String");
        }
        (call, body)
    }

    /// Lines inside the loop.
    fn in_rows(&self, wanted: &[Expr]) -> Vec<Expr> {
        let recording = self.recording;
        let given = [&self.used_in_rows(wanted)[..], &recording.columns].concat();
        let needed = recording.tape.needed(wanted, &given);
        let here = |e: &Expr| needed[e.line()] && recording.when(*e) != When::Call;
        recording.tape.exprs().filter(here).collect()
    }

    /// What a batch of rows reads: its variables, and how they are filled.
    fn loads(&self, wanted: &[Expr]) -> (String, String) {
        let (recording, r, d) = (self.recording, self.precision.c(), self.dtype.data().c());
        let here = self.in_rows(wanted);
        let reads = |known: &dyn Fn(Input) -> bool| {
            here.iter().any(|e| matches!(recording.tape.lines[e.line()].op, Op::Input(input) if known(input)))
        };
        let (mut declare, mut loads) = (String::new(), String::new());
        let mut load = |ty: &str, name: &str, from: &str| {
            declare += &format!("      {ty} {name}[@BATCH@];\n");
            loads += &format!("      EACH(b, @BATCH@) {name}[b] = {from};\n");
        };
        if reads(&|input| matches!(input, Input::Head(_))) {
            load(&row_name(self.dtype, recording.heads), "x", "eta[at[b]]");
        }
        if reads(&|input| input == Input::Y) {
            load(d, "target", "y[of[b]]");
        }
        for (k, e) in recording.columns.iter().enumerate().filter(|(_, e)| here.contains(e)) {
            debug_assert_eq!(recording.when(*e), When::Data);
            load(r, &format!("c{k}"), &format!("columns[{k} * stride + of[b]]"));
        }
        let location = |k: usize| recording.location == Some(k);
        if reads(&|input| matches!(input, Input::Shifted(_)) || matches!(input, Input::Head(k) if location(k))) {
            load(r, "shift", "0");
            loads += &format!("      if (offset) EACH(b, @BATCH@) shift[b] = ({r})offset[of[b]];\n");
        }
        (declare, loads)
    }

    /// What a row adds to the sums and writes.
    fn ends(&self, program: &Program, pass: Pass) -> String {
        let recording = self.recording;
        let value = self.in_row(recording.value);
        let mut text = format!("        s0 += live[b] ? (double)(w[b] * {value}) : 0;\n");
        let mut next = 1;
        let mut add = |term: String| {
            writeln!(text, "        s{next} += live[b] ? (double)({term}) : 0;").expect("a String");
            next += 1;
        };
        if recording.norm.is_some() {
            add("w[b]".into());
        }
        if pass == Pass::Forward {
            let norm = if recording.norm.is_some() { " + norm" } else { "" };
            let (d, bits) = (self.dtype.data().c(), self.precision.bits());
            let value = format!("({d})(known[b] ? {value}{norm} : NAN{bits})");
            writeln!(text, "        if (live[b] && values) values[at[b]] = {value};").expect("a String");
            return text;
        }
        for &slope in recording.learned() {
            add(format!("w[b] * {}", self.in_row(slope)));
        }
        if program.heads() > 0 {
            let name = row_name(self.dtype, program.heads());
            writeln!(text, "        if (live[b] && slopes) {{\n          {name} g;").expect("a String");
            let io = if self.dtype == Dtype::F64 { "double" } else { "float" };
            for (k, &slope) in recording.slopes[..program.heads()].iter().enumerate() {
                let term = format!("({io})(w[b] * {})", self.in_row(slope));
                writeln!(text, "          g.at[{k}] = store_{}({term});", self.dtype.name()).expect("a String");
            }
            text += "          slopes[at[b]] = g;\n        }\n";
        }
        text
    }

    /// What the last block writes.
    fn totals(&self, heads: usize, fused: bool) -> String {
        let recording = self.recording;
        let d = self.dtype.data().c();
        let learned = recording.slopes.len() - heads;
        let Some((norm, slopes)) = &recording.norm else {
            let count = if fused { 1 + learned } else { 1 };
            return (0..count).map(|s| format!("    out[{s}] = ({d})sums[{s}][0];\n")).collect();
        };
        let slopes = if fused { &slopes[..] } else { &[] };
        let mut text = self.call(&[&[*norm], slopes].concat(), &[], "    ");
        writeln!(text, "    out[0] = ({d})(sums[0][0] + sums[1][0] * {});", self.double(*norm)).expect("a String");
        for (k, &slope) in slopes.iter().enumerate() {
            let term = format!("sums[{}][0] + sums[1][0] * {}", 2 + k, self.double(slope));
            writeln!(text, "    out[{}] = ({d})({term});", 1 + k).expect("a String");
        }
        text
    }
}

/// An operation on arguments that are names or literals.
fn code(op: Op, precision: Precision, args: &[String]) -> String {
    let (single, bits) = (precision == Precision::Single, precision.bits());
    let f = if single { "F" } else { "" };
    // Special functions are in double whatever asks.
    let special = |name: String| {
        let call = format!("{name}({})", args.join(", "));
        if single { format!("(float){call}") } else { call }
    };
    match op {
        Op::Add => format!("{} + {}", args[0], args[1]),
        Op::Sub => format!("{} - {}", args[0], args[1]),
        Op::Mul => format!("{} * {}", args[0], args[1]),
        Op::Div => format!("{} / {}", args[0], args[1]),
        Op::Neg => format!("-{}", args[0]),
        Op::MulAdd => format!("FMA{f}({})", args.join(", ")),
        Op::SelectLt => format!("{} < {} ? {} : {}", args[0], args[1], args[2], args[3]),
        Op::Abs => format!("ABS{f}({})", args[0]),
        Op::Sqrt => format!("SQRT{f}({})", args[0]),
        Op::Exp => format!("exp{bits}({})", args[0]),
        Op::ExpM1 => format!("exp_m1_{bits}({})", args[0]),
        Op::ExpExcess => format!("exp_excess_{bits}({})", args[0]),
        Op::Ln => format!("ln{bits}({})", args[0]),
        Op::Ln1p => format!("ln_1p_{bits}({})", args[0]),
        Op::LnNormalCdf => special("ln_normal_cdf".into()),
        Op::Lgamma(order) => special(format!("lgamma_{order}")),
        Op::RisingExcess(order) => special(format!("rising_excess_{order}")),
        Op::Literal(_) | Op::Input(_) => unreachable!("printed by who knows where they are"),
    }
}
