//! What a likelihood and a prior look like in a file, and what is refused.

use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use surprisal_density::family::{Categorical, Gaussian, Laplace, LogNormal, StudentT};
use surprisal_density::{Binding, Density, Likelihood, Prior, Strength};

fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// Reads, compares, and reads again what it writes.
#[track_caller]
fn is<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(text: &str, want: T) {
    assert_eq!(read::<T>(text).as_ref(), Ok(&want), "{text}");
    let written = serde_json::to_string(&want).unwrap();
    assert_eq!(read::<T>(&written), Ok(want), "{text}, written as {written}");
}

#[track_caller]
fn refused<T: DeserializeOwned + std::fmt::Debug>(text: &str, because: &str) {
    let error = read::<T>(text).expect_err(text);
    assert!(error.contains(because), "{text}: {error}");
}

#[test]
fn a_location_is_predicted_and_every_other_parameter_says_where_it_comes_from() {
    is(r#"{"gaussian": {"scale": 0.5}}"#, Likelihood::new(Gaussian, &[Binding::Fixed(0.5)]));
    is(r#"{"gaussian": {"scale": 2}}"#, Likelihood::new(Gaussian, &[Binding::Fixed(2.0)]));
    is(r#"{"gaussian": {"scale": "learned"}}"#, Likelihood::new(Gaussian, &[Binding::Learned(None)]));
    is(r#"{"gaussian": {"scale": "predicted"}}"#, Likelihood::new(Gaussian, &[Binding::Predicted]));
    is(r#"{"gaussian": {"scale": "plug_in"}}"#, Likelihood::new(Gaussian, &[Binding::PlugIn]));
    is(r#"{"gaussian": {"scale": {"standardised": 1}}}"#, Likelihood::new(Gaussian, &[Binding::Standardised(1.0)]));
    is(
        r#"{"student_t": {"nu": 4, "scale": "learned"}}"#,
        Likelihood::new(StudentT, &[Binding::Fixed(4.0), Binding::Learned(None)]),
    );
    let prior = Density { family: LogNormal.into(), at: vec![0.0, 1.0] };
    is(
        r#"{"gaussian": {"scale": {"learned": {"prior": {"log_normal": {"location": 0, "scale": 1}}}}}}"#,
        Likelihood::new(Gaussian, &[Binding::Learned(Some(Box::new(prior)))]),
    );
    is(
        r#"{"gaussian": {"scale": {"learned": {"prior": {"flat": {}}}}}}"#,
        Likelihood::new(Gaussian, &[Binding::Learned(None)]),
    );
    is(
        r#"{"gaussian": {"location": 0, "scale": {"learned": {}}}}"#,
        Likelihood { family: Gaussian.into(), bindings: vec![Binding::Fixed(0.0), Binding::Learned(None)] },
    );
    is(
        r#"{"categorical": {"classes": 3, "reference": 0}}"#,
        Likelihood::new(Categorical { classes: Some(3), reference: Some(0) }, &[]),
    );
}

#[test]
fn a_weight_prior_may_depend_on_the_layer() {
    let with = |strength| Prior { family: Gaussian.into(), at: vec![Strength::Same(0.0), strength], ..Prior::flat() };
    is(r#"{"flat": {}}"#, Prior::flat());
    is(r#"{"gaussian": {"scale": 2}}"#, with(Strength::Same(2.0)));
    is(r#"{"gaussian": {"scale": {"per_layer": [1, 0.5]}}}"#, with(Strength::PerLayer(vec![1.0, 0.5])));
    is(r#"{"gaussian": {"scale": {"fan_in": 1.5}}}"#, with(Strength::FanIn(1.5)));
    is(
        r#"{"gaussian": {"scale": {"by_name": {"first": 1}}}}"#,
        with(Strength::ByName([("first".to_string(), 1.0)].into())),
    );
    let bias = Some(Density { family: Laplace.into(), at: vec![0.0, 3.0] });
    is(
        r#"{"gaussian": {"scale": 2, "bias": {"laplace": {"scale": 3}}}}"#,
        Prior { bias: bias.clone(), ..with(Strength::Same(2.0)) },
    );
    is(
        r#"{"gaussian": {"scale": 2, "hidden_bias": {"laplace": {"scale": 3}}, "bias": {"flat": {}}}}"#,
        Prior { hidden_bias: bias, ..with(Strength::Same(2.0)) },
    );
    is(
        r#"{"gaussian": {"scale": 2, "hidden_bias": {"flat": {}}}}"#,
        Prior { hidden_bias: Some(Density::flat()), ..with(Strength::Same(2.0)) },
    );
}

#[test]
fn a_flat_prior_is_flat_only_if_the_biases_are_too() {
    assert!(Prior::flat().is_flat());
    let some = read::<Prior>(r#"{"flat": {"bias": {"gaussian": {"scale": 1}}}}"#).unwrap();
    assert!(!some.is_flat());
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    refused::<Likelihood>(r#"{"gausian": {"scale": 1}}"#, "unknown variant `gausian`");
    refused::<Likelihood>(r#"{"gaussian": {}}"#, "missing field `scale`");
    refused::<Likelihood>(r#"{"gaussian": {"scale": 1, "nu": 4}}"#, "unknown field `nu`");
    refused::<Likelihood>(r#"{"gaussian": {"scale": -1}}"#, "`scale` must be a number greater than 0, found -1");
    refused::<Likelihood>(r#"{"gaussian": {"scale": "lerned"}}"#, "`learned` or `predicted`");
    refused::<Likelihood>(r#"{"gaussian": {"scale": {"learnt": {}}}}"#, "unknown field `learnt`");
    refused::<Likelihood>(r#"{"gaussian": {"scale": {}}}"#, "expected a number");
    refused::<Likelihood>(r#"{"gaussian": {"scale": {"standardised": 1, "learned": {}}}}"#, "beside it");
    refused::<Likelihood>(
        r#"{"gaussian": {"scale": {"learned": {"prior": {"poisson": {"mean": 1}}}}}}"#,
        "counts or classifies",
    );
    refused::<Likelihood>(r#"{"flat": {}}"#, "prior only");
    refused::<Likelihood>(r#"{"asymmetric_laplace": {"quantile": "learned", "scale": 1}}"#, "between 0 and 1");
    refused::<Likelihood>(r#"{"asymmetric_laplace": {"quantile": 1, "scale": 1}}"#, "between 0 and 1");
    refused::<Likelihood>(r#"{"categorical": {"classes": 1}}"#, "at least 2");
    refused::<Likelihood>(r#"{"categorical": {"classes": 2, "reference": 2}}"#, "0 … 1");
    refused::<Prior>(r#"{"gamma": {"mean": 1, "shape": 1}}"#, "weights may be negative");
    refused::<Prior>(r#"{"poisson": {"mean": 1}}"#, "counts or classifies");
    refused::<Prior>(r#"{"gaussian": {"scale": "learned"}}"#, "unbounded");
    refused::<Prior>(r#"{"gaussian": {"scale": {"learned": {}}}}"#, "unbounded");
    refused::<Prior>(r#"{"gaussian": {"scale": {"per_layer": [1, 0]}}}"#, "greater than 0, found 0");
    refused::<Prior>(
        r#"{"gaussian": {"scale": 1, "bias": {"gamma": {"mean": 1, "shape": 1}}}}"#,
        "weights may be negative",
    );
    refused::<Density>(r#"{"gaussian": {"scale": {"fan_in": 1}}}"#, "unknown field");
}

proptest! {
    #[test]
    fn any_number_survives_being_written(x in prop::num::f64::POSITIVE) {
        is(&format!(r#"{{"gaussian": {{"scale": {x:e}}}}}"#), Likelihood::new(Gaussian, &[Binding::Fixed(x)]));
    }
}
