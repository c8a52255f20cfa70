//! Sums of one fixed shape: the same bits for any thread count and any instruction set.

/// Terms of a block.
pub(crate) const BLOCK: usize = 4096;
/// Virtual lanes of a block: what a wide machine would hold in registers.
pub(crate) const LANES: usize = 32;

/// Adds numbers in blocks of 4096: term i goes to lane i mod 32, lanes meet in a tree, blocks follow each other.
///
/// ```
/// let mut sum = surprisal_kernel::Sum::new();
/// (0..10_000).for_each(|_| sum.add(0.1));
/// assert!((sum.total() - 1000.0).abs() < 1e-11);
/// ```
#[derive(Clone, Debug)]
pub struct Sum {
    total: f64,
    lanes: [f64; LANES],
    terms: usize,
}

impl Default for Sum {
    fn default() -> Sum {
        Sum::new()
    }
}

impl Sum {
    /// Nothing yet.
    pub fn new() -> Sum {
        Sum { total: 0.0, lanes: [0.0; LANES], terms: 0 }
    }
    /// Adds one term.
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        self.lanes[self.terms % LANES] += x;
        self.terms += 1;
        if self.terms == BLOCK {
            self.total = self.total();
            self.lanes = [0.0; LANES];
            self.terms = 0;
        }
    }
    /// The sum so far.
    pub fn total(&self) -> f64 {
        self.total + tree(self.lanes)
    }
}

/// The sum of the lanes.
#[inline(always)]
pub(crate) fn tree(lanes: [f64; LANES]) -> f64 {
    meet(lanes, |a, b| a + b)
}

/// Lane i meets lane i + 16, then i + 8, …: lanes of a vector side by side.
#[inline(always)]
pub(crate) fn meet<T: Copy>(mut lanes: [T; LANES], of: impl Fn(T, T) -> T) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = of(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_whole_numbers_is_exact_across_blocks() {
        let mut sum = Sum::new();
        (1..=10_001u32).for_each(|i| sum.add(f64::from(i)));
        assert_eq!(sum.total(), 50_015_001.0);
    }

    #[test]
    fn a_nan_or_an_infinity_is_never_lost() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut sum = Sum::new();
            (0..5000).for_each(|i| sum.add(if i == 77 { bad } else { 1.0 }));
            assert!(!sum.total().is_finite());
        }
    }
}
