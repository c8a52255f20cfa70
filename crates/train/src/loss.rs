//! The loss as one operation of candle: value and gradient from one fused pass over the rows.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Device, Layout, Result, Shape, Tensor, WithDType};
use std::sync::{Arc, OnceLock};
use surprisal_kernel::{Batch, Bound, Data, Element, Fused, Isa, Layout as Order, Vectors, fused};

/// Σ wᵢ · −ln p(yᵢ | ηᵢ) in nats, all constants kept: a likelihood over its data, ready to be put on top of any network.
///
/// η is `[rows, heads]`, a column for each predicted parameter in the family's order; learned numbers are `[L]`. Both are
/// unconstrained: a scale is given by its logarithm. The forward pass computes the gradients too and keeps them; the
/// backward pass multiplies them by what comes from above. On a CPU η is f32 or f64; on a GPU (feature `cuda`) bf16 too.
///
/// ```
/// use candle_core::{DType, Device, Tensor, Var};
/// use candle_nn::{AdamW, Module, Optimizer, VarBuilder, VarMap, linear};
/// use surprisal_density::AnyFamily;
/// use surprisal_kernel::{Bound, Penalty, Slot};
/// use surprisal_train::{NegLogPrior, Nll};
/// # fn main() -> candle_core::Result<()> {
/// let device = Device::Cpu;
/// let x = Tensor::arange(0f32, 64f32, &device)?.affine(0.1, -3.2)?.reshape((64, 1))?;
/// let y: Vec<f64> = (0..64).map(|i| 2.0 * (0.1 * f64::from(i) - 3.2) + 0.3 * f64::sin(f64::from(i * i))).collect();
///
/// // A Student-t whose location the network predicts; ν is 4, the scale is learned.
/// let family = AnyFamily::named("student_t").expect("a family");
/// let bound = Bound { family, slots: vec![Slot::Predicted(0), Slot::Fixed(4.0), Slot::Learned(0)] };
/// let nll = Nll::new(&bound, DType::F32, &y, None, None, &device)?;
/// let prior = NegLogPrior::new(&Penalty { family: AnyFamily::named("gaussian").expect("a family"), at: vec![0.0, 10.0] });
///
/// let vars = VarMap::new();
/// let model = linear(1, 1, VarBuilder::from_varmap(&vars, DType::F32, &device))?;
/// let ln_scale = Var::zeros(1, DType::F32, &device)?;
/// let mut adam = AdamW::new_lr([vars.all_vars(), vec![ln_scale.clone()]].concat(), 0.05)?;
/// for step in 0..300u32 {
///     // Batches are rows by number, for the inputs and for the loss alike.
///     let rows = Tensor::arange(0u32, 32u32, &device)?.affine(1.0, f64::from(step % 2 * 32))?;
///     let eta = model.forward(&x.index_select(&rows, 0)?)?;
///     // −ln p(θ | D) per row: half of the rows, half of the prior.
///     let loss = (nll.apply(&eta, Some(&ln_scale), Some(&rows))? + prior.apply(model.weight())?.affine(0.5, 0.0)?)?;
///     adam.backward_step(&loss.affine(1.0 / 32.0, 0.0)?)?;
/// }
/// let slope = model.weight().flatten_all()?.to_vec1::<f32>()?[0];
/// assert!((slope - 2.0).abs() < 0.1, "{slope}");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Nll {
    heads: usize,
    learned: usize,
    at: Place,
}

/// Where the loss is computed, and in which precision.
#[derive(Clone)]
enum Place {
    F32(Arc<Columns<f32>>),
    F64(Arc<Columns<f64>>),
    #[cfg(feature = "cuda")]
    Cuda(crate::cuda::CudaNll),
}

struct Columns<T> {
    kernel: Box<dyn Fused<T>>,
    data: Data<T>,
}

impl<T: Vectors> Columns<T> {
    fn of(bound: &Bound, y: &[f64], weight: Option<&[f64]>, offset: Option<&[f64]>) -> Arc<Columns<T>> {
        let kernel = fused::<T>(bound);
        let numbers = |column: &[f64]| column.iter().map(|&x| T::of(x)).collect::<Vec<T>>();
        let data = kernel.data(numbers(y), weight.map(numbers), offset.map(numbers));
        Arc::new(Columns { kernel, data })
    }
}

