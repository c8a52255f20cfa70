//! Newton directions on a face, and whether the minimum of a piecewise-linear program is the only one.

use super::edge::{Edge, Ended, Program, Term};
use super::face::Face;
use super::{axpy, dot};

/// A direction of descent on the face, and whether it is Newton's.
///
/// Where the reduced Hessian is singular and the gradient has a part in its null space, that part alone: f is linear
/// there. A part below `rounding` is none. Otherwise Newton's step, by Cholesky with diagonal pivoting.
pub(crate) fn direction(program: &Program, face: &Face, theta: &[f64], g: &[f64], rounding: f64) -> (Vec<f64>, bool) {
    let (_, second) = program.bend(theta);
    let steepest = || face.project(g).iter().map(|v| -v).collect();
    if second.iter().all(|h| *h == 0.0) {
        return (steepest(), false);
    }
    let null = face.null();
    let m = null.len();
    let gz: Vec<f64> = null.iter().map(|z| dot(z, g)).collect();
    let bent: Vec<Vec<f64>> = null.iter().map(|z| z.iter().zip(&second).map(|(z, h)| z * h).collect()).collect();
    let mut a: Vec<Vec<f64>> = bent.iter().map(|b| null.iter().map(|z| dot(b, z)).collect()).collect();
    // a becomes L Lᵀ in the order `at`
    let mut at: Vec<usize> = (0..m).collect();
    let top = (0..m).map(|j| a[j][j]).fold(0.0, f64::max);
    let mut rank = 0;
    while rank < m {
        let pick = (rank..m).fold(rank, |p, j| if a[at[j]][at[j]] > a[at[p]][at[p]] { j } else { p });
        at.swap(rank, pick);
        let k = at[rank];
        if a[k][k].is_nan() || a[k][k] <= 1e-12 * top {
            break;
        }
        let pivot = a[k][k].sqrt();
        a[k][k] = pivot;
        for &i in &at[rank + 1..] {
            a[i][k] /= pivot;
        }
        for s in rank + 1..m {
            for t in rank + 1..m {
                let (i, j) = (at[s], at[t]);
                a[i][j] -= a[i][k] * a[j][k];
            }
        }
        rank += 1;
    }
    let back = |mut w: Vec<f64>| -> Vec<f64> {
        // L₁₁ᵀ x = w
        for s in (0..rank).rev() {
            let later: f64 = (s + 1..rank).map(|t| a[at[t]][at[s]] * w[t]).sum();
            w[s] = (w[s] - later) / a[at[s]][at[s]];
        }
        w
    };
    let mut step = vec![0.0; m];
    let mut flat = false;
    for s in rank..m {
        // null vector of the Hessian: −L₁₁⁻ᵀ L₂₁ᵀ, 1
        let w = back((0..rank).map(|t| -a[at[s]][at[t]]).collect());
        let along: f64 = gz[at[s]] + (0..rank).map(|t| w[t] * gz[at[t]]).sum::<f64>();
        let size = gz[at[s]].abs() + (0..rank).map(|t| (w[t] * gz[at[t]]).abs()).sum::<f64>();
        if along.abs() > (1e-9 * size).max(rounding) {
            flat = true;
            step[at[s]] -= along;
            (0..rank).for_each(|t| step[at[t]] -= along * w[t]);
        }
    }
    if !flat {
        let mut w: Vec<f64> = Vec::with_capacity(rank);
        for s in 0..rank {
            let seen: f64 = (0..s).map(|t| a[at[s]][at[t]] * w[t]).sum();
            w.push((-gz[at[s]] - seen) / a[at[s]][at[s]]);
        }
        for (s, v) in back(w).into_iter().enumerate() {
            step[at[s]] = v;
        }
    }
    let mut d = vec![0.0; program.dim];
    for (s, z) in step.iter().zip(null) {
        axpy(*s, z, &mut d);
    }
    if dot(&d, g) < 0.0 { (d, !flat) } else { (steepest(), false) }
}

/// Whether the minimum at the end of a walk is the only one.
///
/// It is iff no direction d ≠ 0 has f′(θ; d) = 0 and no curvature. If all multipliers are strictly inside their ranges
/// and the rows held span the coordinates without curvature, there is none. Otherwise, by strict complementarity
/// (Goldman & Tucker 1956), there is none iff *some* multipliers of the rows at residual 0 are strictly inside, and
/// those rows span. That is asked of the program f′(θ; ·) with ranges shrunk by one in 10⁹: it is bounded iff so, whatever
/// the targets, and these are drawn so that no ties are left.
pub(crate) fn unique(edge: &Edge, zero: &[usize]) -> bool {
    const SHRINK: f64 = 1e-9;
    let program = edge.program;
    let (first, second) = program.bend(&edge.theta);
    let flat: Vec<usize> = (0..program.dim).filter(|&j| second[j] <= 0.0).collect();
    if flat.is_empty() {
        return true;
    }
    let part = |i: usize| -> Vec<f64> { flat.iter().map(|&j| program.row(i)[j]).collect() };
    let spans = |rows: &[usize]| {
        let mut face = Face::new(flat.len());
        rows.iter().for_each(|&i| {
            face.push(i, &part(i), 1e-10);
        });
        face.len() == flat.len()
    };
    let u = edge.face.multipliers(&edge.gradient());
    let strict = edge.face.rows.iter().zip(&u).filter(|(i, u)| {
        let (up, down) = (program.up[**i], program.down[**i]);
        (up - **u).min(**u + down) > 1e-7 * (up + down)
    });
    let strict: Vec<usize> = strict.map(|(i, _)| *i).collect();
    if spans(&strict) {
        return true;
    }
    if !spans(zero) {
        return false;
    }
    let mut slopes = vec![0.0; program.dim];
    let held = |i: &usize| zero.binary_search(i).is_ok();
    axpy(1.0, &first, &mut slopes);
    for i in (0..program.y.len()).filter(|i| !held(i)) {
        let s = if edge.sign[i] > 0 { program.up[i] } else { -program.down[i] };
        axpy(-s, program.row(i), &mut slopes);
    }
    let term = |&j: &usize| -> Option<Term> {
        let s = slopes[j];
        Some(Box::new(move |t| (s * t, s, 0.0)))
    };
    let narrow = |side: &dyn Fn(usize) -> (f64, f64)| -> Vec<f64> {
        zero.iter().map(|&i| side(i).0 - SHRINK * (side(i).0 + side(i).1)).collect()
    };
    let nearby = Program {
        dim: flat.len(),
        x: zero.iter().flat_map(|&i| part(i)).collect(),
        y: (0..zero.len()).map(|i| super::kinked::noise(i, 7)).collect(),
        up: narrow(&|i| (program.up[i], program.down[i])),
        down: narrow(&|i| (program.down[i], program.up[i])),
        smooth: flat.iter().map(term).collect(),
        data: zero.len(),
    };
    let mut walk = Edge::new(&nearby, vec![0.0; flat.len()]);
    walk.with(1, vec![0.0; zero.len()]);
    walk.run(100 * (flat.len() + zero.len()) + 1000) == Ended::Optimal
}
