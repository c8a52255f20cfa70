//! Activations that candle would compute with the platform's libm.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use surprisal_density::{Dual, Real};
use surprisal_spec::Activation;

/// f(x) for every element, or f′(x).
#[derive(Clone, Copy)]
struct Elementwise {
    activation: Activation,
    slope: bool,
}

impl Elementwise {
    fn at(self, x: f64) -> f64 {
        let x = Dual::<f64, 1>::var(x, 0);
        let y = match self.activation {
            Activation::Relu => Dual::select_lt(Dual::con(0.0), x, x, Dual::con(0.0)),
            // tanh x = (1 − e⁻²ˣ)/(1 + e⁻²ˣ), through expm1 so that small x lose nothing.
            Activation::Tanh => {
                let e = (Dual::con(-2.0) * x.abs()).exp_m1();
                let t = -e / (Dual::con(2.0) + e);
                Dual::select_lt(x, Dual::con(0.0), -t, t)
            }
            Activation::Softplus => x.softplus(),
        };
        if self.slope { y.slope[0] } else { y.value }
    }
}

impl CustomOp1 for Elementwise {
    fn name(&self) -> &'static str {
        "surprisal-activation"
    }
    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("an activation needs a contiguous tensor");
        };
        let out = match storage {
            CpuStorage::F64(x) => CpuStorage::F64(x[start..end].iter().map(|&x| self.at(x)).collect()),
            CpuStorage::F32(x) => {
                CpuStorage::F32(x[start..end].iter().map(|&x| self.at(f64::from(x)) as f32).collect())
            }
            _ => candle_core::bail!("activations are for f32 and f64"),
        };
        Ok((out, layout.shape().clone()))
    }
    fn bwd(&self, x: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        let slope = x.contiguous()?.apply_op1_no_bwd(&Elementwise { slope: true, ..*self })?;
        Ok(Some((upstream * slope)?))
    }
}

/// f(x).
pub fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Relu => x.relu(),
        _ => x.contiguous()?.apply_op1(Elementwise { activation, slope: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn the_gradient_of_every_activation_is_its_slope() -> Result<()> {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Softplus] {
            let points = vec![-30.0, -1.5, -1e-9, 0.3, 2.0, 40.0];
            let x = Var::from_vec(points.clone(), 6, &Device::Cpu)?;
            let y = activate(&x, activation)?;
            let grads = y.sum_all()?.backward()?;
            let slopes: Vec<f64> = grads.get(&x).expect("x is used").to_vec1()?;
            let f = Elementwise { activation, slope: false };
            for (x, slope) in points.into_iter().zip(slopes) {
                let h = 1e-6 * (1.0 + x.abs());
                let numeric = (f.at(x + h) - f.at(x - h)) / (2.0 * h);
                if x.abs() > h {
                    assert!((slope - numeric).abs() < 1e-6, "{activation:?} at {x}: {slope} for {numeric}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn tanh_is_that_of_libm_to_a_few_ulps() {
        let f = Elementwise { activation: Activation::Tanh, slope: false };
        for x in [-20.0, -3.0, -0.5, -1e-8, 0.0, 1e-300, 0.1, 1.0, 19.0, 400.0] {
            assert!((f.at(x) - libm::tanh(x)).abs() <= 4.0 * f64::EPSILON * libm::tanh(x).abs(), "{x}");
        }
    }
}
