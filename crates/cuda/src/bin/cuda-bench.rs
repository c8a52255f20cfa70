//! Agreement and speed of every kernel on the GPU of this machine, as JSON; "no GPU" where there is none.
//!
//! `cuda-bench [--compiled FOLDER] [--out FILE] [--agreement-only]`. Nothing of CUDA is linked: driver and NVRTC are loaded at
//! run time, so the program can be built elsewhere and carried to the GPU. Where there is no NVRTC, `--compiled` names the
//! folder that `scripts/cuda-compile` leaves.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use surprisal_cuda::agreement::{Errors, cases};
use surprisal_cuda::bench::{entries, row};
use surprisal_cuda::gpu::{Gpu, GpuError};
use surprisal_cuda::{Found, Packed};
use surprisal_kernel::cuda::{Dtype, Pass, Program};

/// What the command line says.
#[derive(Default)]
struct Options {
    compiled: Option<PathBuf>,
    out: Option<PathBuf>,
    agreement_only: bool,
}

fn options() -> Result<Options, String> {
    let (mut options, mut args) = (Options::default(), std::env::args().skip(1));
    while let Some(arg) = args.next() {
        let mut path = || args.next().map(PathBuf::from).ok_or(format!("`{arg}` wants a path after it"));
        match arg.as_str() {
            "--compiled" => options.compiled = Some(path()?),
            "--out" => options.out = Some(path()?),
            "--agreement-only" => options.agreement_only = true,
            _ => return Err(format!("expected --compiled FOLDER, --out FILE or --agreement-only, found `{arg}`")),
        }
    }
    Ok(options)
}

/// What came of every case on the GPU, each launched twice.
#[derive(Default)]
struct Agreement {
    /// The largest, by family and dtype.
    worst: BTreeMap<(&'static str, &'static str), Errors>,
    /// Cases further from the reference than they may be.
    far: Vec<String>,
    /// Launches whose bits differ from those of the launch before.
    unequal: usize,
}

fn agree(gpu: &mut Gpu) -> Result<Agreement, GpuError> {
    let Agreement { mut worst, mut far, mut unequal } = Agreement::default();
    for dtype in Dtype::ALL {
        let cases = cases(dtype);
        for case in &cases {
            let mates: Vec<&Program> =
                cases.iter().map(|it| &it.program).filter(|it| it.family() == case.program.family()).collect();
            let mut failed = None;
            let mut launch = |pass: Pass| {
                let packed = Packed::new(&case.program, pass, &case.given);
                let mut once = || gpu.run(&case.program, pass, &packed, &mates);
                let (first, second) = (once(), once());
                match (first, second) {
                    (Ok(first), Ok(second)) => {
                        unequal += usize::from(bits(&first) != bits(&second));
                        first
                    }
                    (Err(error), _) | (_, Err(error)) => {
                        failed.get_or_insert(error);
                        Found {
                            out: vec![f64::NAN; 1 + case.given.learned.len()],
                            slopes: vec![f64::NAN; case.given.eta.len()],
                            values: vec![f64::NAN; packed.n],
                        }
                    }
                }
            };
            let errors = case.errors(&mut launch);
            if let Some(error) = failed {
                return Err(error);
            }
            if !errors.within(case.allowed()) {
                far.push(format!("{:?}: {errors:?}", case.of));
            }
            let known = worst.entry((case.program.family(), dtype.name())).or_default();
            *known = known.max(errors);
        }
    }
    Ok(Agreement { worst, far, unequal })
}

fn bits(found: &Found) -> Vec<u64> {
    [&found.out, &found.slopes, &found.values].into_iter().flatten().map(|x| x.to_bits()).collect()
}

fn measure(options: &Options, gpu: &mut Gpu) -> Result<serde_json::Value, GpuError> {
    let (major, minor) = gpu.capability()?;
    let isa = format!("sm_{major}{minor}");
    println!("{}, {isa}", gpu.name());
    let Agreement { worst, far, unequal } = agree(gpu)?;
    for ((family, dtype), it) in &worst {
        println!("{family:20} {dtype:5} value {:.1e}  slope {:.1e}  sum {:.1e}", it.value, it.slope, it.sum);
    }
    println!("launches whose bits differ from the launch before: {unequal}");
    println!("cases further from the reference than they may be: {}", far.len());
    far.iter().for_each(|case| println!("{case}"));
    let mut rows = Vec::new();
    for entry in entries().iter().filter(|_| !options.agreement_only) {
        for (dtype, pass) in Dtype::ALL.into_iter().flat_map(|dtype| Pass::ALL.map(|pass| (dtype, pass))) {
            let errors = worst[&(entry.bound.family.name(), dtype.name())];
            for n in entry.sizes() {
                match entry.time(gpu, dtype, pass, n) {
                    Ok(timing) => rows.push(row(entry, dtype, pass, &isa, &timing, errors)),
                    Err(error) => println!("{} {} {n}: {error}", entry.bound.family.name(), entry.parameters),
                }
                if let Some(row) = rows.last() {
                    println!("{row}");
                }
            }
        }
    }
    let agreement: Vec<_> = worst
        .iter()
        .map(|((family, dtype), it)| {
            serde_json::json!({
                "family": family, "dtype": dtype,
                "value": it.value, "slope": it.slope, "sum": it.sum, "ulp": it.ulp,
            })
        })
        .collect();
    Ok(serde_json::json!({
        "schema": 1, "device": gpu.name(), "isa": isa, "version": env!("CARGO_PKG_VERSION"),
        "unequal_bits": unequal, "too_far": far, "agreement": agreement, "rows": rows,
    }))
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let Some(mut gpu) = Gpu::open(options.compiled.clone()) else {
        println!("no GPU");
        return ExitCode::SUCCESS;
    };
    let measured = measure(&options, &mut gpu).map_err(|error| error.to_string()).and_then(|result| {
        if let Some(out) = &options.out {
            let text = serde_json::to_string_pretty(&result).map_err(|error| error.to_string())?;
            std::fs::write(out, text + "\n").map_err(|error| format!("{}: {error}", out.display()))?;
        }
        let agrees = result["unequal_bits"] == 0 && result["too_far"].as_array().is_some_and(Vec::is_empty);
        agrees.then_some(()).ok_or("the GPU disagrees with the reference, or with itself".into())
    });
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
