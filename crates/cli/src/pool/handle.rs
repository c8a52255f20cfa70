//! A worker as its owner sees it: a process, what it says, and how it ended.

use super::{Policy, task::Reply, task::Task};
use crate::stop::Stop;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use surprisal_kernel::Isa;
use surprisal_spec::{Last, Outcome};

/// How a run left the pool.
pub enum Ended {
    /// With a result, or with a failure that the worker outlived.
    Done {
        /// What came of it.
        outcome: Box<Outcome>,
        /// How long it took.
        seconds: f64,
    },
    /// Its process died.
    Died {
        /// How, as a sentence.
        cause: String,
        /// Where the search last was.
        last: Option<Last>,
        /// How long it took.
        seconds: f64,
    },
    /// It took too long, and its process was taken down.
    TimedOut {
        /// Where the search last was.
        last: Option<Last>,
        /// How long it took.
        seconds: f64,
    },
    /// Another process did it.
    Elsewhere,
    /// Its rows cannot be had, or nothing can be written: no run can go on.
    Refused(String),
    /// It was given up, for this program is to stop.
    Stopped,
}

/// Between two looks at the stop token.
const TICK: Duration = Duration::from_millis(20);

/// How long a worker may take to save its run when it is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How much of what a worker wrote to stderr is told.
const TAIL: usize = 600;

/// A worker process.
pub struct Handle {
    child: Child,
    stdin: Option<ChildStdin>,
    replies: Receiver<Reply>,
    stderr: Option<JoinHandle<String>>,
}

impl Handle {
    /// Trains a task in the worker of a slot, which is started if there is none.
    pub fn run(slot: &mut Option<Handle>, task: &Task, policy: &Policy, stop: &Stop) -> Ended {
        let mut handle = match slot.take().map_or_else(|| Handle::start(policy), Ok) {
            Ok(handle) => handle,
            Err(error) => return Ended::Refused(format!("{error:#}")),
        };
        let ended = handle.train(task, policy, stop);
        if matches!(ended, Ended::Done { .. }) {
            *slot = Some(handle);
        }
        ended
    }

    fn start(policy: &Policy) -> Result<Handle> {
        // The very file that this process runs, even if another was put in its place meanwhile.
        let own = std::path::PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe().context("where is this program?")? };
        let mut command = Command::new(program);
        command.arg("worker").env("RAYON_NUM_THREADS", "1").env("SURPRISAL_ISA", Isa::current().name());
        if let Some(bytes) = policy.memory {
            command.args(["--memory", &bytes.to_string()]);
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

    fn train(&mut self, task: &Task, policy: &Policy, stop: &Stop) -> Ended {
        let (start, mut last) = (Instant::now(), None);
        let line = serde_json::to_string(task).expect("a task is plain data") + "\n";
        // An error means that the worker is gone: the replies say the same.
        let _ = self.stdin.as_mut().map(|stdin| stdin.write_all(line.as_bytes()));
        loop {
            match self.replies.recv_timeout(TICK) {
                Ok(Reply::At(at)) => last = Some(at),
                Ok(Reply::Note(note)) => eprintln!("note: {note}"),
                Ok(Reply::Done { outcome, seconds }) => return Ended::Done { outcome, seconds },
                Ok(Reply::Refused(why)) => return Ended::Refused(why),
                Ok(Reply::Stopped) => return Ended::Stopped,
                Err(RecvTimeoutError::Disconnected) => {
                    let seconds = start.elapsed().as_secs_f64();
                    return Ended::Died { cause: self.cause(), last, seconds };
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if stop.is_set() {
                self.leave();
                return Ended::Stopped;
            }
            if policy.timeout.is_some_and(|most| start.elapsed() >= most) {
                let _ = self.child.kill();
                return Ended::TimedOut { last, seconds: start.elapsed().as_secs_f64() };
            }
        }
    }

    /// Tells the worker to end, and waits until it has saved its run.
    fn leave(&mut self) {
        self.stdin = None;
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            match self.replies.recv_timeout(TICK) {
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    /// How the process ended, and the last that it said.
    fn cause(&mut self) -> String {
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
