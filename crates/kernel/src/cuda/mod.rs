//! CUDA from the same formulas: a bound family is run on a number that writes down what is done to it, and the record is
//! printed as C.
//!
//! One launch gives the loss, its gradient in η and the sums over rows. The text is complete: elementary and special
//! functions are written in it as fixed sequences of IEEE operations, so that a GPU does what the tests saw the host's C
//! compiler do; no library of CUDA's is called and nothing depends on its version. It compiles under NVRTC with
//! `--fmad=false` and as C with `-ffp-contract=off`.
//!
//! ```
//! use surprisal_density::AnyFamily;
//! use surprisal_kernel::{Bound, cuda};
//! let bound = Bound::predicted(AnyFamily::named("gaussian").unwrap());
//! let program = cuda::Program::of(&bound, cuda::Dtype::F32);
//! assert!(cuda::module([&program]).contains(&program.kernel(cuda::Pass::Fused)));
//! ```

mod classes;
mod dtype;
mod print;
mod program;
mod template;

pub use dtype::Dtype;
pub use program::{Launch, Pass, Program, module};
