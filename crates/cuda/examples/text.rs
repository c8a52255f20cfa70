//! Writes the CUDA text of every family, binding and dtype: `cargo run -p surprisal-cuda --example text FOLDER`.

use std::collections::BTreeMap;
use surprisal_cuda::agreement::bounds;
use surprisal_kernel::cuda::{Dtype, Program, module};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/cuda/text".into());
    std::fs::create_dir_all(&folder)?;
    let mut programs: BTreeMap<String, Vec<Program>> = BTreeMap::new();
    for (bound, _) in bounds() {
        for dtype in Dtype::ALL {
            let file = format!("{}_{}", bound.family.name(), dtype.name());
            programs.entry(file).or_default().push(Program::of(&bound, dtype));
        }
    }
    for (file, programs) in programs {
        std::fs::write(format!("{folder}/{file}.cu"), module(&programs))?;
    }
    Ok(())
}
