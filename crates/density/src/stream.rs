//! Counter-based random streams: the n-th draw is a pure function of what the stream is for.

/// What a stream is drawn for; two purposes never share numbers.
///
/// Never an estimator, likelihood or prior: arms of a comparison are paired by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Targets and inputs of a generator.
    Data,
    /// Which rows test.
    Split,
    /// Which train rows validate, or choose.
    Validation,
    /// Initial weights.
    Init,
    /// Order of rows within an epoch.
    Shuffle,
    /// Samples that only tests and diagnostics draw.
    Sample,
    /// Values of a sweep.
    Sweep,
}

/// An endless row of uniform numbers, addressed by (purpose, keys, index); it has no state but its index.
///
/// The mixing function is that of SplitMix64 (Steele, Lea & Flood 2014), chained over the keys.
///
/// ```
/// use surprisal_density::{Purpose, Stream};
/// let a = Stream::new(Purpose::Init, &[7, 0]).uniform();
/// assert_eq!(a, Stream::new(Purpose::Init, &[7, 0]).uniform());
/// assert_ne!(a, Stream::new(Purpose::Shuffle, &[7, 0]).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    key: u64,
    index: u64,
}

#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl Stream {
    /// The stream for a purpose and its keys (seed, split, …).
    pub fn new(purpose: Purpose, keys: &[u64]) -> Stream {
        let start = mix(GOLDEN.wrapping_mul(purpose as u64 + 1));
        let key = keys.iter().fold(start, |key, &k| mix(key.rotate_left(23) ^ mix(k.wrapping_add(GOLDEN))));
        Stream { key, index: 0 }
    }
    /// A key from text, for tensor names and content hashes (FNV-1a).
    pub fn text_key(text: &str) -> u64 {
        text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
    }
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.index += 1;
        mix(mix(self.key ^ self.index.wrapping_mul(GOLDEN)).wrapping_add(self.key))
    }
    /// Uniform on the open interval (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) * (1.0 / 9_007_199_254_740_992.0)
    }
    /// Standard normal, by inversion: one uniform each, so that draw n stays draw n.
    pub fn normal(&mut self) -> f64 {
        crate::special::normal_quantile(self.uniform())
    }
    /// Uniform on 0..n, without bias (Lemire 2019, by rejection).
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "a choice needs at least one option");
        loop {
            let wide = u128::from(self.bits()) * u128::from(n);
            // The remainder is less than n: most draws need no division.
            if wide as u64 >= n || wide as u64 >= n.wrapping_neg() % n {
                return (wide >> 64) as u64;
            }
        }
    }
    /// Shuffles in place (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        // A copy stays in registers.
        let mut own = self.clone();
        for i in (1..items.len()).rev() {
            items.swap(i, own.below(i as u64 + 1) as usize);
        }
        *self = own;
    }
}
