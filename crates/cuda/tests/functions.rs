//! The functions in the text, each over its whole domain: run by the host's C compiler, against the reference.

mod common;

use common::{compile, compiler};
use std::io::Write;
use std::process::{Command, Stdio};
use surprisal_density::{Purpose, Stream, special};
use surprisal_kernel::cuda::{Program, module};

const NONE: [&Program; 0] = [];

/// Pairs of doubles in, doubles out.
const DRIVER: &str = "
#include <stdio.h>
int main(void) {
  double x[2];
  while (fread(x, sizeof x, 1, stdin) == 1) {
    const double a = x[0], n = x[1], y = @CALL@;
    (void)a, (void)n;
    fwrite(&y, sizeof y, 1, stdout);
  }
  return 0;
}
";

/// `call` at each pair.
fn run(cc: &str, call: &str, pairs: &[(f64, f64)]) -> Vec<f64> {
    let name: String = call.chars().filter(char::is_ascii_alphanumeric).collect();
    let program = compile(cc, &format!("function_{name}"), &(module(NONE) + &DRIVER.replace("@CALL@", call)));
    let mut process =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("what was compiled runs");
    let bytes: Vec<u8> = pairs.iter().flat_map(|(a, n)| [a.to_le_bytes(), n.to_le_bytes()]).flatten().collect();
    let mut stdin = process.stdin.take().expect("piped");
    let feed = std::thread::spawn(move || stdin.write_all(&bytes));
    let out = process.wait_with_output().expect("it ends with its input").stdout;
    feed.join().expect("no panic").expect("it reads its input");
    let found: Vec<f64> = out.chunks_exact(8).map(|x| f64::from_le_bytes(x.try_into().expect("eight bytes"))).collect();
    assert_eq!(found.len(), pairs.len(), "a result for each argument");
    found
}

/// Units in the last place of `expected` as a float or a double; 0 where both are the same special number.
fn ulps(found: f64, expected: f64, single: bool) -> f64 {
    let rounded = if single { f64::from(expected as f32) } else { expected };
    if found == rounded || found.is_nan() && expected.is_nan() {
        return 0.0;
    }
    if !found.is_finite() || !rounded.is_finite() {
        return f64::INFINITY;
    }
    let size = expected.abs();
    let unit = match single {
        true => f64::from((size as f32).next_up()) - f64::from(size as f32),
        false => size.next_up() - size,
    };
    (found - expected).abs() / unit
}