impl Nll {
    /// Of a bound family over these data columns, for η of this dtype on this device.
    ///
    /// # Errors
    /// Columns of different length; a dtype without kernels on that device; a parameter that is never trained, bound.
    pub fn new(
        bound: &Bound,
        dtype: DType,
        y: &[f64],
        weight: Option<&[f64]>,
        offset: Option<&[f64]>,
        device: &Device,
    ) -> Result<Nll> {
        if let Some(name) = bound.untrainable() {
            candle_core::bail!("`{name}` of `{}` is never trained: give it a number", bound.family.name());
        }
        for (name, column) in [("weight", weight), ("offset", offset)] {
            if let Some(column) = column.filter(|it| it.len() != y.len()) {
                candle_core::bail!("`{name}` has {} numbers, and there are {} targets", column.len(), y.len());
            }
        }
        let at = match (device, dtype) {
            (Device::Cpu, DType::F32) => Place::F32(Columns::of(bound, y, weight, offset)),
            (Device::Cpu, DType::F64) => Place::F64(Columns::of(bound, y, weight, offset)),
            #[cfg(feature = "cuda")]
            (Device::Cuda(_), _) => Place::Cuda(crate::cuda::CudaNll::new(bound, dtype, y, weight, offset, device)?),
            _ => candle_core::bail!("the loss has no kernels for {dtype:?} on {:?}", device.location()),
        };
        Ok(Nll { heads: bound.heads(), learned: bound.learned(), at })
    }

    /// The loss at η and the learned numbers, a scalar of their dtype. `rows` (u32 or i64, as for `index_select`) says
    /// which rows of the data η is about; without it, all.
    ///
    /// # Errors
    /// A shape or a dtype is wrong, or there is no such row.
    pub fn apply(&self, eta: &Tensor, learned: Option<&Tensor>, rows: Option<&Tensor>) -> Result<Tensor> {
        #[cfg(feature = "cuda")]
        if let Place::Cuda(nll) = &self.at {
            return nll.apply(eta, learned, rows.map(|rows| rows.to_dtype(DType::I64)).transpose()?.as_ref());
        }
        let number = |i: i64| match usize::try_from(i) {
            Ok(row) => Ok(row),
            Err(_) => candle_core::bail!("the loss is asked for row {i}: rows are numbered from 0"),
        };
        let all =
            |rows: &Tensor| rows.to_dtype(DType::I64)?.to_vec1()?.into_iter().map(number).collect::<Result<Vec<_>>>();
        let rows = rows.map(all).transpose()?;
        Ok(self.forward(eta, learned, rows.as_deref())?.0)
    }

    /// The same on a CPU, and the value before it is rounded to the dtype.
    pub(crate) fn forward(
        &self,
        eta: &Tensor,
        learned: Option<&Tensor>,
        rows: Option<&[usize]>,
    ) -> Result<(Tensor, f64)> {
        match &self.at {
            Place::F32(columns) => self.on(columns, eta, learned, rows),
            Place::F64(columns) => self.on(columns, eta, learned, rows),
            #[cfg(feature = "cuda")]
            Place::Cuda(_) => candle_core::bail!("the value on a GPU stays there"),
        }
    }

    fn on<T: Vectors + WithDType>(
        &self,
        columns: &Arc<Columns<T>>,
        eta: &Tensor,
        learned: Option<&Tensor>,
        rows: Option<&[usize]>,
    ) -> Result<(Tensor, f64)> {
        if eta.dtype() != T::DTYPE {
            candle_core::bail!("η is {:?}, and the loss was made for {:?}", eta.dtype(), T::DTYPE);
        }
        let all = columns.data.len();
        let n = rows.map_or(all, <[usize]>::len);
        if eta.dims() != [n, self.heads] {
            candle_core::bail!("η has shape {:?}, expected {n} rows of {}", eta.shape(), self.heads);
        }
        if let Some(row) = rows.unwrap_or_default().iter().find(|&&row| row >= all) {
            candle_core::bail!("the loss is asked for row {row}, and there are {all}: 0 … {}", all.saturating_sub(1));
        }
        let found = learned.map_or(Ok(0), Tensor::dims1)?;
        if found != self.learned {
            candle_core::bail!("found {found} learned numbers, expected {}", self.learned);
        }
        let op = Op {
            columns: columns.clone(),
            some: rows.map(|rows| columns.data.rows(rows)),
            gradient: eta.track_op() || learned.is_some_and(Tensor::track_op),
            slopes: OnceLock::new(),
            value: Arc::default(),
        };
        let value = op.value.clone();
        let eta = eta.contiguous()?;
        let loss = match learned.filter(|_| self.learned > 0) {
            Some(learned) => eta.apply_op2(&learned.contiguous()?, op)?,
            None => eta.apply_op1(op)?,
        };
        Ok((loss, *value.get().expect("the forward pass was done")))
    }
}

