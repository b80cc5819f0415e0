//! The question to the new program whether it can take over.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::detach::Detached;
use crate::error::Error;
use crate::os::helper;
use crate::os::sys;
use crate::upgrade::{CHECK, Heritage, Question, VARIABLE};

/// How much of the output of the new program is in an error. A panic has its place and its text in the
/// first two.
const LINES: usize = 3;

/// A program that may take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::run) struct Checked {
    path: PathBuf,
    /// Device, inode, length, and the time of its last change.
    file: [u64; 5],
}

impl Checked {
    fn at(path: &Path) -> Result<Self, Error> {
        let file = fs::metadata(path).map_err(|source| Error::at("run", path, source))?;
        let [seconds, nanos] = [file.ctime(), file.ctime_nsec()].map(i64::cast_unsigned);
        Ok(Self {
            path: path.to_owned(),
            file: [file.dev(), file.ino(), file.len(), seconds, nanos],
        })
    }

    /// Fails if the path leads to another file by now, which was not asked.
    pub(super) fn refuse_another(&self) -> Result<(), Error> {
        if Self::at(&self.path)? == *self {
            return Ok(());
        }
        Err(Error::other(format!(
            "{} was replaced during the upgrade; run `upgrade` again",
            self.path.display()
        )))
    }
}

/// The new program as a child that only checks.
#[derive(Debug)]
pub(in crate::run) struct Check {
    program: Checked,
    child: Child,
    question: Question,
    begin: Instant,
    limit: Duration,
    has_ended: bool,
}

impl Check {
    /// Runs the program with the verb `check`, in the daemon. It ends soon after `start_timeout`.
    ///
    /// # Errors
    /// The program cannot be executed; the daemon itself cannot be upgraded.
    pub(super) fn begin(detached: &Detached) -> Result<Self, Error> {
        if sys::is_secure_execution() {
            return Err(Error::not_allowed(
                "a program with more privileges than its caller takes nothing over; run `restart`",
            ));
        }
        let failed = |source| Error::step("ask the new program", source);
        let mut heritage = Heritage::new();
        detached.hand_over(&mut heritage);
        heritage.refuse_closed()?;
        let question = Question::new(heritage.text()).map_err(failed)?;
        let output = |file: &File| Ok::<_, io::Error>(Stdio::from(file.try_clone()?));
        let program = Checked::at(&path_of(detached))?;
        let mut command = Command::new(&program.path);
        command
            .arg0(&detached.invocation.name)
            .args(detached.invocation.words_with("check"))
            .env(VARIABLE, CHECK)
            .process_group(0)
            .stdin(output(&question.file).map_err(failed)?)
            .stdout(output(&question.output).map_err(failed)?)
            .stderr(output(&question.output).map_err(failed)?);
        let child = helper::start(&mut command)
            .map_err(|source| Error::at("run", &program.path, source))?;
        Ok(Self {
            program,
            child,
            question,
            begin: Instant::now(),
            limit: detached.settings.spec.start_timeout,
            has_ended: false,
        })
    }

    /// Returns when the program must have answered.
    pub(super) fn end(&self) -> Instant {
        self.begin + self.limit
    }

    /// Returns the answer, or `None` while the program is running.
    pub(super) fn poll(&mut self) -> Option<Result<Checked, Error>> {
        let status = match self.child.try_wait() {
            Ok(None) if Instant::now() < self.end() => return None,
            Ok(status) => status,
            // With `children = "reap"` the loop may have reaped it.
            Err(_) => Some(ExitStatus::default()),
        };
        self.has_ended = status.is_some();
        let path = self.program.path.display();
        let Some(status) = status else {
            let text = format!(
                "{path} did not answer to `check` within {:?}; see what it does before `daemon_rt::main`",
                self.limit
            );
            return Some(Err(Error::timed_out(text)));
        };
        let failed = |source| Error::step("read the answer of the new program", source);
        Some(match self.question.answer().map_err(failed) {
            Ok(Some(answer)) if answer.code == 0 => {
                let unchanged = self.program.refuse_another();
                unchanged.map(|()| self.program.clone())
            }
            Ok(Some(answer)) => Err(Error::not_ready(answer.text, answer.code)),
            Ok(None) => Err(Error::other(format!(
                "{path} gave no answer to `check` ({status}){}; install a program of this daemon",
                self.printed()
            ))),
            Err(error) => Err(error),
        })
    }

    /// Returns the first lines that the program printed, for an error.
    fn printed(&self) -> String {
        let printed = self.question.printed().unwrap_or_default();
        let lines: Vec<_> = printed.lines().take(LINES).collect();
        match lines.join("; ") {
            text if text.is_empty() => text,
            text => format!(": {text}"),
        }
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        if !self.has_ended {
            // With what it has started. It is not reaped yet, so the number is still its own.
            let group = Pid::from_raw(self.child.id().cast_signed());
            let _ = killpg(group, Signal::SIGKILL);
            let _ = self.child.wait();
        }
        let _ = helper::running().take(self.child.id());
    }
}

/// Returns the path by which the daemon reaches its program, which a daemon with a root of its own may
/// have below that.
pub(super) fn path_of(detached: &Detached) -> PathBuf {
    let path = &detached.invocation.path;
    let root = detached.settings.confinement.chroot.as_deref();
    let inside = root.and_then(|root| path.strip_prefix(root).ok());
    inside.map_or_else(|| path.clone(), |inside| Path::new("/").join(inside))
}
