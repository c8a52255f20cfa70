//! The loss as one operation of candle on a GPU: one launch gives the value and the gradient.
#![allow(unsafe_code)]

use candle_core::backend::BackendStorage;
use candle_core::cuda_backend::cudarc::driver::{CudaStream, DevicePtr};
use candle_core::cuda_backend::{CudaDevice, CudaStorage, CudaStorageSlice};
use candle_core::{CpuStorage, CustomOp2, DType, Device, Error, Layout, Result, Shape, Storage, Tensor};
use std::sync::Arc;
use surprisal_cuda::gpu::{Addresses, compile, launch};
use surprisal_kernel::cuda::{Dtype, Pass, Program, module};
use surprisal_kernel::{Bound, Penalty};

/// Σ wᵢ · −ln p(yᵢ | ηᵢ) in nats, on a GPU, for η `[rows, heads]` in f32, f64 or bf16; all constants kept.
///
/// Targets and learned numbers are f64 beside an η of f64, else f32, and so is the loss. The forward pass computes the
/// gradient too and keeps it; the backward pass multiplies it by what comes from above, on the device. No pass waits for
/// the GPU.
#[derive(Clone)]
pub struct CudaNll {
    inner: Arc<Inner>,
}

struct Inner {
    program: Program,
    ptx: String,
    device: CudaDevice,
    data: Data,
}

/// What does not change from step to step, on the device.
struct Data {
    rows: usize,
    y: Tensor,
    weight: Option<Tensor>,
    offset: Option<Tensor>,
    columns: Option<Tensor>,
    fixed: Option<Tensor>,
    arrivals: Tensor,
    /// In place of learned numbers where there are none.
    none: Tensor,
}

/// The dtype of the kernels.
fn known(dtype: DType) -> Result<Dtype> {
    Ok(match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::BF16 => Dtype::Bf16,
        other => candle_core::bail!("η must be f32, f64 or bf16, found {other:?}"),
    })
}

/// The dtype beside η.
fn beside(dtype: Dtype) -> DType {
    if dtype == Dtype::F64 { DType::F64 } else { DType::F32 }
}

impl CudaNll {
    /// Compiles the kernels of a bound family and copies the data columns, which are of one length, to the device.
    ///
    /// # Errors
    /// `dtype` is not one of f32, f64 and bf16, or CUDA's error.
    pub fn new(
        bound: &Bound,
        dtype: DType,
        y: &[f64],
        weight: Option<&[f64]>,
        offset: Option<&[f64]>,
        device: &Device,
    ) -> Result<CudaNll> {
        CudaNll::of(Program::of(bound, known(dtype)?), y, weight, offset, device)
    }

    /// Compiles the kernels of a prior over so many numbers, which stand in the place of η.
    pub fn of_prior(penalty: &Penalty, dtype: DType, count: usize, device: &Device) -> Result<CudaNll> {
        CudaNll::of(Program::of_prior(penalty, known(dtype)?), &vec![0.0; count], None, None, device)
    }

    fn of(
        program: Program,
        y: &[f64],
        weight: Option<&[f64]>,
        offset: Option<&[f64]>,
        device: &Device,
    ) -> Result<CudaNll> {
        if y.is_empty() {
            candle_core::bail!("no rows to compute a loss of");
        }
        let dtype = program.dtype();
        let cuda = device.as_cuda_device()?.clone();
        let stream = cuda.cuda_stream();
        let capability = stream.context().compute_capability().map_err(Error::wrap)?;
        let ptx = compile(program.family(), &module([&program]), capability).map_err(Error::wrap)?.to_src();
        let tensor = |x: &[f64], dtype: DType| Tensor::new(x, device)?.to_dtype(dtype);
        let some = |x: &[f64], dtype: DType| (!x.is_empty()).then(|| tensor(x, dtype)).transpose();
        let y = tensor(y, beside(dtype))?;
        // Columns are functions of the targets as the kernel sees them.
        let columns = program.columns(&y.to_dtype(DType::F64)?.to_vec1()?).concat();
        let data = Data {
            rows: y.dim(0)?,
            weight: weight.map(|it| tensor(it, beside(dtype))).transpose()?,
            offset: offset.map(|it| tensor(it, beside(dtype))).transpose()?,
            columns: some(&columns, if program.wide() { DType::F64 } else { DType::F32 })?,
            fixed: some(&program.fixed(), DType::F64)?,
            arrivals: Tensor::zeros(program.launch(y.dim(0)?, Pass::Fused).arrivals, DType::U32, device)?,
            none: Tensor::zeros(1, beside(dtype), device)?,
            y,
        };
        Ok(CudaNll { inner: Arc::new(Inner { program, ptx, device: cuda, data }) })
    }

    /// The loss at η and the learned numbers `[L]`, a scalar. `rows` (i64) says which rows of the targets η is about; one
    /// that there is not makes the loss NaN.
    ///
    /// # Errors
    /// A shape or a dtype is wrong, or CUDA's error.
    pub fn apply(&self, eta: &Tensor, learned: Option<&Tensor>, rows: Option<&Tensor>) -> Result<Tensor> {
        let Inner { program, data, .. } = &*self.inner;
        let n = rows.map_or(Ok(data.rows), |rows| rows.dim(0))?;
        if eta.dims() != [n, program.heads()] {
            candle_core::bail!("η has shape {:?}, expected {n} rows of {}", eta.shape(), program.heads());
        }
        if n > data.rows {
            candle_core::bail!("{n} rows asked for, and there are {} targets", data.rows);
        }
        if learned.map_or(Ok(0), |it| it.dim(0))? != program.learned() {
            candle_core::bail!("expected {} learned numbers", program.learned());
        }
        let op = Op {
            nll: self.clone(),
            rows: rows.map(Tensor::contiguous).transpose()?,
            slopes: Tensor::zeros(eta.shape(), eta.dtype(), eta.device())?,
        };
        let learned = learned.unwrap_or(&data.none).contiguous()?;
        eta.contiguous()?.apply_op2(&learned, op)?.get(0)
    }
}

