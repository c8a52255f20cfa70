//! Standardisation, fitted on train rows only.

use crate::Table;

/// Means and population standard deviations: the way between original units and the network's coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Mean of each feature over the train rows.
    pub x_mean: Vec<f64>,
    /// Standard deviation of each feature; 0 where it is constant: its standardised value is 0, on all rows.
    pub x_sd: Vec<f64>,
    /// Mean of the target.
    pub y_mean: f64,
    /// Standard deviation of the target; 1 where it is constant, so that units stay units.
    pub y_sd: f64,
}

/// Mean and population sd in two passes, scaled against overflow; sd is 0 exactly when all values are equal.
fn moments(xs: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = xs.clone().count() as f64;
    let Some(first) = xs.clone().next() else { return (0.0, 0.0) };
    let spread = xs.clone().fold(0.0, |m: f64, x| m.max((x - first).abs()));
    if spread == 0.0 {
        return (first, 0.0);
    }
    // In units of the spread around the first value: exact enough for 1e9 ± 1 and for 1e200.
    let unit = move |x: f64| (x - first) / spread;
    let mean = xs.clone().map(unit).sum::<f64>() / n;
    let variance = xs.map(|x| (unit(x) - mean) * (unit(x) - mean)).sum::<f64>() / n;
    (first + spread * mean, spread * variance.sqrt())
}

impl Scale {
    /// Leaves everything as it is.
    pub fn identity(dim: usize) -> Scale {
        Scale { x_mean: vec![0.0; dim], x_sd: vec![1.0; dim], y_mean: 0.0, y_sd: 1.0 }
    }
    /// Fitted on the train rows; the identity for what is not asked. A weighted row counts as a row.
    pub fn fit(table: &Table, train_rows: &[usize], x: bool, y: bool) -> Scale {
        let mut scale = Scale::identity(table.dim());
        if x {
            let columns = (0..table.dim()).map(|j| moments(train_rows.iter().map(move |&i| table.row(i)[j])));
            (scale.x_mean, scale.x_sd) = columns.unzip();
        }
        if y {
            let (mean, sd) = moments(train_rows.iter().map(|&i| table.y[i]));
            (scale.y_mean, scale.y_sd) = (mean, if sd > 0.0 { sd } else { 1.0 });
        }
        scale
    }
    /// The features of the rows in the network's coordinates, row by row.
    pub fn x(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        let mut out = Vec::with_capacity(rows.len() * table.dim());
        for &i in rows {
            for (x, (mean, sd)) in table.row(i).iter().zip(self.x_mean.iter().zip(&self.x_sd)) {
                out.push(if *sd == 0.0 { 0.0 } else { (x - mean) / sd });
            }
        }
        out
    }
    /// The targets of the rows in the network's coordinates.
    pub fn y(&self, table: &Table, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&i| (table.y[i] - self.y_mean) / self.y_sd).collect()
    }
    /// The features that are constant on the train rows.
    pub fn constant_columns(&self) -> Vec<usize> {
        (0..self.x_sd.len()).filter(|&j| self.x_sd[j] == 0.0).collect()
    }
}
