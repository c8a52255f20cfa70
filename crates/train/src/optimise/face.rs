//! An orthogonal basis of the rows held fixed and of what is left free, updated row by row.
//!
//! Aᵀ = Y R with Q = [Y Z] orthogonal; a row comes by one Householder reflection and goes by Givens rotations
//! (Gill, Golub, Murray & Saunders 1974, "Methods for modifying matrix factorizations").

use super::{axpy, dot};

/// The rows held and their factorisation.
pub(crate) struct Face {
    dim: usize,
    /// Names of the rows, in the order of R's columns.
    pub rows: Vec<usize>,
    /// Columns of Q: the first `rows.len()` span the rows, the others are orthogonal to them.
    q: Vec<Vec<f64>>,
    /// Columns of R, upper triangular.
    r: Vec<Vec<f64>>,
}

impl Face {
    pub(crate) fn new(dim: usize) -> Face {
        let unit = |j: usize| (0..dim).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
        Face { dim, rows: Vec::new(), q: (0..dim).map(unit).collect(), r: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Basis of the directions that no row sees.
    pub(crate) fn null(&self) -> &[Vec<f64>] {
        &self.q[self.len()..]
    }

    /// Adds a row unless it lies in the span of the others up to `tolerance` of its length.
    pub(crate) fn push(&mut self, name: usize, row: &[f64], tolerance: f64) -> bool {
        let k = self.len();
        if k == self.dim {
            return false;
        }
        let w: Vec<f64> = self.q.iter().map(|q| dot(q, row)).collect();
        let norm = dot(&w[k..], &w[k..]).sqrt();
        if norm.is_nan() || norm <= tolerance * dot(row, row).sqrt() {
            return false;
        }
        let alpha = if w[k] > 0.0 { -norm } else { norm };
        let mut v = w[k..].to_vec();
        v[0] -= alpha;
        let vv = dot(&v, &v);
        if vv > 0.0 {
            let mut qv = vec![0.0; self.dim];
            for (v, q) in v.iter().zip(&self.q[k..]) {
                axpy(*v, q, &mut qv);
            }
            for (v, q) in v.iter().zip(&mut self.q[k..]) {
                axpy(-2.0 * v / vv, &qv, q);
            }
        }
        let mut column = w[..k].to_vec();
        column.push(alpha);
        self.r.push(column);
        self.rows.push(name);
        true
    }

    /// Lets the row at this place go; returns its name.
    pub(crate) fn drop(&mut self, place: usize) -> usize {
        self.r.remove(place);
        for j in place..self.r.len() {
            let (a, b) = (self.r[j][j], self.r[j][j + 1]);
            let h = (a * a + b * b).sqrt();
            let (c, s) = if h > 0.0 { (a / h, b / h) } else { (1.0, 0.0) };
            for column in &mut self.r[j..] {
                let (a, b) = (column[j], column[j + 1]);
                column[j] = c * a + s * b;
                column[j + 1] = c * b - s * a;
            }
            self.r[j].truncate(j + 1);
            let (left, right) = self.q.split_at_mut(j + 1);
            for (a, b) in left[j].iter_mut().zip(&mut right[0]) {
                (*a, *b) = (c * *a + s * *b, c * *b - s * *a);
            }
        }
        self.rows.remove(place)
    }

    /// u with Aᵀu nearest to g.
    pub(crate) fn multipliers(&self, g: &[f64]) -> Vec<f64> {
        let mut u: Vec<f64> = self.q[..self.len()].iter().map(|q| dot(q, g)).collect();
        for j in (0..u.len()).rev() {
            u[j] /= self.r[j][j];
            let (head, tail) = u.split_at_mut(j);
            axpy(-tail[0], &self.r[j][..j], head);
        }
        u
    }

    /// The shortest d with A d = b.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut w: Vec<f64> = Vec::with_capacity(b.len());
        for j in 0..b.len() {
            let seen = dot(&self.r[j][..j], &w);
            w.push((b[j] - seen) / self.r[j][j]);
        }
        let mut d = vec![0.0; self.dim];
        for (w, q) in w.iter().zip(&self.q) {
            axpy(*w, q, &mut d);
        }
        d
    }

    /// What of g no row sees.
    pub(crate) fn project(&self, g: &[f64]) -> Vec<f64> {
        let mut d = vec![0.0; self.dim];
        for q in self.null() {
            axpy(dot(q, g), q, &mut d);
        }
        d
    }

    /// Lengths of the shortest dᵢ with A dᵢ = eᵢ: how far the point moves when row i lets go.
    pub(crate) fn reach(&self) -> Vec<f64> {
        let k = self.len();
        let mut squared = vec![0.0; k];
        // rows of R⁻¹, from the columns R x = eⱼ
        for j in 0..k {
            let mut x = vec![0.0; j + 1];
            x[j] = 1.0;
            for i in (0..=j).rev() {
                x[i] /= self.r[i][i];
                let (head, tail) = x.split_at_mut(i);
                axpy(-tail[0], &self.r[i][..i], head);
                squared[i] += tail[0] * tail[0];
            }
        }
        squared.iter().map(|s| s.sqrt()).collect()
    }
}
