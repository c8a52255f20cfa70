//! L-BFGS on likelihoods against Newton's method, least norm and the lasso's optimality conditions.

use proptest::prelude::*;
use surprisal_train::optimise::{End, Found, L1, Lbfgs, Objective};

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

struct Of<F>(usize, F);
impl<F: FnMut(&[f64], &mut [f64]) -> f64> Objective for Of<F> {
    fn dim(&self) -> usize {
        self.0
    }
    fn evaluate(&mut self, x: &[f64], g: &mut [f64]) -> f64 {
        (self.1)(x, g)
    }
}

fn find(dim: usize, start: &[f64], l1: Option<&L1>, f: impl FnMut(&[f64], &mut [f64]) -> f64) -> Found {
    Lbfgs::default().minimise(&mut Of(dim, f), start, l1)
}

type Loss = fn(f64, f64) -> (f64, f64, f64);

/// Σ over rows of loss(η, y), which gives value, first and second derivative in η; plus ½ ridge θ².
struct Rows<'a> {
    x: &'a [f64],
    y: &'a [f64],
    dim: usize,
    ridge: f64,
    loss: Loss,
}

fn squared(eta: f64, y: f64) -> (f64, f64, f64) {
    (0.5 * (eta - y) * (eta - y), eta - y, 1.0)
}
fn logistic(eta: f64, y: f64) -> (f64, f64, f64) {
    let p = 1.0 / (1.0 + libm::exp(-eta));
    (eta.max(0.0) - y * eta + libm::log1p(libm::exp(-eta.abs())), p - y, p * (1.0 - p))
}
fn poisson(eta: f64, y: f64) -> (f64, f64, f64) {
    let m = libm::exp(eta);
    (m - y * eta, m - y, m)
}

impl Rows<'_> {
    fn eval(&self, t: &[f64], g: &mut [f64]) -> f64 {
        let mut f = 0.0;
        for (i, y) in self.y.iter().enumerate() {
            let x = &self.x[i * self.dim..][..self.dim];
            let (v, d, _) = (self.loss)(x.iter().zip(t).map(|(a, b)| a * b).sum(), *y);
            f += v;
            g.iter_mut().zip(x).for_each(|(g, x)| *g += d * x);
        }
        for j in 0..self.dim {
            f += 0.5 * self.ridge * t[j] * t[j];
            g[j] += self.ridge * t[j];
        }
        f
    }
    /// Newton's method on the coordinates in `free`, with the linear term `extra`, to the last bits.
    fn newton(&self, start: &[f64], free: &[usize], extra: &[f64]) -> Vec<f64> {
        let mut t = start.to_vec();
        for _ in 0..60 {
            let mut g = vec![0.0; self.dim];
            self.eval(&t, &mut g);
            let mut h = vec![vec![0.0; self.dim]; self.dim];
            for (i, y) in self.y.iter().enumerate() {
                let x = &self.x[i * self.dim..][..self.dim];
                let w = (self.loss)(x.iter().zip(&t).map(|(a, b)| a * b).sum(), *y).2;
                for &a in free {
                    for &b in free {
                        h[a][b] += w * x[a] * x[b];
                    }
                }
            }
            free.iter().for_each(|&j| h[j][j] += self.ridge);
            let a = free.iter().map(|&i| free.iter().map(|&j| h[i][j]).collect()).collect();
            let step = cholesky(a, free.iter().map(|&j| g[j] + extra[j]).collect());
            free.iter().zip(step).for_each(|(&j, s)| t[j] -= s);
        }
        t
    }
}

/// Solves with a scaled positive definite matrix.
fn cholesky(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let p = b.len();
    let d: Vec<f64> = (0..p).map(|j| a[j][j].sqrt()).collect();
    for i in 0..p {
        for j in 0..p {
            a[i][j] /= d[i] * d[j];
        }
        b[i] /= d[i];
    }
    for j in 0..p {
        for k in 0..j {
            for i in j..p {
                a[i][j] -= a[i][k] * a[j][k];
            }
        }
        let pivot = a[j][j].sqrt();
        (j..p).for_each(|i| a[i][j] /= pivot);
    }
    for i in 0..p {
        b[i] = (b[i] - (0..i).map(|k| a[i][k] * b[k]).sum::<f64>()) / a[i][i];
    }
    for i in (0..p).rev() {
        b[i] = (b[i] - (i + 1..p).map(|k| a[k][i] * b[k]).sum::<f64>()) / a[i][i];
    }
    (0..p).map(|j| b[j] / d[j]).collect()
}

fn design(rng: &mut Rng, n: usize, unit: &[f64]) -> Vec<f64> {
    let p = unit.len();
    (0..n * p).map(|i| if i % p == 0 { unit[0] } else { unit[i % p] * rng.normal() }).collect()
}

