//! The arguments of a kernel as bytes, and its results as numbers.

use surprisal_kernel::cuda::{Dtype, Pass, Program};

/// What a kernel is given. Numbers are rounded to the kernel's dtype when they are packed.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Which rows of the data the rows of η are; the first ones if none.
    pub rows: Option<Vec<usize>>,
    /// Row-major, as many columns as the program has heads.
    pub eta: Vec<f64>,
    /// Learned numbers, unconstrained.
    pub learned: Vec<f64>,
    /// Targets.
    pub y: Vec<f64>,
    /// One for each target; 1 if none.
    pub weight: Option<Vec<f64>>,
    /// One for each target; 0 if none.
    pub offset: Option<Vec<f64>>,
}

/// What a kernel found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Σ wᵢ · −ln pᵢ, then its slopes in the learned numbers.
    pub out: Vec<f64>,
    /// Slopes in η, row-major; none of a forward pass.
    pub slopes: Vec<f64>,
    /// −ln p of each row; none of a fused pass.
    pub values: Vec<f64>,
}

/// A launch as bytes.
#[derive(Clone, Debug)]
pub struct Packed {
    /// Rows of η.
    pub n: usize,
    /// Rows of the data.
    pub stride: usize,
    /// rows, eta, learned, fixed, y, weight, offset, columns: the kernel's order; `None` is a null pointer.
    pub inputs: [Option<Vec<u8>>; 8],
    /// Bytes of slopes, values and out: the kernel's order; 0 is a null pointer.
    pub outputs: [usize; 3],
    /// The kernel that it is for.
    pub(crate) kernel: String,
    stored: Dtype,
    data: Dtype,
}

/// The dtype beside η.
fn data(dtype: Dtype) -> Dtype {
    if dtype == Dtype::F64 { Dtype::F64 } else { Dtype::F32 }
}

/// `x` as bytes.
fn bytes(dtype: Dtype, x: &[f64]) -> Vec<u8> {
    match dtype {
        Dtype::F64 => x.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Dtype::F32 => x.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        Dtype::Bf16 => x.iter().flat_map(|&x| narrow(x as f32).to_le_bytes()).collect(),
    }
}

/// The upper half of a float, rounded to nearest, ties to even.
fn narrow(x: f32) -> u16 {
    let bits = x.to_bits();
    if x.is_nan() { 0x7fc0 } else { ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16 }
}

fn numbers(dtype: Dtype, bytes: &[u8]) -> Vec<f64> {
    fn each<const N: usize>(bytes: &[u8], number: fn([u8; N]) -> f64) -> Vec<f64> {
        bytes.chunks_exact(N).map(|x| number(x.try_into().expect("N bytes"))).collect()
    }
    match dtype {
        Dtype::F64 => each(bytes, f64::from_le_bytes),
        Dtype::F32 => each(bytes, |x| f32::from_le_bytes(x).into()),
        Dtype::Bf16 => each(bytes, |x| f32::from_bits(u32::from(u16::from_le_bytes(x)) << 16).into()),
    }
}

/// The nearest number of the dtype that data are in.
pub(crate) fn beside(dtype: Dtype, x: f64) -> f64 {
    if dtype == Dtype::F64 { x } else { f64::from(x as f32) }
}

impl Given {
    /// The same, in numbers that `dtype` has.
    pub fn rounded(&self, dtype: Dtype) -> Given {
        let round = |dtype: Dtype, x: &[f64]| numbers(dtype, &bytes(dtype, x));
        let beside = |x: &Vec<f64>| round(data(dtype), x);
        Given {
            rows: self.rows.clone(),
            eta: round(dtype, &self.eta),
            learned: beside(&self.learned),
            y: beside(&self.y),
            weight: self.weight.as_ref().map(beside),
            offset: self.offset.as_ref().map(beside),
        }
    }
}

impl Packed {
    /// What a launch of `program` takes and returns.
    ///
    /// # Panics
    /// If the lengths do not agree.
    pub fn new(program: &Program, pass: Pass, given: &Given) -> Packed {
        let (stored, data) = (program.dtype(), data(program.dtype()));
        let n = given.rows.as_ref().map_or(given.y.len(), Vec::len);
        assert_eq!(given.eta.len(), n * program.heads(), "one η for each row and head");
        assert_eq!(given.learned.len(), program.learned(), "one number for each learned parameter");
        for column in [&given.weight, &given.offset].into_iter().flatten() {
            assert_eq!(column.len(), given.y.len(), "one number for each target");
        }
        let some = |x: &[f64]| Some(bytes(data, x));
        let row_dtype = if program.wide() { Dtype::F64 } else { Dtype::F32 };
        let indices = |rows: &Vec<usize>| rows.iter().flat_map(|&i| (i as i64).to_le_bytes()).collect();
        // Columns are functions of the targets as the kernel sees them.
        let y = numbers(data, &bytes(data, &given.y));
        let inputs = [
            given.rows.as_ref().map(indices),
            Some(bytes(stored, &given.eta)),
            some(&given.learned),
            Some(bytes(Dtype::F64, &program.fixed())),
            some(&given.y),
            given.weight.as_ref().and_then(|x| some(x)),
            given.offset.as_ref().and_then(|x| some(x)),
            Some(bytes(row_dtype, &program.columns(&y).concat())),
        ];
        let outputs = match pass {
            Pass::Fused => [n * program.heads() * stored.bytes(), 0, (1 + program.learned()) * data.bytes()],
            Pass::Forward => [0, n * data.bytes(), data.bytes()],
        };
        Packed { n, stride: given.y.len(), inputs, outputs, kernel: program.kernel(pass), stored, data }
    }

    /// The results: slopes, values and out, as the kernel wrote them.
    pub fn unpack(&self, [slopes, values, out]: [&[u8]; 3]) -> Found {
        Found { out: numbers(self.data, out), slopes: numbers(self.stored, slopes), values: numbers(self.data, values) }
    }
}
