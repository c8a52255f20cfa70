//! What a launch costs, beside a copy of the same bytes on the same GPU in the same minute.

use crate::agreement::Errors;
use crate::gpu::{Gpu, GpuError};
use crate::{Given, Packed};
use std::time::Instant;
use surprisal_density::{AnyFamily, Purpose, Stream, family::Categorical};
use surprisal_kernel::cuda::{Dtype, Pass, Program};
use surprisal_kernel::{Bound, Slot};

/// Rows of a bench: from what a small network has to what fills the memory's pipes.
pub const SIZES: [usize; 5] = [4096, 1 << 17, 1 << 20, 1 << 24, 1 << 26];
/// Classes of the long rows; rows × classes stays at the largest size.
const CLASSES: [usize; 6] = [2, 10, 100, 1000, 1 << 14, 1 << 17];
/// Rows that are made on the host; more are copies of them.
const MADE: usize = 1 << 12;

/// What is timed.
pub struct Entry {
    /// The family and its bindings.
    pub bound: Bound,
    /// `fixed`: all but the location; `learned`: all that may be; `predicted`: all that may be; or the classes.
    pub parameters: String,
    at: Vec<f64>,
}

/// One line of the results. A unit is a row, or a logit of a categorical one.
pub struct Timing {
    /// Rows.
    pub rows: usize,
    /// Rows times classes, or rows.
    pub elements: usize,
    /// Median, on the device's clock.
    pub ns_per_element: f64,
    /// What must be read and written, at least.
    pub bytes_per_element: f64,
    /// Its time over that of a copy that moves the same bytes.
    pub memcpy_ratio: f64,
    /// From the call to the result, by the host's clock, in microseconds.
    pub latency_us: f64,
}

/// Every family with its other parameters fixed, learned and predicted; classes from 2 to 128 Ki.
pub fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for family in AnyFamily::all().into_iter().filter(|family| !matches!(family, AnyFamily::Categorical(_))) {
        let Some((_, at)) = family.examples().into_iter().next() else { continue };
        let location = |bound: &Bound| matches!(bound.slots[0], Slot::Predicted(_));
        let bounds: Vec<Bound> = Bound::bindings(family, &at).into_iter().filter(location).collect();
        let shapes = family.parameters().iter().skip(1).filter(|it| it.trainable).count();
        let fixed = bounds.iter().find(|bound| bound.learned() == 0 && bound.heads() == 1);
        let learned = bounds.iter().find(|bound| bound.learned() == shapes && shapes > 0);
        let predicted = bounds.iter().find(|bound| bound.heads() == 1 + shapes && shapes > 0);
        for (name, bound) in [("fixed", fixed), ("learned", learned), ("predicted", predicted)] {
            all.extend(bound.map(|it| Entry { bound: it.clone(), parameters: name.into(), at: at.clone() }));
        }
    }
    all.extend(CLASSES.map(|n| Entry {
        bound: Bound::predicted(Categorical { classes: Some(n), reference: None }.into()),
        parameters: format!("{n} classes"),
        at: vec![0.0; n],
    }));
    all
}

impl Entry {
    /// The sizes that make sense: rows of classes are as many as fit the largest.
    pub fn sizes(&self) -> Vec<usize> {
        match self.bound.family {
            AnyFamily::Categorical(_) => {
                let rows = SIZES.map(|n| n / self.at.len().next_power_of_two()).into_iter();
                rows.filter(|&n| n >= 32).collect()
            }
            _ => SIZES.to_vec(),
        }
    }

    /// Plausible targets and η around the example.
    fn given(&self, rows: usize) -> Given {
        let (family, mut stream) = (self.bound.family, Stream::new(Purpose::Sample, &[rows as u64]));
        let class = matches!(family, AnyFamily::Categorical(_));
        let y = (0..rows).map(|_| match class {
            true => (stream.uniform() * self.at.len() as f64).floor(),
            false => family.sample(&self.at, &mut stream),
        });
        let y = y.collect();
        let mut near = |j: usize| family.domain(j).unlink(self.at[j]) + 0.3 * stream.normal();
        let slots = self.bound.slots.iter().enumerate();
        let learned =
            slots.clone().filter(|(_, slot)| matches!(slot, Slot::Learned(_))).map(|(j, _)| near(j)).collect();
        let heads: Vec<usize> = slots.filter(|(_, slot)| matches!(slot, Slot::Predicted(_))).map(|(j, _)| j).collect();
        let eta = (0..rows * heads.len()).map(|i| near(heads[i % heads.len()])).collect();
        Given { eta, learned, y, ..Given::default() }
    }

    /// Times one pass over `rows` rows.
    ///
    /// # Errors
    /// What the GPU says, too little memory among it.
    pub fn time(&self, gpu: &mut Gpu, dtype: Dtype, pass: Pass, rows: usize) -> Result<Timing, GpuError> {
        let program = Program::of(&self.bound, dtype);
        let made = ((1 << 20) / self.at.len().next_power_of_two()).clamp(1, MADE).min(rows);
        let packed = Packed::new(&program, pass, &self.given(made));
        let resident = gpu.upload(&program, pass, &packed, rows / made, &[])?;
        let class = matches!(self.bound.family, AnyFamily::Categorical(_));
        let elements = rows * if class { self.at.len() } else { 1 };
        let per_row = |bytes: usize| bytes as f64 / packed.n as f64;
        let [_, eta, _, _, y, _, _, columns] = &packed.inputs;
        let read: f64 = [eta, y, columns].into_iter().flatten().map(|it| per_row(it.len())).sum();
        let bytes = (read + per_row(packed.outputs[0])) * rows as f64;
        // A copy reads and writes: half the bytes each.
        let mut copy = gpu.copy(((bytes / 2.0) as usize).max(1))?;
        let (mut kernels, mut copies) = (Vec::new(), Vec::new());
        for round in 0..4 {
            let timed = [gpu.seconds(7, || gpu.launch(&resident))?, gpu.seconds(7, &mut copy)?];
            if round > 0 {
                kernels.extend(&timed[0]);
                copies.extend(&timed[1]);
            }
        }
        let mut calls = Vec::new();
        for _ in 0..21 {
            let start = Instant::now();
            gpu.launch(&resident)?;
            gpu.synchronize()?;
            calls.push(start.elapsed().as_secs_f64());
        }
        let (kernel, copy) = (median(kernels), median(copies));
        Ok(Timing {
            rows,
            elements,
            ns_per_element: kernel * 1e9 / elements as f64,
            bytes_per_element: bytes / elements as f64,
            memcpy_ratio: kernel / copy,
            latency_us: median(calls) * 1e6,
        })
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// A row of the results file.
pub fn row(entry: &Entry, dtype: Dtype, pass: Pass, isa: &str, timing: &Timing, errors: Errors) -> serde_json::Value {
    serde_json::json!({
        "family": entry.bound.family.name(),
        "parameters": entry.parameters,
        "variant": pass.name(),
        "dtype": dtype.name(),
        "isa": isa,
        "n": timing.rows,
        "elements": timing.elements,
        "ns_per_element": timing.ns_per_element,
        "bytes_per_element": timing.bytes_per_element,
        "memcpy_ratio": timing.memcpy_ratio,
        "latency_us": timing.latency_us,
        "max_ulp": errors.ulp,
        "max_nat_error": errors.value,
    })
}
