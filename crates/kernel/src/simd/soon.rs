//! Asking memory for numbers before they are needed.
//!
//! The hardware sees which numbers come next, but not beyond a page, and a long formula leaves it no room to wait.

#![allow(unsafe_code)]

use super::Element;

/// Bytes from what is computed to what is asked for.
pub const AHEAD: usize = 2048;
/// Bytes of a line of the caches.
const LINE: usize = 64;

/// Asks for the lines of `count` numbers. An address and no access: it may lie beyond what there is.
#[inline(always)]
pub fn ask<T: Element>(x: *const T, count: usize) {
    for line in 0..count * T::BYTES / LINE {
        let at = x.cast::<i8>().wrapping_add(line * LINE);
        #[cfg(target_arch = "x86_64")]
        unsafe {
            // To be written or not: the hint for writing is the same instruction, unless a feature that few builds ask for.
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(at);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = at;
    }
}
