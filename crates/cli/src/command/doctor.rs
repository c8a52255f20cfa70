//! `surprisal doctor`: what this machine and this folder offer, and what is missing.

use crate::exit;
use crate::made::{cpu, made};
use crate::place::{Options, root, show};
use anyhow::Result;
use serde::Serialize;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Looks at the program, the processor, the repository, and the file system that results would go to. What it writes
/// there to try it, it removes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  surprisal doctor
  surprisal doctor --json")]
pub struct Doctor {}

/// How it is.
#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Fine,
    /// It works, with a disadvantage that the text says.
    Note,
    /// It doesn't work.
    Missing,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    verdict: Verdict,
    text: String,
}

fn finding(what: &'static str, verdict: Verdict, text: impl Into<String>) -> Finding {
    Finding { what, verdict, text: text.into() }
}

impl Doctor {
    /// Prints what it found; exit code 4 if something is missing.
    pub fn call(&self, options: &Options) -> Result<u8> {
        let root = root(Path::new("."))?;
        let mut found = vec![program(), processor(), instructions(), threads(), cuda(), git(&root)];
        found.extend(results(&root));
        found.push(clock(&root));
        found.push(data(options));
        let missing = found.iter().any(|it| it.verdict == Verdict::Missing);
        if options.json {
            println!("{}", serde_json::json!({ "schema": 1, "findings": found }));
        } else {
            for Finding { what, verdict, text } in &found {
                let word = ["fine", "note", "MISSING"][*verdict as usize];
                println!("{word:7}  {what:12}  {text}");
            }
        }
        Ok(if missing { exit::MISSING } else { exit::FINE })
    }
}

fn program() -> Finding {
    let it = made(0.0, None, None);
    let revision = it.revision.map(|it| format!(", revision {it}")).unwrap_or_default();
    if cfg!(debug_assertions) {
        let text =
            format!("surprisal {}{revision}, built without optimisation: slow; build with `--release`", it.version);
        return finding("program", Verdict::Note, text);
    }
    finding("program", Verdict::Fine, format!("surprisal {}{revision}", it.version))
}

fn processor() -> Finding {
    let platform = made(0.0, None, None).platform;
    let verdict = if cpu() == "unknown" { Verdict::Note } else { Verdict::Fine };
    finding("processor", verdict, format!("{} ({platform})", cpu()))
}

/// Instruction sets that matter to products of matrices.
fn instructions() -> Finding {
    #[cfg(target_arch = "x86_64")]
    let known = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx", std::arch::is_x86_feature_detected!("avx")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(target_arch = "aarch64")]
    let known = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("fp16", std::arch::is_aarch64_feature_detected!("fp16")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ];
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let known: [(&str, bool); 0] = [];
    let names: Vec<&str> = known.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect();
    match names.is_empty() {
        true => finding("instructions", Verdict::Note, "no vector instructions that are known: training is slow"),
        false => finding("instructions", Verdict::Fine, names.join(", ")),
    }
}

fn threads() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let inner = std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "not set".into());
    let text = format!("{cores} workers unless `--jobs` says otherwise; RAYON_NUM_THREADS is {inner}");
    match inner.as_str() {
        "1" => finding("threads", Verdict::Fine, text),
        _ => finding(
            "threads",
            Verdict::Note,
            format!("{text}: runs are parallel, and threads inside them slow them down"),
        ),
    }
}

fn cuda() -> Finding {
    match crate::made::gpu() {
        Some(gpu) => {
            finding("cuda", Verdict::Fine, format!("a driver is there: {}; {}", gpu.driver, gpu.models.join(", ")))
        }
        None => finding("cuda", Verdict::Fine, "no NVIDIA driver; nothing needs one"),
    }
}

fn git(root: &Path) -> Finding {
    let git = |arguments: &[&str]| {
        let out = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_string())
    };
    let Some(version) = git(&["--version"]) else {
        return finding(
            "git",
            Verdict::Note,
            "not found: there is no saying from which state of the configs a record came",
        );
    };
    let Some(head) = git(&["rev-parse", "--short", "HEAD"]) else {
        let text = format!("{version}; this project is in no repository, or has no commit");
        return finding("git", Verdict::Note, text);
    };
    match git(&["status", "--porcelain"]).map(|text| text.lines().count()) {
        Some(0) => finding("git", Verdict::Fine, format!("{version}; at {head}, clean")),
        Some(n) => finding("git", Verdict::Note, format!("{version}; at {head}, {n} files differ from it")),
        None => finding("git", Verdict::Note, format!("{version}; at {head}, state unknown")),
    }
}

