//! The program that the runtime runs, kept apart from the daemon's children.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The pid of the runtime's child, whose end is not reported to the program.
static HELPER: Mutex<Option<u32>> = Mutex::new(None);

/// Locks and returns the pid of the helper that runs now.
pub(crate) fn running() -> MutexGuard<'static, Option<u32>> {
    HELPER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `command` as a child and waits for its end, on a thread of the runtime.
///
/// # Errors
/// `spawn` or `wait` fails. With `children = "reap"` the loop may reap the child first, which
/// yields ECHILD.
pub(crate) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // Locked until the pid is recorded, since the child may end before.
    let mut noted = running();
    let mut child = command.spawn()?;
    *noted = Some(child.id());
    drop(noted);
    let ended = child.wait();
    let _ = running().take_if(|pid| *pid == child.id());
    ended
}
