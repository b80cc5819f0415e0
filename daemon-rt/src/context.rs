//! What a hook may ask of the runtime.

use std::process::ExitStatus;
use std::time::Duration;

/// The runtime, as a hook sees it.
#[derive(Debug)]
pub struct Context {
    _private: (),
}

/// Why [`Context::wait`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wake {
    /// The descriptor at this index is readable, closed or in error.
    Ready(usize),
    /// A signal waits for its handler: return from the hook to let it run.
    Signal,
    /// The daemon is to stop.
    Stop,
    /// The time is over.
    Timeout,
}

/// How a child of [`Context::spawn`] ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChildExit {
    /// The child's process id.
    pub pid: u32,
    /// Its exit code or the signal that ended it.
    pub status: ExitStatus,
}

impl Context {
    /// Sleeps for `time`, or until a signal that matters arrives.
    pub fn sleep(&mut self, time: Duration) {
        let _ = time;
    }
}
