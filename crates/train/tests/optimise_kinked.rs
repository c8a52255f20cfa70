//! The piecewise-linear minimiser against brute force over vertices, and its certificates on problems of real size.

use proptest::prelude::*;
use surprisal_train::optimise::{Kinked, L1, Smooth, Solved};

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
    fn normal(&mut self) -> f64 {
        (-2.0 * libm::log(1.0 - self.next())).sqrt() * libm::cos(std::f64::consts::TAU * self.next())
    }
}

fn objective(k: &Kinked, t: &[f64]) -> f64 {
    let mut f = 0.0;
    for (i, y) in k.y.iter().enumerate() {
        let r = y - (0..k.dim).map(|j| k.x[i * k.dim + j] * t[j]).sum::<f64>();
        f += k.weight.map_or(1.0, |w| w[i]) * if r > 0.0 { k.up * r } else { -k.down * r };
    }
    for j in 0..k.dim {
        f += k.smooth.get(j).copied().flatten().map_or(0.0, |h| h(t[j]).0);
        f += k.l1.map_or(0.0, |l| l.weight[j] * (t[j] - l.centre[j]).abs());
    }
    f
}

/// Gaussian elimination; none if singular.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let p = b.len();
    for k in 0..p {
        let pick = (k..p).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        a.swap(k, pick);
        b.swap(k, pick);
        if a[k][k].abs() < 1e-9 {
            return None;
        }
        for i in k + 1..p {
            let m = a[i][k] / a[k][k];
            for j in k..p {
                a[i][j] -= m * a[k][j];
            }
            b[i] -= m * b[k];
        }
    }
    for k in (0..p).rev() {
        b[k] = (b[k] - (k + 1..p).map(|j| a[k][j] * b[j]).sum::<f64>()) / a[k][k];
    }
    Some(b)
}

/// Least value over all vertices, and the vertices that attain it.
fn brute(k: &Kinked) -> (f64, Vec<Vec<f64>>) {
    let p = k.dim;
    let mut rows: Vec<(Vec<f64>, f64)> =
        k.y.iter().enumerate().map(|(i, y)| (k.x[i * p..][..p].to_vec(), *y)).collect();
    if let Some(l) = k.l1 {
        for j in 0..p {
            if l.weight[j] > 0.0 {
                rows.push(((0..p).map(|i| f64::from(u8::from(i == j))).collect(), l.centre[j]));
            }
        }
    }
    let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
    let mut pick: Vec<usize> = (0..p).collect();
    'all: loop {
        let (a, b) = pick.iter().map(|&i| rows[i].clone()).unzip();
        if let Some(t) = solve(a, b) {
            found.push((objective(k, &t), t));
        }
        let mut c = p;
        loop {
            if c == 0 {
                break 'all;
            }
            c -= 1;
            if pick[c] + p - c < rows.len() {
                pick[c] += 1;
                for d in c + 1..p {
                    pick[d] = pick[d - 1] + 1;
                }
                break;
            }
        }
    }
    let best = found.iter().map(|f| f.0).fold(f64::INFINITY, f64::min);
    (best, found.into_iter().filter(|f| f.0 <= best + 1e-10 * (1.0 + best)).map(|f| f.1).collect())
}