/// One use of the loss: its output is the value and then the slopes in the learned numbers.
struct Op {
    nll: CudaNll,
    rows: Option<Tensor>,
    slopes: Tensor,
}

/// Where the numbers of a contiguous storage begin.
fn address(storage: &CudaStorage, layout: &Layout, stream: &CudaStream) -> Result<u64> {
    let Some((start, _)) = layout.contiguous_offsets() else {
        candle_core::bail!("tensors of the loss must be contiguous");
    };
    // The stream orders what is done to a tensor of this device; no event is needed.
    let begin = match &storage.slice {
        CudaStorageSlice::F32(it) => it.device_ptr(stream).0,
        CudaStorageSlice::F64(it) => it.device_ptr(stream).0,
        CudaStorageSlice::BF16(it) => it.device_ptr(stream).0,
        CudaStorageSlice::I64(it) => it.device_ptr(stream).0,
        CudaStorageSlice::U32(it) => it.device_ptr(stream).0,
        _ => candle_core::bail!("the loss has no kernels for {:?}", storage.dtype()),
    };
    Ok(begin + (start * storage.dtype().size_in_bytes()) as u64)
}

fn address_of(tensor: Option<&Tensor>, stream: &CudaStream) -> Result<u64> {
    let Some(tensor) = tensor else { return Ok(0) };
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cuda(storage) => address(storage, layout, stream),
        _ => candle_core::bail!("every tensor of the loss must be on the GPU"),
    }
}

impl CustomOp2 for Op {
    fn name(&self) -> &'static str {
        "surprisal-nll-cuda"
    }
    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        candle_core::bail!("η is on the CPU: use `Nll` there")
    }
    fn cuda_fwd(
        &self,
        eta: &CudaStorage,
        eta_layout: &Layout,
        learned: &CudaStorage,
        learned_layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        let Inner { program, ptx, device, data } = &*self.nll.inner;
        let (stream, pass) = (device.cuda_stream(), Pass::Fused);
        for (found, expected) in [(eta.dtype(), self.slopes.dtype()), (learned.dtype(), beside(program.dtype()))] {
            if found != expected {
                candle_core::bail!("the loss expects {expected:?}, found {found:?}");
            }
        }
        let n = eta_layout.dims()[0];
        let name = program.kernel(pass);
        let function = device.get_or_load_custom_func(&name, &format!("surprisal_{name}"), ptx)?.into_cuda_function();
        let shape = program.launch(n, pass);
        // SAFETY: the kernel writes every number of `scratch` that it reads, and all of `out`.
        let (scratch, out) =
            unsafe { (device.alloc::<f64>(shape.scratch)?, allocate(device, program, 1 + program.learned())?) };
        let at = |tensor: Option<&Tensor>| address_of(tensor, &stream);
        let out_address = address(&out, &Layout::contiguous(1 + program.learned()), &stream)?;
        let addresses = Addresses {
            n,
            stride: data.rows,
            inputs: [
                at(self.rows.as_ref())?,
                address(eta, eta_layout, &stream)?,
                address(learned, learned_layout, &stream)?,
                at(data.fixed.as_ref())?,
                at(Some(&data.y))?,
                at(data.weight.as_ref())?,
                at(data.offset.as_ref())?,
                at(data.columns.as_ref())?,
            ],
            outputs: [at(Some(&self.slopes))?, 0, out_address],
            scratch: scratch.device_ptr(&stream).0,
            arrivals: at(Some(&data.arrivals))?,
        };
        // SAFETY: shapes and dtypes were checked, the kernel checks `rows`, and memory is freed in the stream's order.
        unsafe { launch(&stream, &function, program, pass, &addresses) }.map_err(Error::wrap)?;
        Ok((out, Shape::from(1 + program.learned())))
    }
    fn bwd(&self, _: &Tensor, _: &Tensor, out: &Tensor, upstream: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        // Only the value has a slope from above.
        let above = upstream.get(0)?;
        let slopes = self.slopes.broadcast_mul(&above.to_dtype(self.slopes.dtype())?)?;
        let learned = self.nll.inner.program.learned();
        let learned = (learned > 0).then(|| out.narrow(0, 1, learned)?.broadcast_mul(&above)).transpose()?;
        Ok((Some(slopes), learned))
    }
}

/// Numbers of the dtype beside η, whatever they were.
///
/// # Safety
/// They must be written before they are read.
unsafe fn allocate(device: &CudaDevice, program: &Program, count: usize) -> Result<CudaStorage> {
    // SAFETY: the caller's promise.
    Ok(match beside(program.dtype()) {
        DType::F64 => CudaStorage::wrap_cuda_slice(unsafe { device.alloc::<f64>(count) }?, device.clone()),
        _ => CudaStorage::wrap_cuda_slice(unsafe { device.alloc::<f32>(count) }?, device.clone()),
    })
}
