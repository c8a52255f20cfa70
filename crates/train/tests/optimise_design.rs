//! Rank and separation of designs whose answer is known.

use proptest::prelude::*;
use surprisal_train::optimise::{Separation, rank, separation};

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

#[test]
fn rank_counts_independent_columns_in_any_units() {
    let mut rng = Rng(1);
    for (n, p, r) in [(100, 5, 5), (100, 8, 3), (4, 9, 4), (2000, 20, 19), (3, 3, 0)] {
        let z: Vec<f64> = (0..n * r).map(|_| rng.normal()).collect();
        let mix: Vec<f64> = (0..r * p).map(|_| rng.normal()).collect();
        let unit = |j: usize| libm::pow(10.0, (j % 7) as f64 * 2.0 - 6.0);
        let x: Vec<f64> = (0..n * p)
            .map(|k| {
                (0..r)
                    .map(|l| {
                        z[k / p * r + l] * if r == p { f64::from(u8::from(l == k % p)) } else { mix[l * p + k % p] }
                    })
                    .sum::<f64>()
                    * unit(k % p)
            })
            .collect();
        let found = rank(&x, n, p, false);
        assert_eq!((found.rank, found.dependent.len()), (r, p - r), "{found:?}");
        assert_eq!(found.unique(), r == p);
        if n > p && r > 0 {
            assert_eq!(rank(&x, n, p, true).rank, r + 1);
        }
    }
}

#[test]
fn a_constant_column_depends_on_the_ones() {
    let x = [1.0, 3.0, 2.0, 3.0, 5.0, 3.0, 0.0, 3.0];
    assert!(rank(&x, 4, 2, false).unique());
    let found = rank(&x, 4, 2, true);
    assert_eq!((found.rank, found.dependent), (2, vec![1]));
    // dummies of all levels
    let x = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    assert!(!rank(&x, 3, 2, true).unique() && rank(&x, 3, 2, false).unique());
    // years: a large mean is no dependence
    let x: Vec<f64> = (0..30).map(|i| 2000.0 + f64::from(i)).collect();
    assert!(rank(&x, 30, 1, true).unique());
    assert_eq!(rank(&[], 0, 2, false).rank, 0);
}

#[test]
fn two_classes_on_a_line_overlap_touch_or_part() {
    use Separation::{Complete, Overlap, Quasi};
    for (x, class, expected) in [
        (&[0.0, 1.0, 2.0, 3.0][..], &[0, 0, 1, 1][..], Complete),
        (&[0.0, 1.0, 1.0, 3.0], &[0, 0, 1, 1], Quasi),
        (&[0.0, 2.0, 1.0, 3.0], &[0, 0, 1, 1], Overlap),
        (&[1.0, 1.0, 1.0, 1.0], &[0, 0, 1, 1], Overlap),
        (&[0.0, 2.0, 1.0, 3.0], &[0, 0, 0, 0], Complete),
        (&[0.0, 1.0, 1.0 + 1e-6, 3.0], &[0, 0, 1, 1], Complete),
        (&[0.0, 1.0 + 1e-6, 1.0, 3.0], &[0, 0, 1, 1], Overlap),
    ] {
        assert_eq!(separation(x, 1, class, 2, true).unwrap(), expected, "{x:?} {class:?}");
    }
    // without the ones the boundary goes through the origin
    assert_eq!(separation(&[1.0, 2.0, 3.0, 4.0], 1, &[0, 0, 1, 1], 2, false).unwrap(), Overlap);
    assert_eq!(separation(&[-1.0, -2.0, 3.0, 4.0], 1, &[0, 0, 1, 1], 2, false).unwrap(), Complete);
    assert_eq!(separation(&[-1.0, 0.0, 3.0, 4.0], 1, &[0, 0, 1, 1], 2, false).unwrap(), Quasi);
}

#[test]
fn a_rare_dummy_whose_rows_are_all_of_one_class_separates_quasi_completely() {
    let mut rng = Rng(2);
    let n = 300;
    for (rare, expected) in [(1, Separation::Quasi), (0, Separation::Overlap)] {
        let class: Vec<usize> = (0..n).map(|_| usize::from(rng.next() < 0.5)).collect();
        let x: Vec<f64> =
            (0..n).flat_map(|i| [rng.normal(), f64::from(u8::from(rare == 1 && i == 7)), rng.normal()]).collect();
        assert_eq!(separation(&x, 3, &class, 2, true).unwrap(), expected);
    }
}

