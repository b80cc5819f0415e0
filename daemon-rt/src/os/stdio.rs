//! Redirection of stdin, stdout and stderr.

use std::fs::File;

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::error::Error;

/// Opens `/dev/null` for stdin, stdout and stderr.
///
/// # Errors
/// `open(2)` fails.
pub(crate) fn open_null() -> Result<File, Error> {
    let null = File::options().read(true).write(true).open("/dev/null");
    null.map_err(|source| Error::at("open", "/dev/null".as_ref(), source))
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
