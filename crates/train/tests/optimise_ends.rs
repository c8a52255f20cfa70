//! L-BFGS on functions of known shape: closed forms, ends of the domain, budgets.

use std::ops::ControlFlow;
use surprisal_train::optimise::{End, Found, L1, Lbfgs, Objective};

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

fn near(a: &[f64], b: &[f64], relative: f64) {
    for (j, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= relative * (1.0 + b.abs()), "coordinate {j}: {a} against {b}");
    }
}

#[test]
fn quadratics_with_condition_numbers_up_to_1e8_reach_their_closed_form() {
    for condition in [1.0, 1e2, 1e4, 1e6, 1e8] {
        for p in [2, 10, 30, 50] {
            let scale = |j: usize| libm::pow(condition, -(j as f64) / (p - 1) as f64);
            // a Householder reflection hides the axes
            let v: Vec<f64> = (0..p).map(|j| libm::sin(j as f64 + 1.0)).collect();
            let vv: f64 = v.iter().map(|v| v * v).sum();
            let turn = |x: &[f64]| -> Vec<f64> {
                let s: f64 = 2.0 * x.iter().zip(&v).map(|(a, b)| a * b).sum::<f64>() / vv;
                x.iter().zip(&v).map(|(x, v)| x - s * v).collect()
            };
            let goal: Vec<f64> = (0..p).map(|j| libm::cos(j as f64)).collect();
            let found = find(p, &vec![0.0; p], None, |x, g| {
                let e: Vec<f64> = x.iter().zip(&goal).map(|(a, b)| a - b).collect();
                let e = turn(&e);
                let s: Vec<f64> = e.iter().enumerate().map(|(j, e)| e * scale(j)).collect();
                g.copy_from_slice(&turn(&s));
                0.5 * e.iter().zip(&s).map(|(a, b)| a * b).sum::<f64>()
            });
            println!(
                "condition {condition:e} p {p}: {:?} {} iterations {} evaluations, |g| {:e}",
                found.end, found.iterations, found.evaluations, found.gradient_norm
            );
            assert_eq!(found.end, End::Converged);
            assert!(found.value < 1e-8);
            near(&found.x, &goal, 1e-6);
        }
    }
}

#[test]
fn rosenbrock_is_solved_from_the_classical_start() {
    for p in [2, 10, 100] {
        let start: Vec<f64> = (0..p).map(|j| if j % 2 == 0 { -1.2 } else { 1.0 }).collect();
        let found = find(p, &start, None, |x, g| {
            let mut f = 0.0;
            for j in (0..p).step_by(2) {
                let (a, b) = (x[j + 1] - x[j] * x[j], 1.0 - x[j]);
                f += 100.0 * a * a + b * b;
                (g[j], g[j + 1]) = (-400.0 * a * x[j] - 2.0 * b, 200.0 * a);
            }
            f
        });
        assert_eq!(found.end, End::Converged);
        assert!(found.evaluations < 150, "{}", found.evaluations);
        near(&found.x, &vec![1.0; p], 1e-10);
    }
}

#[test]
fn a_penalty_that_is_large_enough_returns_the_centre() {
    let l1 = L1 { weight: vec![100.0; 3], centre: vec![0.1, -0.2, 0.3] };
    let found = find(3, &[5.0, 5.0, -5.0], Some(&l1), |x, g| {
        g.iter_mut().zip(x).for_each(|(g, x)| *g = *x - 1.0);
        x.iter().map(|x| 0.5 * (x - 1.0) * (x - 1.0)).sum()
    });
    assert_eq!((found.end, found.x), (End::Converged, l1.centre.clone()));
    assert_eq!(found.gradient_norm, 0.0);
}

#[test]
fn what_falls_for_ever_is_unbounded_and_what_starts_outside_is_not_finite() {
    assert_eq!(
        find(2, &[0.0; 2], None, |x, g| {
            g[0] = 1.0;
            g[1] = 2.0 * x[1];
            x[0] + x[1] * x[1]
        })
        .end,
        End::Unbounded
    );
    assert_eq!(
        find(1, &[0.0], None, |x, g| {
            g[0] = -libm::exp(x[0]);
            -libm::exp(x[0])
        })
        .end,
        End::Unbounded
    );
    // ln x falls too slowly to be told from an edge, but it does not converge
    let log = find(1, &[1.0], None, |x, g| {
        g[0] = 1.0 / x[0];
        libm::log(x[0])
    });
    assert!(matches!(log.end, End::Unbounded | End::Stalled) && log.value < -30.0, "{log:?}");
    assert_eq!(find(1, &[0.0], None, |_, _| f64::NEG_INFINITY).end, End::Unbounded);
    for bad in [f64::NAN, f64::INFINITY] {
        assert_eq!(find(1, &[0.0], None, |_, _| bad).end, End::NonFinite);
        assert_eq!(
            find(1, &[0.0], None, |_, g| {
                g[0] = bad;
                0.0
            })
            .end,
            End::NonFinite
        );
        assert_eq!(
            find(1, &[bad], None, |x, g| {
                g[0] = x[0];
                0.0
            })
            .end,
            End::NonFinite
        );
    }
}

