//! The kernel against the reference, over every family and every binding of its parameters.

use surprisal_density::{AnyFamily, Domain, Purpose, Stream};
use surprisal_kernel::{Bound, Kernel, Rows, Slot, Targets, kernel};

struct Case {
    bound: Bound,
    kernel: Box<dyn Kernel>,
    eta: Vec<f64>,
    learned: Vec<f64>,
    targets: Targets,
}

fn cases(n: usize) -> Vec<Case> {
    let mut out = Vec::new();
    // The first two examples of each family.
    for (family, at) in AnyFamily::all().into_iter().flat_map(|family| family.examples().into_iter().take(2)) {
        for bound in Bound::bindings(family, &at) {
            let kernel = kernel(&bound);
            let mut stream = Stream::new(Purpose::Sample, &[5, n as u64]);
            let y: Vec<f64> = (0..n).map(|_| family.sample(&at, &mut stream)).collect();
            let weight = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
            // Small steps around the example: where ν is a million, η stays where ln Γ is asked for.
            let near = |j: usize, stream: &mut Stream| match family.domain(j) {
                Domain::Real => at[j] + stream.normal(),
                domain => domain.unlink(at[j]) + 0.3 * stream.normal(),
            };
            let mut eta = Vec::new();
            for _ in 0..n {
                for (j, slot) in bound.slots.iter().enumerate() {
                    if matches!(slot, Slot::Predicted(_)) {
                        eta.push(near(j, &mut stream));
                    }
                }
            }
            let learned = bound.learned_parameters().iter().map(|&j| near(j, &mut stream)).collect();
            let targets = kernel.targets(y, Some(weight), None);
            out.push(Case { bound, kernel, eta, learned, targets });
        }
    }
    out
}

fn reference(case: &Case, eta: &[f64], learned: &[f64]) -> f64 {
    let (heads, mut at) = (case.kernel.heads(), Vec::new());
    let weight = case.targets.weight.as_ref().expect("given");
    let rows = 0..case.targets.y.len();
    rows.map(|i| {
        case.bound.values(&eta[i * heads..(i + 1) * heads], learned, &mut at);
        weight[i] * case.bound.family.nll(&at, case.targets.y[i])
    })
    .sum()
}

#[test]
fn every_binding_of_every_family_gives_the_value_of_the_reference() {
    for n in [1, 31, 33, 4099] {
        for case in cases(n) {
            let (mut ge, mut gl) = (vec![0.0; case.eta.len()], vec![0.0; case.learned.len()]);
            let value =
                case.kernel.value_and_gradient(&case.eta, &case.learned, &case.targets, Rows::All, &mut ge, &mut gl);
            let expected = reference(&case, &case.eta, &case.learned);
            let scale = 1.0 + expected.abs();
            assert!((value - expected).abs() < 1e-11 * scale, "{:?}: {value} for {expected}", case.bound);
        }
    }
}

#[test]
fn every_gradient_is_the_slope_of_the_reference() {
    for case in cases(5) {
        let (mut ge, mut gl) = (vec![0.0; case.eta.len()], vec![0.0; case.learned.len()]);
        case.kernel.value_and_gradient(&case.eta, &case.learned, &case.targets, Rows::All, &mut ge, &mut gl);
        let h = 1e-5;
        let close = |slope: f64, found: f64, what: &str| {
            assert!((slope - found).abs() < 2e-4 * (1.0 + slope.abs()), "{:?} {what}: {found} for {slope}", case.bound);
        };
        for i in 0..case.eta.len() {
            let (mut up, mut down) = (case.eta.clone(), case.eta.clone());
            (up[i], down[i]) = (up[i] + h, down[i] - h);
            close(
                (reference(&case, &up, &case.learned) - reference(&case, &down, &case.learned)) / (2.0 * h),
                ge[i],
                "η",
            );
        }
        for i in 0..case.learned.len() {
            let (mut up, mut down) = (case.learned.clone(), case.learned.clone());
            (up[i], down[i]) = (up[i] + h, down[i] - h);
            close(
                (reference(&case, &case.eta, &up) - reference(&case, &case.eta, &down)) / (2.0 * h),
                gl[i],
                "learned",
            );
        }
    }
}

#[test]
fn a_batch_of_rows_is_those_rows_of_the_whole() {
    for case in cases(40) {
        let heads = case.kernel.heads();
        let rows = [3usize, 39, 0, 17];
        let eta: Vec<f64> = rows.iter().flat_map(|&r| case.eta[r * heads..(r + 1) * heads].to_vec()).collect();
        let (mut all, mut some) = (vec![0.0; 40], vec![0.0; 4]);
        case.kernel.values(&case.eta, &case.learned, &case.targets, Rows::All, &mut all);
        case.kernel.values(&eta, &case.learned, &case.targets, Rows::These(&rows), &mut some);
        for (i, &row) in rows.iter().enumerate() {
            assert_eq!(some[i].to_bits(), all[row].to_bits(), "{:?}", case.bound);
        }
    }
}

#[test]
fn an_offset_is_an_addition_to_the_location() {
    let family = AnyFamily::named("poisson").expect("registered");
    let kernel = kernel(&Bound::predicted(family));
    let (y, offset) = (vec![2.0, 0.0, 5.0], vec![0.3, -1.0, 2.0]);
    let with = kernel.targets(y.clone(), None, Some(offset.clone()));
    let without = kernel.targets(y, None, None);
    let eta = [0.1, 0.2, 0.3];
    let moved: Vec<f64> = eta.iter().zip(&offset).map(|(e, o)| e + o).collect();
    let (mut a, mut b) = ([0.0; 3], [0.0; 3]);
    kernel.values(&eta, &[], &with, Rows::All, &mut a);
    kernel.values(&moved, &[], &without, Rows::All, &mut b);
    assert_eq!(a, b);
}

#[test]
fn a_target_outside_the_support_is_never_a_silent_number() {
    let kernel = kernel(&Bound::predicted(AnyFamily::named("gamma").expect("registered")));
    let targets = kernel.targets(vec![-1.0], None, None);
    let mut out = [0.0];
    kernel.values(&[0.0, 0.0], &[], &targets, Rows::All, &mut out);
    assert!(!out[0].is_finite(), "{out:?}");
}
