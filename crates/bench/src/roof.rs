//! What the core can do at most: fused multiply-adds in a second.

// A loop is compiled for instructions that not every machine has; it is called where the machine has them alone.
#![allow(unsafe_code)]

use crate::engine::{Absent, Engine};
use std::hint::black_box;
use std::time::Instant;
use surprisal_kernel::Isa;

/// Sums that are added to in turn: more than latency times units.
const CHAINS: usize = 12;
/// Turns of a sample.
const TURNS: usize = 1 << 18;

/// Fused multiply-adds of `f32`, independent of one another, in registers.
#[derive(Clone, Copy)]
pub(crate) struct Chains {
    width: usize,
    run: fn() -> f32,
}

impl Chains {
    /// With the vectors of an instruction set.
    pub(crate) fn new(isa: Isa) -> Chains {
        let (width, run): (usize, fn() -> f32) = match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 if isa.is_available() => (8, || unsafe { x86::avx2() }),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 if isa.is_available() => (16, || unsafe { x86::avx512() }),
            _ => (1, scalar),
        };
        Chains { width, run }
    }
    /// FLOP of a call.
    pub(crate) fn flop(self) -> f64 {
        (2 * self.width * CHAINS * TURNS) as f64
    }
}

impl Engine for Chains {
    fn time(&mut self, calls: u64) -> Result<f64, Absent> {
        let start = Instant::now();
        for _ in 0..calls {
            black_box((self.run)());
        }
        Ok(start.elapsed().as_secs_f64())
    }
    fn value(&mut self) -> Option<f64> {
        None
    }
}

/// GFLOP/s of independent fused multiply-adds of `f32` in registers: the best of several samples.
pub fn peak_gflops(isa: Isa) -> f64 {
    let mut chains = Chains::new(isa);
    let seconds = (0..20).filter_map(|_| chains.time(1).ok()).fold(f64::INFINITY, f64::min);
    chains.flop() / seconds * 1e-9
}

/// Without vectors a multiplication and an addition.
fn scalar() -> f32 {
    let (mut sums, x) = ([0.0f32; CHAINS], black_box(0.5f32));
    for _ in 0..TURNS {
        sums.iter_mut().for_each(|sum| *sum = black_box(*sum * x + x));
    }
    sums.iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{CHAINS, TURNS, black_box};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,fma")]
    pub fn avx2() -> f32 {
        let (mut sums, x) = ([_mm256_setzero_ps(); CHAINS], _mm256_set1_ps(black_box(0.5)));
        for _ in 0..TURNS {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, x, x);
            }
        }
        let sum = sums.into_iter().reduce(|a, b| _mm256_add_ps(a, b)).unwrap_or(x);
        _mm256_cvtss_f32(sum)
    }

    #[target_feature(enable = "avx512f")]
    pub fn avx512() -> f32 {
        let (mut sums, x) = ([_mm512_setzero_ps(); CHAINS], _mm512_set1_ps(black_box(0.5)));
        for _ in 0..TURNS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, x, x);
            }
        }
        let sum = sums.into_iter().reduce(|a, b| _mm512_add_ps(a, b)).unwrap_or(x);
        _mm512_cvtss_f32(sum)
    }
}
