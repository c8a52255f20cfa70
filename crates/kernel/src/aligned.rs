//! Numbers that begin at a line of the cache: a vector of 64 bytes is then never on two.

use crate::simd::Element;
use std::ops::{Deref, DerefMut};

/// Bytes of a line.
const LINE: usize = 64;

/// A slice of its own whose first number stands at the beginning of a cache line.
#[derive(Debug, Default)]
pub struct Aligned<T> {
    all: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Element> Aligned<T> {
    /// So many zeros.
    pub fn zeros(len: usize) -> Aligned<T> {
        let all = vec![T::of(0.0); len + LINE / T::BYTES];
        let start = all.as_ptr().align_offset(LINE).min(LINE / T::BYTES);
        Aligned { all, start, len }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        &self.all[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.all[self.start..self.start + self.len]
    }
}

impl<T: Element> Clone for Aligned<T> {
    fn clone(&self) -> Aligned<T> {
        let mut copy = Aligned::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}
