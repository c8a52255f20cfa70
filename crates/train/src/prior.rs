//! A prior as one operation of candle.

use crate::loss::{numbers, times};
use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Tensor, WithDType};
use std::sync::{Arc, OnceLock};
use surprisal_kernel::{Batch, Data, Fused, Isa, Layout as Order, Penalty, Vectors, prior};

/// Σ −ln p(θⱼ) in nats over all numbers of a tensor, the constants kept: weight decay, as the density that it is.
///
/// The forward pass computes the gradient too and keeps it. θ may have any shape and strides; on a CPU it is f32 or f64,
/// on a GPU (feature `cuda`) bf16 too. A prior over a loss that is a mean over N rows counts 1/N.
///
/// ```
/// use candle_core::{Device, Var};
/// use surprisal_density::AnyFamily;
/// use surprisal_kernel::Penalty;
/// use surprisal_train::NegLogPrior;
/// # fn main() -> candle_core::Result<()> {
/// let gaussian = AnyFamily::named("gaussian").expect("a family");
/// let prior = NegLogPrior::new(&Penalty { family: gaussian, at: vec![0.0, 0.5] }); // N(0, 0.5²): weight decay of 4
/// let weights = Var::from_vec(vec![1.0, -2.0], 2, &Device::Cpu)?;
/// let loss = prior.apply(&weights)?;
/// let constant = f64::ln(0.5 * std::f64::consts::TAU.sqrt());
/// assert!((loss.to_scalar::<f64>()? - (0.5 * 4.0 * 5.0 + 2.0 * constant)).abs() < 1e-14);
/// let gradient = loss.backward()?.get(&weights).expect("they are used").to_vec1::<f64>()?;
/// assert_eq!(gradient, [4.0, -8.0]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct NegLogPrior {
    penalty: Arc<Penalty>,
}

impl NegLogPrior {
    /// Of a family with given parameters.
    pub fn new(penalty: &Penalty) -> NegLogPrior {
        NegLogPrior { penalty: Arc::new(penalty.clone()) }
    }

    /// −ln p(θ), a scalar of its dtype.
    ///
    /// # Errors
    /// The family is no density of all real numbers; θ has a dtype without kernels on its device.
    pub fn apply(&self, theta: &Tensor) -> Result<Tensor> {
        let theta = theta.contiguous()?;
        match (theta.device(), theta.dtype()) {
            (Device::Cpu, DType::F32) => theta.apply_op1(Op::<f32>::of(&self.penalty, &theta)?),
            (Device::Cpu, DType::F64) => theta.apply_op1(Op::<f64>::of(&self.penalty, &theta)?),
            #[cfg(feature = "cuda")]
            (Device::Cuda(_), dtype) => {
                let rows = theta.elem_count();
                crate::cuda::CudaNll::of_prior(&self.penalty, dtype, rows, theta.device())?.apply(
                    &theta.reshape((rows, 1))?,
                    None,
                    None,
                )
            }
            (device, dtype) => candle_core::bail!("the prior has no kernels for {dtype:?} on {:?}", device.location()),
        }
    }
}

/// One use of the prior.
struct Op<T> {
    kernel: Box<dyn Fused<T>>,
    gradient: bool,
    slopes: OnceLock<Tensor>,
}

impl<T: Vectors> Op<T> {
    fn of(penalty: &Penalty, theta: &Tensor) -> Result<Op<T>> {
        let Some(kernel) = prior(penalty) else {
            candle_core::bail!("`{}` is no density of all real numbers", penalty.family.name());
        };
        Ok(Op { kernel, gradient: theta.track_op(), slopes: OnceLock::new() })
    }
}

impl<T: Vectors + WithDType> CustomOp1 for Op<T> {
    fn name(&self) -> &'static str {
        "surprisal-prior"
    }
    fn cpu_fwd(&self, theta: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let eta = numbers::<T>(theta, layout)?;
        let (data, isa) = (Data::none(eta.len()), Isa::current());
        let batch = Batch { eta, layout: Order::Rows, learned: &[], upstream: 1.0 };
        let value = if self.gradient {
            let mut slopes = vec![T::of(0.0); eta.len()];
            let value = self.kernel.value_and_gradient(isa, &batch, &data, &mut slopes, &mut []);
            let kept = Tensor::from_vec(slopes, layout.shape(), &Device::Cpu)?;
            self.slopes.set(kept).expect("an operation is done once");
            value
        } else {
            self.kernel.value(isa, &batch, &data)
        };
        Ok((T::to_cpu_storage_owned(vec![T::of(value)]), Shape::from(())))
    }
    fn bwd(&self, _: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let slopes = self.slopes.get().expect("slopes are kept where something is trained");
        Ok(Some(times::<T>(slopes, upstream)?))
    }
}
