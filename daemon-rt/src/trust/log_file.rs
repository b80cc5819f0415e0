//! Opens the log for its writers.

use std::fs::File;
use std::io::ErrorKind;

use nix::fcntl::OFlag;

use super::place::{Place, TRIES, set_mode};
use crate::error::Error;

/// Opens the log for appending, and for reading where that is allowed. Its end shows whether a
/// killed process left a partial record. Creates it with mode 0640 under any umask.
///
/// # Errors
/// `ErrorKind::Untrusted`; the log cannot be opened or created.
pub(crate) fn open_log(place: &Place) -> Result<File, Error> {
    match open_for(OFlag::O_RDWR, place) {
        Err(error) if error.is_system(ErrorKind::PermissionDenied) => {
            open_for(OFlag::O_WRONLY, place)
        }
        opened => opened,
    }
}

/// Opens the log, and tries again if a rotation renames it between the check and the open.
fn open_for(access: OFlag, place: &Place) -> Result<File, Error> {
    for _ in 1..TRIES {
        match open_once(access, place) {
            Err(error) if error.is_system(ErrorKind::NotFound) => {}
            opened => return opened,
        }
    }
    open_once(access, place)
}

fn open_once(access: OFlag, place: &Place) -> Result<File, Error> {
    const STEP: &str = "open the log";
    let flags = access | OFlag::O_APPEND;
    match place.open_stat(STEP, flags | OFlag::O_CREAT | OFlag::O_EXCL, 0o640) {
        Ok((file, stat)) => {
            if stat.st_mode & 0o7777 != 0o640 {
                set_mode(&file, 0o640).map_err(|source| Error::at(STEP, place.path(), source))?;
            }
            Ok(file)
        }
        Err(error) if error.is_system(ErrorKind::AlreadyExists) => place.open(STEP, flags, 0),
        Err(error) => Err(error),
    }
}
