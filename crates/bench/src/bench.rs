//! Measures the losses: each case in each dtype and size, its variants in the same rounds.

use crate::accuracy::errors;
use crate::case::{Case, Problem};
use crate::child::Child;
use crate::engine::{Absent, Engine, Local};
use crate::kernels::Row;
use crate::naive::Scalar;
use crate::rounds::{Settings, Timing, measure};
use crate::task::Task;
use crate::variant::Variant;
use crate::{flop, serve};
use candle_core::WithDType;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use surprisal_kernel::{Element, Isa};

/// Values of one loss may differ by this share: a sum of a million `f32` in one accumulator does.
const SAME: f64 = 0.02;

/// What is measured.
pub struct Bench {
    /// Which losses.
    pub cases: Vec<Case>,
    /// Elements of each.
    pub sizes: Vec<usize>,
    /// In f32, in f64.
    pub dtypes: Vec<String>,
    /// Which ways; a copy and `fused` are always beside.
    pub variants: Vec<Variant>,
    /// Of our kernels.
    pub isa: Isa,
    /// For how long.
    pub settings: Settings,
    /// This program, and what it is told to serve.
    pub program: (PathBuf, Vec<String>),
    /// A Python that has the peers.
    pub peers: Option<PathBuf>,
}

/// The script of the peers.
pub(crate) const PEERS: &str = include_str!("../../../bench/peers/peers.py");

/// Versions of the peers that a Python has; none where it has none.
pub fn peer_versions(python: &Path) -> BTreeMap<String, String> {
    let out = Command::new(python).arg("-c").arg(PEERS).arg("versions").stderr(Stdio::null()).output();
    out.ok().and_then(|out| serde_json::from_slice(&out.stdout).ok()).unwrap_or_default()
}

/// Processes that time for this one, and the folder that they read from.
struct Others<'a> {
    bench: &'a Bench,
    folder: tempfile::TempDir,
    known: BTreeMap<Variant, Result<Child, Absent>>,
}

impl Others<'_> {
    fn child(bench: &Bench, folder: &Path, variant: Variant) -> Result<Child, Absent> {
        let command = if variant.is_peer() {
            let python = bench.peers.as_ref().ok_or_else(|| Absent::Failed("no Python was named".into()))?;
            let script = folder.join("peers.py");
            std::fs::write(&script, PEERS).map_err(|e| Absent::Failed(e.to_string()))?;
            let mut command = Command::new(python);
            command.arg(script).env("SURPRISAL_ISA", bench.isa.name()).stderr(Stdio::null());
            command
        } else {
            let (program, arguments) = &bench.program;
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let mut command = serve::command(variant == Variant::CandleTuned, program, &arguments);
            command.env("SURPRISAL_ISA", bench.isa.name());
            command
        };
        let shown = Path::new(command.get_program()).display().to_string();
        Child::start(command).map_err(|e| Absent::Failed(format!("`{shown}` does not start: {e}")))
    }
}

impl Bench {
    /// Measures all; each row is told as it comes.
    ///
    /// # Errors
    /// Of temporary files.
    pub fn run(&self, tell: &mut dyn FnMut(&Row)) -> std::io::Result<Vec<Row>> {
        let mut others = Others { bench: self, folder: tempfile::tempdir()?, known: BTreeMap::new() };
        let mut rows = Vec::new();
        for (case, dtype) in self.cases.iter().flat_map(|case| self.dtypes.iter().map(move |dtype| (case, dtype))) {
            let more = match dtype.as_str() {
                "f64" => self.case::<f64>(case, &mut others, tell)?,
                _ => self.case::<f32>(case, &mut others, tell)?,
            };
            rows.extend(more);
        }
        Ok(rows)
    }

    fn case<T: Scalar + WithDType>(
        &self,
        case: &Case,
        others: &mut Others,
        tell: &mut dyn FnMut(&Row),
    ) -> std::io::Result<Vec<Row>> {
        let accuracy: BTreeMap<Variant, _> =
            self.variants.iter().map(|&variant| (variant, errors::<T>(case, variant, self.isa))).collect();
        let mut rows = Vec::new();
        for n in case.sizes(&self.sizes) {
            let problem = case.problem::<T>(n);
            let mut variants = vec![Variant::Fused, Variant::Memcpy];
            let more = |v: &Variant| !variants.contains(v) && v.serves(problem.elements());
            let more: Vec<Variant> = self.variants.iter().copied().filter(more).collect();
            variants.extend(more);
            let timings = self.problem(&problem, &variants, others)?;
            let mut found: Vec<Row> = variants.iter().zip(timings).map(|(&v, it)| self.row(&problem, v, &it)).collect();
            for row in &mut found {
                if let Some(Some(errors)) = accuracy.get(&row.variant) {
                    (row.max_ulp, row.max_nat_error) = (Some(errors.ulp), Some(errors.nats));
                }
            }
            found.sort_by_key(|row| row.variant);
            found.iter().for_each(&mut *tell);
            rows.extend(found);
        }
        Ok(rows)
    }