fn near(a: &[f64], b: &[f64], relative: f64) {
    for (j, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= relative * (1.0 + b.abs()), "coordinate {j}: {a} against {b}");
    }
}

#[test]
fn likelihoods_with_badly_scaled_columns_agree_with_newton() {
    let losses: [(&str, Loss); 3] = [("squared", squared), ("logistic", logistic), ("poisson", poisson)];
    for unit in [vec![1.0; 5], vec![1.0, 1e-3, 1e3, 1.0, 10.0], vec![1.0, 1e3, 1e-3, 1e-3, 1e3, 1e2, 1e-2, 1.0]] {
        for n in [500, 5000] {
            for (name, loss) in losses {
                let mut rng = Rng(n as u64);
                let x = design(&mut rng, n, &unit);
                let p = unit.len();
                let eta = |i: usize| (0..p).map(|j| 0.3 * x[i * p + j] / unit[j]).sum::<f64>();
                let y: Vec<f64> = (0..n)
                    .map(|i| match name {
                        "squared" => eta(i) + rng.normal(),
                        "logistic" => f64::from(u8::from(eta(i) + rng.normal() > 0.0)),
                        _ => libm::floor(libm::exp(eta(i)) + rng.next()),
                    })
                    .collect();
                let rows = Rows { x: &x, y: &y, dim: p, ridge: 0.0, loss };
                let found = find(p, &vec![0.0; p], None, |t, g| rows.eval(t, g));
                let exact = rows.newton(&vec![0.0; p], &(0..p).collect::<Vec<_>>(), &vec![0.0; p]);
                let scaled = |t: &[f64]| t.iter().zip(&unit).map(|(a, b)| a * b).collect::<Vec<_>>();
                println!(
                    "{name} n {n} p {p}: {:?} {} iterations {} evaluations |g| {:e}",
                    found.end, found.iterations, found.evaluations, found.gradient_norm
                );
                assert_eq!(found.end, End::Converged);
                near(&scaled(&found.x), &scaled(&exact), 1e-9);
                near(&found.x, &exact, 1e-6);
                assert!(found.value <= rows.eval(&exact, &mut vec![0.0; p]) + 1e-8);
            }
        }
    }
}

#[test]
fn fifty_thousand_rows_converge_at_the_default_tolerance() {
    let (n, p) = (50_000, 20);
    let mut rng = Rng(2);
    let x = design(&mut rng, n, &vec![1.0; p]);
    let y: Vec<f64> = (0..n).map(|i| f64::from(u8::from(x[i * p + 1] + 2.0 * rng.normal() > 0.5))).collect();
    let rows = Rows { x: &x, y: &y, dim: p, ridge: 1.0, loss: logistic };
    let clock = std::time::Instant::now();
    let found = find(p, &vec![0.0; p], None, |t, g| rows.eval(t, g));
    println!("{:?} {:?} {} iterations |g| {:e}", clock.elapsed(), found.end, found.iterations, found.gradient_norm);
    assert_eq!(found.end, End::Converged);
    assert!(found.gradient_norm < 1e-7);
    // starting at the optimum is the optimum
    let again = find(p, &found.x, None, |t, g| rows.eval(t, g));
    println!("again {:?} {} evaluations", again.end, again.evaluations);
    assert_eq!(again.end, End::Converged);
    near(&again.x, &found.x, 1e-9);
}

#[test]
fn rank_deficient_least_squares_ends_at_the_solution_of_least_norm() {
    let mut rng = Rng(4);
    for (n, p) in [(20, 6), (5, 12), (1, 3)] {
        let z: Vec<f64> = (0..n * p).map(|_| rng.normal()).collect();
        // twice the columns, the second copy times 3: least norm puts 1 to 3 on the pair
        let x: Vec<f64> = (0..n)
            .flat_map(|i| (0..2 * p).map(|j| z[i * p + j % p] * if j < p { 1.0 } else { 3.0 }).collect::<Vec<_>>())
            .collect();
        let y: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let rows = Rows { x: &x, y: &y, dim: 2 * p, ridge: 0.0, loss: squared };
        let found = find(2 * p, &vec![0.0; 2 * p], None, |t, g| rows.eval(t, g));
        assert_eq!(found.end, End::Converged);
        for j in 0..p {
            assert!((found.x[p + j] - 3.0 * found.x[j]).abs() < 1e-9);
        }
        if n < p {
            assert!(found.value < 1e-16);
            // in the span of the rows: θ = Xᵀ (X Xᵀ)⁻¹ y
            let gram = (0..n)
                .map(|a| (0..n).map(|b| (0..2 * p).map(|j| x[a * 2 * p + j] * x[b * 2 * p + j]).sum()).collect())
                .collect();
            let w = cholesky(gram, y.clone());
            let exact: Vec<f64> = (0..2 * p).map(|j| (0..n).map(|i| w[i] * x[i * 2 * p + j]).sum()).collect();
            near(&found.x, &exact, 1e-9);
        }
    }
}

