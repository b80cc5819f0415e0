//! Writing to a descriptor until all is written.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::libc::off_t;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::FileStat;
use nix::sys::uio::pread;
use nix::unistd::write;

/// How long a record waits for a full pipe that somebody made non-blocking, in milliseconds.
const PIPE_WAIT: u16 = 1000;

/// Why not all of it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    pub(super) errno: Errno,
    /// How many bytes were written before.
    pub(super) done: usize,
}

/// `write(2)` until all is written; more than one call only when the kernel took a part.
#[inline]
pub(super) fn write_whole(output: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), Failure> {
    match write(output, bytes) {
        Ok(written) if written == bytes.len() => Ok(()),
        first => write_rest(output, bytes, first),
    }
}

#[cold]
fn write_rest(
    output: BorrowedFd<'_>,
    bytes: &[u8],
    first: nix::Result<usize>,
) -> Result<(), Failure> {
    let mut done = 0;
    let mut last = first;
    loop {
        match last {
            Ok(written) => done += written,
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) if has_room(output) => {}
            Err(errno) => return Err(Failure { errno, done }),
        }
        match bytes.get(done..) {
            None | Some([]) => return Ok(()),
            Some(rest) => last = write(output, rest),
        }
    }
}

fn has_room(output: BorrowedFd<'_>) -> bool {
    let mut ready = [PollFd::new(output, PollFlags::POLLOUT)];
    matches!(
        poll(&mut ready, PollTimeout::from(PIPE_WAIT)),
        Ok(1..) | Err(Errno::EINTR)
    )
}

/// Which file or device a descriptor is of.
pub(super) type Identity = (u64, u64, u64);

pub(super) fn identity(file: &FileStat) -> Identity {
    (file.st_dev, file.st_ino, file.st_rdev)
}

/// Whether `file`, of `size` bytes, ends in the middle of a line; false where it may not be read.
pub(super) fn is_torn(file: BorrowedFd<'_>, size: u64) -> bool {
    let last = size.checked_sub(1).and_then(|at| byte_at(file, at));
    last.is_some_and(|last| last != b'\n')
}

pub(super) fn byte_at(file: BorrowedFd<'_>, at: u64) -> Option<u8> {
    let mut byte = [0];
    let read = pread(file, &mut byte, off_t::try_from(at).ok()?).ok()?;
    (read == 1).then_some(byte[0])
}