    /// `variants` begins with `fused` and a copy.
    fn problem<T: Scalar + WithDType>(
        &self,
        it: &Problem<T>,
        variants: &[Variant],
        others: &mut Others,
    ) -> std::io::Result<Vec<Timing>> {
        for &variant in variants.iter().filter(|variant| variant.is_remote()) {
            let (bench, folder) = (others.bench, others.folder.path());
            others.known.entry(variant).or_insert_with(|| Others::child(bench, folder, variant));
        }
        let mut engines: BTreeMap<Variant, Result<Box<dyn Engine + '_>, Absent>> = BTreeMap::new();
        for (&variant, child) in others.known.iter_mut().filter(|(variant, _)| variants.contains(variant)) {
            let task = Task::of(it, variant, others.folder.path())?;
            let ready = match child {
                Ok(child) => child.prepare(&task).map(|engine| Box::new(engine) as Box<dyn Engine>),
                Err(absent) => Err(absent.clone()),
            };
            engines.insert(variant, ready);
        }
        for &variant in variants.iter().filter(|variant| !variant.is_remote()) {
            engines.insert(variant, Local::of(variant, self.isa, it).map(|engine| Box::new(engine) as Box<dyn Engine>));
        }
        let expected = engines.get_mut(&Variant::Fused).and_then(|e| e.as_mut().ok()?.value());
        let (mut ready, mut places, mut timings) = (Vec::new(), Vec::new(), vec![Timing::default(); variants.len()]);
        for (k, variant) in variants.iter().enumerate() {
            match engines.remove(variant).unwrap_or(Err(Absent::NoOp)).and_then(|engine| same(engine, expected)) {
                Ok(engine) => {
                    ready.push(engine);
                    places.push(k);
                }
                Err(absent) => timings[k].absent = Some(absent),
            }
        }
        for (k, timing) in places.into_iter().zip(measure(&mut ready, &[0, 1], &self.settings)) {
            timings[k] = timing;
        }
        Ok(timings)
    }

    fn row<T: Scalar>(&self, it: &Problem<T>, variant: Variant, timing: &Timing) -> Row {
        let elements = it.elements() as f64;
        let bytes = |gradient| it.bytes(gradient) as f64 / elements;
        let time = timing.seconds.map(|seconds| seconds.times(1e9 / elements));
        let ratio = |k: usize| timing.ratios.get(k).copied().flatten();
        let ambiguous = timing.ambiguous.then(|| "ambiguous".to_string());
        Row {
            family: it.case.family().into(),
            parameters: it.case.parameters.clone(),
            variant,
            dtype: <T as Element>::NAME.into(),
            isa: variant.is_ours().then(|| self.isa.name().into()),
            threads: 1,
            n: it.elements(),
            ns_per_element: time.map(|it| it.value),
            ns_interval: time.map(|it| [it.low, it.high]),
            bytes_per_element: bytes(variant.has_gradient()),
            flop_per_element: flop::per_element(&it.case),
            memcpy_ratio: ratio(1).map(|it| it.value * bytes(true) / bytes(variant.has_gradient())),
            fused_ratio: ratio(0),
            max_ulp: None,
            max_nat_error: None,
            note: timing.absent.as_ref().map(Absent::to_string).or(ambiguous),
        }
    }
}

/// An engine that computes what is expected.
fn same<'a>(mut engine: Box<dyn Engine + 'a>, expected: Option<f64>) -> Result<Box<dyn Engine + 'a>, Absent> {
    if let (Some(value), Some(expected)) = (engine.value(), expected) {
        let off = (value - expected).abs() / (1.0 + expected.abs());
        if off.is_nan() || off > SAME {
            return Err(Absent::Failed(format!("its loss is {value}, expected {expected}")));
        }
    }
    Ok(engine)
}
