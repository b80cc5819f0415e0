//! Descriptors that the program before this one needs, while it may run again.
//!
//! An error drops what was taken over. But a closed descriptor would be missing on the way back, and
//! its `close` would end a record lock.

use std::os::fd::RawFd;

use crate::os::sys::Settable;

static KEPT: Settable<Vec<RawFd>> = Settable::empty();

/// Keeps these numbers open, or none any more. The old list is leaked.
pub(crate) fn set(numbers: Option<Vec<RawFd>>) {
    KEPT.set(numbers);
}

/// Returns whether `number` must stay open.
pub(crate) fn has(number: RawFd) -> bool {
    KEPT.get().is_some_and(|kept| kept.contains(&number))
}
