//! An engine in a process of its own: another allocator, another language.

use crate::engine::{Absent, Engine};
use crate::task::{Answer, Ask};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};

/// A process that times tasks. It ends with its stdin.
pub struct Child {
    process: Process,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Child {
    /// Starts it; it runs where this thread may run.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(mut command: Command) -> std::io::Result<Child> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(std::io::Error::other("a process without stdin and stdout"));
        };
        Ok(Child { process, to: Some(to), from: BufReader::new(from) })
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, Absent> {
        let failed = |what: String| Absent::Failed(what);
        let to = self.to.as_mut().ok_or_else(|| failed("it has ended".into()))?;
        let text = serde_json::to_string(ask).map_err(|e| failed(e.to_string()))?;
        writeln!(to, "{text}").and_then(|()| to.flush()).map_err(|e| failed(format!("it does not listen: {e}")))?;
        let mut line = String::new();
        let read = self.from.read_line(&mut line).map_err(|e| failed(e.to_string()))?;
        if read == 0 {
            return Err(failed("its process ended".into()));
        }
        match serde_json::from_str(&line).map_err(|e| failed(format!("{e}: {}", line.trim())))? {
            Answer::NoOp => Err(Absent::NoOp),
            Answer::Failed(what) => Err(failed(what)),
            answer => Ok(answer),
        }
    }

    /// Gets a task ready.
    ///
    /// # Errors
    /// If it cannot.
    pub fn prepare(&mut self, task: &impl serde::Serialize) -> Result<Remote<'_>, Absent> {
        let task = serde_json::to_value(task).map_err(|e| Absent::Failed(e.to_string()))?;
        match self.ask(&Ask::Prepare(task))? {
            Answer::Value(value) => Ok(Remote { child: self, value }),
            other => Err(Absent::Failed(format!("expected a value, found {other:?}"))),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.to.take());
        let _ = self.process.wait();
    }
}

/// A task that is ready.
pub struct Remote<'a> {
    child: &'a mut Child,
    value: f64,
}

impl Engine for Remote<'_> {
    fn time(&mut self, calls: u64) -> Result<f64, Absent> {
        match self.child.ask(&Ask::Time(calls))? {
            Answer::Seconds(seconds) => Ok(seconds),
            other => Err(Absent::Failed(format!("expected seconds, found {other:?}"))),
        }
    }
    fn value(&mut self) -> Option<f64> {
        Some(self.value)
    }
}
