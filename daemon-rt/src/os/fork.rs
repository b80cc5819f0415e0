//! Copies of the daemon, which `fork(2)` or `clone(2)` without `exec` makes in the user's code.
//!
//! A copy has the memory of the daemon, the mapped state page among it. It must use none of what
//! belongs to the daemon, and it never becomes a second one.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::os::own;

/// The process id of the daemon, or 0 before it is one.
static DAEMON: AtomicU32 = AtomicU32::new(0);

/// Records that this process is the daemon, before it calls the user's code.
pub(crate) fn be_daemon() {
    DAEMON.store(own::pid(), Ordering::Relaxed);
}

/// Returns whether this process is a copy of the daemon. May be called in signal context.
pub(crate) fn is_copy() -> bool {
    let daemon = DAEMON.load(Ordering::Relaxed);
    daemon != 0 && daemon != own::pid()
}

/// The beginning of a log record: `child 4711: ` in a copy, empty in the daemon.
pub(crate) struct Origin;

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_copy() {
            write!(f, "child {}: ", own::pid())?;
        }
        Ok(())
    }
}
