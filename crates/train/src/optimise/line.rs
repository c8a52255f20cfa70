//! A line search that still works where differences of function values are rounding and only slopes are left.
//!
//! Strong enough for quasi-Newton updates: a point is accepted under the Wolfe conditions, or under the approximate
//! Wolfe conditions of Hager & Zhang (2005, SIAM J. Optim. 16:170, "A new conjugate gradient method with guaranteed
//! descent and an efficient line search", T1 and T2). The bracket is refined by a cubic through values and slopes while
//! values differ by more than their noise, by the secant of the slopes afterwards, and by bisection whenever two steps
//! have not shrunk it by a third (Moré & Thuente 1994 safeguard in the same way).

/// Sufficient decrease.
const DELTA: f64 = 1e-4;
/// Curvature.
const SIGMA: f64 = 0.5;
/// Evaluations spent before giving up.
const TRIES: usize = 60;

/// Where a search ended; the last point evaluated is the one accepted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Searched {
    /// Both conditions hold at this step.
    Wolfe(f64),
    /// The function still falls at the longest step allowed.
    Limit(f64),
    /// No step satisfies both conditions; the function does not rise up to `best`, and the minimum along the line is
    /// no further than `width` beyond.
    Stuck {
        /// A step that may still be taken, or 0.
        best: f64,
        /// Length of the last bracket.
        width: f64,
    },
}

#[derive(Clone, Copy)]
struct At {
    t: f64,
    f: f64,
    slope: f64,
}

/// Searches t in (0, longest]; `eval` gives value and slope at t, `f0` and `slope0` < 0 are those at 0.
pub(crate) fn search(
    eval: &mut dyn FnMut(f64) -> (f64, f64),
    (f0, slope0): (f64, f64),
    first: f64,
    longest: f64,
    noise: f64,
) -> Searched {
    let mut low = At { t: 0.0, f: f0, slope: slope0 };
    let mut high: Option<At> = None;
    let mut outside = f64::INFINITY; // steps from here on are outside the domain
    let mut t = first.min(longest);
    let mut width = [f64::INFINITY; 2];
    for _ in 0..TRIES {
        let (f, slope) = eval(t);
        if !slope.is_finite() || !f.is_finite() && f != f64::NEG_INFINITY {
            outside = t;
        } else {
            if f == f64::NEG_INFINITY {
                return Searched::Wolfe(t);
            }
            let falls = f <= f0 + DELTA * t * slope0;
            let near = f <= f0 + noise && slope <= (2.0 * DELTA - 1.0) * slope0;
            if (falls || near) && slope.abs() <= -SIGMA * slope0 {
                return Searched::Wolfe(t);
            }
            let fine = falls || f <= f0 + noise;
            if fine && slope < 0.0 && t >= longest {
                return Searched::Limit(t);
            }
            if slope >= 0.0 || !fine {
                high = Some(At { t, f, slope });
            } else {
                low = At { t, f, slope };
            }
        }
        t = match high {
            None if outside.is_finite() => low.t + 0.3 * (outside - low.t),
            None => (low.t * 4.0).min(longest),
            Some(h) if outside < h.t => low.t + 0.3 * (outside - low.t),
            Some(h) => {
                let w = h.t - low.t;
                let slow = w > 0.66 * width[0];
                width = [width[1], w];
                if slow { low.t + 0.5 * w } else { inside(low, h, noise) }
            }
        };
        let end = high.map_or(outside, |h| h.t.min(outside));
        if t <= low.t || t >= end || !t.is_finite() {
            break;
        }
    }
    Searched::Stuck { best: low.t, width: high.map_or(outside, |h| h.t.min(outside)) - low.t }
}

/// The next trial inside a bracket: cubic, secant or middle, kept off the ends.
fn inside(low: At, high: At, noise: f64) -> f64 {
    let w = high.t - low.t;
    let secant = low.slope / (low.slope - high.slope) * w;
    let step = if (high.f - low.f).abs() > 10.0 * noise {
        let d1 = low.slope + high.slope - 3.0 * (high.f - low.f) / w;
        let root = (d1 * d1 - low.slope * high.slope).max(0.0).sqrt();
        w * (1.0 - (high.slope + root - d1) / (high.slope - low.slope + 2.0 * root))
    } else if high.slope > 0.0 {
        secant
    } else {
        0.5 * w
    };
    let step = if step.is_finite() { step } else { 0.5 * w };
    low.t + step.clamp(0.02 * w, 0.98 * w)
}
