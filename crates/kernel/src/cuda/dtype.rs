//! What η and its gradient are stored as.

/// The type of η and of its gradient in memory.
///
/// Targets, weights, offsets, learned numbers and results are `f64` beside `F64`, else `f32`; sums are kept in `f64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// bfloat16 in memory, computed in single precision.
    Bf16,
}

impl Dtype {
    /// All of them.
    pub const ALL: [Dtype; 3] = [Dtype::F32, Dtype::F64, Dtype::Bf16];

    /// As in names of kernels: `f32`, `f64`, `bf16`.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
            Dtype::Bf16 => "bf16",
        }
    }
    /// Bytes of one η.
    pub fn bytes(self) -> usize {
        match self {
            Dtype::F32 => 4,
            Dtype::F64 => 8,
            Dtype::Bf16 => 2,
        }
    }
    /// The C type of η.
    pub(super) fn stored(self) -> &'static str {
        match self {
            Dtype::F32 => "float",
            Dtype::F64 => "double",
            Dtype::Bf16 => "bf16",
        }
    }
    /// The numbers that targets are in.
    pub(super) fn data(self) -> Precision {
        match self {
            Dtype::F64 => Precision::Double,
            _ => Precision::Single,
        }
    }
}

/// What a row is computed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precision {
    Single,
    Double,
}

impl Precision {
    /// Its name in C.
    pub fn c(self) -> &'static str {
        match self {
            Precision::Single => "float",
            Precision::Double => "double",
        }
    }
    pub fn bits(self) -> &'static str {
        match self {
            Precision::Single => "32",
            Precision::Double => "64",
        }
    }
    /// A constant, exactly: a hexadecimal literal of the nearest number.
    pub fn literal(self, c: f64) -> String {
        let c = match self {
            Precision::Single => f64::from(c as f32),
            Precision::Double => c,
        };
        let suffix = if self == Precision::Single { "f" } else { "" };
        let sign = if c.is_sign_negative() { "-" } else { "" };
        if c.is_nan() {
            return format!("NAN{}", self.bits());
        }
        if c.is_infinite() {
            return format!("{sign}INFINITY{}", self.bits());
        }
        let bits = c.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
        let digits = format!("{fraction:013x}");
        let digits = digits.trim_end_matches('0');
        match (exponent, fraction) {
            (0, 0) => format!("{sign}0.0{suffix}"),
            (0, _) => format!("{sign}0x0.{digits}p-1022{suffix}"),
            _ => format!("{sign}0x1.{digits}p{}{suffix}", exponent - 1023),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_says_its_number_exactly() {
        let cases =
            [(1.0, "0x1.p0"), (-0.1, "-0x1.999999999999ap-4"), (0.0, "0.0"), (5e-324, "0x0.0000000000001p-1022")];
        for (c, text) in cases {
            assert_eq!(Precision::Double.literal(c), text);
        }
        assert_eq!(Precision::Single.literal(0.1), "0x1.99999ap-4f");
    }
}
