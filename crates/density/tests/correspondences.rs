//! Families that are special or limiting cases of others, in values and in gradients.

mod common;

use common::{close, gradient};
use proptest::prelude::*;
use surprisal_density::Family;
use surprisal_density::family::{
    AsymmetricLaplace, Bernoulli, Categorical, Exponential, Gamma, Gaussian, Laplace, LogNormal, NegativeBinomial,
    Poisson, StudentT,
};

/// Both families' −ln p and its slope in the location agree at the values.
#[track_caller]
fn agree<A: Family, B: Family>(a: A, at_a: &[f64], b: B, at_b: &[f64], y: f64, tolerance: f64) {
    let what = format!("{} {at_a:?} and {} {at_b:?} at y = {y}", A::NAME, B::NAME);
    close(&what, common::nll(&a, at_a, y), common::nll(&b, at_b, y), tolerance);
    let (ga, gb) = (gradient(&a, &common::free(&a, at_a), y), gradient(&b, &common::free(&b, at_b), y));
    close(&format!("{what}, slope in location"), ga[0], gb[0], tolerance);
    if a.support().is_continuous() {
        close(&format!("{what}, slope in y"), ga[at_a.len()], gb[at_b.len()], tolerance);
    }
    close(&format!("{what}, cdf"), a.cdf(at_a, y), b.cdf(at_b, y), tolerance);
    if let (Some(crps_a), Some(crps_b)) = (a.crps(at_a, y), b.crps(at_b, y)) {
        close(&format!("{what}, crps"), crps_a, crps_b, tolerance);
    }
}

#[test]
fn student_t_becomes_gaussian_as_nu_grows_at_the_rate_of_one_over_nu() {
    for y in [-2.0, 0.3, 1.9] {
        for nu in [1e4, 1e6, 1e9, 1e12, 1e15] {
            let rate = f64::max(100.0 / nu, 1e-13);
            agree(StudentT, &[0.4, nu, 0.7], Gaussian, &[0.4, 0.7], y, rate);
            let exact = gradient(&StudentT, &common::free(&StudentT, &[0.4, nu, 0.7]), y);
            let limit = gradient(&Gaussian, &common::free(&Gaussian, &[0.4, 0.7]), y);
            close("slope in ln scale", exact[2], limit[1], rate);
            close("slope in ln nu vanishes", exact[1], 0.0, rate);
        }
    }
}

#[test]
fn negative_binomial_becomes_poisson_as_dispersion_vanishes() {
    for y in [0.0, 3.0, 17.0, 60.0] {
        for dispersion in [1e-4, 1e-8, 1e-12, 1e-16, 1e-100] {
            let rate = f64::max(2e3 * dispersion, 1e-11);
            agree(NegativeBinomial, &[20.0, dispersion], Poisson, &[20.0], y, rate);
            let u = common::free(&NegativeBinomial, &[20.0, dispersion]);
            close("slope in ln dispersion vanishes", gradient(&NegativeBinomial, &u, y)[1], 0.0, rate);
        }
    }
}

#[test]
fn poisson_mixed_over_gamma_means_is_negative_binomial() {
    let (mean, dispersion) = (3.4, 0.5);
    for y in [0.0, 1.0, 4.0, 11.0] {
        let mixed = common::expect(&Gamma, &[mean, 1.0 / dispersion], |m| libm::exp(-common::nll(&Poisson, &[m], y)));
        close("mixture", -libm::log(mixed), common::nll(&NegativeBinomial, &[mean, dispersion], y), 1e-10);
    }
}

proptest! {
    #[test]
    fn gamma_of_shape_one_is_exponential(mean in 1e-3..1e3, ratio in 1e-3..20.0) {
        agree(Gamma, &[mean, 1.0], Exponential, &[mean], mean * ratio, 1e-12);
    }

    #[test]
    fn asymmetric_laplace_at_the_median_is_laplace_of_twice_the_scale(location in -5.0..5.0, scale in 0.01..10.0, z in -30.0..30.0) {
        agree(AsymmetricLaplace, &[location, 0.5, scale], Laplace, &[location, 2.0 * scale], location + scale * z, 1e-12);
    }

    #[test]
    fn two_classes_with_a_reference_are_bernoulli(logit in -700.0..700.0, one in any::<bool>()) {
        let y = if one { 1.0 } else { 0.0 };
        agree(Categorical { classes: Some(2), reference: Some(0) }, &[logit], Bernoulli, &[logit], y, 1e-13);
    }

    #[test]
    fn adding_a_number_to_all_logits_changes_nothing(shift in -300.0..300.0_f64, k in 0..3_u8) {
        let it = Categorical { classes: Some(3), reference: None };
        let (a, b) = ([0.3, -1.0, 0.8], [0.3 + shift, -1.0 + shift, 0.8 + shift]);
        close("shifted", common::nll(&it, &a, k.into()), common::nll(&it, &b, k.into()), 1e-13 * shift.abs().max(1.0));
    }

    #[test]
    fn log_normal_is_the_gaussian_of_the_logarithm(location in -3.0..3.0, scale in 0.05..3.0, z in -6.0..6.0) {
        let ln_y: f64 = location + scale * z;
        let y = libm::exp(ln_y);
        let (a, b) = (common::nll(&LogNormal, &[location, scale], y), common::nll(&Gaussian, &[location, scale], ln_y));
        close("Jacobian", a, b + ln_y, 1e-12);
        let (ga, gb) = (
            gradient(&LogNormal, &[location, libm::log(scale)], y),
            gradient(&Gaussian, &[location, libm::log(scale)], ln_y),
        );
        close("slope in location", ga[0], gb[0], 1e-11);
        close("slope in ln scale", ga[1], gb[1], 1e-11);
        close("slope in ln y", ga[2] * y, gb[2] + 1.0, 1e-11);
    }

    #[test]
    fn nothing_finite_gives_a_number_that_is_not(location in -1e3..1e3, u in -30.0..30.0, z in -1e3..1e3_f64) {
        let scale = libm::exp(u);
        let y = location + scale * z;
        for family in surprisal_density::AnyFamily::all() {
            let at = match family.name() {
                "gaussian" | "laplace" | "logistic" => vec![location, scale],
                "student_t" => vec![location, 3.0, scale],
                "asymmetric_laplace" => vec![location, 0.9, scale],
                "exponential" | "poisson" => vec![scale],
                "gamma" | "negative_binomial" => vec![scale, libm::exp(z / 100.0)],
                "bernoulli" => vec![location],
                _ => continue,
            };
            let y = match family.support() {
                surprisal_density::Support::Real => y,
                surprisal_density::Support::Positive => scale * (1.0 + z.abs()),
                surprisal_density::Support::Classes(_) => if z > 0.0 { 1.0 } else { 0.0 },
                _ => z.abs().floor(),
            };
            let nll = family.nll(&at, y);
            prop_assert!(nll.is_finite(), "{} {at:?} {y}: {nll}", family.name());
        }
    }
}
