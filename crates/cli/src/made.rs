//! By what a record is made: no part of the result.

use surprisal_spec::Made;

/// This program on this machine, now.
pub fn made(seconds: f64) -> Made {
    Made {
        version: env!("CARGO_PKG_VERSION").into(),
        revision: option_env!("SURPRISAL_REVISION").map(str::to_string),
        platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        cpu: cpu(),
        seconds,
        at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
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
