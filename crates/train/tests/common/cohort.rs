//! Runs of a plan through the lanes.

use super::Prepared;
use std::cell::RefCell;
use surprisal_kernel::Isa;
use surprisal_spec::Outcome;
use surprisal_train::{Constants, Control, Side, Task, cohort};

impl Prepared {
    /// Outcomes of these runs, in their order, trained in one queue on this instruction set.
    pub fn in_lanes(&self, order: &[usize], isa: Isa) -> Vec<(Outcome, Side)> {
        let (mut waiting, constants) = (order.iter(), Constants::default());
        let mut next = || {
            let &key = waiting.next()?;
            Some(Task { key, job: self.job(key), control: Control::new(&|| false) })
        };
        let done = RefCell::new(vec![None; order.len()]);
        cohort(isa, &mut next, &constants, &mut |key, outcome| {
            let at = order.iter().position(|k| *k == key).expect("it was asked for");
            assert!(done.borrow_mut()[at].replace(outcome.expect("nobody stops it")).is_none(), "it ends once");
        });
        done.into_inner().into_iter().map(|it| it.expect("every run ends")).collect()
    }
}
