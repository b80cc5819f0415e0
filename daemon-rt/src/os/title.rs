//! What `ps` and `pgrep` show: the process's name and its command line.

use std::ffi::CString;

use crate::error::Error;
use crate::os::sys::Areas;

/// Makes `title` the process's name (15 bytes, for `pgrep -x`) and its whole command line.
///
/// The command line is cut at the length of the one before: what lies behind is the environment.
/// In a process with other threads it stays, for one of them may be reading it.
/// Afterwards `std::env::args` says the title, too; whoever needs the arguments took them before.
pub(crate) fn set(title: &str) -> Result<(), Error> {
    let name = CString::new(title).map_err(|_| Error::usage("the title contains a NUL byte"))?;
    nix::sys::prctl::set_name(&name).map_err(|e| Error::step("set the process name", e))?;
    let areas = Areas::find().map_err(|e| Error::step("find the argument area", e))?;
    let area = &areas.arguments;
    // The last byte stays NUL, or the kernel takes the environment for more of the arguments.
    area.fill(&title.as_bytes()[..title.len().min(area.len() - 1)]);
    Ok(())
}
