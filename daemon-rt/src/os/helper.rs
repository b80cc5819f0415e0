//! The programs that the runtime runs, kept apart from the daemon's children.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The pids of the runtime's children, whose end is not reported to the program.
static HELPERS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// The helpers that run now.
pub(crate) struct Running(MutexGuard<'static, Vec<u32>>);

/// Locks and returns the helpers that run now.
pub(crate) fn running() -> Running {
    Running(HELPERS.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Running {
    /// Forgets a helper that has ended. Returns whether it was one.
    pub(crate) fn take(&mut self, pid: u32) -> bool {
        let place = self.0.iter().position(|helper| *helper == pid);
        place.map(|place| self.0.swap_remove(place)).is_some()
    }
}

/// Starts `command` as a child, which the caller reaps and then forgets by [`Running::take`].
///
/// # Errors
/// `spawn` fails.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    // Locked until the pid is recorded, since the child may end before.
    let mut noted = running();
    let child = command.spawn()?;
    noted.0.push(child.id());
    Ok(child)
}

/// Runs `command` as a child and waits for its end, on a thread of the runtime.
///
/// # Errors
/// `spawn` or `wait` fails. With `children = "reap"` the loop may reap the child first, which
/// yields ECHILD.
pub(crate) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let mut child = start(command)?;
    let ended = child.wait();
    let _ = running().take(child.id());
    ended
}
