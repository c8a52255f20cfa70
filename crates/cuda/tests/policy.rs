//! What the text does at the edges: rows, targets and logits that there are not, sums, families from outside.

mod common;

use common::compiler;
use common::host::Host;
use surprisal_cuda::{Found, Given, Packed};
use surprisal_density::family::Gaussian;
use surprisal_density::{AnyFamily, Arg, Dual, Family, LnCdf, Parameter, Real, Support};
use surprisal_kernel::cuda::{Dtype, Pass, Program};
use surprisal_kernel::{Bound, Slot, Sum};

fn program(name: &str, dtype: Dtype) -> Program {
    Program::of(&Bound::predicted(AnyFamily::named(name).expect("registered")), dtype)
}

fn classes(n: usize, dtype: Dtype) -> Program {
    let mut family = AnyFamily::named("categorical").expect("registered");
    if let AnyFamily::Categorical(it) = &mut family {
        it.classes = Some(n);
    }
    Program::of(&Bound::predicted(family), dtype)
}

/// Runs passes of `programs`, unless there is no compiler.
fn with_host(name: &str, programs: &[&Program], test: impl FnOnce(&mut dyn FnMut(&Program, Pass, &Given) -> Found)) {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    let mut host = Host::new(&cc, name, programs);
    test(&mut |program, pass, given| host.run(program, pass, &Packed::new(program, pass, given)));
}

#[test]
fn a_row_that_there_is_not_makes_the_loss_nan_and_no_other_row() {
    let programs = [program("laplace", Dtype::F32), classes(3, Dtype::F32), classes(40, Dtype::F64)];
    with_host("missing_rows", &programs.each_ref(), |run| {
        for program in &programs {
            for wrong in [2, usize::MAX >> 1, (-1_i64) as usize] {
                let eta = vec![0.5; 2 * program.heads()];
                let given = Given { rows: Some(vec![1, wrong]), eta, y: vec![0.0, 1.0], ..Given::default() };
                let (fused, forward) = (run(program, Pass::Fused, &given), run(program, Pass::Forward, &given));
                assert!(fused.out[0].is_nan() && forward.out[0].is_nan() && forward.values[1].is_nan());
                let (first, second) = fused.slopes.split_at(program.heads());
                assert!(forward.values[0].is_finite() && first.iter().all(|x| x.is_finite()));
                assert!(second.iter().all(|x| x.is_nan()), "{second:?}");
            }
        }
    });
}

#[test]
fn a_target_outside_the_support_is_never_a_silent_number() {
    let programs = [
        program("gamma", Dtype::F32),
        program("poisson", Dtype::F32),
        classes(3, Dtype::F32),
        classes(40, Dtype::Bf16),
    ];
    with_host("outside", &programs.each_ref(), |run| {
        for program in &programs {
            let bad: &[f64] =
                if program.family() == "categorical" { &[-1.0, 1.5, 40.0, f64::NAN] } else { &[-2.0, f64::NAN] };
            for &y in bad {
                let given = Given { eta: vec![0.5; program.heads()], y: vec![y], ..Given::default() };
                let found = run(program, Pass::Fused, &given);
                assert!(!found.out[0].is_finite(), "{} at {y}: {found:?}", program.family());
            }
        }
    });
}

#[test]
fn no_logit_makes_the_loss_of_classes_nan_and_a_common_offset_is_lost() {
    let programs = [3, 40, 3000].map(|n| classes(n, Dtype::F32));
    with_host("logits", &programs.each_ref(), |run| {
        for program in &programs {
            let n = program.heads();
            let mut at = |eta: &dyn Fn(usize) -> f64, y: usize| {
                run(
                    program,
                    Pass::Fused,
                    &Given { eta: (0..n).map(eta).collect(), y: vec![y as f64], ..Given::default() },
                )
            };
            let inf = f64::INFINITY;
            // A class that can't be, one that must be, and logits as large as they get.
            assert_eq!(at(&|k| if k == 1 { -inf } else { 0.0 }, 1).out, [inf]);
            assert_eq!(at(&|k| if k == 1 { inf } else { 0.0 }, 1).out, [0.0]);
            assert_eq!(at(&|k| if k == 1 { inf } else { 0.0 }, 0).out, [inf]);
            assert_eq!(at(&|k| if k == n - 1 { 3e38 } else { -3e38 }, n - 1).out, [0.0]);
            let plain = at(&|k| (k % 7) as f64, 2);
            assert_eq!(at(&|k| (k % 7) as f64 + 4096.0, 2), plain);
            assert!(plain.slopes.iter().sum::<f64>().abs() < 1e-6);
        }
    });
}

