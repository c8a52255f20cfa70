//! Small dense linear algebra: slow, plain, and nothing to do with the code under test.

/// Cholesky solve of a symmetric positive definite system; none where it is not.
pub fn cholesky(a: &[Vec<f64>], b: &[f64]) -> Option<Vec<f64>> {
    let n = b.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let s = a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            if i == j {
                if s <= 0.0 || !s.is_finite() {
                    return None;
                }
                l[i][i] = s.sqrt();
            } else {
                l[i][j] = s / l[j][j];
            }
        }
    }
    let mut z = b.to_vec();
    for i in 0..n {
        z[i] = (z[i] - (0..i).map(|k| l[i][k] * z[k]).sum::<f64>()) / l[i][i];
    }
    for i in (0..n).rev() {
        z[i] = (z[i] - (i + 1..n).map(|k| l[k][i] * z[k]).sum::<f64>()) / l[i][i];
    }
    Some(z)
}

/// min |A t − b|² by modified Gram–Schmidt with a second pass; the columns of A must be independent.
pub fn least_squares(a: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let (n, p) = (a.len(), a[0].len());
    let mut q: Vec<Vec<f64>> = Vec::new();
    let mut r = vec![vec![0.0; p]; p];
    for j in 0..p {
        let mut v: Vec<f64> = (0..n).map(|i| a[i][j]).collect();
        for _ in 0..2 {
            for (k, q) in q.iter().enumerate() {
                let c = dot(q, &v);
                r[k][j] += c;
                v.iter_mut().zip(q).for_each(|(v, q)| *v -= c * q);
            }
        }
        let norm = dot(&v, &v).sqrt();
        r[j][j] = norm;
        v.iter_mut().for_each(|v| *v /= norm);
        q.push(v);
    }
    let mut rest = b.to_vec();
    let mut t: Vec<f64> = q
        .iter()
        .map(|q| {
            let c = dot(q, &rest);
            rest.iter_mut().zip(q).for_each(|(r, q)| *r -= c * q);
            c
        })
        .collect();
    for j in (0..p).rev() {
        t[j] = (t[j] - (j + 1..p).map(|k| r[j][k] * t[k]).sum::<f64>()) / r[j][j];
    }
    t
}

/// The shortest of all minimisers of |A t − b|², whatever the rank of A.
pub fn shortest_least_squares(a: &[Vec<f64>], b: &[f64]) -> Vec<f64> {
    let p = a[0].len();
    // An orthonormal basis of the rows of A.
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let size = a.iter().map(|row| dot(row, row)).fold(0.0, f64::max).sqrt();
    for row in a {
        let mut v = row.clone();
        for _ in 0..2 {
            for q in &basis {
                let c = dot(q, &v);
                v.iter_mut().zip(q).for_each(|(v, q)| *v -= c * q);
            }
        }
        let norm = dot(&v, &v).sqrt();
        if norm > 1e-9 * size {
            basis.push(v.iter().map(|v| v / norm).collect());
        }
    }
    let reduced: Vec<Vec<f64>> = a.iter().map(|row| basis.iter().map(|q| dot(q, row)).collect()).collect();
    let t = least_squares(&reduced, b);
    (0..p).map(|j| basis.iter().zip(&t).map(|(q, t)| q[j] * t).sum()).collect()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Mean and population standard deviation.
pub fn moments(xs: &[f64]) -> (f64, f64) {
    let n = xs.len() as f64;
    let mean = xs.iter().sum::<f64>() / n;
    let mean = mean + xs.iter().map(|x| x - mean).sum::<f64>() / n;
    (mean, (xs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt())
}
