//! The data of a loss in columns, and what is computed once from them.

use crate::Sum;
use crate::isa::Vectors;
use crate::simd::Element;

/// Columns of the data, and what is computed once from them.
#[derive(Clone, Debug)]
pub struct Data<T> {
    /// The target.
    pub y: Vec<T>,
    /// Weight of each row; 1 if none.
    pub weight: Option<Vec<T>>,
    /// Added to the location head; 0 if none.
    pub offset: Option<Vec<T>>,
    /// Functions of the target that rows look at: ln y.
    pub(crate) columns: Vec<Column<T>>,
    /// The terms of −ln p that are functions of the target alone, where they are not 0: ln y!.
    terms: Option<Vec<f64>>,
    /// Σ wᵢ times those terms.
    constant: f64,
    weights: f64,
}

/// Doubles, as the nearest numbers and, beside `f32`, what these lack: differences from them keep their digits.
#[derive(Clone, Debug)]
pub(crate) struct Column<T> {
    pub high: Vec<T>,
    /// Empty beside `f64`, and of classes: whole numbers lack nothing.
    pub low: Vec<T>,
}

impl<T: Vectors> Column<T> {
    /// Whether there is a second number.
    pub const SPLIT: bool = T::BYTES < f64::BYTES;

    pub fn of(xs: &[f64]) -> Column<T> {
        let high: Vec<T> = xs.iter().map(|&x| T::of(x)).collect();
        // Beside an infinity nothing is lacking.
        let lack = |(&x, high): (&f64, &T)| if x.is_finite() { T::of(x - high.to_f64()) } else { T::of(0.0) };
        let low = if Self::SPLIT { xs.iter().zip(&high).map(lack).collect() } else { vec![] };
        Column { high, low }
    }
}

impl<T: Vectors> Data<T> {
    /// # Panics
    /// If the columns differ in length.
    pub(crate) fn of(
        y: Vec<T>,
        weight: Option<Vec<T>>,
        offset: Option<Vec<T>>,
        columns: Vec<Column<T>>,
        terms: Option<Vec<f64>>,
    ) -> Data<T> {
        let lengths = weight.iter().chain(&offset).map(Vec::len).chain(columns.iter().map(|it| it.high.len()));
        assert!(lengths.into_iter().all(|len| len == y.len()), "a column is as long as the target");
        let (mut weights, mut constant) = (Sum::new(), Sum::new());
        for i in 0..y.len() {
            let w = weight.as_ref().map_or(1.0, |w| w[i].to_f64());
            weights.add(w);
            terms.iter().for_each(|terms| constant.add(w * terms[i]));
        }
        Data { y, weight, offset, columns, terms, constant: constant.total(), weights: weights.total() }
    }
    /// Of a prior over so many numbers: there are none.
    pub fn none(count: usize) -> Data<T> {
        let (y, weight, offset, columns, terms) = (vec![T::of(0.0); count], None, None, vec![], None);
        Data { y, weight, offset, columns, terms, constant: 0.0, weights: count as f64 }
    }
    /// Some of the rows, in this order, possibly again and again.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn rows(&self, rows: &[usize]) -> Data<T> {
        fn pick<T: Copy>(rows: &[usize], column: &[T]) -> Vec<T> {
            rows.iter().map(|&i| column[i]).collect()
        }
        let some = |column: &Option<Vec<T>>| column.as_ref().map(|column| pick(rows, column));
        let column = |it: &Column<T>| Column {
            high: pick(rows, &it.high),
            low: pick(if it.low.is_empty() { &[] } else { rows }, &it.low),
        };
        let columns = self.columns.iter().map(column).collect();
        let terms = self.terms.as_ref().map(|terms| pick(rows, terms));
        Data::of(pick(rows, &self.y), some(&self.weight), some(&self.offset), columns, terms)
    }
    /// Rows.
    pub fn len(&self) -> usize {
        self.y.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }
    /// What the loss has whatever η is: Σ wᵢ ln yᵢ! and the like.
    pub fn constant(&self) -> f64 {
        self.constant
    }
    /// Σ wᵢ.
    pub fn weights(&self) -> f64 {
        self.weights
    }
}
