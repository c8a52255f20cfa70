//! Every family of the registry: value and gradient in one pass, and the value alone.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use surprisal_density::{AnyFamily, Family, Purpose, Stream, Visit};
use surprisal_kernel::{Bound, Rows, Slot, kernel};

/// The first example of a family: its settings and the values of its parameters.
struct First;
impl Visit for First {
    type Output = Option<(AnyFamily, Vec<f64>)>;
    fn visit<F: Family>(self, _: F) -> Self::Output {
        let (family, at) = F::examples().into_iter().next()?;
        let family = AnyFamily::all().into_iter().find(|any| any.name() == F::NAME).map(|any| match any {
            AnyFamily::Categorical(_) => AnyFamily::Categorical(surprisal_density::family::Categorical {
                classes: Some(family.arity()),
                reference: None,
            }),
            other => other,
        })?;
        Some((family, at))
    }
}

fn families(c: &mut Criterion) {
    for (family, at) in AnyFamily::all().into_iter().filter_map(|family| family.visit(First)) {
        let bindings = [("fixed", 1), ("predicted", at.len())];
        for (name, heads) in bindings.into_iter().filter(|&(name, heads)| name == "fixed" || heads > 1) {
            // A quantile level is a number whatever the binding; the classes are all predicted.
            let categorical = matches!(family, AnyFamily::Categorical(_));
            let mut next = 0;
            let slots: Vec<Slot> = (0..at.len())
                .map(|j| {
                    let trainable = family.parameters()[if categorical { 0 } else { j }].trainable;
                    if categorical || (j < heads && trainable) {
                        next += 1;
                        Slot::Predicted(next - 1)
                    } else {
                        Slot::Fixed(at[j])
                    }
                })
                .collect();
            let bound = Bound { family, slots };
            let kernel = kernel(&bound);
            let mut group = c.benchmark_group(format!("{}/{name}", family.name()));
            for n in [32usize, 1024, 16 * 1024] {
                let mut stream = Stream::new(Purpose::Sample, &[n as u64]);
                let y: Vec<f64> = (0..n).map(|_| family.sample(&at, &mut stream)).collect();
                let eta: Vec<f64> = (0..n * kernel.heads()).map(|_| stream.normal()).collect();
                let targets = kernel.targets(y, None, None);
                let mut grad = vec![0.0; eta.len()];
                let mut out = vec![0.0; n];
                group.throughput(Throughput::Elements(n as u64));
                group.bench_function(BenchmarkId::new("fused", n), |b| {
                    b.iter(|| kernel.value_and_gradient(black_box(&eta), &[], &targets, Rows::All, &mut grad, &mut []));
                });
                group.bench_function(BenchmarkId::new("value", n), |b| {
                    b.iter(|| kernel.values(black_box(&eta), &[], &targets, Rows::All, &mut out));
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(std::time::Duration::from_millis(300)).measurement_time(std::time::Duration::from_secs(1));
    targets = families
}
criterion_main!(benches);
