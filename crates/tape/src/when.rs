//! How often a line has to be computed.

use crate::tape::{Input, Line, Op};

/// When a line is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It looks at fixed and learned numbers only: once per call, in double.
    Call,
    /// It looks at the target too, but at nothing that is trained: once per data set.
    Data,
    /// In each row and call.
    Row,
}

/// What a line looks at, through earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sees(u8);

impl Sees {
    const LEARNED: u8 = 1;
    const DATA: u8 = 2;
    const ROW: u8 = 4;

    pub(crate) fn of(line: &Line, earlier: &[Sees]) -> Sees {
        match line.op {
            Op::Input(Input::Y) => Sees(Sees::DATA),
            Op::Input(Input::Head(_) | Input::Shifted(_)) => Sees(Sees::ROW),
            Op::Input(Input::Learned(_)) => Sees(Sees::LEARNED),
            _ => Sees(line.args.iter().fold(0, |all, a| all | earlier[a.line()].0)),
        }
    }
    pub(crate) fn when(self) -> When {
        match self.0 {
            0 | Sees::LEARNED => When::Call,
            Sees::DATA => When::Data,
            _ => When::Row,
        }
    }
}
