//! One run of a daemon's program, with a deadline.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::process::Process;
use super::wait::{DEADLINE, until};

/// How a verb ended.
#[derive(Debug)]
pub struct Finished {
    /// The command.
    pub line: String,
    /// Its code or its signal.
    pub status: ExitStatus,
    /// All of its output.
    pub stdout: String,
    /// All of its complaints.
    pub stderr: String,
    /// From the start to the end of the process.
    pub took: Duration,
}

/// A verb that has been begun.
#[derive(Debug)]
pub struct Running {
    line: String,
    child: Child,
    began: Instant,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Begins `command`, with both its outputs in pipes.
    #[track_caller]
    #[must_use]
    pub fn begin(mut command: Command) -> Self {
        let line = format!("{command:?}");
        // On a busy machine the verb may be far before the call returns.
        let began = Instant::now();
        let spawned = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawned
            .spawn()
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let stdout = drain(child.stdout.take().expect("a pipe"));
        let stderr = drain(child.stderr.take().expect("a pipe"));
        Self {
            line,
            child,
            began,
            stdout,
            stderr,
        }
    }

    /// The process of the verb.
    #[track_caller]
    #[must_use]
    pub fn process(&self) -> Process {
        Process::of(i32::try_from(self.child.id()).expect("a pid"))
    }

    /// Waits for its end, and for the end of its pipes: nobody it started may keep them.
    ///
    /// # Panics
    /// When either has not come at the deadline.
    #[track_caller]
    #[must_use]
    pub fn finish(mut self) -> Finished {
        let ended = until(|| self.child.try_wait().expect("a child of ours"));
        let took = self.began.elapsed();
        let Some(status) = ended else {
            let _ = self.child.kill();
            panic!("{} has not ended after {DEADLINE:?}", self.line);
        };
        let hear = |pipe: &Receiver<String>| {
            let heard = pipe.recv_timeout(DEADLINE);
            heard.unwrap_or_else(|_| panic!("{}: somebody keeps the pipe", self.line))
        };
        Finished {
            stdout: hear(&self.stdout),
            stderr: hear(&self.stderr),
            line: self.line,
            status,
            took,
        }
    }
}

/// Reads a pipe to its end, in a thread.
fn drain(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

impl Finished {
    /// The exit code; 128+n when signal n ended it, as shells say.
    #[must_use]
    pub fn code(&self) -> i32 {
        let signal = self.status.signal().map(|signal| 128 + signal);
        self.status.code().or(signal).expect("an end")
    }

    /// # Panics
    /// When it ended with another exit code.
    #[track_caller]
    #[must_use]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{self:#?}");
        self
    }

    /// # Panics
    /// When stdout does not contain `text`.
    #[track_caller]
    #[must_use]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "no `{text}` on stdout of {self:#?}"
        );
        self
    }

    /// # Panics
    /// When stderr does not contain `text`.
    #[track_caller]
    #[must_use]
    pub fn complains(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "no `{text}` on stderr of {self:#?}"
        );
        self
    }
}
