//! Walks along faces of a piecewise-linear function, plus smooth terms per coordinate, to its minimum.
//!
//! f(θ) = Σᵢ ρᵢ(yᵢ − xᵢ·θ) + Σⱼ hⱼ(θⱼ). The state is a set A of rows held at residual 0 and a sign for every other row,
//! so that f is smooth near the face {x_A θ = y_A}. Each step moves on the face (projected gradient where it is linear,
//! Newton where hⱼ bend) past as many kinks as pay and takes in the row where it stops; at a stationary point of the face
//! the multipliers tell optimality or which row to let go: Bartels, Conn & Sinclair (1978, SIAM J. Numer. Anal. 15:224),
//! Barrodale & Roberts (1973), steepest edge. Signs are a state and not the sign of a rounded residual: they are what the
//! multipliers were computed with.

use super::face::Face;
use super::{axpy, dot};

/// A smooth term: value, first and second derivative.
pub(crate) type Term<'a> = Box<dyn Fn(f64) -> (f64, f64, f64) + 'a>;

/// The function.
pub(crate) struct Program<'a> {
    pub dim: usize,
    /// Row-major.
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Slope for positive residuals, and minus the slope for negative ones.
    pub up: Vec<f64>,
    pub down: Vec<f64>,
    pub smooth: Vec<Option<Term<'a>>>,
    /// The first rows are data, the others penalties.
    pub data: usize,
}

impl Program<'_> {
    pub(crate) fn row(&self, i: usize) -> &[f64] {
        &self.x[i * self.dim..][..self.dim]
    }

    /// First and second derivatives of the smooth terms; a second derivative below 0 counts as 0.
    pub(crate) fn bend(&self, theta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let one = |(h, t): (&Option<Term>, &f64)| h.as_ref().map_or((0.0, 0.0), |h| (h(*t).1, h(*t).2.max(0.0)));
        self.smooth.iter().zip(theta).map(one).unzip()
    }
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Optimal,
    Budget,
    Unbounded,
}

/// The state.
pub(crate) struct Edge<'p> {
    pub program: &'p Program<'p>,
    pub theta: Vec<f64>,
    pub face: Face,
    pub iterations: usize,
    /// Rows that take part, ascending.
    live: Vec<usize>,
    /// How many rows of data each of them stands for.
    stride: f64,
    /// +1, −1, or 0 for the rows held.
    pub sign: Vec<i8>,
    residual: Vec<f64>,
    /// Shifts of y that break ties.
    shift: Vec<f64>,
    norm: Vec<f64>,
    /// Gradient of the linear pieces, and the size of its terms.
    linear: Vec<f64>,
    scale: f64,
    /// Largest |y|.
    pub spread: f64,
}

/// Rows with x·d below this, relative to |x||d|, do not move.
const PARALLEL: f64 = 1e-11;

