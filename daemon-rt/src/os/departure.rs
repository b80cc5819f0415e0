//! The way from this program to another one in the same process.

use std::fmt::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::unistd::write;

use crate::os::counted::Counted;
use crate::os::known_file::KnownFile;
use crate::os::sys::arrivals::{self, STOP, arrived, is_stop_requested};
use crate::os::sys::{Program, keep_open};

/// The seals of an inheritance. Nobody changes it after the program that wrote it.
pub(crate) const SEALS: SealFlag = SealFlag::F_SEAL_SEAL
    .union(SealFlag::F_SEAL_SHRINK)
    .union(SealFlag::F_SEAL_GROW)
    .union(SealFlag::F_SEAL_WRITE);

/// Another program, and all that it takes over. It is prepared as a whole, because a crash leaves
/// only signal context.
pub(crate) struct Departure {
    pub program: Program,
    /// A `memfd_create(2)` of lines that begin with a word. Its offset is at its end, where the
    /// signals are appended that this program did not handle.
    pub inheritance: KnownFile,
    /// Descriptors that stay open. The kernel closes the others if they are close-on-exec.
    ///
    /// The kernel closes them in the name of this process, and any `close` of a file ends the record
    /// locks on it. So each descriptor of a locked file must be here.
    pub keep: Vec<RawFd>,
}

/// Why the other program was not executed. This one goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The daemon has been asked to stop.
    Stop,
    Failed(Errno),
}

impl Departure {
    /// Executes the other program, unless this one has been asked to stop.
    ///
    /// Signals that arrive from now on stay pending in the kernel, and the other program finds all
    /// signals blocked.
    pub(crate) fn leave(&self) -> Refused {
        let before = block();
        let refused = if arrived() & STOP != 0 || is_stop_requested() {
            Refused::Stop
        } else {
            Refused::Failed(self.execute(""))
        };
        arrivals::count_again();
        if let Some(mask) = before {
            let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&mask), None);
        }
        refused
    }

    /// Executes the other program because this one cannot go on, for the reason `why`. All signals
    /// stay blocked if that fails. May be called in signal context.
    pub(crate) fn flee(&self, why: &str) -> Errno {
        block();
        self.execute(why)
    }

    /// Closes the descriptors that the other program would have needed, once it is not executed any
    /// more. The departure is never dropped, since signal context may look at it.
    pub(crate) fn cancel(&self) {
        self.inheritance.close();
        self.program.close();
    }

    fn execute(&self, why: &str) -> Errno {
        // Code of this process may have closed it. The other program would find no file, or another.
        if !self.inheritance.is_open() {
            return Errno::EBADF;
        }
        // If a write fails, a signal is lost. That is better than to lose the program.
        let mut lines = Lines::to(&self.inheritance);
        if !why.is_empty() {
            let _ = writeln!(lines, "back {}", OneLine(why));
        }
        let _ = writeln!(lines, "caught {}", arrivals::caught());
        Counted::each(|counted| {
            let _ = writeln!(lines, "signal {counted}");
        });
        lines.flush();
        let own = self.inheritance.as_raw_fd();
        let kept = || self.keep.iter().copied().chain([own]);
        // Without the seals or one of the descriptors, the other program could neither take over nor
        // come back.
        let sealed = fcntl(&*self.inheritance, FcntlArg::F_ADD_SEALS(SEALS));
        let ready = sealed.and_then(|_| kept().try_for_each(|number| keep_open(number, true)));
        let errno = ready.map_or_else(|errno| errno, |()| self.program.exec());
        for number in kept() {
            let _ = keep_open(number, false);
        }
        errno
    }
}

/// Blocks all signals of this thread, makes the others leave theirs to the kernel, and returns the
/// mask of before.
fn block() -> Option<SigSet> {
    let mut before = SigSet::empty();
    let all = SigSet::all();
    let blocked = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&all), Some(&mut before));
    arrivals::stop_counting();
    blocked.is_ok().then_some(before)
}

/// A text in which a newline is `\n` and a backslash `\\`.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\n' => f.write_str(r"\n")?,
                '\\' => f.write_str(r"\\")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// Text on its way to a file, in few calls and without the heap. The stack of signal context is small.
struct Lines<'a> {
    file: BorrowedFd<'a>,
    text: [u8; 256],
    len: usize,
}

impl<'a> Lines<'a> {
    fn to(file: &'a KnownFile) -> Self {
        Self {
            file: file.as_fd(),
            text: [0; 256],
            len: 0,
        }
    }

    fn flush(&mut self) {
        let mut rest = self.text.get(..self.len).unwrap_or_default();
        while !rest.is_empty() {
            match write(self.file, rest) {
                Ok(done) => rest = rest.get(done..).unwrap_or_default(),
                Err(Errno::EINTR) => {}
                Err(_) => break,
            }
        }
        self.len = 0;
    }
}

impl Write for Lines<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.len == self.text.len() {
                self.flush();
            }
            if let Some(place) = self.text.get_mut(self.len) {
                (*place, self.len) = (byte, self.len + 1);
            }
        }
        Ok(())
    }
}

#[cfg(all(test, not(miri)))]
mod tests;
