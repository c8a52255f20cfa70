//! Faults on request, for the tests of what outlives them: none happens unless it is asked for.

use std::str::FromStr;

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It panics.
    Panic,
    /// Its process dies.
    Kill,
    /// Its objective is no number.
    Nan,
    /// It never ends.
    Hang,
    /// It takes memory until there is none.
    Memory,
}

/// A fault at the k-th step that a process takes in a run, counted from 1: `nan@3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    step: usize,
}

impl FromStr for Fault {
    type Err = String;
    fn from_str(text: &str) -> Result<Fault, String> {
        let wrong = || format!("expected panic, kill, nan, hang or memory, and @step from 1, found `{text}`");
        let (kind, step) = text.split_once('@').ok_or_else(wrong)?;
        let kind = match kind {
            "panic" => Kind::Panic,
            "kill" => Kind::Kill,
            "nan" => Kind::Nan,
            "hang" => Kind::Hang,
            "memory" => Kind::Memory,
            _ => return Err(wrong()),
        };
        Ok(Fault { kind, step: step.parse().ok().filter(|step| *step > 0).ok_or_else(wrong)? })
    }
}

impl Fault {
    /// What becomes of the value of a step.
    pub(crate) fn strike(self, step: usize, value: f64) -> f64 {
        if step != self.step {
            return value;
        }
        match self.kind {
            Kind::Panic => panic!("the fault asked for, at step {step}"),
            Kind::Kill => std::process::abort(),
            Kind::Nan => f64::NAN,
            Kind::Hang => loop {
                std::thread::sleep(std::time::Duration::from_secs(1));
            },
            Kind::Memory => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 1 << 26]);
                }
            }
        }
    }
}