impl<'p> Edge<'p> {
    pub(crate) fn new(program: &'p Program<'p>, theta: Vec<f64>) -> Edge<'p> {
        let n = program.y.len();
        let top = super::sup(&program.y);
        Edge {
            program,
            theta,
            face: Face::new(program.dim),
            iterations: 0,
            live: Vec::new(),
            stride: 1.0,
            sign: vec![1; n],
            residual: vec![0.0; n],
            shift: vec![0.0; n],
            norm: (0..n).map(|i| dot(program.row(i), program.row(i)).sqrt()).collect(),
            linear: vec![0.0; program.dim],
            scale: 0.0,
            spread: if top > 0.0 { top } else { 1.0 },
        }
    }

    /// Slopes on both sides, as a part of the data counts.
    fn range(&self, i: usize) -> (f64, f64) {
        let weight = if i < self.program.data { self.stride } else { 1.0 };
        (self.program.up[i] * weight, self.program.down[i] * weight)
    }

    /// The slope that the row's state stands for.
    fn slope(&self, i: usize) -> f64 {
        let (up, down) = self.range(i);
        if self.sign[i] > 0 { up } else { -down }
    }

    /// Takes every `stride`-th row of the data and all penalties, with these shifts of y.
    pub(crate) fn with(&mut self, stride: usize, shift: Vec<f64>) {
        let (data, all) = (self.program.data, self.program.y.len());
        let matters = |i: &usize| self.program.up[*i] + self.program.down[*i] > 0.0;
        self.live = (0..data).step_by(stride).chain(data..all).filter(matters).collect();
        (self.stride, self.shift) = (stride as f64, shift);
        self.refresh();
    }

    /// Recomputes everything that has been updated; a sign is changed only where the residual is clearly of the other.
    pub(crate) fn refresh(&mut self) {
        let held = std::mem::replace(&mut self.face, Face::new(self.program.dim)).rows;
        for i in held {
            if !self.face.push(i, self.program.row(i), 1e-11) {
                self.sign[i] = 1;
            }
        }
        for _ in 0..3 {
            self.onto();
        }
        let size = self.size();
        self.linear.fill(0.0);
        self.scale = 0.0;
        for k in 0..self.live.len() {
            let i = self.live[k];
            let (row, y) = (self.program.row(i), self.program.y[i]);
            let r = y + self.shift[i] - dot(row, &self.theta);
            self.residual[i] = r;
            let (up, down) = self.range(i);
            self.scale += up.max(down) * self.norm[i];
            if self.sign[i] == 0 {
                continue;
            }
            if r.abs() > 1e-13 * self.reach(i, size) {
                self.sign[i] = if r > 0.0 { 1 } else { -1 };
            }
            axpy(-self.slope(i), row, &mut self.linear);
        }
    }

    /// Length of θ, or what θ could have been.
    pub(crate) fn size(&self) -> f64 {
        dot(&self.theta, &self.theta).sqrt().max(self.spread)
    }

    /// What the residual of row i is a difference of, if θ has this length.
    pub(crate) fn reach(&self, i: usize, size: f64) -> f64 {
        self.program.y[i].abs() + self.norm[i] * size
    }

    /// Moves to the nearest point where the rows held have residual 0.
    fn onto(&mut self) {
        let rest = |&i: &usize| self.program.y[i] + self.shift[i] - dot(self.program.row(i), &self.theta);
        let rest: Vec<f64> = self.face.rows.iter().map(rest).collect();
        axpy(1.0, &self.face.solve(&rest), &mut self.theta);
    }

    /// Gradient on the pieces that the signs stand for.
    pub(crate) fn gradient(&self) -> Vec<f64> {
        let (first, _) = self.program.bend(&self.theta);
        self.linear.iter().zip(&first).map(|(l, h)| l + h).collect()
    }

    /// Walks until optimal.
    pub(crate) fn run(&mut self, budget: usize) -> Ended {
        let (mut since, mut polish) = (0, 0);
        for _ in 0..budget {
            self.iterations += 1;
            since += 1;
            if since == 50 {
                self.refresh();
                since = 0;
            }
            let mut g = self.gradient();
            let size = self.scale + super::sup(&g);
            let inner = self.face.project(&g);
            if super::sup(&inner) <= 1e-13 * size || polish > 4 && super::sup(&inner) <= 1e-9 * size {
                let Some(place) = self.leaving(&g, size) else {
                    if since == 1 {
                        return Ended::Optimal;
                    }
                    self.refresh();
                    since = 0;
                    continue;
                };
                let u = self.face.multipliers(&g)[place];
                let i = self.face.drop(place);
                self.sign[i] = if u > 0.0 { 1 } else { -1 };
                axpy(-self.slope(i), self.program.row(i), &mut self.linear);
                axpy(-self.slope(i), self.program.row(i), &mut g);
            }
            let (d, newton) = super::unique::direction(self.program, &self.face, &self.theta, &g, 1e-13 * size);
            match self.walk(&d, dot(&g, &d)) {
                None => return Ended::Unbounded,
                // on a face that bends, rounding may keep the last bits of the gradient
                Some(kink) => polish = if newton && !kink { polish + 1 } else { 0 },
            }
        }
        Ended::Budget
    }

    /// The row whose release pays most per length of the edge.
    fn leaving(&self, g: &[f64], size: f64) -> Option<usize> {
        let (u, reach) = (self.face.multipliers(g), self.face.reach());
        let mut best = None;
        let mut most = 0.0;
        for (place, &i) in self.face.rows.iter().enumerate() {
            let (up, down) = self.range(i);
            let over = (u[place] - up).max(-down - u[place]);
            let rounding = 1e-13 * size * reach[place] + 1e-10 * (up + down);
            if over > rounding && over / reach[place] > most {
                (best, most) = (Some(place), over / reach[place]);
            }
        }
        best
    }

    /// Goes along d to the minimum; says whether it lies at a kink, or nothing if there is none.
    fn walk(&mut self, d: &[f64], slope: f64) -> Option<bool> {
        let length = dot(d, d).sqrt();
        let smooth = |t: f64| -> f64 {
            let one = |j: usize| {
                let h = self.program.smooth[j].as_ref();
                h.map_or(0.0, |h| (h(self.theta[j] + t * d[j]).1 - h(self.theta[j]).1) * d[j])
            };
            (0..d.len()).map(one).sum()
        };
        let curved = self.program.smooth.iter().any(Option::is_some);
        let extra = |t: f64| if curved { smooth(t) } else { 0.0 };
        let mut moves = Vec::with_capacity(self.live.len());
        let mut kinks: Vec<(f64, f64, usize)> = Vec::new();
        for &i in &self.live {
            let v = if self.sign[i] == 0 { 0.0 } else { dot(self.program.row(i), d) };
            moves.push(v);
            if v * f64::from(self.sign[i]) > PARALLEL * self.norm[i] * length {
                let (up, down) = self.range(i);
                let jump = (up + down) * v.abs();
                kinks.push(((self.residual[i] / v).max(0.0), jump, i));
            }
        }
        // the first kink behind which the slope is not negative any more
        let (mut from, mut to, mut sum) = (0, kinks.len(), slope);
        let mut stop = None;
        while from < to {
            let mid = (to - from) / 2;
            let window = &mut kinks[from..to];
            window.select_nth_unstable_by(mid, |a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
            let t = window[mid].0;
            let part: f64 = window[..=mid].iter().map(|k| k.1).sum();
            if sum + part + extra(t) >= 0.0 {
                stop = Some(from + mid);
                to = from + mid;
            } else {
                sum += part;
                from += mid + 1;
            }
        }
        let passed = stop.unwrap_or(kinks.len());
        let last = kinks[..passed].iter().map(|k| k.0).fold(0.0, f64::max);
        let at = stop.map(|k| kinks[k]);
        let (t, kink) = match at {
            Some((t, _, i)) if sum + extra(t) <= 0.0 => (t, Some(i)),
            _ => (root(&|t| sum + extra(t), last, at.map(|k| k.0))?, None),
        };
        axpy(t, d, &mut self.theta);
        for (&i, v) in self.live.iter().zip(&moves) {
            self.residual[i] -= t * v;
        }
        for &(_, _, i) in &kinks[..passed] {
            let before = self.slope(i);
            self.sign[i] = -self.sign[i];
            axpy(before - self.slope(i), self.program.row(i), &mut self.linear);
        }
        if let Some(i) = kink {
            if self.face.push(i, self.program.row(i), PARALLEL) {
                axpy(self.slope(i), self.program.row(i), &mut self.linear);
                (self.sign[i], self.residual[i]) = (0, 0.0);
            } else {
                let before = self.slope(i);
                self.sign[i] = -self.sign[i];
                axpy(before - self.slope(i), self.program.row(i), &mut self.linear);
            }
        }
        Some(kink.is_some())
    }
}

