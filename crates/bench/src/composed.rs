//! The losses as a user of candle composes them from its operations, forward and backward; where it has a loss of its
//! own, that.

use crate::case::{Case, Problem};
use crate::naive::Scalar;
use candle_core::{DType, Device, Result, Tensor, Var, WithDType};
use candle_nn::loss;

/// A problem in tensors.
pub struct Composed {
    case: Case,
    rows: usize,
    heads: Vec<Var>,
    y: Tensor,
    /// What does not look at η.
    constant: f64,
}

impl Composed {
    /// `None` where candle has no operation for it: ln Γ of what is predicted.
    pub fn of<T: Scalar + WithDType>(it: &Problem<T>) -> Result<Option<Composed>> {
        let (heads, cpu) = (it.case.bound.heads(), &Device::Cpu);
        let fixed = |name| it.case.fixed(name);
        let known = ["gaussian", "log_normal", "laplace", "asymmetric_laplace", "logistic", "poisson", "exponential"];
        let per_row = match (it.case.family(), heads) {
            ("student_t", 1 | 2) => {
                let nu = fixed("nu");
                libm::lgamma(0.5 * nu) - libm::lgamma(0.5 * (nu + 1.0)) + 0.5 * libm::log(nu * std::f64::consts::PI)
            }
            ("gamma", 1) => libm::lgamma(fixed("shape")) - fixed("shape") * libm::log(fixed("shape")),
            ("negative_binomial", 1) => {
                let r = 1.0 / fixed("dispersion");
                let y = it.data.y.iter().map(|&y| surprisal_kernel::Element::to_f64(y));
                y.map(|y| libm::lgamma(r) - libm::lgamma(r + y) + y * libm::log(r)).sum::<f64>() / it.rows as f64
            }
            ("bernoulli" | "categorical", _) => 0.0,
            (name, 1 | 2) if known.contains(&name) => 0.0,
            _ => return Ok(None),
        };
        let vars = match it.case.classes() {
            0 => (0..heads).map(|k| Var::from_slice(it.head(k), it.rows, cpu)).collect::<Result<_>>()?,
            classes => vec![Var::from_slice(&it.eta, (it.rows, classes), cpu)?],
        };
        let y = Tensor::from_slice(&it.data.y, it.rows, cpu)?;
        let y = if it.case.classes() > 0 { y.to_dtype(DType::U32)? } else { y };
        let constant = it.base + per_row * it.rows as f64;
        Ok(Some(Composed { case: it.case.clone(), rows: it.rows, heads: vars, y, constant }))
    }

    /// Σ −ln p without constants: a scalar.
    fn loss(&self) -> Result<Tensor> {
        let (y, m) = (&self.y, self.heads[0].as_tensor());
        let n = self.rows as f64;
        let fixed = |name| self.case.fixed(name);
        // r/σ, and ln σ.
        let scaled = |r: Tensor, s: Option<&Var>| match s {
            Some(s) => r.mul(&s.neg()?.exp()?),
            None => r.affine(1.0 / fixed("scale"), 0.0),
        };
        let plus_ln_scale = |rows: Tensor, s: Option<&Var>, constant: f64| match s {
            Some(s) => rows.add(s)?.affine(1.0, constant),
            None => rows.affine(1.0, constant + libm::log(fixed("scale"))),
        };
        let ln_sqrt_tau = 0.5 * libm::log(std::f64::consts::TAU);
        let s = self.heads.get(1);
        let rows = match self.case.family() {
            "gaussian" => plus_ln_scale((scaled((m - y)?, s)?.sqr()? * 0.5)?, s, ln_sqrt_tau)?,
            "log_normal" => {
                let l = y.log()?;
                (plus_ln_scale((scaled((m - &l)?, s)?.sqr()? * 0.5)?, s, ln_sqrt_tau)? + l)?
            }
            "laplace" => plus_ln_scale(scaled((m - y)?.abs()?, s)?, s, std::f64::consts::LN_2)?,
            "asymmetric_laplace" => {
                let (tau, r) = (fixed("quantile"), (y - m)?);
                let pinball = r.affine(tau, 0.0)?.maximum(&r.affine(tau - 1.0, 0.0)?)?;
                plus_ln_scale(scaled(pinball, s)?, s, -libm::log(tau) - libm::log1p(-tau))?
            }
            "logistic" => {
                let z = scaled((y - m)?.abs()?, s)?;
                plus_ln_scale((&z + ((z.neg()?.exp()? + 1.0)?.log()? * 2.0)?)?, s, 0.0)?
            }
            "student_t" => {
                let nu = fixed("nu");
                let q = (scaled((m - y)?, s)?.sqr()? / nu)?;
                plus_ln_scale(((q + 1.0)?.log()? * (0.5 * (nu + 1.0)))?, s, 0.0)?
            }
            "poisson" => (m.exp()? - (y * m)?)?,
            "exponential" => ((y * m.neg()?.exp()?)? + m)?,
            "gamma" => {
                let k = fixed("shape");
                (((((y * m.neg()?.exp()?)? + m)? * k)?) - (y.log()? * (k - 1.0))?)?
            }
            "negative_binomial" => {
                let alpha = fixed("dispersion");
                let l = ((m.exp()? * alpha)? + 1.0)?.log()?;
                (((y + 1.0 / alpha)? * l)? - (y * m)?)?
            }
            "bernoulli" => return loss::binary_cross_entropy_with_logit(m, y)?.affine(n, 0.0),
            _ => return loss::cross_entropy(m, y)?.affine(n, 0.0),
        };
        rows.sum_all()
    }

    /// One pass forward and backward; all constants in the value.
    pub fn call(&self) -> Result<f64> {
        let loss = self.loss()?;
        let gradient = loss.backward()?;
        std::hint::black_box(&gradient);
        Ok(scalar(&loss)? + self.constant)
    }

    /// The value, and the slopes of η as the problem has it.
    pub fn value_and_gradient(&self) -> Result<(f64, Vec<f64>)> {
        let loss = self.loss()?;
        let gradient = loss.backward()?;
        let mut slopes = Vec::new();
        for head in &self.heads {
            let slope = gradient.get(head).ok_or_else(|| candle_core::Error::msg("a head without a gradient"))?;
            slopes.extend(slope.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?);
        }
        Ok((scalar(&loss)? + self.constant, slopes))
    }
}

/// A number in double precision; read as it is, since a conversion would make a tensor that is timed too.
pub fn scalar(x: &Tensor) -> Result<f64> {
    match x.dtype() {
        DType::F32 => x.to_scalar::<f32>().map(f64::from),
        _ => x.to_scalar(),
    }
}
