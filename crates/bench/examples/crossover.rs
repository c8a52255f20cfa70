//! Where lanes and candle cross, as the rows of `results/bench/<cpu>/crossover.csv`, on standard output.
//!
//! `just crossover > results/bench/<cpu>/crossover.csv`; with `tiny` one small shape; `avx2` forces the instructions.
//! Everything is pinned to one core, and candle's products have one thread, as in a worker. A model alone (`models` 1)
//! stands beside a full cohort.

use surprisal_bench::{Crossover, Grid, crossover};
use surprisal_kernel::Isa;

fn main() -> Result<(), String> {
    if std::env::var("RAYON_NUM_THREADS").as_deref() != Ok("1") {
        return Err("candle counts cores unless told: RAYON_NUM_THREADS=1, as `cargo run` here sets it".into());
    }
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(isa) = asked.iter().find_map(|it| it.parse::<Isa>().ok()) {
        isa.force();
    }
    surprisal_bench::pin(None)?;
    let lanes = surprisal_lanes::width::<f32>(Isa::current());
    let all = Grid {
        features: vec![13, 512],
        widths: vec![16, 50, 128, 512],
        depths: vec![1, 2],
        batches: vec![32, 128, 1024],
        models: vec![1, lanes],
        work: 200_000_000,
        samples: 3,
    };
    let tiny = Grid { features: vec![13], widths: vec![16], batches: vec![32], work: 100_000, ..all.clone() };
    let grid = if asked.iter().any(|it| it == "tiny") { tiny } else { all };
    println!("{}", Crossover::HEAD);
    crossover(&grid, &mut |row| println!("{}", row.line()))?;
    Ok(())
}