#[test]
fn a_domain_with_an_edge_is_not_left() {
    // −ln x + x, outside for x ≤ 0; and NaN gradients beyond 50
    for start in [1e-6, 0.5, 30.0, 49.0] {
        let found = find(1, &[start], None, |x, g| {
            g[0] = if x[0] > 50.0 { f64::NAN } else { 1.0 - 1.0 / x[0] };
            x[0] - libm::log(x[0])
        });
        assert_eq!(found.end, End::Converged);
        assert!((found.x[0] - 1.0).abs() < 1e-8, "{}", found.x[0]);
    }
}

#[test]
fn the_caller_can_break_off_and_budgets_are_kept() {
    let mut f = Of(2, |x: &[f64], g: &mut [f64]| {
        g[0] = 2.0 * x[0];
        g[1] = 2e3 * x[1];
        x[0] * x[0] + 1e3 * x[1] * x[1]
    });
    let mut seen = 0;
    let found = Lbfgs::default().resume(&mut f, &[3.0, 1.0], None, None, &mut |at| {
        seen = at.iteration;
        if at.iteration == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((found.end, found.iterations, seen), (End::BudgetSpent, 2, 2));
    let short = Lbfgs { max_iterations: 1, ..Lbfgs::default() }.minimise(&mut f, &[3.0, 1.0], None);
    assert_eq!((short.end, short.iterations), (End::BudgetSpent, 1));
}

#[test]
fn a_large_constant_in_the_value_does_not_hide_the_minimum() {
    let goal = [1.0, -2.0, 3.0, 0.5];
    let found = find(4, &[0.0; 4], None, |x, g| {
        let mut f = 1e10;
        for j in 0..4 {
            let (e, w) = (x[j] - goal[j], libm::pow(10.0, j as f64));
            f += w * (libm::cosh(e) - 1.0);
            g[j] = w * libm::sinh(e);
        }
        f
    });
    println!("{found:?}");
    assert_eq!(found.end, End::Converged);
    near(&found.x, &goal, 1e-9);
}

#[test]
fn the_value_never_rises_on_a_function_with_many_minima() {
    for k in 0..40 {
        let start = [f64::from(k) * 0.37 - 7.0, 3.0 - f64::from(k) * 0.2];
        let mut f = Of(2, |x: &[f64], g: &mut [f64]| {
            g[0] = 0.2 * x[0] + 3.0 * libm::cos(3.0 * x[0]) * libm::cos(x[1]);
            g[1] = 0.2 * x[1] - libm::sin(3.0 * x[0]) * libm::sin(x[1]);
            0.1 * (x[0] * x[0] + x[1] * x[1]) + libm::sin(3.0 * x[0]) * libm::cos(x[1])
        });
        let mut last = f64::INFINITY;
        let found = Lbfgs::default().resume(&mut f, &start, None, None, &mut |at| {
            let value = at.value;
            assert!(value <= last + 1e-11, "{value} after {last}");
            last = value;
            ControlFlow::Continue(())
        });
        assert_eq!(found.end, End::Converged);
        assert!(found.gradient_norm < 1e-10);
    }
}

#[test]
fn a_start_where_the_gradient_overflows_when_squared_is_survived() {
    let found = find(2, &[200.0, 150.0], None, |x, g| {
        let (a, b) = (libm::exp(2.0 * x[0]), libm::exp(2.0 * x[1]));
        (g[0], g[1]) = (2.0 * a - 2.0, 2.0 * b - 4.0);
        a - 2.0 * x[0] + b - 4.0 * x[1]
    });
    assert_eq!(found.end, End::Converged);
    near(&found.x, &[0.0, 0.5 * libm::log(2.0)], 1e-6);
}

#[test]
fn a_cliff_on_the_way_does_not_make_a_slope_look_flat() {
    // ln σ of a perfect fit: falls for ever, with gradients of 1e17 where rounding is divided by σ²
    for k in 1..40 {
        let x: Vec<f64> = (0..200).map(|i| libm::sin(f64::from(i * k))).collect();
        let found = find(3, &[0.0; 3], None, |t, g| {
            let row = |x: &f64| {
                let d = (0.3 + 0.1 * f64::from(k) * x - t[0] - t[1] * x) * libm::exp(-t[2]);
                g[0] -= d * libm::exp(-t[2]);
                g[1] -= d * libm::exp(-t[2]) * x;
                g[2] += 1.0 - d * d;
                t[2] + 0.5 * d * d
            };
            x.iter().map(row).sum()
        });
        assert!(found.end != End::Converged || found.gradient_norm < 1.0, "{k}: {found:?}");
    }
}
