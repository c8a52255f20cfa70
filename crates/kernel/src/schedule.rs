//! How often the parts of a bound family are computed.

use crate::{Bound, Slot};
use surprisal_density::{Deps, Family, Visit};

/// When a part of −ln p has to be computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// log_norm looks at a head: once per row. Otherwise once per call.
    pub norm_per_row: bool,
    /// base looks at a trained parameter: once per row and call. Otherwise once per data set.
    pub base_per_call: bool,
}

impl Schedule {
    pub fn of(bound: &Bound) -> Schedule {
        struct Look;
        impl Visit for Look {
            type Output = (Deps, Deps);
            fn visit<F: Family>(self, family: F) -> (Deps, Deps) {
                Deps::of(&family)
            }
        }
        let (norm, base) = bound.family.visit(Look);
        let any = |deps: Deps, wanted: fn(&Slot) -> bool| {
            bound.slots.iter().enumerate().any(|(j, slot)| wanted(slot) && deps.parameter(j))
        };
        Schedule {
            norm_per_row: any(norm, |slot| matches!(slot, Slot::Predicted(_))),
            base_per_call: any(base, |slot| !matches!(slot, Slot::Fixed(_))),
        }
    }
}