#[test]
fn three_classes_overlap_once_a_chain_of_pairs_does() {
    use Separation::{Complete, Overlap, Quasi};
    let line = |c: &[(f64, usize)]| -> (Vec<f64>, Vec<usize>) { c.iter().copied().unzip() };
    for (rows, expected) in [
        (&[(0.0, 0), (1.0, 0), (2.0, 1), (3.0, 1), (4.0, 2), (5.0, 2)][..], Complete),
        (&[(0.0, 0), (2.5, 0), (2.0, 1), (3.0, 1), (4.0, 2), (5.0, 2)], Quasi),
        (&[(0.0, 0), (2.5, 0), (2.0, 1), (4.5, 1), (4.0, 2), (5.0, 2)], Overlap),
        (&[(0.0, 0), (9.0, 0), (0.0, 1), (9.0, 1), (0.0, 2), (9.0, 2)], Overlap),
        // a class without rows
        (&[(0.0, 0), (2.0, 0), (1.0, 1), (3.0, 1)], Quasi),
    ] {
        let (x, class) = line(rows);
        assert_eq!(separation(&x, 1, &class, 3, true).unwrap(), expected, "{rows:?}");
    }
}

#[test]
fn two_thousand_rows_take_well_under_a_second() {
    let mut rng = Rng(3);
    for (n, p, classes) in [(2000, 50, 2), (2000, 50, 3), (1800, 50, 10)] {
        for spread in [0.0, 0.3, 1.0, 30.0] {
            let centre: Vec<f64> = (0..classes * p).map(|_| spread * rng.normal()).collect();
            let class: Vec<usize> = (0..n).map(|i| i % classes).collect();
            let x: Vec<f64> = (0..n * p).map(|k| centre[class[k / p] * p + k % p] + rng.normal()).collect();
            let clock = std::time::Instant::now();
            let found = separation(&x, p, &class, classes, true);
            println!("{n}×{p}, {classes} classes, spread {spread}: {found:?} {:?}", clock.elapsed());
            let found = found.unwrap();
            assert!(spread != 0.0 || found == Separation::Overlap);
            assert!(spread != 30.0 || found == Separation::Complete);
        }
    }
}

#[test]
fn nonsense_is_refused() {
    assert!(separation(&[1.0], 1, &[0, 1], 2, true).is_err());
    assert!(separation(&[1.0, 2.0], 1, &[0, 2], 2, true).is_err());
    assert!(separation(&[1.0, f64::NAN], 1, &[0, 1], 2, true).is_err());
}

/// All lines through pairs of points and all orderings: does any weakly separate, does any strictly?
fn brute(points: &[(i32, i32, usize)]) -> Separation {
    let side = |a: f64, b: f64, c: f64| {
        let v: Vec<f64> = points
            .iter()
            .map(|&(x, y, k)| (a * f64::from(x) + b * f64::from(y) - c) * if k == 1 { 1.0 } else { -1.0 })
            .collect();
        (v.iter().all(|v| *v > 1e-9), v.iter().all(|v| *v >= -1e-9) && v.iter().any(|v| *v > 1e-9))
    };
    let mut found = Separation::Overlap;
    let mut normals = vec![(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
    for p in points {
        for q in points {
            let (dx, dy) = (f64::from(q.0 - p.0), f64::from(q.1 - p.1));
            // the normal of the line through both, tilted a little either way, and the line between them
            for e in [0.0, 1e-4, -1e-4] {
                normals.push((-dy + e * dx, dx + e * dy));
                normals.push((dx - e * dy, dy + e * dx));
            }
        }
    }
    for (a, b) in normals {
        for s in [1.0, -1.0] {
            let (a, b) = (a * s, b * s);
            let at = |p: &(i32, i32, usize)| a * f64::from(p.0) + b * f64::from(p.1);
            let high = points.iter().filter(|p| p.2 == 0).map(at).fold(f64::NEG_INFINITY, f64::max);
            let low = points.iter().filter(|p| p.2 == 1).map(at).fold(f64::INFINITY, f64::min);
            let c = if high.is_infinite() {
                low - 1.0
            } else if low.is_infinite() {
                high + 1.0
            } else {
                0.5 * (high + low)
            };
            let (strict, weak) = side(a, b, c);
            if strict {
                return Separation::Complete;
            }
            if weak {
                found = Separation::Quasi;
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn points_on_a_small_grid_are_judged_as_by_trying_all_lines(
        points in prop::collection::vec((-3i32..=3, -3i32..=3, 0usize..2), 1..9),
    ) {
        let x: Vec<f64> = points.iter().flat_map(|p| [f64::from(p.0), f64::from(p.1)]).collect();
        let class: Vec<usize> = points.iter().map(|p| p.2).collect();
        prop_assert_eq!(separation(&x, 2, &class, 2, true).unwrap(), brute(&points));
    }
}