/// Zero of an increasing function that is negative at `low`.
fn root(f: &dyn Fn(f64) -> f64, low: f64, high: Option<f64>) -> Option<f64> {
    let (mut a, mut b) = (low, high.unwrap_or((2.0 * low).max(1.0)));
    let (mut fa, mut fb) = (f(a), f(b));
    for _ in 0..200 {
        if fb >= 0.0 || high.is_some() {
            break;
        }
        (a, fa) = (b, fb);
        b *= 4.0;
        fb = f(b);
    }
    if fb.is_nan() || fb < 0.0 || !b.is_finite() {
        return None;
    }
    // regula falsi (Illinois), with bisection every third time
    for step in 0..120 {
        if fb == 0.0 {
            return Some(b);
        }
        let guess = if step % 3 == 2 { 0.5 * (a + b) } else { a - fa * (b - a) / (fb - fa) };
        if !(guess > a && guess < b) {
            break;
        }
        let fg = f(guess);
        if fg <= 0.0 {
            (a, fa) = (guess, fg);
            if fg == 0.0 {
                return Some(a);
            }
            fb *= if step % 3 == 1 { 0.5 } else { 1.0 };
        } else {
            (b, fb) = (guess, fg);
        }
    }
    Some(if fa.abs() < fb { a } else { b })
}
