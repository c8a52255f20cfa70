//! The loss as one operation of candle, forward and backward: ours, as somebody's training loop calls it.

use crate::case::Problem;
use crate::composed::scalar;
use crate::naive::Scalar;
use candle_core::{DType, Device, Result, Tensor, Var, WithDType};
use surprisal_kernel::{Element, Layout};
use surprisal_train::Nll;

/// A problem in tensors.
pub struct Operation {
    nll: Nll,
    /// `[rows, heads]`, as a network gives it.
    eta: Var,
    layout: Layout,
}

impl Operation {
    /// Of a problem whose heads may stand in columns.
    pub fn of<T: Scalar + WithDType>(it: &Problem<T>) -> Result<Operation> {
        let (heads, layout, cpu) = (it.case.bound.heads(), it.case.layout(), &Device::Cpu);
        let eta = match layout {
            Layout::Rows => Tensor::from_slice(&it.eta, (it.rows, heads), cpu)?,
            Layout::Columns => Tensor::from_slice(&it.eta, (heads, it.rows), cpu)?.t()?.contiguous()?,
        };
        let y: Vec<f64> = it.data.y.iter().map(|&y| Element::to_f64(y)).collect();
        Ok(Operation {
            nll: Nll::new(&it.case.bound, T::DTYPE, &y, None, None, cpu)?,
            eta: Var::from_tensor(&eta)?,
            layout,
        })
    }

    /// One pass forward and backward.
    pub fn call(&self) -> Result<f64> {
        let loss = self.nll.apply(&self.eta, None, None)?;
        std::hint::black_box(&loss.backward()?);
        scalar(&loss)
    }

    /// The value, and the slopes of η as the problem has it.
    pub fn value_and_gradient(&self) -> Result<(f64, Vec<f64>)> {
        let loss = self.nll.apply(&self.eta, None, None)?;
        let gradient = loss.backward()?;
        let slopes = gradient.get(&self.eta).ok_or_else(|| candle_core::Error::msg("η without a gradient"))?;
        let slopes = if self.layout == Layout::Columns { slopes.t()?.contiguous()? } else { slopes.clone() };
        Ok((scalar(&loss)?, slopes.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?))
    }
}
