//! By what a record is made, and the environment it is made in: no part of the result.

use crate::atomic;
use anyhow::Result;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use surprisal_kernel::Isa;
use surprisal_spec::{BITS, Made, Source, canonical};

/// Version of the program.
pub fn code() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// This program on this machine, now.
pub fn made(seconds: f64, source: Option<Source>, environment: Option<String>) -> Made {
    Made {
        version: code().into(),
        revision: option_env!("SURPRISAL_REVISION").map(str::to_string),
        platform: platform(),
        cpu: cpu(),
        seconds,
        at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        source,
        environment,
    }
}

/// Architecture and operating system.
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

/// The CPU model: candle's matrix products keep their bits per model only.
pub fn cpu() -> String {
    static CPU: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    CPU.get_or_init(|| {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        model.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_string())
    })
    .clone()
}

/// The vector instructions that matrix products may use here, whatever the loss kernels are told.
fn matrix_isa() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        match () {
            () if std::arch::is_x86_feature_detected!("avx512f") => "avx512f",
            () if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") => {
                "avx2+fma"
            }
            () => "sse2",
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        if cfg!(target_arch = "aarch64") { "neon" } else { "baseline" }
    }
}

/// The GPUs of this machine and their driver, should there be one.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Gpu {
    /// What the driver calls itself, with its version.
    pub driver: String,
    /// The model of each.
    pub models: Vec<String>,
}

/// What the driver says in `/proc`.
pub fn gpu() -> Option<Gpu> {
    gpu_below(Path::new("/proc/driver/nvidia"))
}

fn gpu_below(folder: &Path) -> Option<Gpu> {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let version = std::fs::read_to_string(folder.join("version")).ok()?;
    let driver = words(version.lines().next()?.trim_start_matches("NVRM version:"));
    let mut gpus: Vec<_> = folder.join("gpus").read_dir().into_iter().flatten().flatten().map(|it| it.path()).collect();
    gpus.sort();
    let model = |gpu: &std::path::PathBuf| {
        let text = std::fs::read_to_string(gpu.join("information")).ok()?;
        text.lines().find_map(|line| Some(words(line.strip_prefix("Model:")?)))
    };
    Some(Gpu { driver, models: gpus.iter().filter_map(model).collect() })
}

/// What this program was built from, and what it runs on.
pub fn environment(jobs: usize, data: &BTreeMap<String, Value>) -> Value {
    let revision = option_env!("SURPRISAL_REVISION");
    json!({
        "schema": 3, "bits": BITS, "version": code(),
        "revision": revision.map(|it| it.trim_end_matches("-dirty")),
        "dirty": revision.map(|it| it.ends_with("-dirty")),
        "cargo_lock": option_env!("SURPRISAL_LOCK"), "toolchain": option_env!("SURPRISAL_RUSTC"),
        "target": option_env!("SURPRISAL_TARGET"), "profile": option_env!("SURPRISAL_PROFILE"),
        "features": option_env!("SURPRISAL_FEATURES"),
        "platform": platform(), "cpu": cpu(), "isa": Isa::current().name(), "matrix_isa": matrix_isa(), "gpu": gpu(),
        "cores": std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
        "jobs": jobs, "threads_per_run": 1,
        "data": data, "command": std::env::args().skip(1).collect::<Vec<_>>(),
    })
}

/// Writes an environment beside the records, once; the name that records call it by.
pub fn note(results: &Path, environment: &Value) -> Result<String> {
    let text = format!("{environment:#}\n");
    let name = canonical::hash(&text)[..12].to_string();
    let path = results.join("environments").join(format!("{name}.json"));
    if !path.exists() {
        atomic::write(&path, text.as_bytes())?;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_and_the_model_of_every_gpu_are_noted() {
        let place = tempfile::tempdir().expect("a folder");
        assert_eq!(gpu_below(place.path()), None);
        let write = |path: &str, text: &str| {
            let path = place.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.1  Tue\nGCC version: 12\n");
        write("gpus/0000:02:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 1\n");
        write("gpus/0000:01:00.0/information", "Model: \t\t NVIDIA A100\n");
        let gpu = gpu_below(place.path()).expect("a driver");
        assert_eq!(gpu.driver, "NVIDIA UNIX x86_64 Kernel Module 580.1 Tue");
        assert_eq!(gpu.models, ["NVIDIA A100", "NVIDIA H100"]);
    }
}
