//! The precisions of lanes, and what is compiled for each here, once.

use crate::back::{Back, Gradient};
use crate::dense::{Activate, Forward, Gather};
use crate::rule::{Adam, Probe, Sgd};
use surprisal_kernel::{Isa, Vectors};

macro_rules! numbers {
    ($($name:ident $Job:ident $doc:literal),+ $(,)?) => {
        /// `f32` or `f64`.
        pub trait Number: Vectors {
            $(#[doc = $doc] #[doc(hidden)] fn $name(isa: Isa, job: $Job<Self>);)+
        }
        numbers!(@ f32 $($name $Job),+);
        numbers!(@ f64 $($name $Job),+);
    };
    (@ $T:ident $($name:ident $Job:ident),+) => {
        impl Number for $T {
            $(fn $name(isa: Isa, job: $Job<$T>) { Self::dispatch(isa, job); })+
        }
    };
}
numbers! {
    gather Gather "The features of the lanes' rows.",
    forward Forward "A layer.",
    activate Activate "An activation.",
    back Back "Slopes of a layer's inputs.",
    slopes Gradient "Slopes of its weights.",
    probe Probe "Whether numbers are finite.",
    sgd Sgd "A step.",
    adam Adam "A step.",
}
