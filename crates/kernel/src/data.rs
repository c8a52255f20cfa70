//! The data of a loss in columns, and what is computed once from them.

use crate::Sum;
use crate::isa::Vectors;

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
    pub(crate) columns: Vec<Vec<T>>,
    /// The terms of −ln p that are functions of the target alone, where they are not 0: ln y!.
    terms: Option<Vec<f64>>,
    /// Σ wᵢ times those terms.
    constant: f64,
    weights: f64,
}

impl<T: Vectors> Data<T> {
    /// # Panics
    /// If the columns differ in length.
    pub(crate) fn of(
        y: Vec<T>,
        weight: Option<Vec<T>>,
        offset: Option<Vec<T>>,
        columns: Vec<Vec<T>>,
        terms: Option<Vec<f64>>,
    ) -> Data<T> {
        let same = |column: &Vec<T>| column.len() == y.len();
        assert!(weight.iter().chain(&offset).chain(&columns).all(same), "a column is as long as the target");
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
        let columns = self.columns.iter().map(|column| pick(rows, column)).collect();
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
