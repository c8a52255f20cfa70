//! Where a learned or predicted parameter runs to the edge of its domain: a scale to 0, a shape to a limit of the family.

use crate::TrainError;
use crate::objective::Objective;
use crate::optimise::{Found, Separation, separation};
use crate::status::{COLLAPSED, counts, vanishes};
use surprisal_density::{AnyFamily, Domain, Support};
use surprisal_kernel::{Rows, Slot};
use surprisal_spec::{Number, Run, Status};

/// u = ±30: e³⁰ is 10¹³, where a shape is at its limit to rounding.
const FAR: f64 = 30.0;

/// u = ±8: a row whose head is beyond, ν > 3,000 or α < 1/3,000, may be on its way to the edge.
const NEAR: f64 = 8.0;

/// A point at an edge, and the places in it that must not come back.
pub type Beyond = (Vec<f64>, Vec<usize>);

/// Where the objective is at least as good as where the search ended.
pub struct Edge {
    /// A point there; none where only some rows are at the edge.
    pub beyond: Option<Beyond>,
    /// What to call it.
    pub status: Status,
}

/// An edge that a parameter may run to: up or down in u, and what is there.
struct Limit {
    up: bool,
    at: f64,
    reduces_to: String,
}

impl Limit {
    /// Those of parameter `j`: the limits of the family, and the lowest value that it may take.
    fn of(family: &AnyFamily, j: usize) -> Vec<Limit> {
        let limits = family.limits().iter().filter(|limit| limit.parameter == j);
        let limits = limits.map(|it| Limit { up: it.at > 0.0, at: it.at, reduces_to: it.reduces_to.into() });
        let lowest = match family.domain(j) {
            Domain::Above(at) => Some(Limit { up: false, at, reduces_to: family.name().into() }),
            _ => None,
        };
        lowest.into_iter().chain(limits).collect()
    }
    /// How far towards the edge u is.
    fn depth(&self, u: f64) -> f64 {
        if self.up { u } else { -u }
    }
    /// The u that is so far towards it.
    fn u(&self, depth: f64) -> f64 {
        self.depth(depth)
    }
    fn status(&self, family: &AnyFamily, j: usize) -> Status {
        let parameter = family.parameters()[j].name.to_string();
        Status::Boundary { parameter, limit: Number(self.at), reduces_to: self.reduces_to.clone() }
    }
}