/// One use of the loss.
struct Op<T> {
    columns: Arc<Columns<T>>,
    /// The data of the rows that η is about, if not of all.
    some: Option<Data<T>>,
    /// Whether anybody will ask for slopes.
    gradient: bool,
    /// In η and in the learned numbers.
    slopes: OnceLock<(Tensor, Vec<f64>)>,
    value: Arc<OnceLock<f64>>,
}

impl<T: Vectors + WithDType> Op<T> {
    /// The value; the slopes are kept.
    fn call(&self, eta: &CpuStorage, layout: &Layout, learned: &[T]) -> Result<(CpuStorage, Shape)> {
        let (kernel, data) = (&self.columns.kernel, self.some.as_ref().unwrap_or(&self.columns.data));
        let eta = numbers::<T>(eta, layout)?;
        let learned: Vec<f64> = learned.iter().map(|&x| Element::to_f64(x)).collect();
        let batch = Batch { eta, layout: Order::Rows, learned: &learned, upstream: 1.0 };
        let value = if self.gradient {
            let (mut slopes, mut of_learned) = (vec![T::of(0.0); eta.len()], vec![0.0; learned.len()]);
            let value = kernel.value_and_gradient(Isa::current(), &batch, data, &mut slopes, &mut of_learned);
            let of_eta = Tensor::from_vec(slopes, layout.shape(), &Device::Cpu)?;
            self.slopes.set((of_eta, of_learned)).expect("an operation is done once");
            value
        } else {
            kernel.value(Isa::current(), &batch, data)
        };
        self.value.set(value).expect("an operation is done once");
        Ok((T::to_cpu_storage_owned(vec![T::of(value)]), Shape::from(())))
    }
    fn slopes(&self) -> &(Tensor, Vec<f64>) {
        self.slopes.get().expect("slopes are kept where something is trained")
    }
}

impl<T: Vectors + WithDType> CustomOp1 for Op<T> {
    fn name(&self) -> &'static str {
        "surprisal-nll"
    }
    fn cpu_fwd(&self, eta: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        self.call(eta, layout, &[])
    }
    fn bwd(&self, _: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<Option<Tensor>> {
        times::<T>(&self.slopes().0, upstream).map(Some)
    }
}

impl<T: Vectors + WithDType> CustomOp2 for Op<T> {
    fn name(&self) -> &'static str {
        "surprisal-nll"
    }
    fn cpu_fwd(
        &self,
        eta: &CpuStorage,
        layout: &Layout,
        learned: &CpuStorage,
        learned_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        self.call(eta, layout, numbers::<T>(learned, learned_layout)?)
    }
    fn bwd(&self, _: &Tensor, _: &Tensor, _: &Tensor, upstream: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (of_eta, of_learned) = self.slopes();
        let of_learned = Tensor::from_iter(of_learned.iter().map(|&slope| T::of(slope)), &Device::Cpu)?;
        Ok((Some(times::<T>(of_eta, upstream)?), Some(times::<T>(&of_learned, upstream)?)))
    }
}

/// Slopes times what comes from above: 1 where the loss is the end of the graph, as most often.
pub(crate) fn times<T: WithDType>(slopes: &Tensor, upstream: &Tensor) -> Result<Tensor> {
    if upstream.to_scalar::<T>()?.to_f64() == 1.0 { Ok(slopes.clone()) } else { slopes.broadcast_mul(upstream) }
}

/// The numbers of a contiguous tensor.
pub(crate) fn numbers<'a, T: WithDType>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!("a tensor of the loss must be contiguous");
    };
    Ok(&T::cpu_storage_as_slice(storage)?[start..end])
}
