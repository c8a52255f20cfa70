//! Which instructions run: asked of the machine once, or forced by name.

// An entry is compiled for instructions that not every machine has; it is reached through `Isa::checked` alone.
#![allow(unsafe_code)]

use crate::simd::{Element, Simd};
use crate::{Bound, Function, Fused, Penalty, program};
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

/// An instruction set. The bits of every result are the same on all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// One number at a time, on every machine.
    Scalar,
    /// 256 bits, with FMA.
    Avx2,
    /// 512 bits: AVX-512 F and DQ.
    Avx512,
}

static FORCED: OnceLock<Isa> = OnceLock::new();

impl Isa {
    /// All of them, narrow first.
    pub const ALL: [Isa; 3] = [Isa::Scalar, Isa::Avx2, Isa::Avx512];

    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Scalar => "scalar",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            Isa::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => {
                Isa::Avx2.is_available() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
    /// The widest that this machine has.
    pub fn best() -> Isa {
        Isa::ALL.into_iter().rev().find(|isa| isa.is_available()).unwrap_or(Isa::Scalar)
    }
    /// The one that this process uses where none is named: the best, unless another was forced.
    pub fn current() -> Isa {
        FORCED.get().copied().unwrap_or_else(Isa::best)
    }
    /// Forces one for the rest of the process; whether it was in time, before another was.
    pub fn force(self) -> bool {
        *FORCED.get_or_init(|| self) == self
    }
    /// Those that this machine has.
    pub fn available() -> impl Iterator<Item = Isa> {
        Isa::ALL.into_iter().filter(|isa| isa.is_available())
    }
    /// Itself where this machine has it, else the widest below.
    fn checked(self) -> Isa {
        Isa::ALL.into_iter().rev().find(|isa| *isa <= self && isa.is_available()).unwrap_or(Isa::Scalar)
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Isa {
    type Err = String;
    fn from_str(name: &str) -> Result<Isa, String> {
        let names = || Isa::ALL.map(Isa::name).join(", ");
        let isa = Isa::ALL.into_iter().find(|isa| isa.name() == name);
        let isa = isa.ok_or_else(|| format!("`{name}` is no instruction set; there are {}", names()))?;
        if isa.is_available() { Ok(isa) } else { Err(format!("this machine has no {isa}; it has {}", Isa::best())) }
    }
}

/// Work that is compiled for each instruction set; `run` must be `#[inline(always)]` down to the last operation.
pub trait Job<T: Element> {
    /// With vectors of one set.
    fn run<S: Simd<Elem = T>>(self);
}

/// An element whose vectors are known, and what is compiled for it here, once.
pub trait Vectors: Element {
    /// See [`fused`](crate::fused).
    fn fused(bound: &Bound) -> Box<dyn Fused<Self>>;
    /// See [`prior`](crate::prior).
    fn prior(penalty: &Penalty) -> Option<Box<dyn Fused<Self>>>;
    /// See [`Function::apply`].
    fn apply(function: Function, isa: Isa, x: &[Self], out: &mut [Self]);
    /// See [`Program::rows`](crate::program::Program::rows).
    #[doc(hidden)]
    fn rows(isa: Isa, job: program::Rows<Self>);
    /// The same of classes.
    #[doc(hidden)]
    fn classes(isa: Isa, job: program::ClassRows<Self>);
    /// See [`Program::add`](crate::program::Program::add).
    #[doc(hidden)]
    fn printed(isa: Isa, job: program::Printed<Self>);
    /// Runs the job with this instruction set, or the widest below that the machine has.
    fn dispatch<J: Job<Self>>(isa: Isa, job: J);
}

macro_rules! vectors {
    ($T:ident, $V256:ident, $V512:ident) => {
        impl Vectors for $T {
            fn fused(bound: &Bound) -> Box<dyn Fused<$T>> {
                crate::fused::known(bound)
            }
            fn prior(penalty: &Penalty) -> Option<Box<dyn Fused<$T>>> {
                crate::fused::known_prior(penalty)
            }
            fn apply(function: Function, isa: Isa, x: &[$T], out: &mut [$T]) {
                function.map(isa, x, out);
            }
            fn rows(isa: Isa, job: program::Rows<$T>) {
                Self::dispatch(isa, job);
            }
            fn classes(isa: Isa, job: program::ClassRows<$T>) {
                Self::dispatch(isa, job);
            }
            fn printed(isa: Isa, job: program::Printed<$T>) {
                job.run(isa);
            }
            fn dispatch<J: Job<$T>>(isa: Isa, job: J) {
                #[cfg(target_arch = "x86_64")]
                {
                    #[target_feature(enable = "avx2,fma")]
                    fn avx2<J: Job<$T>>(job: J) {
                        job.run::<crate::simd::$V256>();
                    }
                    #[target_feature(enable = "avx2,fma,avx512f,avx512dq")]
                    fn avx512<J: Job<$T>>(job: J) {
                        job.run::<crate::simd::$V512>();
                    }
                    match isa.checked() {
                        Isa::Scalar => job.run::<$T>(),
                        Isa::Avx2 => unsafe { avx2(job) },
                        Isa::Avx512 => unsafe { avx512(job) },
                    }
                }
                #[cfg(not(target_arch = "x86_64"))]
                {
                    let _ = isa.checked();
                    job.run::<$T>();
                }
            }
        }
    };
}
vectors!(f32, F32x8, F32x16);
vectors!(f64, F64x4, F64x8);
