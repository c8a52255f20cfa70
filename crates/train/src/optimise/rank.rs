//! The numerical rank of a design matrix, by Householder QR with column pivoting.
//!
//! Columns are divided by their length first, so units do not matter (Businger & Golub 1965). The rank is the number of
//! pivots |R_kk| > max(n, p) · 8 ε · |R_11|: what rounding in forming a dependent column can leave is below that.

use super::{axpy, dot};

/// What the columns of a design span.
#[derive(Debug, Clone, PartialEq)]
pub struct Rank {
    /// Dimension of the span.
    pub rank: usize,
    /// Columns left over, ascending: each is a combination of the others. The all-ones column, if asked for, counts as
    /// the last one and is never among them unless n = 0.
    pub dependent: Vec<usize>,
    /// |R_11| / |R_rr| of the scaled columns: a lower bound of the condition number of what is independent.
    pub condition: f64,
}

impl Rank {
    /// Whether least squares, and every likelihood that is strictly convex in η, has one solution.
    pub fn unique(&self) -> bool {
        self.dependent.is_empty()
    }
}

/// Rank of the row-major n × `dim` matrix `x`, with an all-ones column appended if `ones`.
///
/// # Panics
/// If the length of `x` is not n · `dim`.
pub fn rank(x: &[f64], n: usize, dim: usize, ones: bool) -> Rank {
    span(x, n, dim, ones).0
}

/// The rank, and an orthonormal basis of the columns, one vector of length n each.
pub(crate) fn span(x: &[f64], n: usize, dim: usize, ones: bool) -> (Rank, Vec<Vec<f64>>) {
    assert_eq!(x.len(), n * dim, "a design has n rows of equal length");
    let mut columns: Vec<Vec<f64>> = (0..dim).map(|j| (0..n).map(|i| x[i * dim + j]).collect()).collect();
    if ones {
        columns.push(vec![1.0; n]);
    }
    for c in &mut columns {
        let largest = super::sup(c);
        if largest > 0.0 && largest.is_finite() {
            c.iter_mut().for_each(|v| *v /= largest);
            let norm = dot(c, c).sqrt();
            c.iter_mut().for_each(|v| *v /= norm);
        }
    }
    let p = columns.len();
    let mut name: Vec<usize> = (0..p).collect();
    let tolerance = n.max(p) as f64 * 8.0 * f64::EPSILON;
    let (mut reflectors, mut first, mut last) = (Vec::new(), 0.0, 0.0);
    for k in 0..n.min(p) {
        let length = |c: &Vec<f64>| dot(&c[k..], &c[k..]);
        // the all-ones column first; then the longest, the earlier of equals
        let mut pick = k;
        if ones && k == 0 {
            pick = p - 1;
        } else {
            let mut best = length(&columns[k]);
            for j in k + 1..p {
                let l = length(&columns[j]);
                if l > best * (1.0 + 1e-12) {
                    (pick, best) = (j, l);
                }
            }
        }
        let norm = length(&columns[pick]).sqrt();
        if k == 0 {
            first = norm;
        }
        if norm.is_nan() || norm <= tolerance * first {
            break;
        }
        last = norm;
        columns.swap(k, pick);
        name.swap(k, pick);
        let mut v = columns[k][k..].to_vec();
        v[0] += if v[0] > 0.0 { norm } else { -norm };
        let vv = dot(&v, &v);
        for c in &mut columns[k + 1..] {
            let a = -2.0 * dot(&v, &c[k..]) / vv;
            axpy(a, &v, &mut c[k..]);
        }
        reflectors.push((v, vv));
    }
    let rank = reflectors.len();
    let basis = (0..rank).map(|j| {
        let mut q = vec![0.0; n];
        q[j] = 1.0;
        for (k, (v, vv)) in reflectors.iter().enumerate().rev() {
            let a = -2.0 * dot(v, &q[k..]) / vv;
            axpy(a, v, &mut q[k..]);
        }
        q
    });
    let basis = basis.collect();
    let mut dependent = name.split_off(rank);
    dependent.sort_unstable();
    (Rank { rank, dependent, condition: if rank == 0 { 1.0 } else { first / last } }, basis)
}
