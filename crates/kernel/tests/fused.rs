//! The kernels in lanes: equal bits on every instruction set and layout, and the numbers of the f64 reference.

use surprisal_density::family::Categorical;
use surprisal_density::{AnyFamily, Prior, Support};
use surprisal_kernel::{Batch, Bound, Data, Fused, Isa, Layout, Penalty, Rows, Slot, Vectors, fused, kernel, prior};

/// Every binding of every family; given numbers are those of the family's first example. A location is in the precision
/// of η, given or not.
fn bindings() -> Vec<Bound> {
    let first = AnyFamily::all().into_iter().flat_map(|family| family.examples().into_iter().take(1));
    let all = first.flat_map(|(family, mut at)| {
        at.iter_mut().take(1).for_each(|location| *location = f64::from(*location as f32));
        Bound::bindings(family, &at)
    });
    all.chain([(2, None), (3, Some(1)), (10, None), (32, None), (33, Some(0)), (100, None)].map(classes)).collect()
}

fn classes((classes, reference): (usize, Option<usize>)) -> Bound {
    Bound::predicted(Categorical { classes: Some(classes), reference }.into())
}

/// Numbers in [0, 1) that are nowhere regular.
fn noise(i: usize, k: usize) -> f64 {
    let x = (i as f64 + 1.0) * (0.754_877_666_246_692_7 + 0.131 * k as f64) + 0.37 * k as f64;
    x - x.floor()
}

struct Case {
    eta: Vec<f64>,
    learned: Vec<f64>,
    y: Vec<f64>,
    weight: Option<Vec<f64>>,
    offset: Option<Vec<f64>>,
}

/// Rows over the whole of what fits a network: |η| up to `reach`, targets near and far, counts up to `most`. All are `f32`
/// numbers.
fn case_to(most: f64, bound: &Bound, n: usize, reach: f64, columns: bool) -> Case {
    let round = |x: f64| f64::from(x as f32);
    let heads = bound.heads();
    let head = |i: usize, k: usize| round(reach * (2.0 * noise(i, k) - 1.0));
    let y = (0..n).map(|i| {
        let t = noise(i, 7);
        round(match bound.family.support() {
            Support::Real => 4.0 * reach * (t - 0.5),
            Support::Positive => libm::exp(3.0 * (t - 0.5) * reach),
            Support::Counts => (t * t * libm::exp(2.0 * reach)).floor().min(most),
            Support::Classes(classes) => (classes.unwrap_or(2) as f64 * t).floor(),
            Support::Clamped(..) => unreachable!("no family of a config"),
        })
    });
    Case {
        eta: (0..n).flat_map(|i| (0..heads).map(move |k| (i, k))).map(|(i, k)| head(i, k)).collect(),
        learned: (0..bound.learned()).map(|k| round(0.4 - 0.7 * k as f64)).collect(),
        y: y.collect(),
        weight: columns.then(|| (0..n).map(|i| round(0.25 + noise(i, 3))).collect()),
        offset: columns.then(|| (0..n).map(|i| round(noise(i, 4) - 0.5)).collect()),
    }
}

/// The same with counts up to 40.
fn case(bound: &Bound, n: usize, reach: f64, columns: bool) -> Case {
    case_to(40.0, bound, n, reach, columns)
}

fn planar<T: Copy>(rows: &[T], heads: usize) -> Vec<T> {
    (0..heads).flat_map(|k| rows.iter().skip(k).step_by(heads).copied()).collect()
}

