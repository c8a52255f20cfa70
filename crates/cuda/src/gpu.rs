//! A GPU: compiles texts, keeps modules, launches kernels. The one place that talks to a driver.
#![allow(unsafe_code)]

use crate::{Found, Packed};
use cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DevicePtr, DriverError, LaunchConfig, PushKernelArg,
    sys::CUevent_flags,
};
use cudarc::nvrtc::{CompileError, CompileOptions, Ptx, compile_ptx_with_opts};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use surprisal_kernel::cuda::{Launch, Pass, Program, module};

/// A GPU did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// The driver refused.
    #[error("the CUDA driver says: {0}")]
    Driver(#[from] DriverError),
    /// NVRTC refused a text.
    #[error("NVRTC does not compile `{0}`: {1}")]
    Compile(String, CompileError),
    /// NVRTC is not there.
    #[error("no libnvrtc found: install NVRTC of CUDA 13.0, or name the folder that scripts/cuda-compile leaves")]
    NoNvrtc,
    /// There are no rows: nothing can be launched.
    #[error("no rows to compute a loss of")]
    Empty,
}

/// Device addresses of a launch; 0 is a null pointer.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Rows of η.
    pub n: usize,
    /// Rows of the data.
    pub stride: usize,
    /// rows, eta, learned, fixed, y, weight, offset, columns.
    pub inputs: [u64; 8],
    /// slopes, values, out.
    pub outputs: [u64; 3],
    /// [`Launch::scratch`] doubles.
    pub scratch: u64,
    /// [`Launch::arrivals`] zeros.
    pub arrivals: u64,
}

/// Launches a kernel of `program` on a stream; returns at once.
///
/// # Errors
/// No rows, or what the driver says.
///
/// # Safety
/// `function` must be the kernel of `program` and `pass`, and the addresses must hold what [`Program`] says, on the
/// stream's device and until the launch has ended.
pub unsafe fn launch(
    stream: &CudaStream,
    function: &CudaFunction,
    program: &Program,
    pass: Pass,
    at: &Addresses,
) -> Result<(), GpuError> {
    if at.n == 0 {
        return Err(GpuError::Empty);
    }
    let Launch { blocks, threads, .. } = program.launch(at.n, pass);
    let (n, stride, more) = (at.n as i64, at.stride as i64, program.numbers(at.n));
    let mut args = stream.launch_builder(function);
    args.arg(&n).arg(&stride);
    at.inputs.iter().chain(&at.outputs).for_each(|address| {
        args.arg(address);
    });
    args.arg(&at.scratch).arg(&at.arrivals);
    more.iter().for_each(|number| {
        args.arg(number);
    });
    let config = LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (threads, 1, 1), shared_mem_bytes: 0 };
    // SAFETY: the caller's promise; the arguments are in the order of the kernel's signature.
    unsafe { args.launch(config) }?;
    Ok(())
}

/// Compiles a text as every test of it was: without contraction.
///
/// # Errors
/// NVRTC is not there, or refuses the text.
pub fn compile(name: &str, text: &str, (major, minor): (i32, i32)) -> Result<Ptx, GpuError> {
    if !loads(NVRTC) {
        return Err(GpuError::NoNvrtc);
    }
    let arch = format!("--gpu-architecture=compute_{major}{minor}");
    let options = CompileOptions { fmad: Some(false), options: vec![arch], ..Default::default() };
    compile_ptx_with_opts(text, options).map_err(|error| GpuError::Compile(name.to_owned(), error))
}

