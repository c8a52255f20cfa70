//! Any parameter may be a number, learned or predicted: also the location, where something else is predicted.

mod common;

use common::sheet::{RAW, STANDARDISED, Sheet, linear};
use common::{assert_value, close, one};

fn noise() -> Sheet {
    Sheet::draw(90, 60, 3, |x, stream| 2.0 + 0.1 * linear(x) + stream.normal())
}

/// N (ln σ + ½ ln 2π + ½), the Gaussian's NLL at the root mean square around its location.
fn at_root_mean_square(y: &[f64], location: f64) -> (f64, f64) {
    let n = y.len() as f64;
    let sd = (y.iter().map(|y| (y - location) * (y - location)).sum::<f64>() / n).sqrt();
    (sd, n * (libm::log(sd) + 0.5 * libm::log(std::f64::consts::TAU) + 0.5))
}

#[test]
fn a_fixed_location_is_in_original_units_while_the_scale_is_predicted() {
    for keys in [RAW, STANDARDISED] {
        let sheet = noise();
        let text =
            "likelihood: { gaussian: { location: 1.5, scale: predicted } }\nmodel: { constant: {} }\nestimator: mle";
        let done = one(&sheet.dataset(keys), text);
        let (sd, value) = at_root_mean_square(&sheet.y, 1.5);
        assert_value(&done, value);
        let fit = done.fit();
        let bias = fit.parameters_original.get("bias").or(fit.parameters.get("bias")).expect("the head of the scale").0;
        close(bias, libm::log(sd), 1e-6, keys);
    }
}

#[test]
fn a_learned_location_is_the_mean_while_the_scale_is_predicted() {
    for keys in [RAW, STANDARDISED] {
        let sheet = noise();
        let text = "likelihood: { gaussian: { location: learned, scale: predicted } }\nmodel: { constant: {} }\nestimator: mle";
        let done = one(&sheet.dataset(keys), text);
        let mean = sheet.y.iter().sum::<f64>() / sheet.y.len() as f64;
        let (_, value) = at_root_mean_square(&sheet.y, mean);
        assert_value(&done, value);
        let fit = done.fit();
        let found = fit.parameters_original.get("location").or(fit.parameters.get("location")).expect("it is named").0;
        close(found, mean, 1e-6, keys);
    }
}
