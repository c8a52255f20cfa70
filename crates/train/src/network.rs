//! The network in candle: η = f(x; θ) and its gradient.

use crate::layout::{self, Layout};
use crate::{Nll, TrainError, activation::activate};
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Linear, Module};
use surprisal_kernel::{Bound, Targets};

/// A model over the columns of a design matrix, on the CPU.
pub struct Network {
    /// Where each parameter stands.
    pub layout: Layout,
    dtype: DType,
}

/// The loss of some rows, before it was rounded too, and the variables that it looks at by their places in θ.
struct Loss {
    tensor: Tensor,
    value: f64,
    vars: Vec<(Var, usize)>,
}

impl Network {
    /// In this precision; the parameter vector is f64 either way.
    pub fn new(layout: Layout, dtype: surprisal_spec::DType) -> Network {
        let dtype = match dtype {
            surprisal_spec::DType::F32 => DType::F32,
            surprisal_spec::DType::F64 => DType::F64,
        };
        Network { layout, dtype }
    }

    /// A likelihood over its data, for what this network gives.
    pub fn over(&self, bound: &Bound, targets: &Targets) -> Result<Nll, TrainError> {
        let (weight, offset) = (targets.weight.as_deref(), targets.offset.as_deref());
        Ok(Nll::new(bound, self.dtype, &targets.y, weight, offset, &Device::Cpu)?)
    }

    /// Rows of the design matrix as a tensor `[rows, features]`.
    pub fn inputs(&self, x: &[f64], rows: usize) -> Result<Tensor, TrainError> {
        self.tensor(x, (rows, self.layout.features.len()))
    }

    fn tensor(&self, x: &[f64], shape: impl Into<candle_core::Shape>) -> Result<Tensor, TrainError> {
        Ok(match self.dtype {
            DType::F32 => {
                Tensor::from_vec(x.iter().map(|&x| x as f32).collect::<Vec<f32>>(), shape.into(), &Device::Cpu)?
            }
            _ => Tensor::from_vec(x.to_vec(), shape.into(), &Device::Cpu)?,
        })
    }

    /// η, and the variables it was computed from: their places in θ beside them.
    fn forward(&self, theta: &[f64], x: &Tensor) -> Result<(Tensor, Vec<(Var, usize)>), TrainError> {
        let mut vars = Vec::new();
        let rows = x.dim(0)?;
        let mut h = x.clone();
        for (l, layer) in self.layout.layers.iter().enumerate() {
            let mut var = |at: &layout::Tensor, shape: &[usize]| {
                let var = Var::from_tensor(&self.tensor(&theta[at.range()], shape)?)?;
                vars.push((var.clone(), at.start));
                Ok::<_, TrainError>(var)
            };
            let weight = layer.weight.as_ref().map(|w| var(w, &[w.inputs, w.outputs])).transpose()?;
            let bias = layer.bias.as_ref().map(|b| var(b, &[b.outputs])).transpose()?;
            let out = match (weight, bias) {
                // θ holds inputs × outputs, candle's layer outputs × inputs: a view, so that nothing is copied.
                (Some(w), bias) => Linear::new(w.t()?, bias.map(|b| b.as_tensor().clone())).forward(&h)?,
                (None, Some(b)) => b.broadcast_as((rows, b.dim(0)?))?.contiguous()?,
                // No features and no bias: η = 0.
                (None, None) => {
                    return Ok((Tensor::zeros((rows, self.layout.heads.len()), self.dtype, &Device::Cpu)?, vars));
                }
            };
            h = if l + 1 < self.layout.layers.len() { activate(&out, self.layout.activation)? } else { out };
        }
        Ok((h, vars))
    }

    /// η of each row, row-major.
    pub fn predict(&self, theta: &[f64], x: &Tensor) -> Result<Vec<f64>, TrainError> {
        let (eta, _) = self.forward(theta, x)?;
        Ok(eta.detach().to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
    }

    fn nll(&self, theta: &[f64], x: &Tensor, nll: &Nll, rows: Option<&[usize]>) -> Result<Loss, TrainError> {
        let (eta, mut vars) = self.forward(theta, x)?;
        let at = self.layout.learned.clone();
        let learned = Var::from_tensor(&self.tensor(&theta[at.clone()], at.len())?)?;
        let (tensor, value) = nll.forward(&eta, Some(&learned), rows)?;
        vars.push((learned, at.start));
        Ok(Loss { tensor, value, vars })
    }

    /// The loss of all rows at θ, in nats.
    pub fn value(&self, theta: &[f64], x: &Tensor, nll: &Nll) -> Result<f64, TrainError> {
        Ok(self.nll(theta, x, nll, None)?.value)
    }

    /// The loss of these rows of the data at θ, in nats; its gradient is added to `gradient`.
    pub fn loss(
        &self,
        theta: &[f64],
        x: &Tensor,
        nll: &Nll,
        rows: Option<&[usize]>,
        gradient: &mut [f64],
    ) -> Result<f64, TrainError> {
        let Loss { tensor, value, vars } = self.nll(theta, x, nll, rows)?;
        if !self.layout.is_empty() {
            let grads = tensor.backward()?;
            for (var, start) in &vars {
                if let Some(grad) = grads.get(var) {
                    let grad: Vec<f64> = grad.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
                    gradient[*start..*start + grad.len()].iter_mut().zip(grad).for_each(|(g, d)| *g += d);
                }
            }
        }
        Ok(value)
    }
}
