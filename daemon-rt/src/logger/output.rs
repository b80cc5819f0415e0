//! Writes to a descriptor until all bytes are written.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;
use nix::libc::off_t;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::uio::pread;
use nix::unistd::write;

/// The time that a record waits for a full non-blocking pipe, in milliseconds.
const PIPE_WAIT: u16 = 1000;

/// The reason of an incomplete write.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    pub(super) errno: Errno,
    /// The number of bytes written before the failure.
    pub(super) done: usize,
}

/// Calls `write(2)` until all bytes are written. A second call is needed only if the kernel took a
/// part.
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

/// Returns whether `file`, of `size` bytes, ends in the middle of a line. Returns false if the file
/// cannot be read.
pub(super) fn is_torn(file: BorrowedFd<'_>, size: u64) -> bool {
    let last = size.checked_sub(1).and_then(|at| byte_at(file, at));
    last.is_some_and(|last| last != b'\n')
}

pub(super) fn byte_at(file: BorrowedFd<'_>, at: u64) -> Option<u8> {
    let mut byte = [0];
    let read = pread(file, &mut byte, off_t::try_from(at).ok()?).ok()?;
    (read == 1).then_some(byte[0])
}