/// Value, slopes of η by rows, slopes of the learned numbers.
fn run<T: Vectors>(bound: &Bound, case: &Case, isa: Isa, layout: Layout, upstream: f64) -> (f64, Vec<f64>, Vec<f64>) {
    let loss: Box<dyn Fused<T>> = fused(bound);
    let of = |xs: &[f64]| xs.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
    let data: Data<T> = loss.data(of(&case.y), case.weight.as_deref().map(of), case.offset.as_deref().map(of));
    let heads = bound.heads();
    let eta = if layout == Layout::Rows { of(&case.eta) } else { planar(&of(&case.eta), heads) };
    let batch = Batch { eta: &eta, layout, learned: &case.learned, upstream };
    let (mut g, mut h) = (vec![T::of(f64::NAN); eta.len()], vec![f64::NAN; bound.learned()]);
    let value = loss.value_and_gradient(isa, &batch, &data, &mut g, &mut h);
    let forward = loss.value(isa, &batch, &data);
    let same = value.to_bits() == forward.to_bits() || value.is_nan() && forward.is_nan();
    assert!(same, "{bound:?}: {value} with a gradient, {forward} without");
    let n = case.y.len();
    let g: Vec<f64> = g.iter().map(|g| g.to_f64()).collect();
    (value, if layout == Layout::Rows { g } else { planar(&g, n) }, h)
}

fn reference(bound: &Bound, case: &Case) -> (f64, Vec<f64>, Vec<f64>) {
    let kernel = kernel(bound);
    let targets = kernel.targets(case.y.clone(), case.weight.clone(), case.offset.clone());
    let (mut g, mut h) = (vec![0.0; case.eta.len()], vec![0.0; bound.learned()]);
    let value = kernel.value_and_gradient(&case.eta, &case.learned, &targets, Rows::All, &mut g, &mut h);
    (value, g, h)
}

fn bits(out: &(f64, Vec<f64>, Vec<f64>)) -> Vec<u64> {
    let nan = |x: &f64| if x.is_nan() { u64::MAX } else { x.to_bits() };
    [&[out.0], &out.1[..], &out.2[..]].concat().iter().map(nan).collect()
}

fn same_bits<T: Vectors>() {
    for bound in bindings() {
        for (n, columns) in [(1, false), (31, true), (32, false), (33, true), (100, false), (4096 + 77, true)] {
            let case = case(&bound, n, 3.0, columns);
            let scalar = bits(&run::<T>(&bound, &case, Isa::Scalar, Layout::Rows, 0.5));
            for isa in Isa::available() {
                for layout in [Layout::Rows, Layout::Columns] {
                    let out = bits(&run::<T>(&bound, &case, isa, layout, 0.5));
                    assert!(out == scalar, "{bound:?}, {n} rows: {isa} and {layout:?} give other bits");
                }
            }
        }
    }
}

#[test]
fn f32_has_the_same_bits_on_every_instruction_set_and_layout() {
    same_bits::<f32>();
}

#[test]
fn f64_has_the_same_bits_on_every_instruction_set_and_layout() {
    same_bits::<f64>();
}

#[test]
fn overflow_and_nan_are_the_same_everywhere_and_stay_in_their_rows() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 200.0, -200.0, 1e30, -1e30, 0.0, -0.0, 1e-40];
    for bound in bindings().into_iter().filter(|bound| bound.heads() > 0) {
        let mut case = case(&bound, 70, 2.0, false);
        let plain = run::<f32>(&bound, &case, Isa::best(), Layout::Rows, 1.0);
        let heads = bound.heads();
        odd.iter().enumerate().for_each(|(k, &x)| case.eta[(3 * k + 1) * heads + k % heads] = x);
        let scalar = run::<f32>(&bound, &case, Isa::Scalar, Layout::Rows, 1.0);
        for isa in Isa::available() {
            let out = run::<f32>(&bound, &case, isa, Layout::Columns, 1.0);
            assert_eq!(bits(&out), bits(&scalar), "{bound:?} on {isa}");
        }
        for i in (0..70).filter(|i| i % 3 != 1 || *i > 28) {
            let row = i * heads..(i + 1) * heads;
            assert_eq!(scalar.1[row.clone()], plain.1[row], "{bound:?}: row {i} is another's neighbour");
        }
    }
}

/// The error over 1 + |x|; what is no number is far off.
fn off(found: f64, expected: f64) -> f64 {
    let off = (found - expected).abs() / (1.0 + expected.abs());
    if off.is_nan() { f64::INFINITY } else { off }
}

