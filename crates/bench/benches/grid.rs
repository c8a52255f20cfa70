//! Family × variant × n × dtype, of the bytes that have to be moved. `SURPRISAL_BENCH_TINY` times next to nothing.

use candle_core::WithDType;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use std::time::Duration;
use surprisal_bench::{Child, Engine, Local, Problem, SIZES, Scalar, Task, Variant, cases, command, serve};
use surprisal_kernel::Isa;

/// Those that run in this language, and are a loss and nothing around it.
fn variants() -> impl Iterator<Item = Variant> {
    Variant::ALL.into_iter().filter(|variant| !variant.is_peer() && *variant != Variant::Operation)
}

fn add(group: &mut BenchmarkGroup<WallTime>, id: BenchmarkId, engine: &mut dyn Engine) {
    group.bench_function(id, |b| b.iter_custom(|n| Duration::from_secs_f64(engine.time(n).expect("it is timed"))));
}

fn one<T: Scalar + WithDType>(group: &mut BenchmarkGroup<WallTime>, it: &Problem<T>, tuned: &mut Child) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for variant in variants().filter(|variant| variant.serves(it.elements())) {
        let bytes = it.bytes(variant.has_gradient()) as u64;
        group.throughput(Throughput::ElementsAndBytes { elements: it.elements() as u64, bytes });
        let id = BenchmarkId::new(format!("{variant}/{}", T::NAME), it.elements());
        if variant == Variant::CandleTuned {
            let task = Task::of(it, variant, folder.path()).expect("a temporary file");
            if let Ok(mut engine) = tuned.prepare(&task) {
                add(group, id, &mut engine);
            }
        } else if let Ok(mut engine) = Local::of(variant, Isa::best(), it) {
            add(group, id, &mut engine);
        }
    }
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return serve().expect("stdin and stdout");
    }
    let program = std::env::current_exe().expect("this program");
    let mut tuned = Child::start(command(true, &program, &["serve"])).expect("this program starts");
    let tiny = std::env::var_os("SURPRISAL_BENCH_TINY").is_some();
    let seconds = |x: f64| Duration::from_secs_f64(if tiny { 1e-3 } else { x });
    let criterion = Criterion::default().sample_size(10).warm_up_time(seconds(0.3)).measurement_time(seconds(1.0));
    let mut criterion = criterion.configure_from_args();
    for case in cases() {
        let mut group = criterion.benchmark_group(format!("{}/{}", case.family(), case.parameters));
        group.sampling_mode(SamplingMode::Flat);
        for n in case.sizes(&SIZES).into_iter().filter(|n| !tiny || *n <= 1024) {
            one(&mut group, &case.problem::<f32>(n), &mut tuned);
            one(&mut group, &case.problem::<f64>(n), &mut tuned);
        }
        group.finish();
    }
    criterion.final_summary();
}