/// Numbers of every magnitude, sign and kind.
fn every_kind(single: bool) -> Vec<(f64, f64)> {
    let specials = [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN].into_iter();
    let floats = (0..=u32::MAX).step_by(8191).map(|bits| f64::from(f32::from_bits(bits)));
    let doubles = (0..1u64 << 19).map(|i| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let near = (-60_000..60_000).map(|i| f64::from(i) / 70.0);
    let kinds: Vec<f64> = match single {
        true => specials.chain(floats).chain(near.map(|x| f64::from(x as f32))).collect(),
        false => specials.chain(doubles).chain(near).collect(),
    };
    kinds.into_iter().map(|x| (x, 0.0)).collect()
}

#[test]
fn elementary_functions_are_right_to_a_unit_in_the_last_place_and_those_of_e_to_the_x_less_its_tangent_to_more() {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    type Function = fn(f64) -> f64;
    let functions: [(&str, Function, f64); 5] = [
        ("exp", libm::exp, 1.0),
        ("ln", libm::log, 1.0),
        ("ln_1p_", libm::log1p, 1.0),
        ("exp_m1_", libm::expm1, 2.0),
        ("exp_excess_", special::exp_excess, 8.0),
    ];
    for single in [true, false] {
        let arguments = every_kind(single);
        let (bits, cast) = if single { ("32", "(float)") } else { ("64", "") };
        for (name, expected, allowed) in functions {
            let found = run(&cc, &format!("{name}{bits}({cast}a)"), &arguments);
            let each = found.iter().zip(&arguments).map(|(&f, &(x, _))| (ulps(f, expected(x), single), x));
            let (worst, at) = each.fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
            println!("{name}{bits}: {worst:.3} ulp at {at:e}, of {} arguments", arguments.len());
            assert!(worst <= allowed, "{name}{bits} is off by {worst} ulp at {at:e}");
        }
    }
}

#[test]
fn special_functions_agree_with_the_reference_at_every_magnitude() {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    let mut stream = Stream::new(Purpose::Sample, &[36]);
    let mut size = |low: f64, high: f64| libm::exp(low + (high - low) * stream.uniform());
    let positive: Vec<(f64, f64)> = (0..100_000).map(|_| (size(-60.0, 60.0), 0.0)).collect();
    let rising: Vec<(f64, f64)> = (0..100_000).map(|_| (size(-30.0, 40.0), size(-3.0, 14.0).floor())).collect();
    let line: Vec<(f64, f64)> = (-80_000..80_000).map(|i| (f64::from(i) / 2000.0, 0.0)).collect();
    type Function<'a> = (&'a str, &'a [(f64, f64)], fn(f64, f64) -> f64);
    let functions: [Function; 7] = [
        ("lgamma_0(a)", &positive, |a, _| special::lgamma_d(a, 0)),
        ("lgamma_1(a)", &positive, |a, _| special::lgamma_d(a, 1)),
        ("lgamma_2(a)", &positive, |a, _| special::lgamma_d(a, 2)),
        ("rising_excess_0(a, n)", &rising, |a, n| special::rising_excess_d(a, n, 0)),
        ("rising_excess_1(a, n)", &rising, |a, n| special::rising_excess_d(a, n, 1)),
        ("rising_excess_2(a, n)", &rising, |a, n| special::rising_excess_d(a, n, 2)),
        ("ln_normal_cdf(a)", &line, |a, _| special::ln_normal_cdf(a)),
    ];
    for (call, arguments, expected) in functions {
        let found = run(&cc, call, arguments);
        let each = found.iter().zip(arguments).map(|(&f, &(a, n))| {
            let e = expected(a, n);
            // An excess is a difference: of terms of the size of n, and its derivatives of 1/a and n/a, 1/a² and n/a².
            let terms = match call.strip_prefix("rising_excess_") {
                Some(order) => (1.0 + n) / [1.0, a, a * a][usize::from(order.as_bytes()[0] - b'0')],
                None => 0.0,
            };
            ((f - e).abs() / (1.0 + e.abs() + terms), a, n)
        });
        let worst = each.fold((0.0, 0.0, 0.0), |a, b| if b.0 > a.0 || b.0.is_nan() { b } else { a });
        println!("{call}: {:.1e} of the size of its terms at a = {:e}, n = {}", worst.0, worst.1, worst.2);
        assert!(worst.0 <= 2e-14, "{call} is off by {worst:?}");
    }
}

#[test]
fn special_functions_say_what_is_outside_their_domain() {
    let Some(cc) = compiler() else {
        println!("skipped: no C compiler (`cc`, or what $CC names)");
        return;
    };
    let at = |call: &str, a: f64| run(&cc, call, &[(a, 3.0)])[0];
    assert!(at("lgamma_0(a)", -0.5).is_nan() && at("lgamma_1(a)", -0.5).is_nan() && at("lgamma_2(a)", -0.5).is_nan());
    assert_eq!(at("lgamma_0(a)", 0.0), f64::INFINITY);
    assert_eq!(at("lgamma_0(a)", f64::INFINITY), f64::INFINITY);
    assert_eq!(at("ln_normal_cdf(a)", f64::NEG_INFINITY), f64::NEG_INFINITY);
    assert_eq!(at("ln_normal_cdf(a)", f64::INFINITY), 0.0);
    assert!(at("ln_normal_cdf(a)", f64::NAN).is_nan());
}
