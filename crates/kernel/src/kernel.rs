//! The loss: Σ wᵢ · −ln p(yᵢ | ηᵢ) and its gradient, in one pass over the rows.

use crate::schedule::Schedule;
use crate::{Bound, Slot, Sum};
use surprisal_density::{Arg, Dual, Family, Visit};

/// Columns of the data that the loss looks at, and what is computed once from them.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The target, in the network's coordinates.
    pub y: Vec<f64>,
    /// Weight of each row; 1 if none.
    pub weight: Option<Vec<f64>>,
    /// Added to the location head (log exposure); 0 if none.
    pub offset: Option<Vec<f64>>,
    /// `base`, where it is a function of the data alone.
    base: Vec<f64>,
}

/// Rows of the targets that a call is about; their η stand in the same order.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// All of them.
    All,
    /// These.
    These(&'a [usize]),
}

impl Rows<'_> {
    /// How many, of `all`.
    pub fn count(&self, all: usize) -> usize {
        match self {
            Rows::All => all,
            Rows::These(rows) => rows.len(),
        }
    }
    #[inline(always)]
    fn at(&self, i: usize) -> usize {
        match self {
            Rows::All => i,
            Rows::These(rows) => rows[i],
        }
    }
}

/// A bound family over slices of rows.
///
/// η is row-major, [`Kernel::heads`] numbers a row; learned numbers and η are unconstrained. Values are in nats, all
/// constants kept; a target outside the support gives a NaN or an infinity, never a silent number.
pub trait Kernel: Send + Sync {
    /// Columns of η.
    fn heads(&self) -> usize;
    /// Learned numbers.
    fn learned(&self) -> usize;
    /// Takes the data columns and computes what depends on them alone.
    fn targets(&self, y: Vec<f64>, weight: Option<Vec<f64>>, offset: Option<Vec<f64>>) -> Targets;
    /// Σ wᵢ · −ln p. Gradients are overwritten: per row in η, summed in the learned numbers.
    fn value_and_gradient(
        &self,
        eta: &[f64],
        learned: &[f64],
        targets: &Targets,
        rows: Rows,
        grad_eta: &mut [f64],
        grad_learned: &mut [f64],
    ) -> f64;
    /// −ln p of each row, without its weight.
    fn values(&self, eta: &[f64], learned: &[f64], targets: &Targets, rows: Rows, out: &mut [f64]);
}

/// The kernel of a bound family, compiled for that family.
pub fn kernel(bound: &Bound) -> Box<dyn Kernel> {
    struct Make<'a>(&'a Bound);
    impl Visit for Make<'_> {
        type Output = Box<dyn Kernel>;
        fn visit<F: Family>(self, family: F) -> Box<dyn Kernel> {
            let bound = self.0;
            let (heads, learned) = (bound.heads(), bound.learned());
            Box::new(Scalar { family, slots: bound.slots.clone(), heads, learned, schedule: Schedule::of(bound) })
        }
    }
    bound.family.visit(Make(bound))
}

/// Row after row, in f64.
struct Scalar<F> {
    family: F,
    slots: Vec<Slot>,
    heads: usize,
    learned: usize,
    schedule: Schedule,
}

/// Where a loss is computed.
#[derive(Clone, Copy)]
struct At<'a> {
    eta: &'a [f64],
    learned: &'a [f64],
    targets: &'a Targets,
    rows: Rows<'a>,
}

/// Trained numbers whose slopes one pass carries: every family but the categorical needs one pass.
const WIDTH: usize = 4;

impl<F: Family> Scalar<F> {
    /// The parameters that are the same in each row, as numbers with slopes: trained number `first + k` is variable k.
    fn constant<const K: usize>(&self, learned: &[f64], first: usize) -> Vec<Arg<Dual<f64, K>>> {
        let arg = |(j, slot): (usize, &Slot)| match *slot {
            Slot::Fixed(x) => Arg::fixed(self.family.domain(j), x),
            Slot::Learned(k) => self.free(j, learned[k], self.heads + k, first),
            Slot::Predicted(k) => self.free(j, 0.0, k, first),
        };
        self.slots.iter().enumerate().map(arg).collect()
    }

    #[inline(always)]
    fn free<const K: usize>(&self, j: usize, u: f64, variable: usize, first: usize) -> Arg<Dual<f64, K>> {
        Arg::free(self.family.domain(j), Dual::var(u, variable.wrapping_sub(first)))
    }

    /// Puts the parameters of one row in their places. The offset belongs to the location, whoever gives it.
    #[inline(always)]
    fn row<const K: usize>(
        &self,
        eta: &[f64],
        learned: &[f64],
        offset: f64,
        first: usize,
        args: &mut [Arg<Dual<f64, K>>],
    ) {
        for (j, (slot, arg)) in self.slots.iter().zip(args).enumerate() {
            let offset = if j == 0 { offset } else { 0.0 };
            match *slot {
                Slot::Predicted(k) => *arg = self.free(j, eta[k] + offset, k, first),
                Slot::Learned(k) if j == 0 => *arg = self.free(j, learned[k] + offset, self.heads + k, first),
                _ => {}
            }
        }
    }

