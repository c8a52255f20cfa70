//! The other end: what a process of ours does that times something for another.

use crate::case::{Case, Problem};
use crate::engine::{Absent, Engine, Local};
use crate::naive::Scalar;
use crate::task::{Answer, Ask, Task};
use candle_core::WithDType;
use std::io::{BufRead, Write};
use std::process::Command;
use surprisal_kernel::Isa;

/// What glibc is told so that it keeps what is freed: blocks of any size come from the heap, and it is never trimmed.
const TUNED: [(&str, &str); 2] = [("MALLOC_MMAP_THRESHOLD_", "1073741824"), ("MALLOC_TRIM_THRESHOLD_", "2147483648")];

/// A process of this kind, with an allocator as it is or tuned.
pub fn command(tuned: bool, program: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("RAYON_NUM_THREADS", "1").env("CANDLE_NUM_THREADS", "1");
    for (name, value) in TUNED {
        if tuned {
            command.env(name, value)
        } else {
            command.env_remove(name)
        };
    }
    command
}

/// Answers until stdin ends.
///
/// # Errors
/// Of stdin and stdout.
pub fn serve() -> std::io::Result<()> {
    let mut lines = std::io::stdin().lock().lines();
    let mut next = lines.next().transpose()?;
    while let Some(line) = next {
        next = match serde_json::from_str(&line) {
            Ok(Ask::Prepare(task)) => match serde_json::from_value::<Task>(task) {
                Ok(task) if task.dtype == "f64" => with::<f64>(&task, &mut lines)?,
                Ok(task) => with::<f32>(&task, &mut lines)?,
                Err(error) => said(&Answer::Failed(error.to_string()), &mut lines)?,
            },
            Ok(Ask::Time(_)) => said(&Answer::Failed("nothing is ready".into()), &mut lines)?,
            Err(error) => said(&Answer::Failed(error.to_string()), &mut lines)?,
        };
    }
    Ok(())
}

type Lines<'a> = std::io::Lines<std::io::StdinLock<'a>>;

fn said(answer: &Answer, lines: &mut Lines) -> std::io::Result<Option<String>> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(answer)?)?;
    out.flush()?;
    lines.next().transpose()
}

/// A task, until there is another.
fn with<T: Scalar + WithDType>(task: &Task, lines: &mut Lines) -> std::io::Result<Option<String>> {
    let read = |path| Ok::<_, std::io::Error>(T::of_little_endian(&std::fs::read(path)?));
    let Some(case) = Case::named(&task.family, &task.parameters) else {
        return said(&Answer::Failed(format!("no case {} {}", task.family, task.parameters)), lines);
    };
    let problem: Problem<T> = case.over(read(&task.eta)?, read(&task.y)?);
    let mut engine = match Local::of(task.variant, Isa::best(), &problem) {
        Ok(engine) => engine,
        Err(Absent::NoOp) => return said(&Answer::NoOp, lines),
        Err(absent) => return said(&Answer::Failed(absent.to_string()), lines),
    };
    let value = engine.value().unwrap_or(f64::NAN);
    let mut next = said(&Answer::Value(value), lines)?;
    while let Some(Ok(Ask::Time(calls))) = next.as_deref().map(serde_json::from_str) {
        let answer = match engine.time(calls) {
            Ok(seconds) => Answer::Seconds(seconds),
            Err(absent) => Answer::Failed(absent.to_string()),
        };
        next = said(&answer, lines)?;
    }
    Ok(next)
}
