//! A text that is written when a time is over, wherever the program is stuck.
//!
//! The timer, `timer_create(2)`, sends SIGCHLD, which only wakes the loop otherwise. Its handler makes
//! one `fstat(2)` and one `write(2)`. So no other thread is needed, beside which user code could not call `unshare(2)`.

use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::libc;
use nix::unistd::write;

use crate::os::file_id::FileId;
use crate::os::fork;
use crate::os::sys::{Settable, Timer};

/// The text, and the descriptor to which it is written.
#[derive(Debug)]
pub(crate) struct Text {
    output: BorrowedFd<'static>,
    /// The file of the descriptor. If another one has its number later, nothing is written: it may be
    /// the user's.
    file: FileId,
    bytes: Vec<u8>,
}

impl Text {
    /// Returns `None` if `output` is not open.
    pub(crate) fn new(output: BorrowedFd<'static>, bytes: Vec<u8>) -> Option<Self> {
        let file = FileId::of(output)?;
        Some(Self {
            output,
            file,
            bytes,
        })
    }

    fn write(&self) {
        if FileId::of(self.output) == Some(self.file) {
            let _ = write(self.output, &self.bytes);
        }
    }
}

static TIMER: OnceLock<Timer> = OnceLock::new();
static TEXT: Settable<Text> = Settable::empty();

/// Whether the text is still to be written.
static IS_SET: AtomicBool = AtomicBool::new(false);

/// Writes `text` after `limit`, in place of an earlier one, which is leaked. Runs in the daemon.
///
/// # Errors
/// `timer_create(2)` or `timer_settime(2)` fails.
pub(crate) fn set(limit: Duration, text: Text) -> nix::Result<()> {
    if TIMER.get().is_none() {
        let _ = TIMER.set(Timer::new(libc::SIGCHLD)?);
    }
    TEXT.set(Some(text));
    IS_SET.store(true, Ordering::Release);
    TIMER.get().map_or(Ok(()), |timer| timer.set(limit))
}

/// Leaves the text unwritten.
#[inline]
pub(crate) fn clear() {
    if IS_SET.load(Ordering::Relaxed) {
        disarm();
    }
}

#[cold]
fn disarm() {
    // A copy of the daemon has no timers, and the number may be one of its own.
    if IS_SET.swap(false, Ordering::AcqRel)
        && !fork::is_copy()
        && let Some(timer) = TIMER.get()
    {
        // A time of zero disarms it. The call cannot fail, since the timer is valid.
        let _ = timer.set(Duration::ZERO);
    }
}

/// Writes the text, in signal context after the timer has fired.
pub(crate) fn ring() {
    if IS_SET.swap(false, Ordering::AcqRel)
        && let Some(text) = TEXT.get()
    {
        text.write();
    }
}