fn agree(k: &Kinked, s: &Solved) {
    let (best, at) = brute(k);
    assert!((s.value - best).abs() <= 1e-10 * (1.0 + best), "{} against {best}", s.value);
    assert!((objective(k, &s.x) - s.value).abs() <= 1e-12 * (1.0 + best));
    assert!(s.relative_certificate < 1e-10, "certificate {}", s.relative_certificate);
    let spread =
        at.iter().map(|t| t.iter().zip(&at[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)).fold(0.0, f64::max);
    assert_eq!(s.unique, spread < 1e-6, "vertices {at:?}, found {:?}", s.x);
    if s.unique {
        for (a, b) in s.x.iter().zip(&at[0]) {
            assert!((a - b).abs() < 1e-9 * (1.0 + b.abs()), "{a} against {b}");
        }
    }
}

fn design(rng: &mut Rng, n: usize, p: usize) -> Vec<f64> {
    (0..n * p).map(|i| if i % p == 0 { 1.0 } else { rng.normal() }).collect()
}

#[test]
fn absolute_error_and_quantiles_are_minimal_over_all_vertices() {
    let mut rng = Rng(1);
    for (n, p) in [(1, 1), (5, 1), (8, 2), (12, 3), (9, 4)] {
        for tau in [0.5, 0.1, 0.9, 0.37] {
            let (x, y) = (design(&mut rng, n, p), (0..n).map(|_| rng.normal()).collect::<Vec<_>>());
            let k = Kinked { x: &x, y: &y, dim: p, weight: None, up: tau, down: 1.0 - tau, smooth: &[], l1: None };
            agree(&k, &k.minimise().unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Small integers: ties, duplicate rows, zero columns and degenerate vertices everywhere.
    #[test]
    fn ties_and_duplicates_are_solved_like_brute_force_solves_them(
        x in prop::collection::vec(-2i32..=2, 24), y in prop::collection::vec(-2i32..=2, 8), tau in 1u32..8,
        l in prop::collection::vec(1u32..4, 3), m in prop::collection::vec(-1i32..=1, 3), n in 1usize..=8,
    ) {
        let x: Vec<f64> = x.iter().take(3 * n).map(|v| f64::from(*v)).collect();
        let y: Vec<f64> = y.iter().take(n).map(|v| f64::from(*v)).collect();
        let tau = f64::from(tau) / 8.0;
        let l1 = L1 { weight: l.iter().map(|v| f64::from(*v) / 4.0).collect(), centre: m.iter().map(|v| f64::from(*v)).collect() };
        let k = Kinked { x: &x, y: &y, dim: 3, weight: None, up: tau, down: 1.0 - tau, smooth: &[], l1: Some(&l1) };
        agree(&k, &k.minimise().unwrap());
    }

    #[test]
    fn real_numbers_with_weights_are_solved_like_brute_force_solves_them(
        x in prop::collection::vec(-3.0..3.0f64, 24), y in prop::collection::vec(-3.0..3.0f64, 12),
        w in prop::collection::vec(0.1..3.0f64, 12), tau in 0.05..0.95f64,
    ) {
        let k = Kinked { x: &x, y: &y, dim: 2, weight: Some(&w), up: tau, down: 1.0 - tau, smooth: &[], l1: None };
        agree(&k, &k.minimise().unwrap());
    }
}

#[test]
fn a_laplace_prior_gives_exact_zeros_and_its_centre() {
    let mut rng = Rng(5);
    let (n, p) = (60, 8);
    let x = design(&mut rng, n, p);
    let y: Vec<f64> = (0..n).map(|i| 2.0 + 3.0 * x[i * p + 1] + 0.5 * rng.normal()).collect();
    let l1 = L1 { weight: vec![0., 4., 50., 50., 50., 50., 50., 50.], centre: vec![0., 0., 0., 0., 0., 0.7, 0.7, 0.7] };
    let k = Kinked { x: &x, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: Some(&l1) };
    let s = k.minimise().unwrap();
    assert_eq!(s.x[2..], [0.0, 0.0, 0.0, 0.7, 0.7, 0.7]);
    assert!((s.x[1] - 3.0).abs() < 0.5);
    assert!(s.relative_certificate < 1e-13 && s.unique);
}

#[test]
fn an_even_median_is_not_unique_and_an_odd_one_is() {
    let odd = [3.0, 1.0, 2.0];
    let even = [3.0, 1.0, 2.0, 10.0];
    let tied = [3.0, 2.0, 2.0, 1.0];
    for (y, unique) in [(&odd[..], true), (&even[..], false), (&tied[..], true)] {
        let x = vec![1.0; y.len()];
        let k = Kinked { x: &x, y, dim: 1, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None };
        let s = k.minimise().unwrap();
        assert_eq!(s.unique, unique, "{y:?}");
        assert!((2.0..=3.0).contains(&s.x[0]));
    }
}

#[test]
fn rank_deficiency_and_more_columns_than_rows_are_no_trouble() {
    let mut rng = Rng(3);
    for (n, p) in [(4, 9), (30, 60), (0, 3), (1, 1)] {
        let (x, y) = (design(&mut rng, n, p), (0..n).map(|_| rng.normal()).collect::<Vec<_>>());
        let k = Kinked { x: &x, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None };
        let s = k.minimise().unwrap();
        assert!(s.value < 1e-12 && s.unique == (n >= p), "{n} {p} {s:?}");
    }
    let n = 50;
    let z = design(&mut rng, n, 3);
    let x: Vec<f64> =
        (0..n).flat_map(|i| [z[3 * i], z[3 * i + 1], z[3 * i + 2], z[3 * i + 1] - 2.0 * z[3 * i + 2]]).collect();
    let y: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
    let all =
        Kinked { x: &x, y: &y, dim: 4, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None }.minimise().unwrap();
    let some =
        Kinked { x: &z, y: &y, dim: 3, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None }.minimise().unwrap();
    assert!((all.value - some.value).abs() < 1e-12 * some.value && !all.unique && some.unique);
}

#[test]
fn a_gaussian_prior_makes_the_minimum_unique_and_stationary() {
    let mut rng = Rng(9);
    for (n, p) in [(20, 3), (200, 10), (10, 30), (3000, 20)] {
        let (x, y) = (design(&mut rng, n, p), (0..n).map(|_| 3.0 * rng.normal()).collect::<Vec<_>>());
        let gauss = |t: f64| (0.5 * t * t * 4.0, t * 4.0, 4.0);
        let h: Vec<Option<Smooth>> = (0..p).map(|j| if j == 0 { None } else { Some(&gauss as Smooth) }).collect();
        let k = Kinked { x: &x, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &h, l1: None };
        let s = k.minimise().unwrap();
        assert!(s.relative_certificate < 1e-12, "{} {}", s.relative_certificate, s.iterations);
        assert!(s.iterations < 30 * p, "{} steps for {p} columns", s.iterations);
        for j in 0..p {
            for step in [-1e-4, 1e-4] {
                let mut t = s.x.clone();
                t[j] += step;
                assert!(objective(&k, &t) >= s.value - 1e-12 * s.value);
            }
        }
        assert!((objective(&k, &s.x) - s.value).abs() <= 1e-12 * (1.0 + s.value));
    }
}

#[test]
fn a_smooth_prior_that_is_not_quadratic_is_stationary() {
    let mut rng = Rng(19);
    let (n, p) = (40, 6);
    let (x, y) = (design(&mut rng, n, p), (0..n).map(|_| rng.normal()).collect::<Vec<_>>());
    // ln cosh: convex, linear in the tails
    let soft = |t: f64| {
        let th = libm::tanh(t);
        (5.0 * libm::log(libm::cosh(t)), 5.0 * th, 5.0 * (1.0 - th * th))
    };
    let h: Vec<Option<Smooth>> = vec![Some(&soft); p];
    let s = Kinked { x: &x, y: &y, dim: p, weight: None, up: 0.3, down: 0.7, smooth: &h, l1: None }.minimise().unwrap();
    assert!(s.relative_certificate < 1e-12 && s.unique, "{s:?}");
}

#[test]
fn a_large_sample_is_solved_with_a_certificate() {
    let mut rng = Rng(7);
    let (n, p) = if cfg!(debug_assertions) { (20_000, 20) } else { (50_000, 50) };
    let x = design(&mut rng, n, p);
    let y: Vec<f64> = (0..n).map(|i| (0..p).map(|j| x[i * p + j] * j as f64).sum::<f64>() + rng.normal()).collect();
    for tau in [0.5, 0.05] {
        let start = std::time::Instant::now();
        let k = Kinked { x: &x, y: &y, dim: p, weight: None, up: tau, down: 1.0 - tau, smooth: &[], l1: None };
        let s = k.minimise().unwrap();
        println!(
            "{n}×{p} τ={tau}: {:?} {} steps, certificate {:e} rel {:e}",
            start.elapsed(),
            s.iterations,
            s.certificate,
            s.relative_certificate
        );
        assert!(s.unique && s.residual_zeros == p && s.relative_certificate < 1e-12);
        assert!(s.iterations < 25 * p, "{} steps", s.iterations);
    }
    // integer targets and features: heavy ties
    let x: Vec<f64> = x.iter().map(|v| (2.0 * v).round()).collect();
    let y: Vec<f64> = y.iter().map(|v| v.round()).collect();
    let start = std::time::Instant::now();
    let s =
        Kinked { x: &x, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None }.minimise().unwrap();
    println!(
        "ties: {:?} {} steps, certificate {:e}, zeros {}",
        start.elapsed(),
        s.iterations,
        s.certificate,
        s.residual_zeros
    );
    assert!(s.relative_certificate < 1e-10);
}

#[test]
fn badly_scaled_columns_do_not_matter() {
    let mut rng = Rng(11);
    let (n, p) = (300, 5);
    let (x, y) = (design(&mut rng, n, p), (0..n).map(|_| rng.normal()).collect::<Vec<_>>());
    let unit = [1.0, 1e-6, 1e6, 1e3, 1e-3];
    let z: Vec<f64> = x.iter().enumerate().map(|(i, v)| v * unit[i % p]).collect();
    let a =
        Kinked { x: &x, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None }.minimise().unwrap();
    let b =
        Kinked { x: &z, y: &y, dim: p, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None }.minimise().unwrap();
    for j in 0..p {
        assert!((a.x[j] - b.x[j] * unit[j]).abs() < 1e-9);
    }
}

#[test]
fn impossible_arguments_are_refused_in_words() {
    let k = Kinked { x: &[1.0, 2.0], y: &[f64::NAN], dim: 2, weight: None, up: 1.0, down: 1.0, smooth: &[], l1: None };
    assert!(k.minimise().unwrap_err().to_string().contains("y has a value that is not finite"));
    let k = Kinked { x: &[1.0], ..k };
    assert!(k.minimise().is_err());
    let falls = |t: f64| (-t, -1.0, 0.0);
    let h: [Option<Smooth>; 1] = [Some(&falls)];
    let k = Kinked { x: &[0.5], y: &[0.0], dim: 1, smooth: &h, ..k };
    assert!(k.minimise().unwrap_err().to_string().contains("unbounded"));
}