    /// One pass: slopes of the trained numbers `first .. first + K`; the value is returned by each.
    fn pass<const K: usize>(&self, first: usize, at: At, grad_eta: &mut [f64], grad_learned: &mut [f64]) -> f64 {
        let At { eta, learned, targets, rows } = at;
        let Schedule { norm_per_row, base_per_call } = self.schedule;
        let mut args = self.constant::<K>(learned, first);
        let norm = (!norm_per_row).then(|| self.family.log_norm(&args));
        let (mut sum, mut weights) = (Sum::new(), Sum::new());
        let mut slopes = vec![Sum::new(); K];
        for i in 0..rows.count(targets.y.len()) {
            let (row, eta) = (rows.at(i), &eta[i * self.heads..(i + 1) * self.heads]);
            let weight = targets.weight.as_ref().map_or(1.0, |w| w[row]);
            let offset = targets.offset.as_ref().map_or(0.0, |o| o[row]);
            self.row(eta, learned, offset, first, &mut args);
            let y = Dual::con(targets.y[row]);
            let mut nll = self.family.energy(&args, y);
            if norm_per_row {
                nll = nll + self.family.log_norm(&args);
            }
            if base_per_call {
                nll = nll + self.family.base(&args, y);
            } else {
                nll.value += targets.base[row];
            }
            sum.add(weight * nll.value);
            weights.add(weight);
            for k in 0..K {
                if first + k < self.heads {
                    grad_eta[i * self.heads + first + k] = weight * nll.slope[k];
                } else {
                    slopes[k].add(weight * nll.slope[k]);
                }
            }
        }
        let mut total = sum.total();
        for k in 0..K {
            if (self.heads..self.heads + self.learned).contains(&(first + k)) {
                grad_learned[first + k - self.heads] = slopes[k].total();
            }
        }
        if let Some(norm) = norm {
            total += weights.total() * norm.value;
            for k in 0..K {
                if (self.heads..self.heads + self.learned).contains(&(first + k)) {
                    grad_learned[first + k - self.heads] += weights.total() * norm.slope[k];
                }
            }
        }
        total
    }
}

impl<F: Family> Kernel for Scalar<F> {
    fn heads(&self) -> usize {
        self.heads
    }
    fn learned(&self) -> usize {
        self.learned
    }
    fn targets(&self, y: Vec<f64>, weight: Option<Vec<f64>>, offset: Option<Vec<f64>>) -> Targets {
        let base = if self.schedule.base_per_call {
            Vec::new()
        } else {
            // No trained parameter is looked at, so any value of it will do.
            let args = self.constant::<0>(&vec![0.0; self.learned], 0);
            let args: Vec<Arg<f64>> = args.iter().map(|a| Arg { x: a.x.value, u: a.u.value }).collect();
            y.iter().map(|&y| self.family.base(&args, y)).collect()
        };
        Targets { y, weight, offset, base }
    }
    fn value_and_gradient(
        &self,
        eta: &[f64],
        learned: &[f64],
        targets: &Targets,
        rows: Rows,
        grad_eta: &mut [f64],
        grad_learned: &mut [f64],
    ) -> f64 {
        assert_eq!(eta.len(), grad_eta.len(), "one slope for each η");
        assert_eq!(learned.len(), self.learned, "one number for each learned parameter");
        let mut run = |first: usize, width: usize| {
            let (at, g, h) = (At { eta, learned, targets, rows }, &mut *grad_eta, &mut *grad_learned);
            match width {
                1 => self.pass::<1>(first, at, g, h),
                2 => self.pass::<2>(first, at, g, h),
                3 => self.pass::<3>(first, at, g, h),
                _ => self.pass::<WIDTH>(first, at, g, h),
            }
        };
        let trained = (self.heads + self.learned).max(1);
        (0..trained).step_by(WIDTH).map(|first| run(first, trained - first)).last().unwrap_or(f64::NAN)
    }
    fn values(&self, eta: &[f64], learned: &[f64], targets: &Targets, rows: Rows, out: &mut [f64]) {
        let mut args = self.constant::<1>(learned, usize::MAX);
        for (i, out) in out.iter_mut().enumerate() {
            let (row, eta) = (rows.at(i), &eta[i * self.heads..(i + 1) * self.heads]);
            let offset = targets.offset.as_ref().map_or(0.0, |o| o[row]);
            self.row(eta, learned, offset, usize::MAX, &mut args);
            *out = self.family.nll(&args, Dual::con(targets.y[row])).value;
        }
    }
}
