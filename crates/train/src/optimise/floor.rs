//! Says when floating point has no more to give: how small a gradient is, measured against what was seen on the way.
//!
//! Each coordinate of the gradient is measured against the largest value it has had (and against its penalty), so the
//! measure does not change when a column of the design is written in other units. It starts at 1; sums over many rows
//! leave rounding of some 1e-15 to 1e-13 in it.

/// Relative rounding allowed in values; a sum of 50,000 terms loses less.
const NOISE: f64 = 1e-12;
/// Iterations without a better gradient or value after which nothing more is expected.
const PATIENCE: usize = 40;

/// Progress so far.
pub(crate) struct Floor {
    pub(super) scale: Vec<f64>,
    pub(super) reach: Vec<f64>,
    pub(super) start: Vec<f64>,
    pub(super) typical: f64,
    pub(super) lowest: f64,
    pub(super) best: f64,
    pub(super) idle: usize,
    /// Best point: place, value, pseudo-gradient.
    pub point: (Vec<f64>, f64, f64),
    /// Largest |gradient × reach| of a coordinate there, and the first value.
    pub(super) work: (f64, f64),
}

impl Floor {
    pub(crate) fn new(x: &[f64]) -> Floor {
        let zero = vec![0.0; x.len()];
        Floor {
            scale: zero.clone(),
            reach: zero,
            start: x.to_vec(),
            typical: 0.0,
            lowest: f64::INFINITY,
            best: f64::INFINITY,
            idle: 0,
            point: (x.to_vec(), f64::INFINITY, f64::INFINITY),
            work: (f64::INFINITY, 0.0),
        }
    }

    /// Values closer than this are equal: relative to a quickly fading |f| (C of Hager & Zhang 2005 in spirit), so that a
    /// value that passes through 0 has noise too.
    pub(crate) fn noise(&self) -> f64 {
        NOISE * self.typical
    }

    /// Notes a point; returns the measure of its pseudo-gradient.
    pub(crate) fn see(&mut self, x: &[f64], f: f64, g: &[f64], pseudo: &[f64], weight: Option<&[f64]>) -> f64 {
        self.typical = f.abs().max(0.1 * self.typical);
        let mut measure: f64 = 0.0;
        for j in 0..x.len() {
            self.scale[j] = self.scale[j].max(g[j].abs()).max(weight.map_or(0.0, |w| w[j]));
            self.reach[j] = self.reach[j].max((x[j] - self.start[j]).abs()).max(x[j].abs());
            if pseudo[j] != 0.0 {
                measure = measure.max(pseudo[j].abs() / self.scale[j]);
            }
        }
        let noise = self.noise();
        self.idle += 1;
        if f < self.lowest - 0.1 * noise || measure < 0.7 * self.best {
            self.idle = 0;
        }
        if f < self.lowest - noise || measure < self.best && f <= self.lowest + noise {
            self.best = if f < self.lowest - noise { measure } else { self.best.min(measure) };
            self.point = (x.to_vec(), f, super::sup(pseudo));
            let first = if self.work.0.is_finite() { self.work.1 } else { f.abs() };
            self.work = (pseudo.iter().zip(&self.reach).map(|(g, r)| (g * r).abs()).fold(0.0, f64::max), first);
        }
        self.lowest = self.lowest.min(f);
        measure
    }

    /// Whether neither the value nor the gradient has become smaller for a while.
    pub(crate) fn reached(&self, decrement: f64) -> bool {
        self.idle > PATIENCE || self.idle > PATIENCE / 2 && self.flat(decrement)
    }

    /// Whether this decrease is below the last bits of the value.
    fn flat(&self, decrement: f64) -> bool {
        decrement <= 64.0 * f64::EPSILON * self.typical
    }

    /// Whether the best point is as good as rounding allows: its gradient is below `tolerance` or 4096 ε of what it was,
    /// or the decrease still to be had is below the last bits of the value.
    pub(crate) fn good(&self, tolerance: f64, decrement: f64) -> bool {
        // a huge gradient on the way must not excuse one that still matters to the value
        let matters = self.work.0 > 1e-6 * self.work.1.max(self.point.1.abs());
        !matters && (self.best <= tolerance.max(4096.0 * f64::EPSILON) || self.flat(decrement))
    }

    /// Whether a step is small against where the coordinates have been.
    pub(crate) fn small(&self, step: &[f64], tolerance: f64) -> bool {
        let limit = 1e-4 * tolerance.sqrt();
        step.iter().zip(&self.reach).all(|(s, r)| s.abs() <= limit * r)
    }
}
