//! Every way to compute a loss gives the loss; every family is measured.

use surprisal_bench::{Composed, Problem, Scalar, Variant, cases, errors, naive, per_element};
use surprisal_density::AnyFamily;
use surprisal_kernel::{Batch, Isa};

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + b.abs())
}

/// The kernel's value and slopes.
fn fused<T: Scalar>(it: &Problem<T>) -> (f64, Vec<f64>) {
    let mut slopes = vec![T::of(0.0); it.eta.len()];
    let batch = Batch { eta: &it.eta, layout: it.case.layout(), learned: &[], upstream: 1.0 };
    let value = it.loss.value_and_gradient(Isa::best(), &batch, &it.data, &mut slopes, &mut []);
    (value, slopes.into_iter().map(surprisal_kernel::Element::to_f64).collect())
}

#[test]
fn every_family_that_can_be_a_likelihood_has_a_case() {
    let all = cases();
    for family in AnyFamily::all().into_iter().filter(|family| !family.examples().is_empty()) {
        assert!(all.iter().any(|case| case.family() == family.name()), "{}", family.name());
    }
    for case in &all {
        assert!(per_element(case) > 0.0, "{}", case.name());
    }
}

#[test]
fn scalar_rust_and_candle_give_the_loss_and_the_slopes_of_the_kernel() {
    let mut composed = 0;
    for case in cases() {
        let it: Problem<f64> = case.problem(4 * case.width().max(64));
        let (value, slopes) = fused(&it);
        let mut found = vec![f64::NAN; slopes.len()];
        let sum = naive(&it, &mut found).unwrap_or_else(|| panic!("{} is not written down", case.name()));
        assert!(close(sum, value, 1e-9), "{}: naive {sum}, fused {value}", case.name());
        for (a, b) in found.iter().zip(&slopes) {
            assert!(close(*a, *b, 1e-6), "{}: naive slope {a}, fused {b}", case.name());
        }
        let Some(other) = Composed::of(&it).expect("candle") else { continue };
        composed += 1;
        let (sum, found) = other.value_and_gradient().expect("candle");
        assert!(close(sum, value, 1e-9), "{}: candle {sum}, fused {value}", case.name());
        for (a, b) in found.iter().zip(&slopes) {
            assert!(close(*a, *b, 1e-9), "{}: candle slope {a}, fused {b}", case.name());
        }
    }
    assert!(composed >= 15, "candle composes {composed}");
}

#[test]
fn errors_are_those_of_single_rows_in_the_dtype() {
    let case = cases().into_iter().find(|case| case.name() == "gaussian/location+scale").expect("a case");
    let single = errors::<f32>(&case, Variant::Fused, Isa::best()).expect("it is computed here");
    let double = errors::<f64>(&case, Variant::Fused, Isa::best()).expect("it is computed here");
    assert!(single.ulp > 0.0 && single.nats > 1e-9, "{single:?}");
    assert!(double.nats < 1e-6 * single.nats, "{double:?}");
    assert_eq!(errors::<f32>(&case, Variant::Jax, Isa::best()), None);
}
