//! Sleep on a word of memory, `futex(2)`. It takes no descriptor that the user's code could close.

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use nix::libc;
use nix::sys::time::TimeSpec;

/// Sleeps while `word` is `value`, for at most `limit`, or until [`wake_sleeper`]. It also returns
/// after a signal handler of this thread.
pub(crate) fn sleep_while(word: &'static AtomicU32, value: u32, limit: Option<Duration>) {
    let limit = limit.map(TimeSpec::from);
    let limit = limit
        .as_ref()
        .map_or(ptr::null(), |limit| ptr::from_ref(limit.as_ref()));
    let call = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is static and only read, and the time is null or lives here.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), call, value, limit) };
}

/// Wakes the thread that sleeps on `word`. May be called in signal context.
pub(crate) fn wake_sleeper(word: &'static AtomicU32) {
    let call = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the kernel takes the address of the static word as a key, and touches no memory.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), call, 1) };
}