/// Largest error over 1 + |x|: of the loss of single rows, of their slopes, of a sum; and that over the sum of 1 + |x| of its
/// terms.
fn errors<T: Vectors>(bound: &Bound, reach: f64, most: f64) -> [f64; 4] {
    let (mut of_value, mut of_slope, mut size): (f64, f64, f64) = (0.0, 0.0, 0.0);
    let all = case_to(most, bound, 400, reach, true);
    let heads = bound.heads();
    for i in 0..all.y.len() {
        let one = Case {
            eta: all.eta[i * heads..(i + 1) * heads].to_vec(),
            learned: all.learned.clone(),
            y: vec![all.y[i]],
            weight: None,
            offset: None,
        };
        let (a, b) = (run::<T>(bound, &one, Isa::best(), Layout::Rows, 1.0), reference(bound, &one));
        of_value = of_value.max(off(a.0, b.0));
        for (a, b) in a.1.iter().chain(&a.2).zip(b.1.iter().chain(&b.2)) {
            of_slope = of_slope.max(off(*a, *b));
        }
        size += 1.0 + b.0.abs();
    }
    let (a, b) = (run::<T>(bound, &all, Isa::best(), Layout::Rows, 1.0), reference(bound, &all));
    let of_sum = [a.0, b.0].iter().chain(&a.2).chain(&b.2).all(|x| x.is_finite());
    assert!(of_sum, "{bound:?}: a sum is not finite");
    [of_value, of_slope, off(a.0, b.0), (a.0 - b.0).abs() / size]
}

fn letters(bound: &Bound) -> String {
    let letter = |slot: &Slot| match slot {
        Slot::Fixed(_) => 'f',
        Slot::Learned(_) => 'l',
        Slot::Predicted(_) => 'p',
    };
    bound.slots.iter().map(letter).collect()
}

/// Γ and its kin are allowed twice as much.
fn gamma(bound: &Bound) -> bool {
    let trained = |j: usize| !matches!(bound.slots[j], Slot::Fixed(_));
    matches!(bound.family.name(), "negative_binomial" | "gamma") || bound.family.name() == "student_t" && trained(1)
}

