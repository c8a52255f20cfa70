//! What generators share: replicates, their streams, and linear predictors.

use crate::limit::{MAX_NUMBERS, fits};
use crate::{DataError, Loaded, Split, Table, TargetKind, Truth};
use surprisal_density::{AnyFamily, Purpose, Stream};

/// What a stream of a replicate is for; a row has a stream of its own, so rows don't depend on how many there are.
#[derive(Clone, Copy)]
enum Part {
    Weights,
    Train,
    Test,
}

/// The plan of a generator's tables.
pub(super) struct Draw {
    pub name: &'static str,
    pub kind: Option<TargetKind>,
    pub n: usize,
    pub test_n: usize,
    pub replicates: usize,
    pub seed: u64,
}

impl Draw {
    fn stream(&self, replicate: usize, part: Part, row: usize) -> Stream {
        let keys = [self.seed, Stream::text_key(self.name), replicate as u64, part as u64, row as u64];
        Stream::new(Purpose::Data, &keys)
    }
    /// Refuses what would not fit into memory, before any of it is drawn.
    fn check_size(&self, dim: usize, classes: usize) -> Result<(), DataError> {
        // A row has its features, its target and a truth of a few numbers, or one for each class.
        let (rows, row) = (self.n + self.test_n, dim + classes + 5);
        if fits(&[self.replicates, rows, row], MAX_NUMBERS) && fits(&[classes, dim], MAX_NUMBERS) {
            return Ok(());
        }
        let what = format!(
            "{} replicates of {rows} rows with {dim} features are more than the {MAX_NUMBERS} numbers that a data set may hold",
            self.replicates
        );
        Err(DataError::Size { table: self.name.into(), what })
    }
    /// Draws the tables: `weights` once for each replicate, then for each row its features and the truth at them,
    /// and from that truth the target. Rows 0 … n − 1 train, the rest test.
    pub fn tables<W>(
        self,
        features: Vec<String>,
        classes: usize,
        weights: impl Fn(&mut Stream) -> W,
        row: impl Fn(&W, &mut Stream) -> (Vec<f64>, AnyFamily, Vec<f64>),
    ) -> Result<Loaded, DataError> {
        self.check_size(features.len(), classes)?;
        let table = |replicate| {
            let weights = weights(&mut self.stream(replicate, Part::Weights, 0));
            let (mut x, mut y, mut truth) = (vec![], vec![], vec![]);
            for (part, count) in [(Part::Train, self.n), (Part::Test, self.test_n)] {
                for i in 0..count {
                    let mut stream = self.stream(replicate, part, i);
                    let (own, family, at) = row(&weights, &mut stream);
                    y.push(target(family, &at, &mut stream));
                    x.extend(own);
                    truth.push(Truth { family, at });
                }
            }
            let mut table = Table::new(self.name, features.clone(), x, "y", y, None);
            table.kind = self.kind;
            table.truth = Some(truth);
            if self.kind.is_some_and(TargetKind::is_labelled) {
                table.classes = (0..classes).map(|class| class.to_string()).collect();
            }
            let table = table.seal().check_kind()?;
            // Another declared kind must leave the truth a density of the targets.
            table.truth.iter().flatten().take(1).try_for_each(|truth| table.check_support(truth.family.support()))?;
            Ok(table)
        };
        let split = Split { train: (0..self.n).collect(), test: (self.n..self.n + self.test_n).collect() };
        let tables = (0..self.replicates).map(table).collect::<Result<_, DataError>>()?;
        Ok(Loaded { tables, splits: vec![split; self.replicates], overlapping: false })
    }
}

/// A draw from the truth.
///
/// Student-t not by inversion: the bits of the tables would change with every correction of that quantile function.
/// Of the others only the normal one is a number that is not whole, and the weights of networks rest on it as well.
fn target(family: AnyFamily, at: &[f64], stream: &mut Stream) -> f64 {
    match family {
        AnyFamily::StudentT(_) => at[0] + at[2] * student_t(at[1], stream),
        _ => family.sample(at, stream),
    }
}

/// The polar method of Bailey (1994): a point in the unit disc, and its radius transformed.
fn student_t(nu: f64, stream: &mut Stream) -> f64 {
    loop {
        let (a, b) = (2.0 * stream.uniform() - 1.0, 2.0 * stream.uniform() - 1.0);
        let w = a * a + b * b;
        if w > 0.0 && w < 1.0 {
            return a * (nu * libm::expm1(-2.0 / nu * libm::log(w)) / w).sqrt();
        }
    }
}

/// x1, x2, …
pub(super) fn names(dim: usize) -> Vec<String> {
    (1..=dim).map(|j| format!("x{j}")).collect()
}

/// Independent normal numbers.
pub(super) fn normals(count: usize, sd: f64, stream: &mut Stream) -> Vec<f64> {
    (0..count).map(|_| sd * stream.normal()).collect()
}

/// Σ aᵢ bᵢ, in order.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
