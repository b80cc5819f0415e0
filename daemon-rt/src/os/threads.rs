//! The check for other threads, before a step that would harm them.

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