/// Optimality of an ℓ1 problem, and Newton on the face it ends on.
fn kkt(rows: &Rows, l1: &L1, found: &Found) {
    let mut g = vec![0.0; rows.dim];
    rows.eval(&found.x, &mut g);
    let mut extra = vec![0.0; rows.dim];
    let mut free = Vec::new();
    for j in 0..rows.dim {
        let u = found.x[j] - l1.centre[j];
        if u == 0.0 && l1.weight[j] > 0.0 {
            assert!(
                g[j].abs() <= l1.weight[j] * (1.0 + 1e-9),
                "coordinate {j} should move: {} > {}",
                g[j],
                l1.weight[j]
            );
        } else {
            extra[j] = l1.weight[j] * u.signum();
            free.push(j);
        }
    }
    near(&found.x, &rows.newton(&found.x, &free, &extra), 1e-9);
}

#[test]
fn the_lasso_satisfies_its_optimality_conditions_with_exact_zeros() {
    let (n, p) = (200, 40);
    for (loss, centre) in
        [(squared as fn(f64, f64) -> _, 0.0), (logistic, 0.0), (poisson, 0.0), (squared, 0.05), (logistic, -0.02)]
    {
        let mut rng = Rng(6);
        let z = design(&mut rng, n, &vec![1.0; p]);
        // correlated columns
        let x: Vec<f64> = (0..n * p).map(|i| if i % p > 1 { z[i] + 0.9 * z[i - 1] } else { z[i] }).collect();
        let y: Vec<f64> =
            (0..n).map(|i| f64::from(u8::from(x[i * p + 1] - x[i * p + 5] + rng.normal() > 0.0))).collect();
        let rows = Rows { x: &x, y: &y, dim: p, ridge: 0.0, loss };
        let mut weight = vec![8.0; p];
        weight[0] = 0.0;
        let mut centre = vec![centre; p];
        centre[7] = 0.0123;
        let l1 = L1 { weight, centre };
        let found = find(p, &vec![0.0; p], Some(&l1), |t, g| rows.eval(t, g));
        let zeros = found.x.iter().zip(&l1.centre).filter(|(a, b)| a == b).count();
        println!(
            "{:?} {} iterations {} evaluations, {zeros} zeros, |g| {:e}",
            found.end, found.iterations, found.evaluations, found.gradient_norm
        );
        assert_eq!(found.end, End::Converged);
        assert!(zeros > 3 && zeros < p);
        assert!(found.evaluations < 70, "{}", found.evaluations);
        kkt(&rows, &l1, &found);
        let mut g = vec![0.0; p];
        let whole =
            rows.eval(&found.x, &mut g) + (0..p).map(|j| l1.weight[j] * (found.x[j] - l1.centre[j]).abs()).sum::<f64>();
        assert!((whole - found.value).abs() < 1e-12 * whole.abs());
    }
}

#[test]
fn equal_input_gives_equal_bits() {
    let mut rng = Rng(8);
    let x = design(&mut rng, 100, &[1.0; 6]);
    let y: Vec<f64> = (0..100).map(|_| rng.normal()).collect();
    let rows = Rows { x: &x, y: &y, dim: 6, ridge: 0.1, loss: squared };
    let run = || find(6, &[0.0; 6], None, |t, g| rows.eval(t, g));
    assert_eq!(run(), run());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_penalised_problems_satisfy_their_optimality_conditions(
        seed in 0u64..1_000_000, p in 1usize..7, which in 0usize..3, lambda in 0.01..30.0f64, centre in -1.0..1.0f64,
    ) {
        let n = 40;
        let mut rng = Rng(seed);
        let unit: Vec<f64> = (0..p).map(|_| libm::exp(rng.normal())).collect();
        let x = design(&mut rng, n, &unit);
        let y: Vec<f64> = (0..n).map(|_| f64::from(u8::from(rng.next() > 0.4))).collect();
        let rows = Rows { x: &x, y: &y, dim: p, ridge: 0.5, loss: [squared, logistic, poisson][which] };
        let l1 = L1 { weight: (0..p).map(|j| if j % 3 == 0 { 0.0 } else { lambda }).collect(), centre: vec![centre; p] };
        let start: Vec<f64> = (0..p).map(|_| rng.normal()).collect();
        let found = find(p, &start, Some(&l1), |t, g| rows.eval(t, g));
        prop_assert_eq!(found.end, End::Converged);
        kkt(&rows, &l1, &found);
    }
}