/// Whether a scale runs to 0, on any row where it is predicted, or the shape of a gamma (of deviation 1/√k) to infinity.
pub fn collapsed(objective: &Objective, theta: &[f64]) -> Result<bool, TrainError> {
    let (bound, heads) = (&objective.assumption.bound, objective.layout().heads.len());
    let family = bound.family;
    let smallest = |value: f64, name: &str| match (family.support(), name) {
        (Support::Real, "scale") => vanishes(objective, value),
        // Of the logarithm: it has no units.
        (Support::Positive, "scale") => value <= COLLAPSED,
        (Support::Positive, "shape") => 1.0 / value.sqrt() <= COLLAPSED,
        _ => false,
    };
    // After the location: classes have a slot for each logit, and nothing else.
    for (j, parameter) in family.parameters().iter().enumerate().skip(1) {
        let (slot, domain, name) = (&bound.slots[j], family.domain(j), parameter.name);
        let vanished = match *slot {
            Slot::Fixed(_) => false,
            Slot::Learned(k) => smallest(domain.link(theta[objective.layout().learned.start + k]), name),
            Slot::Predicted(head) => {
                let eta = objective.eta(theta)?;
                let mut rows = (0..objective.rows.len()).filter(|&i| counts(objective, i));
                rows.any(|i| smallest(domain.link(eta[i * heads + head]), name))
            }
        };
        if vanished {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The edge of a learned or predicted shape that is at least as good as where the search ended, if there is one.
pub fn boundary(objective: &Objective, run: &Run, found: &Found) -> Result<Option<Edge>, TrainError> {
    let bound = &objective.assumption.bound;
    for j in 1..bound.family.parameters().len() {
        for limit in Limit::of(&bound.family, j) {
            let beyond = match bound.slots[j] {
                Slot::Fixed(_) => None,
                Slot::Learned(k) => learned(objective, found, k, &limit)?,
                Slot::Predicted(head) => match shifted(objective, found, head, &limit)? {
                    None if on_some_rows(objective, run, found, head, &limit)? => {
                        return Ok(Some(Edge { beyond: None, status: limit.status(&bound.family, j) }));
                    }
                    beyond => beyond,
                },
            };
            if beyond.is_some() {
                return Ok(Some(Edge { beyond, status: limit.status(&bound.family, j) }));
            }
        }
    }
    Ok(None)
}

/// Whether the objective at this point is as good as where the search ended, to rounding.
fn as_good(objective: &Objective, found: &Found, theta: &[f64]) -> Result<bool, TrainError> {
    let value = objective.parts(theta)?.objective();
    Ok(value <= found.value + tolerance(found.value))
}

fn tolerance(value: f64) -> f64 {
    1e-10 * (1.0 + value.abs())
}

/// The learned number `k` at the edge.
fn learned(objective: &Objective, found: &Found, k: usize, limit: &Limit) -> Result<Option<Beyond>, TrainError> {
    let at = objective.layout().learned.start + k;
    let mut theta = found.x.clone();
    if limit.at.is_finite() && limit.at > 0.0 {
        // The lowest value is approached, not passed: the search stands before it where it is best.
        return Ok((limit.depth(theta[at]) > 20.0).then_some((theta, vec![at])));
    }
    theta[at] = limit.u(limit.depth(theta[at]).max(0.0) + FAR);
    Ok(as_good(objective, found, &theta)?.then_some((theta, vec![at])))
}

/// Every row of a head at the edge: its bias moved so far that all are beyond it.
fn shifted(objective: &Objective, found: &Found, head: usize, limit: &Limit) -> Result<Option<Beyond>, TrainError> {
    let (layout, heads) = (objective.layout(), objective.layout().heads.len());
    let last = layout.layers.last().expect("a model has a layer");
    let Some(bias) = &last.bias else { return Ok(None) };
    let eta = objective.eta(&found.x)?;
    let shallowest = eta.iter().skip(head).step_by(heads).map(|u| limit.depth(*u)).fold(FAR, f64::min);
    let mut theta = found.x.clone();
    theta[bias.start + head] += limit.u(FAR - shallowest);
    let of_head = last.weight.iter().flat_map(|w| (0..w.inputs).map(|i| w.start + i * w.outputs + head));
    let frozen = of_head.chain([bias.start + head]).collect();
    Ok(as_good(objective, found, &theta)?.then_some((theta, frozen)))
}

/// Whether some rows of the head of a linear model run to the edge in a direction that no other row objects to.
fn on_some_rows(
    objective: &Objective,
    run: &Run,
    found: &Found,
    head: usize,
    limit: &Limit,
) -> Result<bool, TrainError> {
    let (layout, heads) = (objective.layout(), objective.layout().heads.len());
    let bias = layout.layers[0].bias.is_some();
    let flat = matches!(run.prior.family, AnyFamily::Flat(_)) && (!bias || run.prior.bias.is_none());
    if !layout.is_linear() || !flat {
        return Ok(false);
    }
    let mut eta = objective.eta(&found.x)?;
    let (n, inputs) = (objective.rows.len(), layout.features.len());
    let learned = &found.x[layout.learned.clone()];
    let value = |eta: &[f64]| {
        let mut values = vec![0.0; n];
        objective.kernel.values(eta, learned, &objective.targets, Rows::All, &mut values);
        let weight = objective.targets.weight.as_ref();
        values.iter().enumerate().map(|(i, v)| weight.map_or(*v, |w| w[i] * v)).sum::<f64>()
    };
    let before = value(&eta);
    // The direction separates the rows near the edge from the others, which it leaves alone: they are in both classes.
    let (mut x, mut classes, mut near) = (Vec::new(), Vec::new(), false);
    for i in (0..n).filter(|&i| counts(objective, i)) {
        let u = &mut eta[i * heads + head];
        let is_near = limit.depth(*u) > NEAR;
        if is_near {
            (near, *u) = (true, limit.u(limit.depth(*u).max(FAR)));
        }
        for class in 0..=usize::from(!is_near) {
            x.extend_from_slice(&objective.x[i * inputs..(i + 1) * inputs]);
            classes.push(class);
        }
    }
    Ok(near
        && value(&eta) <= before + tolerance(before)
        && matches!(separation(&x, inputs, &classes, 2, bias), Ok(Separation::Quasi | Separation::Complete)))
}
