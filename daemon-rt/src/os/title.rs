//! The process's name and command line, which `ps` and `pgrep` show.

use std::ffi::CString;

use crate::error::Error;
use crate::os::sys::Areas;

/// Sets the process's name (15 bytes, for `pgrep -x`) and its whole command line to `title`.
///
/// The command line is cut to its former length, since the environment follows it in memory. In a
/// process with other threads it stays, since one of them may be reading it. Afterwards
/// `std::env::args` also returns the title, so the daemon reads its arguments before.
///
/// # Errors
/// The title contains a NUL byte, or the argument area is unknown.
pub(crate) fn set(title: &str) -> Result<(), Error> {
    let name = CString::new(title)
        .map_err(|_| Error::usage("the title contains a NUL byte; remove it from `title`"))?;
    nix::sys::prctl::set_name(&name).map_err(|e| Error::step("set the process name", e))?;
    let areas = Areas::find().map_err(|e| Error::step("find the argument area", e))?;
    let area = &areas.arguments;
    // The last byte stays NUL. Otherwise the kernel reads the environment as more arguments.
    area.fill(&title.as_bytes()[..title.len().min(area.len() - 1)]);
    Ok(())
}
