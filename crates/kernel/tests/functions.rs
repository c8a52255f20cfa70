//! The elementary functions against double precision, over all of `f32` and a grid of `f64`.

use surprisal_density::special;
use surprisal_kernel::{Function, Isa};

/// f(x) in double precision: libm's, or the density crate's.
fn reference(f: Function, x: f64) -> f64 {
    match f {
        Function::Exp => libm::exp(x),
        Function::ExpM1 => libm::expm1(x),
        Function::ExpExcess => special::exp_excess(x),
        Function::Ln => libm::log(x),
        Function::Ln1p => libm::log1p(x),
        Function::Logistic if x < 0.0 => libm::exp(x) / (1.0 + libm::exp(x)),
        Function::Logistic => 1.0 / (1.0 + libm::exp(-x)),
        Function::Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
        Function::Tanh => libm::tanh(x),
        Function::Erf => libm::erf(x),
        Function::Erfc => libm::erfc(x),
        Function::LnNormalCdf => special::ln_normal_cdf(x),
        Function::LnGamma if x < 0.0 => f64::NAN,
        Function::LnGamma => special::lgamma_d(x, 0),
        // A pole whose sides differ.
        Function::Digamma if x == 0.0 => f64::INFINITY.copysign(-x),
        Function::Digamma => special::lgamma_d(x, 1),
    }
}

/// Largest error seen: in units of the last place of f32, and over 1 + |f(x)|.
#[derive(Clone, Copy, Default)]
struct Worst {
    ulp: f64,
    at: f32,
    mixed: f64,
}

/// |found − exact| in units of the last place of the exact value, rounded to f32.
fn ulps(found: f32, exact: f64) -> f64 {
    let nearest = exact as f32;
    if found == nearest || found.is_nan() && exact.is_nan() {
        return if found.is_finite() { (f64::from(found) - exact).abs() / place(nearest) } else { 0.0 };
    }
    if !found.is_finite() || !exact.is_finite() {
        // The largest finite number and ∞ are neighbours.
        let finite = |x: f64| if x.is_infinite() { libm::scalbn(1.0, 128).copysign(x) } else { x };
        return (finite(f64::from(found)) - finite(exact)).abs() / libm::scalbn(1.0, 104);
    }
    (f64::from(found) - exact).abs() / place(nearest)
}

fn place(x: f32) -> f64 {
    let exponent = ((x.to_bits() >> 23) & 255).max(1) as i32;
    libm::scalbn(1.0, exponent - 150)
}

fn sweep(f: Function, step: usize) -> Worst {
    let mut worst = Worst::default();
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let bits: Vec<u64> = (0..1u64 << 32).step_by(step * 65_536).collect();
    for first in bits {
        x.clear();
        let last = (first + (step * 65_536) as u64).min(1 << 32);
        x.extend((first..last).step_by(step).map(|b| f32::from_bits(b as u32)));
        y.resize(x.len(), 0.0);
        f.apply(Isa::best(), &x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let exact = reference(f, f64::from(x));
            let ulp = ulps(y, exact);
            if ulp > worst.ulp || ulp.is_nan() {
                (worst.ulp, worst.at) = (if ulp.is_nan() { f64::INFINITY } else { ulp }, x);
            }
            let mixed = (f64::from(y) - exact).abs() / (1.0 + exact.abs());
            if mixed.is_finite() && exact.abs() < 3e38 {
                worst.mixed = worst.mixed.max(mixed);
            }
        }
    }
    worst
}

/// Units of the last place that each function may be off, as the README states them.
fn allowed(f: Function) -> f64 {
    match f {
        Function::Exp | Function::Ln | Function::Ln1p | Function::Logistic => 1.0,
        Function::ExpExcess | Function::Tanh => 2.5,
        _ => 2.0,
    }
}

fn check(step: usize) {
    let mut wrong = String::new();
    println!("function,numbers,max_ulp,at,max_error_over_1_plus_value");
    // `SURPRISAL_FUNCTIONS=ln_1p,lgamma` asks for these alone.
    let only = std::env::var("SURPRISAL_FUNCTIONS").unwrap_or_default();
    let wanted = |f: &Function| only.is_empty() || only.split(',').any(|name| name == f.name());
    for f in Function::ALL.iter().copied().filter(wanted) {
        let worst = sweep(f, step);
        println!(
            "{},{},{:.3},{:e},{:.1e}",
            f.name(),
            (1u64 << 32).div_ceil(step as u64),
            worst.ulp,
            worst.at,
            worst.mixed
        );
        if worst.ulp > allowed(f) {
            wrong += &format!("{} is off by {:.3} ulp at {:e}\n", f.name(), worst.ulp, worst.at);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn functions_of_f32_are_right_to_their_last_places_on_a_dense_sample() {
    check(4093);
}

#[test]
#[ignore = "all 2³² numbers: `just functions`"]
fn functions_of_f32_are_right_to_their_last_places_everywhere() {
    check(1);
}
