//! What generators share: replicates, their streams, and linear predictors.

use crate::{Loaded, Split, Table, TargetKind, Truth};
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
    /// Draws the tables: `weights` once for each replicate, then for each row its features and the truth at them,
    /// and from that truth the target. Rows 0 … n − 1 train, the rest test.
    pub fn tables<W>(
        self,
        features: Vec<String>,
        classes: usize,
        weights: impl Fn(&mut Stream) -> W,
        row: impl Fn(&W, &mut Stream) -> (Vec<f64>, AnyFamily, Vec<f64>),
    ) -> Loaded {
        let table = |replicate| {
            let weights = weights(&mut self.stream(replicate, Part::Weights, 0));
            let (mut x, mut y, mut truth) = (vec![], vec![], vec![]);
            for (part, count) in [(Part::Train, self.n), (Part::Test, self.test_n)] {
                for i in 0..count {
                    let mut stream = self.stream(replicate, part, i);
                    let (own, family, at) = row(&weights, &mut stream);
                    y.push(family.sample(&at, &mut stream));
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
            table.seal()
        };
        let split = Split { train: (0..self.n).collect(), test: (self.n..self.n + self.test_n).collect() };
        let tables = (0..self.replicates).map(table).collect();
        Loaded { tables, splits: vec![split; self.replicates], overlapping: false }
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
