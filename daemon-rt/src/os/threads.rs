//! The threads of this process, where another one would be harmed.

use crate::error::Error;
use crate::os::proc;

/// A fork copies the calling thread alone, with every lock that the others hold.
pub(crate) const NOT_COPIED: &str = "which a fork would not copy";

/// Refuses other threads than the calling one; `why` is said of them.
pub(crate) fn refuse_threads(why: &str) -> Result<(), Error> {
    let names = proc::other_threads().map_err(|e| Error::step("count the threads", e))?;
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::other(format!(
        "this process has {} other threads ({}), {why}; start them in `new` or `on_start`",
        names.len(),
        names.join(", "),
    )))
}
