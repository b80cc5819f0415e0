//! Redirection of stdin, stdout and stderr.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::stat::makedev;
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::error::Error;

const ADVICE: &str = "run `mknod -m 666 /dev/null c 1 3`";

/// Opens `/dev/null` for stdin, stdout and stderr.
///
/// # Errors
/// `open(2)` fails, or the file is not the device, as for `daemon(3)`.
pub(crate) fn open_null() -> Result<File, Error> {
    let failed = |source: io::Error| {
        let is_missing = source.kind() == io::ErrorKind::NotFound;
        let error = Error::at("open", "/dev/null".as_ref(), source);
        if is_missing {
            error.advise(ADVICE)
        } else {
            error
        }
    };
    let null = File::options().read(true).write(true).open("/dev/null");
    let null = null.map_err(failed)?;
    let file = null.metadata().map_err(failed)?;
    if file.file_type().is_char_device() && file.rdev() == makedev(1, 3) {
        return Ok(null);
    }
    Err(Error::other(format!(
        "cannot use /dev/null: it is not the null device (ENODEV); remove it and {ADVICE}"
    )))
}

/// Points stdin at `/dev/null`, in a process that has taken its file.
///
/// # Errors
/// As for [`open_null`]; `dup2(2)` fails.
pub(crate) fn leave_stdin() -> Result<(), Error> {
    dup2_stdin(open_null()?).map_err(|errno| Error::step("redirect stdin", errno))
}

/// Points stdin, stdout and stderr at `null`, in the daemon.
///
/// # Errors
/// `dup2(2)` fails.
pub(crate) fn point_stdio_at(null: &File) -> Result<(), Error> {
    dup2_stdin(null)
        .and_then(|()| dup2_stdout(null))
        .and_then(|()| dup2_stderr(null))
        .map_err(|errno| Error::step("redirect stdin, stdout and stderr", errno))
}