/// Names of the driver, and of NVRTC: the libraries that cudarc would load, which panics if there are none.
const DRIVER: &[&str] = &["libcuda.so", "libcuda.so.1", "nvcuda.dll"];
const NVRTC: &[&str] = &["libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "nvrtc64_130_0.dll"];

/// Whether one of these libraries is there.
fn loads(names: &[&str]) -> bool {
    names.iter().any(|name| {
        // SAFETY: the driver and NVRTC do nothing when they are loaded.
        unsafe { libloading::Library::new(*name) }.is_ok()
    })
}

/// The first GPU of this machine.
pub struct Gpu {
    stream: Arc<CudaStream>,
    modules: HashMap<String, Arc<CudaModule>>,
    /// Files `<family>_<dtype>.sm_<architecture>` of cubin or PTX, instead of NVRTC.
    compiled: Option<PathBuf>,
}

/// A kernel and its arguments on the device.
pub struct Resident {
    program: Program,
    pass: Pass,
    function: CudaFunction,
    addresses: Addresses,
    outputs: [Option<CudaSlice<u8>>; 3],
    _inputs: Vec<Option<CudaSlice<u8>>>,
    _scratch: (CudaSlice<f64>, CudaSlice<u32>),
}

impl Gpu {
    /// The GPU, if there is a driver and it has one. Kernels are compiled by NVRTC, or read from the folder that
    /// `scripts/cuda-compile` leaves.
    pub fn open(compiled: Option<PathBuf>) -> Option<Gpu> {
        if !loads(DRIVER) {
            return None;
        }
        let context = CudaContext::new(0).ok()?;
        // Events between streams cost, and there is one stream.
        // SAFETY: nothing here is used on two streams.
        unsafe { context.disable_event_tracking() };
        Some(Gpu { stream: context.new_stream().ok()?, modules: HashMap::new(), compiled })
    }
    /// Its name.
    pub fn name(&self) -> String {
        self.stream.context().name().unwrap_or_else(|_| "unknown".into())
    }
    /// Its compute capability.
    ///
    /// # Errors
    /// What the driver says.
    pub fn capability(&self) -> Result<(i32, i32), GpuError> {
        Ok(self.stream.context().compute_capability()?)
    }

    /// The kernel of one pass; a text is compiled once, with those of `together`, which are likely to be asked for next.
    ///
    /// # Errors
    /// The text does not compile, or the driver refuses it.
    fn function(&mut self, program: &Program, pass: Pass, together: &[&Program]) -> Result<CudaFunction, GpuError> {
        let name = program.kernel(pass);
        if !self.modules.contains_key(&name) {
            let (major, minor) = self.capability()?;
            let all = [&[program], together].concat();
            let file = format!("{}_{}", program.family(), program.dtype().name());
            // Machine code for this GPU, else PTX for it or for any: the driver makes the rest.
            let kinds = [format!("{major}{minor}.cubin"), format!("{major}{minor}.ptx"), "80.ptx".into()];
            let mut files =
                kinds.iter().filter_map(|kind| Some(self.compiled.as_ref()?.join(format!("{file}.sm_{kind}"))));
            let ptx = match files.find(|path| path.exists()) {
                Some(path) => Ptx::from_file(path),
                None => compile(&file, &module(all.iter().copied()), (major, minor))?,
            };
            let loaded = self.stream.context().load_module(ptx)?;
            for kernel in all.iter().flat_map(|program| Pass::ALL.map(|pass| program.kernel(pass))) {
                self.modules.insert(kernel, loaded.clone());
            }
        }
        Ok(self.modules[&name].load_function(&name)?)
    }

    /// Copies what `packed` says to the device, each argument of rows `times` times, for sizes that need not be made on the
    /// host: then it must have no `rows`, and one column at most, as columns lie behind each other.
    ///
    /// # Errors
    /// No rows, the text does not compile, or what the driver says.
    ///
    /// # Panics
    /// If `packed` is for another kernel.
    pub fn upload(
        &mut self,
        program: &Program,
        pass: Pass,
        packed: &Packed,
        times: usize,
        together: &[&Program],
    ) -> Result<Resident, GpuError> {
        assert_eq!(packed.kernel, program.kernel(pass), "arguments are packed for their kernel");
        if packed.n == 0 {
            return Err(GpuError::Empty);
        }
        assert!(times == 1 || packed.inputs[0].is_none(), "row numbers can't be repeated");
        let function = self.function(program, pass, together)?;
        let stream = &self.stream;
        let per_row = [true, true, false, false, true, true, true, true];
        let copy = |bytes: &Vec<u8>, times: usize| -> Result<Option<CudaSlice<u8>>, GpuError> {
            if bytes.is_empty() {
                return Ok(None);
            }
            let mut all = stream.alloc_zeros::<u8>(bytes.len() * times)?;
            stream.memcpy_htod(bytes, &mut all.slice_mut(..bytes.len()))?;
            let (mut filled, total) = (bytes.len(), bytes.len() * times);
            while filled < total {
                let step = filled.min(total - filled);
                let (from, mut to) = all.split_at_mut(filled);
                stream.memcpy_dtod(&from.slice(..step), &mut to.slice_mut(..step))?;
                filled += step;
            }
            Ok(Some(all))
        };
        let mut inputs = Vec::new();
        for (bytes, &per_row) in packed.inputs.iter().zip(&per_row) {
            inputs.push(match bytes {
                Some(bytes) => copy(bytes, if per_row { times } else { 1 })?,
                None => None,
            });
        }
        let mut outputs = [None, None, None];
        for (k, &bytes) in packed.outputs.iter().enumerate().filter(|(_, bytes)| **bytes > 0) {
            outputs[k] = Some(stream.alloc_zeros::<u8>(if k < 2 { bytes * times } else { bytes })?);
        }
        let n = packed.n * times;
        let shape = program.launch(n, pass);
        let scratch = (stream.alloc_zeros::<f64>(shape.scratch)?, stream.alloc_zeros::<u32>(shape.arrivals)?);
        let address = |slice: &Option<CudaSlice<u8>>| slice.as_ref().map_or(0, |it| it.device_ptr(stream).0);
        let mut addresses = Addresses { n, stride: packed.stride * times, ..Default::default() };
        inputs.iter().zip(&mut addresses.inputs).for_each(|(slice, out)| *out = address(slice));
        outputs.iter().zip(&mut addresses.outputs).for_each(|(slice, out)| *out = address(slice));
        addresses.scratch = scratch.0.device_ptr(stream).0;
        addresses.arrivals = scratch.1.device_ptr(stream).0;
        let program = program.clone();
        Ok(Resident { program, pass, function, addresses, outputs, _inputs: inputs, _scratch: scratch })
    }

    /// Launches what was uploaded; returns at once.
    ///
    /// # Errors
    /// What the driver says.
    pub fn launch(&self, resident: &Resident) -> Result<(), GpuError> {
        let Resident { program, pass, function, addresses, .. } = resident;
        // SAFETY: `upload` took the kernel and allocated everything that `Program` asks for.
        unsafe { launch(&self.stream, function, program, *pass, addresses) }
    }

    /// Runs a pass from the host and back.
    ///
    /// # Errors
    /// The text does not compile, or what the driver says.
    pub fn run(
        &mut self,
        program: &Program,
        pass: Pass,
        packed: &Packed,
        together: &[&Program],
    ) -> Result<Found, GpuError> {
        let resident = self.upload(program, pass, packed, 1, together)?;
        self.launch(&resident)?;
        let mut bytes: [Vec<u8>; 3] = Default::default();
        for (slice, out) in resident.outputs.iter().zip(&mut bytes) {
            if let Some(slice) = slice {
                *out = self.stream.clone_dtoh(slice)?;
            }
        }
        self.stream.synchronize()?;
        let [slopes, values, out] = &bytes;
        Ok(packed.unpack([slopes, values, out]))
    }

    /// Seconds of each of `times` repetitions of what `work` puts on the stream, by the device's clock.
    ///
    /// # Errors
    /// What `work` or the driver says.
    pub fn seconds(&self, times: usize, mut work: impl FnMut() -> Result<(), GpuError>) -> Result<Vec<f64>, GpuError> {
        let timed = Some(CUevent_flags::CU_EVENT_DEFAULT);
        let mut all = Vec::new();
        for _ in 0..times {
            let start = self.stream.record_event(timed)?;
            work()?;
            let end = self.stream.record_event(timed)?;
            end.synchronize()?;
            all.push(f64::from(start.elapsed_ms(&end)?) / 1000.0);
        }
        Ok(all)
    }

    /// Waits until all that was launched has ended.
    ///
    /// # Errors
    /// What the driver says.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        Ok(self.stream.synchronize()?)
    }

    /// Two buffers of `bytes` and a copy from one to the other: the roof of every kernel.
    ///
    /// # Errors
    /// What the driver says.
    pub fn copy(&self, bytes: usize) -> Result<impl FnMut() -> Result<(), GpuError> + use<>, GpuError> {
        let (from, mut to) = (self.stream.alloc_zeros::<u8>(bytes)?, self.stream.alloc_zeros::<u8>(bytes)?);
        let stream = self.stream.clone();
        Ok(move || Ok(stream.memcpy_dtod(&from, &mut to)?))
    }
}