#[test]
fn a_row_of_128_ki_classes_is_a_softmax() {
    // Relative errors: of a float's exponential and two roundings; of a plain sum of as many doubles, here.
    let n = 1 << 17;
    let programs = [classes(n, Dtype::F32), classes(n, Dtype::F64)];
    with_host("long_rows", &programs.each_ref(), |run| {
        let logits: Vec<f64> = (0..2 * n).map(|i| ((i * 7919) % 4001) as f64 / 128.0 - 16.0).collect();
        let (given, y) = (Given { eta: logits.clone(), y: vec![5.0, 131_071.0], ..Given::default() }, [5, 131_071]);
        for (program, tolerance) in programs.iter().zip([3e-7, 1e-12]) {
            let (fused, forward) = (run(program, Pass::Fused, &given), run(program, Pass::Forward, &given));
            for (i, row) in logits.chunks_exact(n).enumerate() {
                let sum: f64 = row.iter().map(|&x| libm::exp(x)).sum();
                let loss = libm::log(sum) - row[y[i]];
                assert!(
                    (forward.values[i] - loss).abs() <= tolerance * (1.0 + loss),
                    "{} for {loss}",
                    forward.values[i]
                );
                for k in 0..n {
                    let slope = libm::exp(row[k]) / sum - f64::from(u8::from(k == y[i]));
                    assert!((fused.slopes[i * n + k] - slope).abs() <= tolerance * slope.abs().max(1e-6), "class {k}");
                }
            }
        }
    });
}

#[test]
fn sums_have_the_shape_of_the_kernels_sums() {
    let program = program("exponential", Dtype::F64);
    with_host("sums", &[&program], |run| {
        for n in [1, 31, 4096, 4097, 10_000, 300_000] {
            let (eta, y) =
                ((0..n).map(|i| (i % 17) as f64 / 9.0).collect(), (0..n).map(|i| (i % 11) as f64 / 3.0).collect());
            let weight = Some((0..n).map(|i| 0.1 + (i % 5) as f64).collect::<Vec<f64>>());
            let given = Given { eta, y, weight, ..Given::default() };
            let forward = run(&program, Pass::Forward, &given);
            let mut blocks: Vec<f64> = Vec::new();
            let terms: Vec<f64> =
                forward.values.iter().zip(given.weight.as_ref().expect("given")).map(|(v, w)| w * v).collect();
            for block in terms.chunks(4096) {
                let mut sum = Sum::new();
                block.iter().for_each(|&x| sum.add(x));
                blocks.push(sum.total());
            }
            // Blocks meet by 64, then groups meet: each time as terms of one sum.
            let meet = |all: &[f64]| {
                let mut sum = Sum::new();
                all.iter().for_each(|&x| sum.add(x));
                sum.total()
            };
            let groups: Vec<f64> = blocks.chunks(64).map(meet).collect();
            assert_eq!(forward.out[0].to_bits(), meet(&groups).to_bits(), "{n} rows");
            assert_eq!(run(&program, Pass::Fused, &given).out, forward.out);
        }
    });
}

/// A Gaussian that is cut at 0: what lies below is 0 (Tobin 1958).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tobit;

impl Family for Tobit {
    const NAME: &'static str = "tobit";
    const FORMULA: &'static str = "Φ(−location/scale) at 0, a gaussian above";
    const PARAMETERS: &'static [Parameter] = Gaussian::PARAMETERS;
    fn support(&self) -> Support {
        Support::Clamped(0.0, f64::INFINITY)
    }
    fn energy<R: Real>(&self, p: &[Arg<R>], y: R) -> R {
        let zero = R::lit(0.0);
        R::select_lt(zero, y, Gaussian.nll(p, y), -Gaussian.ln_cdf(p, zero))
    }
    fn log_norm<R: Real>(&self, _: &[Arg<R>]) -> R {
        R::lit(0.0)
    }
    fn mean(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn variance(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn mode(&self, _: &[f64]) -> Option<f64> {
        None
    }
    fn cdf(&self, _: &[f64], _: f64) -> f64 {
        f64::NAN
    }
    fn quantile(&self, _: &[f64], _: f64) -> f64 {
        f64::NAN
    }
    fn examples() -> Vec<(Self, Vec<f64>)> {
        vec![]
    }
}

#[test]
fn a_family_from_outside_has_kernels_too() {
    let programs =
        [Dtype::F32, Dtype::F64].map(|it| Program::of_family(&Tobit, &[Slot::Predicted(0), Slot::Predicted(1)], it));
    with_host("outside_family", &programs.each_ref(), |run| {
        let n = 2000;
        let y: Vec<f64> = (0..n).map(|i| if i % 2 == 0 { 0.0 } else { (i % 13) as f64 / 4.0 }).collect();
        let eta = (0..n).flat_map(|i| [(i % 101) as f64 / 4.0 - 12.5, (i % 37) as f64 / 16.0 - 1.0]).collect();
        let given = Given { eta, y, ..Given::default() };
        for (program, tolerance) in programs.iter().zip([1e-6, 1e-13]) {
            let (fused, forward) = (run(program, Pass::Fused, &given), run(program, Pass::Forward, &given));
            for i in 0..n {
                let free = |j: usize| Arg::free(Tobit.domain(j), Dual::<f64, 2>::var(given.eta[2 * i + j], j));
                let expected = Tobit.nll(&[free(0), free(1)], Dual::con(given.y[i]));
                let found = [forward.values[i], fused.slopes[2 * i], fused.slopes[2 * i + 1]];
                for (found, expected) in found.iter().zip([expected.value, expected.slope[0], expected.slope[1]]) {
                    assert!(
                        (found - expected).abs() <= tolerance * (1.0 + expected.abs()),
                        "{i}: {found} for {expected}"
                    );
                }
            }
        }
    });
}
