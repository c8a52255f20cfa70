//! The state of a search as numbers by name: to be kept, and to go on from bit for bit.

use super::floor::Floor;
use super::kinked::Solved;
use super::lbfgs::{End, Found, Walk};
use super::memory::Memory;
use crate::checkpoint::{State, state};

/// What a search shows before each iteration.
pub struct Pause<'a> {
    /// Counted from 0.
    pub iteration: usize,
    /// Where it is.
    pub x: &'a [f64],
    /// The value there.
    pub value: f64,
    /// All that it needs to go on from here.
    pub state: &'a dyn Fn() -> State,
}

impl Found {
    /// The result as numbers by name.
    pub fn state(&self) -> State {
        let end = End::ALL.iter().position(|end| *end == self.end).unwrap_or(0);
        let found = vec![self.value, self.gradient_norm, self.iterations as f64, self.evaluations as f64, end as f64];
        state([("x", self.x.clone()), ("found", found)])
    }
    /// The result that was kept; none if the numbers are those of a search under way.
    pub fn restore(kept: &State) -> Option<Found> {
        let &[value, gradient_norm, iterations, evaluations, end] = &kept.get("found")?[..] else { return None };
        let (x, end) = (kept.get("x")?.clone(), *End::ALL.get(end as usize)?);
        Some(Found { x, value, gradient_norm, iterations: iterations as usize, evaluations: evaluations as usize, end })
    }
}

impl Solved {
    /// The result as numbers by name.
    pub fn state(&self) -> State {
        let [zeros, iterations] = [self.residual_zeros, self.iterations].map(|n| n as f64);
        let unique = f64::from(u8::from(self.unique));
        let solved = vec![self.value, zeros, self.certificate, self.relative_certificate, unique, iterations];
        state([("x", self.x.clone()), ("solved", solved)])
    }
    /// The result that was kept.
    pub fn restore(kept: &State) -> Option<Solved> {
        let &[value, zeros, certificate, relative_certificate, unique, iterations] = &kept.get("solved")?[..] else {
            return None;
        };
        let (residual_zeros, unique, iterations) = (zeros as usize, unique == 1.0, iterations as usize);
        let x = kept.get("x")?.clone();
        Some(Solved { x, value, residual_zeros, certificate, relative_certificate, unique, iterations })
    }
}

/// All that an L-BFGS search carries from one iteration to the next.
pub(crate) fn keep(walk: &Walk, floor: &Floor, memory: &Memory, iteration: usize, decrement: f64) -> State {
    let counts = [iteration, walk.evaluations, walk.halting].map(|n| n as f64);
    let mut kept = state([
        ("walk.x", walk.x.clone()),
        ("walk.g", walk.g.clone()),
        ("walk", [&counts[..], &[walk.value, decrement]].concat()),
    ]);
    floor.keep(&mut kept);
    memory.keep(&mut kept);
    kept
}

/// Puts it back; the iteration and the decrement that it goes on with, or none if the numbers do not fit.
pub(crate) fn put(kept: &State, walk: &mut Walk, floor: &mut Floor, memory: &mut Memory) -> Option<(usize, f64)> {
    let &[iteration, evaluations, halting, value, decrement] = &kept.get("walk")?[..] else { return None };
    let of_length = |name: &str| kept.get(name).filter(|xs| xs.len() == walk.x.len()).cloned();
    let (x, g) = (of_length("walk.x")?, of_length("walk.g")?);
    *floor = Floor::put(kept, x.len())?;
    memory.put(kept, x.len())?;
    (walk.x, walk.g, walk.value) = (x, g, value);
    (walk.evaluations, walk.halting) = (evaluations as usize, halting as usize);
    Some((iteration as usize, decrement))
}

impl Floor {
    fn keep(&self, kept: &mut State) {
        let (x, value, slope) = &self.point;
        let rest =
            vec![self.typical, self.lowest, self.best, self.idle as f64, *value, *slope, self.work.0, self.work.1];
        kept.append(&mut state([
            ("floor.scale", self.scale.clone()),
            ("floor.reach", self.reach.clone()),
            ("floor.start", self.start.clone()),
            ("floor.x", x.clone()),
            ("floor", rest),
        ]));
    }
    fn put(kept: &State, dim: usize) -> Option<Floor> {
        let of_length = |name: &str| kept.get(name).filter(|xs| xs.len() == dim).cloned();
        let &[typical, lowest, best, idle, value, slope, work, first] = &kept.get("floor")?[..] else { return None };
        Some(Floor {
            scale: of_length("floor.scale")?,
            reach: of_length("floor.reach")?,
            start: of_length("floor.start")?,
            typical,
            lowest,
            best,
            idle: idle as usize,
            point: (of_length("floor.x")?, value, slope),
            work: (work, first),
        })
    }
}

impl Memory {
    fn keep(&self, kept: &mut State) {
        let (steps, slopes): (Vec<_>, Vec<_>) = self.pairs.iter().map(|(s, y)| (&s[..], &y[..])).unzip();
        kept.append(&mut state([("memory.s", steps.concat()), ("memory.y", slopes.concat())]));
    }
    fn put(&mut self, kept: &State, dim: usize) -> Option<()> {
        let (steps, slopes) = (kept.get("memory.s")?, kept.get("memory.y")?);
        if steps.len() != slopes.len() || dim == 0 || steps.len() % dim != 0 {
            return None;
        }
        let pairs = steps.chunks(dim).zip(slopes.chunks(dim));
        self.pairs = pairs.map(|(s, y)| (s.to_vec(), y.to_vec())).collect();
        Some(())
    }
}
