//! A worker as its owner sees it: a process, what it says, and how it ended.

use super::{Policy, task::Reply, task::Task};
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use surprisal_kernel::Isa;

/// Between two looks at the stop token.
const TICK: Duration = Duration::from_millis(20);

/// How much of what a worker wrote to stderr is told.
const TAIL: usize = 600;

/// A worker process.
pub struct Handle {
    child: Child,
    stdin: Option<ChildStdin>,
    replies: Receiver<Reply>,
    stderr: Option<JoinHandle<String>>,
}

/// What is heard of a worker.
pub enum Heard {
    /// It says something.
    Reply(Reply),
    /// Nothing, for a moment.
    Silence,
    /// Its process is gone.
    Gone,
}

impl Handle {
    /// A new process.
    pub fn start(policy: &Policy) -> Result<Handle> {
        // The very file that this process runs, even if another was put in its place meanwhile.
        let own = std::path::PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe().context("where is this program?")? };
        let mut command = Command::new(program);
        command.arg("worker").env("RAYON_NUM_THREADS", "1").env("SURPRISAL_ISA", Isa::current().name());
        if let Some(bytes) = policy.memory {
            command.args(["--memory", &bytes.to_string()]);
        }
        if let Some(time) = policy.timeout {
            command.args(["--timeout", &time.as_secs_f64().to_string()]);
        }
        // Ctrl-C in a terminal goes to a whole group of processes; workers are told by their owner.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start a worker")?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (send, replies) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout.expect("it is piped")).lines().map_while(Result::ok) {
                // A line that is cut off is of a worker that died: its end says so.
                let Ok(reply) = serde_json::from_str(&line) else { break };
                if send.send(reply).is_err() {
                    break;
                }
            }
        });
        let stderr = std::thread::spawn(move || tail(stderr.expect("it is piped")));
        Ok(Handle { child, stdin, replies, stderr: Some(stderr) })
    }

    /// Gives the worker a run, or says that there is none that fits.
    pub fn say(&mut self, task: Option<&Task>) {
        let line = serde_json::to_string(&task).expect("a task is plain data") + "\n";
        // An error means that the worker is gone: what is heard says the same.
        let _ = self.stdin.as_mut().map(|stdin| stdin.write_all(line.as_bytes()));
    }

    /// What the worker says next, or that it said nothing for a moment.
    pub fn listen(&mut self) -> Heard {
        match self.replies.recv_timeout(TICK) {
            Ok(reply) => Heard::Reply(reply),
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::Gone,
        }
    }

    /// Tells the worker to save its runs and to end.
    pub fn dismiss(&mut self) {
        self.stdin = None;
    }

    /// How the process ended, or is ended now, and the last that it said.
    pub fn cause(&mut self) -> String {
        self.stdin = None;
        let _ = self.child.kill();
        let ended = self.child.wait().map_or_else(|error| error.to_string(), describe);
        let said = self.stderr.take().and_then(|it| it.join().ok()).unwrap_or_default();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("its process {ended}{}{said}", if said.is_empty() { "" } else { ": " })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // With its stdin gone it ends by itself, unless it hangs: nobody waits for that.
        self.stdin = None;
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let patience = Instant::now();
            while patience.elapsed() < Duration::from_millis(200) && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The last of what a process wrote.
fn tail(mut from: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..n]);
        let over = kept.len().saturating_sub(TAIL);
        kept.drain(..over);
    }
    String::from_utf8_lossy(&kept).trim().to_string()
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            9 => "was killed (signal 9): when nobody did that, the system was out of memory".into(),
            6 => "aborted (signal 6)".into(),
            11 => "crashed (signal 11)".into(),
            other => format!("ended by signal {other}"),
        };
    }
    format!("ended with {status}")
}
