//! Copies of programs.

use std::path::Path;
use std::process::Command;

/// Copies the program `from` to the new file `to`, which can be run at once.
///
/// By another process: a copy that is written here is inherited, open, by whatever another test
/// starts meanwhile, and cannot be executed until that has closed it (ETXTBSY).
///
/// # Panics
/// When there is no copy.
pub fn copy_program(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let mut copy = Command::new("cp");
    copy.arg("--").args([from.as_ref(), to.as_ref()]);
    let copied = copy.status().expect("cp");
    assert!(copied.success(), "no copy by {copy:?}");
}
