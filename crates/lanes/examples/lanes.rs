//! How long a step of one model takes in a full cohort, beside what the core could do.
//!
//! `cargo run --release -p surprisal-lanes --example lanes [isa]`: 13-50-1 at batches of 32 and 128 with a Gaussian
//! likelihood, a Gaussian prior and Adam, and a grid of widths and batches. GFLOP/s count the products of the network
//! alone; the peak is measured in the same run.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use surprisal_density::family::Gaussian;
use surprisal_density::{Purpose, Stream};
use surprisal_kernel::{Bound, Isa, Job, Penalty, Simd, Slot, Vectors};
use surprisal_lanes::{Cohort, Kind, Model, Number, Rows, Rule, Shape};
use surprisal_spec::Activation;

/// Products and sums that registers alone take: what the core can do at best.
struct Peak<'a>(&'a mut f64);

impl<T: Vectors> Job<T> for Peak<'_> {
    #[inline(always)]
    fn run<S: Simd<Elem = T>>(self) {
        const CHAINS: usize = 12;
        let (a, b) = (S::lit(black_box(0.999)), S::lit(black_box(1e-3)));
        let mut best = f64::INFINITY;
        for _ in 0..20 {
            let mut x = [b; CHAINS];
            let start = Instant::now();
            for _ in 0..100_000 {
                for k in 0..CHAINS {
                    x[k] = x[k].fma(a, b);
                }
            }
            best = best.min(start.elapsed().as_secs_f64());
            let mut out = [T::of(0.0); 64];
            x.iter().for_each(|x| x.store(black_box(&mut out)));
        }
        *self.0 = 2.0 * S::WIDTH as f64 * CHAINS as f64 * 1e5 / best / 1e9;
    }
}

fn peak<T: Vectors>(isa: Isa) -> f64 {
    let mut peak = 0.0;
    T::dispatch(isa, Peak(&mut peak));
    peak
}

/// Products and sums of a step of one model.
fn flops(shape: &Shape) -> f64 {
    let widths: Vec<usize> = [shape.inputs].into_iter().chain(shape.hidden.clone()).chain([shape.heads]).collect();
    let layer = |(l, pair): (usize, &[usize])| (if l == 0 { 2.0 } else { 3.0 }) * (pair[0] * pair[1]) as f64;
    2.0 * shape.batch as f64 * widths.windows(2).enumerate().map(layer).sum::<f64>()
}

fn model<T: Number>(shape: &Shape, rows: &Arc<Rows<T>>, bound: &Bound, lane: usize) -> Model<T> {
    let n = shape.len();
    let mut stream = Stream::new(Purpose::Init, &[lane as u64]);
    let zero = vec![0.0; n];
    Model {
        rows: rows.clone(),
        bound: bound.clone(),
        priors: vec![(0..n, Penalty { family: Gaussian.into(), at: vec![0.0, 1.0 + lane as f64] })],
        learned: vec![],
        size: shape.batch,
        rule: Rule::Adam {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            decay: 0.0,
            mean: zero.clone(),
            square: zero,
            power: [1.0; 2],
        },
        theta: (0..n).map(|_| 0.1 * stream.normal()).collect(),
    }
}

/// Seconds of a step of one model, with a new order of its rows in each epoch.
fn measure<T: Number>(isa: Isa, inputs: usize, hidden: &[usize], batch: usize) -> (f64, f64) {
    let (bound, n) = (Bound { family: Gaussian.into(), slots: vec![Slot::Predicted(0), Slot::Fixed(1.0)] }, 4096);
    let shape = Shape {
        inputs,
        hidden: hidden.to_vec(),
        heads: 1,
        bias: true,
        activation: Activation::Relu,
        learned: 0,
        batch,
        rule: Kind::Adam,
    };
    let mut stream = Stream::new(Purpose::Data, &[1]);
    let x: Vec<T> = (0..n * inputs).map(|_| T::of(stream.normal())).collect();
    let y: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
    let rows = Arc::new(Rows::new(&bound, Arc::new(x), &y, None, None, 0.0));
    let mut cohort = Cohort::<T>::new(shape.clone(), isa);
    (0..cohort.width()).for_each(|lane| cohort.put(lane, model(&shape, &rows, &bound, lane)));
    let mut orders: Vec<Vec<usize>> = vec![(0..n).collect(); cohort.width()];
    let flops = flops(&shape);
    // Short enough that on a busy machine some are not interrupted.
    let steps = ((2e6 / flops) as usize).max(1);
    let (mut best, mut row, mut epoch) = (f64::INFINITY, n, 0);
    for _ in 0..(2e9 / flops / steps as f64 / cohort.width() as f64) as usize + 5 {
        let start = Instant::now();
        for _ in 0..steps {
            if row + batch > n {
                (row, epoch) = (0, epoch + 1);
                for (lane, order) in orders.iter_mut().enumerate() {
                    Stream::new(Purpose::Shuffle, &[lane as u64, epoch]).shuffle(order);
                }
            }
            for (lane, order) in orders.iter().enumerate() {
                cohort.batch(lane, &order[row..row + batch]);
            }
            cohort.gradient();
            black_box(cohort.value(0));
            cohort.update();
            row += batch;
        }
        best = best.min(start.elapsed().as_secs_f64() / steps as f64 / cohort.width() as f64);
    }
    (best, flops / best / 1e9)
}

fn table<T: Number>(isa: Isa) {
    let peak = peak::<T>(isa);
    println!("{} on {isa}: peak {peak:.1} GFLOP/s", T::NAME);
    let show = |inputs: usize, hidden: &[usize], batch: usize| {
        let (seconds, gflops) = measure::<T>(isa, inputs, hidden, batch);
        let name: Vec<String> = [&[inputs], hidden, &[1]].concat().iter().map(usize::to_string).collect();
        let (us, share) = (seconds * 1e6, 100.0 * gflops / peak);
        println!(
            "{:>16} batch {batch:>5}: {us:>9.2} us a model-step, {gflops:>6.1} GFLOP/s, {share:>3.0} %",
            name.join("-")
        );
    };
    for batch in [32, 128] {
        show(13, &[50], batch);
    }
    if std::env::args().any(|it| it == "grid") {
        for width in [16, 64, 128, 256, 512] {
            for batch in [32, 128, 1024] {
                show(13, &[width, width], batch);
            }
        }
    }
}

fn main() {
    let isa = std::env::args().find_map(|it| it.parse().ok()).unwrap_or(Isa::best());
    table::<f32>(isa);
    if std::env::args().any(|it| it == "f64") {
        table::<f64>(isa);
    }
}
