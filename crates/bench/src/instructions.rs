//! What the gate counts: one pass of each kernel, in a function that a profiler can find by its name.

use crate::case::{Problem, cases};
use crate::engine::batch;
use std::hint::black_box;
use surprisal_kernel::Isa;

/// Elements of a pass that is counted.
const ELEMENTS: usize = 4096;

/// One pass: value and gradient. `scripts/instructions` counts what is executed in here and below.
#[inline(never)]
fn counted(it: &Problem<f32>, isa: Isa, slopes: &mut [f32]) -> f64 {
    it.loss.value_and_gradient(isa, &batch(it), &it.data, slopes, &mut [])
}

/// Calls each once, in the order of [`cases`]; tells its name and its elements before.
pub fn instructions(isa: Isa, tell: &mut dyn FnMut(&str, usize)) {
    for case in cases() {
        let it: Problem<f32> = case.problem(ELEMENTS);
        let mut slopes = vec![0.0; it.eta.len()];
        // What is looked up once is looked up here.
        it.loss.value(isa, &batch(&it), &it.data);
        tell(&case.name(), it.elements());
        black_box(counted(&it, isa, black_box(&mut slopes)));
    }
}
