//! Whether a linear direction separates classes, so that the likelihood has no maximum (Albert & Anderson 1984).
//!
//! With one row z = x ⊗ (e_c − e_k) per observation of class c and other class k, a direction β separates if Zβ ≥ 0 and
//! Zβ ≠ 0, completely if Zβ > 0. Instead of Konis' linear programme (2007), its alternative is solved: by Stiemke's
//! lemma there is overlap iff Zᵀλ = 0 for some λ ≥ 1, so −Zᵀ1 is projected on the cone of the rows. If nothing is left,
//! λ proves overlap; what is left, β, satisfies Zβ ≥ 0 and Σ(Zβ) ≥ ‖β‖² > 0 and proves separation. By Gordan's lemma
//! separation is complete iff no convex combination of the rows is 0, the same projection with one more coordinate.
//! The columns are replaced by an orthonormal basis of their span: scale, collinearity and rank do not matter.

use super::nnls::{Cone, residual};
use super::rank::span;
use super::{axpy, dot};

/// Where the classes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separation {
    /// No direction separates: the maximum likelihood estimate exists.
    Overlap,
    /// Some direction separates, with rows on the boundary: the likelihood rises for ever along it.
    Quasi,
    /// Some direction puts every row strictly on its side: the likelihood tends to 1.
    Complete,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeparationError {
    /// The arguments do not fit together.
    #[error("separation: {0}")]
    Shape(&'static str),
    /// Neither certificate holds to rounding.
    #[error("separation: the classes are so close to touching that floating point cannot tell")]
    Undecided,
}

/// Rows z of all observations and other classes, over K − 1 blocks of coordinates (the last class is the reference).
struct Rows<'a> {
    q: Vec<Vec<f64>>,
    class: &'a [usize],
    classes: usize,
    rank: usize,
    /// One more coordinate, 1 for each row.
    lifted: bool,
}

impl Rows<'_> {
    fn pair(&self, i: usize) -> (usize, usize, usize) {
        let (row, k) = (i / (self.classes - 1), i % (self.classes - 1));
        let c = self.class[row];
        (row, c, if k < c { k } else { k + 1 })
    }

    /// z has length 1: √2 where two blocks are used.
    fn size(&self, c: usize, k: usize) -> f64 {
        let blocks = if c.max(k) == self.classes - 1 { 1.0 } else { 2.0f64 };
        1.0 / blocks.sqrt()
    }
}

impl Cone for Rows<'_> {
    fn dim(&self) -> usize {
        self.rank * (self.classes - 1) + usize::from(self.lifted)
    }

    fn len(&self) -> usize {
        self.q.len() * (self.classes - 1)
    }

    fn generator(&self, i: usize) -> Vec<f64> {
        let mut z = vec![0.0; self.dim()];
        let (row, c, k) = self.pair(i);
        for (block, sign) in [(c, 1.0), (k, -1.0)] {
            if block < self.classes - 1 {
                axpy(sign * self.size(c, k), &self.q[row], &mut z[block * self.rank..][..self.rank]);
            }
        }
        if self.lifted {
            z[self.rank * (self.classes - 1)] = 1.0;
        }
        z
    }

    fn products(&self, r: &[f64]) -> Vec<f64> {
        let mut scores = vec![0.0; self.classes]; // the last stays 0
        let mut out = Vec::with_capacity(self.len());
        let lift = if self.lifted { r[r.len() - 1] } else { 0.0 };
        for (row, q) in self.q.iter().enumerate() {
            for b in 0..self.classes - 1 {
                scores[b] = dot(q, &r[b * self.rank..][..self.rank]);
            }
            let c = self.class[row];
            out.extend((0..self.classes).filter(|&k| k != c).map(|k| self.size(c, k) * (scores[c] - scores[k]) + lift));
        }
        out
    }
}

/// Whether the rows of `x` (row-major, one per entry of `class`, `dim` columns, an all-ones column appended if `ones`)
/// are separated into `classes` classes. A class without rows is separated from the others wherever the ones are.
pub fn separation(
    x: &[f64],
    dim: usize,
    class: &[usize],
    classes: usize,
    ones: bool,
) -> Result<Separation, SeparationError> {
    let n = class.len();
    if x.len() != n * dim {
        return Err(SeparationError::Shape("x has not one row of `dim` numbers per class label"));
    }
    if classes < 2 || class.iter().any(|c| *c >= classes) {
        return Err(SeparationError::Shape(
            "labels are below the number of classes, and there are two classes at least",
        ));
    }
    if !super::sup(x).is_finite() {
        return Err(SeparationError::Shape("x has a value that is not finite"));
    }
    let (found, basis) = span(x, n, dim, ones);
    // rows at the origin are on every boundary
    let (mut q, mut kept, mut origin) = (Vec::new(), Vec::new(), false);
    for i in 0..n {
        let row: Vec<f64> = basis.iter().map(|b| b[i]).collect();
        let norm = dot(&row, &row).sqrt();
        if norm > 1e-12 / (n as f64).sqrt() {
            q.push(row.iter().map(|v| v / norm).collect());
            kept.push(class[i]);
        } else {
            origin = true;
        }
    }
    let mut rows = Rows { q, class: &kept, classes, rank: found.rank, lifted: false };
    if rows.len() == 0 {
        return Ok(Separation::Overlap);
    }
    let mut f = vec![0.0; rows.dim()];
    for i in 0..rows.len() {
        axpy(-1.0, &rows.generator(i), &mut f);
    }
    let beta = negative(residual(&rows, &f).ok_or(SeparationError::Undecided)?);
    let size = dot(&beta, &beta).sqrt();
    if size <= 1e-10 * rows.len() as f64 {
        return Ok(Separation::Overlap);
    }
    let least = |rows: &Rows, beta: &[f64]| rows.products(beta).iter().copied().fold(f64::INFINITY, f64::min);
    let worst = least(&rows, &beta) / size;
    if worst < -1e-7 {
        return Err(SeparationError::Undecided);
    }
    if origin {
        return Ok(Separation::Quasi);
    }
    if worst > 1e-9 {
        return Ok(Separation::Complete);
    }
    rows.lifted = true;
    let mut f = vec![0.0; rows.dim()];
    f[rows.dim() - 1] = 1.0;
    let mut beta = negative(residual(&rows, &f).ok_or(SeparationError::Undecided)?);
    beta.pop();
    rows.lifted = false;
    let size = dot(&beta, &beta).sqrt();
    let complete = size > 0.0 && least(&rows, &beta) > 1e-9 * size;
    Ok(if complete { Separation::Complete } else { Separation::Quasi })
}

fn negative(v: Vec<f64>) -> Vec<f64> {
    v.into_iter().map(|v| -v).collect()
}
