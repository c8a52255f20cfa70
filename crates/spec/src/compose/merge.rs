//! Laying one value over another: later wins, key by key; a choice gives way to another choice as a whole.

use super::group::is_group;
use crate::yaml::{Kind, Node, replace};

/// What a mapping is, and so how another is laid over it.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// `{ student_t: { … } }`: the same choice has its settings laid over, another replaces it.
    Choice,
    /// Settings, each of which may be a choice.
    Settings,
    /// Mappings down to so many levels, then values.
    Levels(usize),
}

impl How {
    /// Of the value of a key of an experiment.
    pub(super) fn of(key: &str) -> How {
        match key {
            _ if is_group(key) => How::Choice,
            "sweep" => How::Levels(2),
            "select" | "early_stopping" => How::Levels(1),
            _ => How::Levels(0),
        }
    }
    fn inside(self) -> How {
        match self {
            How::Choice => How::Settings,
            How::Settings => How::Choice,
            How::Levels(n) => How::Levels(n.saturating_sub(1)),
        }
    }
}

/// `base` with `over` laid over it; what is replaced stays as the history of what replaced it.
pub(super) fn merge(mut base: Node, over: Node, how: How) -> Node {
    let both = match (&base.kind, &over.kind, how) {
        (Kind::Map(old), Kind::Map(new), How::Choice) => matches!((&old[..], &new[..]), ([a], [b]) if a.key == b.key),
        (Kind::Map(_), Kind::Map(_), How::Levels(n)) => n > 0,
        (Kind::Map(_), Kind::Map(_), How::Settings) => true,
        _ => false,
    };
    let (true, Kind::Map(entries), Kind::Map(new)) = (both, &mut base.kind, over.kind.clone()) else {
        replace(&mut base, over);
        return base;
    };
    for entry in new {
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => {
                known.at = entry.at;
                let old = std::mem::replace(&mut known.value, Node::new(Kind::Map(Vec::new()), entry.at));
                known.value = merge(old, entry.value, how.inside());
            }
            None => entries.push(entry),
        }
    }
    base
}
