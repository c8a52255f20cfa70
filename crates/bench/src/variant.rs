//! The ways to compute a loss that are compared.

use serde::{Deserialize, Serialize};

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Value and gradient in one pass: ours.
    Fused,
    /// The value alone: ours.
    FusedForward,
    /// Ours as an operation of candle, forward and backward.
    Operation,
    /// Scalar Rust and libm, value and gradient.
    Naive,
    /// Composed of candle's operations, forward and backward, with the system's allocator as it is.
    Candle,
    /// The same; the allocator keeps what is freed.
    CandleTuned,
    /// A copy that moves the same bytes.
    Memcpy,
    /// JAX, jitted, value and gradient.
    Jax,
    /// PyTorch, eager, forward and backward.
    Torch,
    /// PyTorch, compiled, forward and backward.
    TorchCompiled,
}

impl Variant {
    /// All of them, in the order of tables.
    pub const ALL: [Variant; 10] = [
        Variant::Fused,
        Variant::FusedForward,
        Variant::Operation,
        Variant::Naive,
        Variant::Candle,
        Variant::CandleTuned,
        Variant::Memcpy,
        Variant::Jax,
        Variant::Torch,
        Variant::TorchCompiled,
    ];
    /// Its name in files, tables and options.
    pub fn name(self) -> &'static str {
        match self {
            Variant::Fused => "fused",
            Variant::FusedForward => "fused_forward",
            Variant::Operation => "operation",
            Variant::Naive => "naive",
            Variant::Candle => "candle",
            Variant::CandleTuned => "candle_tuned",
            Variant::Memcpy => "memcpy",
            Variant::Jax => "jax",
            Variant::Torch => "torch",
            Variant::TorchCompiled => "torch_compiled",
        }
    }
    /// Whether it is timed up to [`SLOW`] elements only.
    pub fn is_slow(self) -> bool {
        !matches!(self, Variant::Fused | Variant::FusedForward | Variant::Memcpy)
    }
    /// Whether it runs in Python.
    pub fn is_peer(self) -> bool {
        matches!(self, Variant::Jax | Variant::Torch | Variant::TorchCompiled)
    }
    /// Whether it is timed in a process of its own: another allocator, another language.
    pub fn is_remote(self) -> bool {
        self.is_peer() || matches!(self, Variant::Operation | Variant::Candle | Variant::CandleTuned)
    }
    /// Whether our kernels compute it.
    pub fn is_ours(self) -> bool {
        matches!(self, Variant::Fused | Variant::FusedForward | Variant::Operation)
    }
    /// Whether it gives a gradient.
    pub fn has_gradient(self) -> bool {
        self != Variant::FusedForward
    }
    /// Whether it is timed at so many elements.
    pub fn serves(self, elements: usize) -> bool {
        !self.is_slow() || elements <= SLOW
    }
}

/// Elements up to which the slow ways are timed.
pub const SLOW: usize = 1 << 20;
/// Elements: from what a small batch has to what no cache holds.
pub const SIZES: [usize; 6] = [32, 1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 24];
/// Up to so many, a size is one of rows: a batch.
pub const BATCH: usize = 32;
/// Elements of the table that is published: a batch, what L2 holds, what it does not, what no cache holds.
pub const TABLE_SIZES: [usize; 4] = [BATCH, 4096, 1 << 17, 1 << 24];

impl std::fmt::Display for Variant {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Variant {
    type Err = String;
    fn from_str(name: &str) -> Result<Variant, String> {
        let known = || Variant::ALL.map(Variant::name).join(", ");
        let found = Variant::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| format!("`{name}` is no variant; there are {}", known()))
    }
}