/// The nearest folder above `results` that is there: what is created will be created in it.
fn probe_folder(root: &Path) -> PathBuf {
    let results = root.join("results");
    if results.is_dir() { results } else { root.to_path_buf() }
}

/// A file that is removed when it goes out of scope.
struct Probe(PathBuf);

impl Probe {
    fn new(root: &Path) -> Probe {
        Probe(probe_folder(root).join(format!(".surprisal-doctor-{}", std::process::id())))
    }
    fn append(&self) -> std::io::Result<File> {
        OpenOptions::new().append(true).create(true).open(&self.0)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Whether results can be created, kept, and appended to by several processes without a lock.
fn results(root: &Path) -> Vec<Finding> {
    let (probe, folder) = (Probe::new(root), show(&probe_folder(root)));
    let folder = if folder.is_empty() { "this folder".into() } else { folder };
    let mut file = match probe.append() {
        Ok(file) => file,
        Err(error) => {
            return vec![finding("results", Verdict::Missing, format!("cannot create files in {folder}: {error}"))];
        }
    };
    let mut found =
        vec![finding("results", Verdict::Fine, format!("files can be created in {folder} ({})", system(root)))];
    let start = std::time::Instant::now();
    found.push(match file.write_all(b"probe\n").and_then(|()| file.sync_all()) {
        Ok(()) => finding(
            "sync",
            Verdict::Fine,
            format!("{:.1} ms for a record to be safe", start.elapsed().as_secs_f64() * 1e3),
        ),
        Err(error) => finding("sync", Verdict::Missing, format!("cannot sync: {error}")),
    });
    found.push(match appended(&probe) {
        Ok(true) => {
            finding("append", Verdict::Fine, "appends of two writers keep whole lines: processes may share a folder")
        }
        Ok(false) => {
            finding("append", Verdict::Note, "appends of two writers mix: run one process at a time on this folder")
        }
        Err(error) => finding("append", Verdict::Missing, format!("cannot append: {error}")),
    });
    found
}

/// Two writers append lines at the same time; whether all of them are whole.
fn appended(probe: &Probe) -> std::io::Result<bool> {
    const LINES: usize = 200;
    let line = |who: char| format!("{}\n", who.to_string().repeat(500));
    std::thread::scope(|scope| {
        let writers: Vec<_> = ['a', 'b']
            .map(|who| {
                scope.spawn(move || -> std::io::Result<()> {
                    let mut file = probe.append()?;
                    (0..LINES).try_for_each(|_| file.write_all(line(who).as_bytes()))
                })
            })
            .into();
        writers.into_iter().try_for_each(|writer| writer.join().unwrap_or(Ok(())))
    })?;
    let text = fs::read_to_string(&probe.0)?;
    let whole = |who: char| text.lines().filter(|it| it.len() == 500 && it.chars().all(|c| c == who)).count();
    Ok(whole('a') == LINES && whole('b') == LINES)
}

/// The kind of file system, as Linux names it.
fn system(root: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let fields = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.nth(1)?.to_string(), words.next()?.to_string()))
    });
    let inside = fields.filter(|(at, _)| root.starts_with(at));
    inside.max_by_key(|(at, _)| at.len()).map_or("unknown file system".into(), |(_, kind)| kind)
}

/// Records are ordered by the time they name: a clock that runs apart from the file system's would mix them up.
fn clock(root: &Path) -> Finding {
    let now = jiff::Timestamp::now();
    let text = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let probe = Probe::new(root);
    let there = probe.append().and_then(|file| file.metadata()).and_then(|it| it.modified());
    let apart =
        there.ok().and_then(|it| jiff::Timestamp::try_from(it).ok()).map(|it| (it.as_second() - now.as_second()).abs());
    match apart {
        _ if now.as_second() < 1_700_000_000 => {
            finding("clock", Verdict::Note, format!("{text} is in the past: set it"))
        }
        Some(apart) if apart > 5 => {
            finding("clock", Verdict::Note, format!("{text}; that of the file system is {apart} s apart"))
        }
        _ => finding("clock", Verdict::Fine, text),
    }
}

fn data(options: &Options) -> Finding {
    match &options.data_dir {
        None => finding("data", Verdict::Fine, "no `--data-dir`; only configs with `from: data_dir` need one"),
        Some(folder) if folder.is_dir() => {
            finding("data", Verdict::Fine, format!("data files in {}", folder.display()))
        }
        Some(folder) => finding("data", Verdict::Missing, format!("`{}` is no folder", folder.display())),
    }
}
