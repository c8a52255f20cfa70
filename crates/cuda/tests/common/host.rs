//! Programs as a process of the host.

use super::compile;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use surprisal_cuda::{Found, Packed};
use surprisal_kernel::cuda::{Pass, Program, module};

/// Reads launches from standard input, writes their results to standard output.
const DRIVER: &str = include_str!("../driver.c");

/// The programs of one dtype as a process.
pub struct Host {
    process: Child,
    kernels: Vec<String>,
}

impl Host {
    /// Compiles them as one text.
    pub fn new(cc: &str, name: &str, programs: &[&Program]) -> Host {
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

    /// One pass from bytes to numbers.
    pub fn run(&mut self, program: &Program, pass: Pass, packed: &Packed) -> Found {
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
