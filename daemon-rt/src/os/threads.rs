//! The check for other threads, before a step that would harm them, and the signals of our own.

use nix::sys::signal::{SigSet, Signal};

use crate::error::Error;
use crate::os::proc;

/// The reason before a fork, which copies only the calling thread and keeps the locks of others.
pub(crate) const NOT_COPIED: &str = "which a fork would not copy";

/// Fails if the process has other threads than the calling one; `why` completes the message.
///
/// # Errors
/// `ErrorKind::Other` with their names, or `/proc` cannot be read.
pub(crate) fn refuse_threads(why: &str) -> Result<(), Error> {
    let names = proc::other_threads().map_err(|e| Error::step("count the threads", e))?;
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::other(format!(
        "this process has {} other threads ({}), {why}; start them in `new` or `on_start`, a tokio runtime as well: `#[tokio::main]` cannot stand on `main`",
        names.len(),
        names.join(", "),
    )))
}

/// Blocks the signals of this thread, which is our own: handlers run on the threads of the program.
///
/// The signals of faults stay. The kernel ends a process at a fault whose signal is blocked,
/// `signal(7)`, and a mapped file may fail here as well.
pub(crate) fn block_signals() {
    const FAULTS: [Signal; 6] = [
        Signal::SIGBUS,
        Signal::SIGSEGV,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGTRAP,
        Signal::SIGSYS,
    ];
    // Miri has no masks.
    if cfg!(miri) {
        return;
    }
    let mut signals = SigSet::all();
    for fault in FAULTS {
        signals.remove(fault);
    }
    let _ = signals.thread_block();
}
