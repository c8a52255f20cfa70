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
pub fn to_read<T: Element>(x: *const T, count: usize) {
    lines(x, count, |line| {
        #[cfg(target_arch = "x86_64")]
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(line);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
    });
}

/// The same for numbers that will be written.
#[inline(always)]
pub fn to_write<T: Element>(x: *const T, count: usize) {
    lines(x, count, |line| {
        #[cfg(target_arch = "x86_64")]
        unsafe {
            use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_ET0>(line);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
    });
}

#[inline(always)]
fn lines<T: Element>(x: *const T, count: usize, ask: impl Fn(*const i8)) {
    for line in 0..count * T::BYTES / LINE {
        ask(x.cast::<i8>().wrapping_add(line * LINE));
    }
}
