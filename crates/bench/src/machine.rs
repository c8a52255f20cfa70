//! Where it is measured: one core, how busy it is, which versions.

use std::collections::BTreeMap;

/// Pins this thread and the processes it starts to a core, the last it may use unless one is named.
///
/// # Errors
/// A sentence, where that is not possible.
#[cfg(target_os = "linux")]
pub fn pin(core: Option<usize>) -> Result<usize, String> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).map_err(|e| e.to_string())?;
    let mut all = (0..CpuSet::MAX_CPU).filter(|&k| allowed.is_set(k));
    let core = match core {
        Some(core) if all.clone().any(|k| k == core) => core,
        Some(core) => return Err(format!("there is no core {core} that this process may use")),
        None => all.next_back().ok_or("there is no core")?,
    };
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).map_err(|e| e.to_string())?;
    Ok(core)
}

/// Pins nothing: this system has no such call here.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn pin(_: Option<usize>) -> Result<usize, String> {
    Err("threads are pinned on Linux only".into())
}

/// Processes that run or wait, over the last minute; NaN where it is not known.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or(f64::NAN)
}

/// The allocator of this process.
pub fn allocator() -> String {
    if cfg!(target_env = "gnu") { "glibc".into() } else { "the system's".into() }
}

/// Versions of the libraries that are compared, as the lock file has them.
pub fn versions() -> BTreeMap<String, String> {
    const LOCK: &str = include_str!("../../../Cargo.lock");
    let version = |name: &str| {
        let (_, after) = LOCK.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(after.split_once('"')?.0.to_string())
    };
    ["candle-core", "libm", "surprisal-kernel"].iter().filter_map(|&n| Some((n.into(), version(n)?))).collect()
}
