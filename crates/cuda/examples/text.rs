//! Writes the CUDA text of every family, binding, prior and dtype: `cargo run -p surprisal-cuda --example text FOLDER`.

use std::collections::BTreeMap;
use surprisal_cuda::agreement::formulas;
use surprisal_kernel::cuda::{Dtype, Program, module};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/cuda/text".into());
    std::fs::create_dir_all(&folder)?;
    let mut programs: BTreeMap<String, Vec<Program>> = BTreeMap::new();
    for formula in formulas() {
        for dtype in Dtype::ALL {
            let file = format!("{}_{}", formula.family().name(), dtype.name());
            programs.entry(file).or_default().push(formula.program(dtype));
        }
    }
    for (file, programs) in programs {
        std::fs::write(format!("{folder}/{file}.cu"), module(&programs))?;
    }
    Ok(())
}
