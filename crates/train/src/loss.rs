//! The loss as one operation of candle: value and gradient from one fused pass over the rows.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use std::sync::{Arc, Mutex};
use surprisal_kernel::{Kernel, Rows, Targets};

/// Σ wᵢ · −ln p(yᵢ | ηᵢ), in nats: a scalar of the dtype of η `[rows, heads]`.
///
/// The forward pass computes the gradient too and keeps it; the backward pass multiplies it by what comes from above.
/// The sum in full precision, and the gradient in the learned numbers, are read with [`Nll::take`].
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use surprisal_density::{AnyFamily, family::Poisson};
/// use surprisal_kernel::{Bound, kernel};
/// use surprisal_train::Nll;
/// # fn main() -> candle_core::Result<()> {
/// let kernel = std::sync::Arc::from(kernel(&Bound::predicted(AnyFamily::Poisson(Poisson))));
/// let eta = Var::from_vec(vec![0.0, 0.0], (2, 1), &Device::Cpu)?; // two rows, ln μ = 0
/// let nll = Nll::new(kernel, vec![0.0, 2.0]);
/// let loss = nll.apply(&eta)?;
/// assert!((loss.to_scalar::<f64>()? - (1.0 + 1.0 + 2f64.ln())).abs() < 1e-15); // μ + ln y!
/// let gradient = loss.backward()?.get(&eta).expect("η is used").flatten_all()?.to_vec1::<f64>()?;
/// assert_eq!(gradient, [1.0, -1.0]); // μ − y
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Nll {
    kernel: Arc<dyn Kernel>,
    targets: Arc<Targets>,
    rows: Option<Arc<[usize]>>,
    learned: Arc<[f64]>,
    pass: Arc<Mutex<Pass>>,
}

/// What one forward pass leaves.
#[derive(Clone, Debug, Default)]
pub struct Pass {
    /// Σ wᵢ · −ln p, in f64 whatever the dtype.
    pub value: f64,
    /// In each learned number.
    pub learned: Vec<f64>,
    eta: Vec<f64>,
}

impl Nll {
    /// Over all rows of a target, without weights, offsets or learned numbers.
    pub fn new(kernel: Arc<dyn Kernel>, y: Vec<f64>) -> Nll {
        let targets = Arc::new(kernel.targets(y, None, None));
        Nll::of(kernel, targets, None, &[])
    }
    /// Over these rows of the targets, at these learned numbers (unconstrained).
    pub fn of(kernel: Arc<dyn Kernel>, targets: Arc<Targets>, rows: Option<&[usize]>, learned: &[f64]) -> Nll {
        Nll { kernel, targets, rows: rows.map(Arc::from), learned: learned.into(), pass: Arc::default() }
    }
    /// The loss at η.
    pub fn apply(&self, eta: &Tensor) -> Result<Tensor> {
        eta.contiguous()?.apply_op1(self.clone())
    }
    /// Value and learned gradient of the last forward pass.
    pub fn take(&self) -> Pass {
        let mut pass = self.pass.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Pass { value: pass.value, learned: std::mem::take(&mut pass.learned), eta: Vec::new() }
    }
    fn forward(&self, eta: &[f64]) -> f64 {
        let rows = self.rows.as_deref().map_or(Rows::All, Rows::These);
        let mut pass = self.pass.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut gradient = vec![0.0; eta.len()];
        let mut learned = vec![0.0; self.learned.len()];
        let value =
            self.kernel.value_and_gradient(eta, &self.learned, &self.targets, rows, &mut gradient, &mut learned);
        *pass = Pass { value, learned, eta: gradient };
        value
    }
}

impl CustomOp1 for Nll {
    fn name(&self) -> &'static str {
        "surprisal-nll"
    }
    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("η must be contiguous");
        };
        let rows = self.rows.as_ref().map_or(self.targets.y.len(), |rows| rows.len());
        if end - start != rows * self.kernel.heads() {
            let (heads, shape) = (self.kernel.heads(), layout.shape());
            candle_core::bail!("η has shape {shape:?}, expected {rows} rows of {heads}");
        }
        let out = match storage {
            CpuStorage::F64(eta) => CpuStorage::F64(vec![self.forward(&eta[start..end])]),
            CpuStorage::F32(eta) => {
                let eta: Vec<f64> = eta[start..end].iter().map(|&x| f64::from(x)).collect();
                CpuStorage::F32(vec![self.forward(&eta) as f32])
            }
            _ => candle_core::bail!("η must be f32 or f64"),
        };
        Ok((out, Shape::from(())))
    }
    fn bwd(&self, eta: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let gradient = self.pass.lock().unwrap_or_else(std::sync::PoisonError::into_inner).eta.clone();
        let gradient = Tensor::from_vec(gradient, eta.shape(), eta.device())?.to_dtype(eta.dtype())?;
        Ok(Some(gradient.broadcast_mul(upstream)?))
    }
}
