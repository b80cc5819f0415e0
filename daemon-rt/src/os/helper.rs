//! A program that the runtime itself runs, told apart from the daemon's own children.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The pid of a child of the runtime's own, of which the program is not told.
static HELPER: Mutex<Option<u32>> = Mutex::new(None);

pub(crate) fn running() -> MutexGuard<'static, Option<u32>> {
    HELPER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `command` to its end, on a thread of the runtime's own and as a child of its own.
///
/// # Errors
/// What `spawn` or `wait` says; ECHILD, after its end, where somebody takes the status of every child:
/// the loop itself with `children = "reap"`.
pub(crate) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    // Locked until the pid is noted: the loop may meet the child's end before.
    let mut noted = running();
    let mut child = command.spawn()?;
    *noted = Some(child.id());
    drop(noted);
    let ended = child.wait();
    let _ = running().take_if(|pid| *pid == child.id());
    ended
}
