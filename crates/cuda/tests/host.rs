//! The very text that a GPU gets, compiled by the host's C compiler and run against the reference.

mod common;

use common::{compile, compiler};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use surprisal_cuda::agreement::{Case, Errors, cases};
use surprisal_cuda::{Found, Packed};
use surprisal_kernel::cuda::{Dtype, Pass, Program, module};

/// Reads launches from standard input, writes their results to standard output.
const DRIVER: &str = include_str!("driver.c");

/// The programs of one dtype as a process.
struct Host {
    process: Child,
    kernels: Vec<String>,
}

impl Host {
    fn new(cc: &str, name: &str, programs: &[&Program]) -> Host {
        let mut kernels: Vec<(String, usize)> = programs
            .iter()
            .flat_map(|program| Pass::ALL.map(|pass| (program.kernel(pass), program.numbers(1).len())))
            .collect();
        kernels.sort();
        kernels.dedup();
        let call = |(i, (kernel, more)): (usize, &(String, usize))| {
            let more = if *more > 0 { ", h.more[0], h.more[1], h.more[2]" } else { "" };
            format!(
                "case {i}: {kernel}(h.n, h.stride, in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], out[0], out[1], out[2], scratch, arrivals{more}); break;\n"
            )
        };
        let calls: String = kernels.iter().enumerate().map(call).collect();
        let text = module(programs.iter().copied()) + &DRIVER.replace("@CALLS@", &calls);
        let program = compile(cc, name, &text);
        Host { process: spawn(&program), kernels: kernels.into_iter().map(|it| it.0).collect() }
    }

    fn run(&mut self, program: &Program, pass: Pass, packed: &Packed) -> Found {
        let launch = program.launch(packed.n, pass);
        let name = program.kernel(pass);
        let kernel = self.kernels.iter().position(|it| *it == name).expect("compiled");
        let mut more = program.numbers(packed.n);
        more.resize(3, 0);
        let mut header = vec![kernel as i64, packed.n as i64, packed.stride as i64, i64::from(launch.blocks)];
        header.extend([launch.scratch as i64, launch.arrivals as i64]);
        header.extend(more);
        header.extend(packed.inputs.iter().map(|it| it.as_ref().map_or(-1, |it| it.len() as i64)));
        header.extend(packed.outputs.map(|it| it as i64));
        let mut bytes: Vec<u8> = header.iter().flat_map(|x| x.to_le_bytes()).collect();
        packed.inputs.iter().flatten().for_each(|it| bytes.extend(it));
        let stdin = self.process.stdin.as_mut().expect("piped");
        stdin.write_all(&bytes).and_then(|()| stdin.flush()).expect("the kernels run");
        let mut read = |count: usize| {
            let mut bytes = vec![0; count];
            self.process.stdout.as_mut().expect("piped").read_exact(&mut bytes).expect("the kernels run");
            bytes
        };
        let [slopes, values, out] = packed.outputs.map(&mut read);
        packed.unpack([&slopes, &values, &out])
    }

    fn errors(&mut self, case: &Case) -> Errors {
        case.errors(|pass| self.run(&case.program, pass, &Packed::new(&case.program, pass, &case.given)))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("it ends with its input");
    }
}

fn spawn(program: &Path) -> Child {
    Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("what was compiled runs")
}

fn agree(dtype: Dtype, value: f64, slope: f64) {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    let cases = cases(dtype);
    let programs: Vec<&Program> = cases.iter().map(|case| &case.program).collect();
    let mut host = Host::new(&cc, &format!("agree_{}", dtype.name()), &programs);
    let mut worst: BTreeMap<&str, Errors> = BTreeMap::new();
    let mut bad = Vec::new();
    for case in &cases {
        let errors = host.errors(case);
        if !(errors.value <= value && errors.sum <= value && errors.slope <= slope) {
            bad.push(format!("{:?}: {errors:?}", case.bound));
        }
        let known = worst.entry(case.bound.family.name()).or_default();
        *known = known.max(errors);
    }
    println!("{} cases, {}: largest error in 1 + |x|; of sums, per row", cases.len(), dtype.name());
    for (family, it) in &worst {
        println!("{family:20} value {:.1e} ({:.1} ulp)  slope {:.1e}  sum {:.1e}", it.value, it.ulp, it.slope, it.sum);
    }
    assert!(bad.is_empty(), "{} of {} cases:\n{}", bad.len(), cases.len(), bad.join("\n"));
}

#[test]
fn the_text_in_single_precision_agrees_with_the_reference() {
    // The slope of logistic's location at a scale of e^−10: 1 − 2e/(1 + e) is rounded, then divided by the scale.
    agree(Dtype::F32, 1e-6, 4e-6);
}

#[test]
fn the_text_in_double_precision_agrees_with_the_reference() {
    // Large counts: terms of 1e5 nats cancel, here and in the reference.
    agree(Dtype::F64, 1e-11, 1e-11);
}

#[test]
fn the_text_in_bfloat16_agrees_with_the_reference() {
    // Slopes are rounded to eight bits.
    agree(Dtype::Bf16, 1e-6, 1.0 / 256.0);
}