/// Unconstrained numbers up to 10 and targets as far: scales, means and counts over nine decades.
#[test]
fn losses_and_slopes_of_f32_are_those_of_the_reference() {
    let mut wrong = vec![];
    for bound in bindings() {
        for reach in [2.0, 4.0, 6.0, 8.0, 10.0] {
            let [value, slope, _, sum] = errors::<f32>(&bound, reach, 1e6);
            let allowed = if gamma(&bound) { 2e-6 } else { 1e-6 };
            let name = format!("{} {:.4}", bound.family.name(), letters(&bound));
            println!("{name:23} {reach:2} value {value:.1e} slope {slope:.1e} sum {sum:.1e}");
            if value.max(slope).max(sum) > allowed {
                wrong.push(format!("{name}, to {reach}: {value:.1e}, {slope:.1e}, {sum:.1e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rows near their centre whatever their scale: y = s z, |z| ≤ 3.
#[test]
fn slopes_of_f32_keep_their_digits_at_scales_from_e_to_the_minus_10_to_e_to_the_10() {
    for family in ["gaussian", "laplace", "logistic", "student_t", "asymmetric_laplace"] {
        let family = AnyFamily::named(family).expect("registered");
        let at = family.examples().into_iter().next().map_or(vec![], |(_, at)| at);
        let slot = |j: usize| match family.parameters()[j].name {
            _ if j == 0 => Slot::Predicted(0),
            "scale" => Slot::Predicted(1),
            _ => Slot::Fixed(at[j]),
        };
        let bound = Bound { family, slots: (0..family.arity()).map(slot).collect() };
        for i in 0..2000 {
            let (u, z) = (f64::from((20.0 * noise(i, 1) - 10.0) as f32), 6.0 * noise(i, 2) - 3.0);
            let y = f64::from((libm::exp(u) * z) as f32);
            let case = Case { eta: vec![0.0, u], learned: vec![], y: vec![y], weight: None, offset: None };
            let (found, expected) =
                (run::<f32>(&bound, &case, Isa::best(), Layout::Rows, 1.0), reference(&bound, &case));
            for (found, expected) in [found.0].iter().chain(&found.1).zip([expected.0].iter().chain(&expected.1)) {
                let off = off(*found, *expected);
                assert!(off <= 1e-6, "{} at e^{u}, z = {z}: {found} for {expected}, off by {off:.1e}", family.name());
            }
        }
    }
}

#[test]
fn losses_and_slopes_of_f64_are_those_of_the_reference() {
    let mut wrong = vec![];
    for bound in bindings() {
        let [value, slope, sum, _] = errors::<f64>(&bound, 6.0, 40.0);
        println!(
            "{:18} {:4.4} value {value:.1e} slope {slope:.1e} sum {sum:.1e}",
            bound.family.name(),
            letters(&bound)
        );
        if value.max(slope).max(sum) > 1e-13 {
            wrong.push(format!("{} {:.4}: {value:.1e}, {slope:.1e}, {sum:.1e}", bound.family.name(), letters(&bound)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_rows_of_the_data_are_the_data_of_some_rows() {
    for bound in bindings() {
        let all = case(&bound, 50, 2.0, true);
        let rows: Vec<usize> = (0..41).map(|i| i * 17 % 50).chain([3, 3]).collect();
        let pick = |column: &[f64]| rows.iter().map(|&i| column[i]).collect::<Vec<_>>();
        let loss = fused::<f64>(&bound);
        let data = loss.data(all.y.clone(), all.weight.clone(), all.offset.clone());
        let made = loss.data(pick(&all.y), all.weight.as_deref().map(pick), all.offset.as_deref().map(pick));
        let (heads, picked) = (bound.heads(), data.rows(&rows));
        let eta: Vec<f64> = rows.iter().flat_map(|&i| &all.eta[i * heads..(i + 1) * heads]).copied().collect();
        let batch = Batch { eta: &eta, layout: Layout::Rows, learned: &all.learned, upstream: 1.0 };
        let value = |data: &Data<f64>| loss.value(Isa::best(), &batch, data).to_bits();
        assert_eq!(value(&picked), value(&made), "{bound:?}");
    }
}

#[test]
fn a_prior_and_its_slopes_are_those_of_the_reference() {
    for family in AnyFamily::all().into_iter().filter(|it| Prior::may_be(*it)) {
        let at = family.examples().into_iter().next().map_or(vec![], |(_, at)| at);
        let penalty = Penalty { family, at };
        let theta: Vec<f64> = (0..4133).map(|i| f64::from((8.0 * noise(i, 0) - 4.0) as f32)).collect();
        let mut expected = vec![0.0; theta.len()];
        let total = penalty.value_and_gradient(&theta, &mut expected);
        fn run<T: Vectors>(penalty: &Penalty, theta: &[f64], isa: Isa) -> (f64, Vec<f64>) {
            let kernel = prior::<T>(penalty).expect("a density of real numbers");
            let eta: Vec<T> = theta.iter().map(|&x| T::of(x)).collect();
            let batch = Batch { eta: &eta, layout: Layout::Rows, learned: &[], upstream: 1.0 };
            let mut slopes = vec![T::of(f64::NAN); theta.len()];
            let value = kernel.value_and_gradient(isa, &batch, &Data::none(theta.len()), &mut slopes, &mut []);
            (value, slopes.iter().map(|g| g.to_f64()).collect())
        }
        for isa in Isa::available() {
            let (single, double) = (run::<f32>(&penalty, &theta, isa), run::<f64>(&penalty, &theta, isa));
            assert_eq!(single, run::<f32>(&penalty, &theta, Isa::Scalar), "{penalty:?} on {isa}");
            assert_eq!(double, run::<f64>(&penalty, &theta, Isa::Scalar), "{penalty:?} on {isa}");
            for (found, allowed) in [(single, 1e-6), (double, 1e-14)] {
                assert!(off(found.0, total) <= allowed, "{penalty:?}: {} for {total}", found.0);
                let worst = found.1.iter().zip(&expected).map(|(f, e)| off(*f, *e)).fold(0.0, f64::max);
                assert!(worst <= allowed, "{penalty:?}: a slope is off by {worst:.1e}");
            }
        }
    }
}

#[test]
fn rows_of_any_length_lose_nothing_at_a_common_offset_and_are_never_nan() {
    for heads in [2, 10, 32, 33, 1000, 4097, 131_072] {
        let bound = classes((heads, None));
        let loss = fused::<f32>(&bound);
        let data = loss.data(vec![1.0], None, None);
        let eta: Vec<f32> = (0..heads).map(|k| (16.0 * noise(k, 1) as f32).round() / 4.0).collect();
        let run = |eta: &[f32]| {
            let mut gradient = vec![f32::NAN; heads];
            let batch = Batch { eta, layout: Layout::Rows, learned: &[], upstream: 1.0 };
            (loss.value_and_gradient(Isa::best(), &batch, &data, &mut gradient, &mut []), gradient)
        };
        let (value, gradient) = run(&eta);
        let sum: f64 = eta.iter().map(|&x| libm::exp(f64::from(x))).sum();
        let exact = libm::log(sum) - f64::from(eta[1]);
        assert!((value - exact).abs() <= 1e-6 * (1.0 + exact), "{heads} classes: {value}, {exact}");
        let total: f64 = gradient.iter().map(|&g| f64::from(g)).sum();
        assert!(total.abs() < 1e-5, "{heads} classes: the slopes sum to {total}");
        // Quarters: the shifted logits are exact.
        let shifted: Vec<f32> = eta.iter().map(|x| x + 4_194_304.0 / 4.0).collect();
        assert_eq!(run(&shifted), (value, gradient), "{heads} classes");
        for far in [f32::MAX, -f32::MAX, 1e-40, f32::NEG_INFINITY] {
            let mut eta = eta.clone();
            eta[0] = far;
            let (value, gradient) = run(&eta);
            assert!(!value.is_nan() && gradient.iter().all(|g| g.is_finite()), "{heads} classes, a logit of {far}");
        }
    }
}

#[test]
fn f32_rows_whose_terms_cancel_are_as_good_as_the_numbers_that_state_them() {
    let bound = Bound {
        family: AnyFamily::named("negative_binomial").unwrap(),
        slots: vec![Slot::Predicted(0), Slot::Learned(0)],
    };
    // ln y! is taken from all rows at once, and is a million times the loss.
    for (alpha, y) in [(-11.5, 1e5), (-4.6, 300.0), (-13.9, 1e6), (3.0, 5.0)] {
        let eta = f64::from(libm::log(y) as f32);
        let case = Case { eta: vec![eta], learned: vec![alpha], y: vec![y], weight: None, offset: None };
        let (found, expected) = (run::<f32>(&bound, &case, Isa::best(), Layout::Rows, 1.0), reference(&bound, &case));
        assert!(off(found.0, expected.0) <= 2e-6, "ln α {alpha}, y {y}: {} for {}", found.0, expected.0);
        assert!(
            off(found.2[0], expected.2[0]) <= 2e-6,
            "ln α {alpha}, y {y}: slope {} for {}",
            found.2[0],
            expected.2[0]
        );
    }
}

#[test]
fn a_sum_of_f32_loses_nothing_that_its_rows_had() {
    // Rows near 5900. Lanes of f32 that are emptied after eight of them lose 0.03, 0.08 at most in twenty draws; emptied after
    // a whole block, 0.6 and 1.5.
    let scale = libm::scalbn(1.0, -10);
    let bound =
        Bound { family: AnyFamily::named("laplace").unwrap(), slots: vec![Slot::Predicted(0), Slot::Fixed(scale)] };
    let n = 4096;
    let eta: Vec<f64> = (0..n).map(|i| f64::from((2.2 + 0.1 * noise(i, 0)) as f32)).collect();
    let case = Case { eta, learned: vec![], y: vec![8.0; n], weight: None, offset: None };
    let (found, expected) = (run::<f32>(&bound, &case, Isa::best(), Layout::Rows, 1.0).0, reference(&bound, &case).0);
    assert!((found - expected).abs() < 0.2, "{found} for {expected}");
}
