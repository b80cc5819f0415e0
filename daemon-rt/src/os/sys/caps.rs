//! Capabilities, `capabilities(7)`.

use nix::errno::Errno;
use nix::libc;

/// The sets of capabilities of a thread, 64 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CapabilitySets {
    pub effective: u64,
    pub permitted: u64,
    pub inheritable: u64,
}

/// The header of `capget(2)` and `capset(2)`: `_LINUX_CAPABILITY_VERSION_3`, and this thread.
const CAPABILITY_HEADER: [u32; 2] = [0x2008_0522, 0];

/// Returns the sets of this thread, `capget(2)`.
///
/// # Errors
/// `capget(2)` fails.
pub(crate) fn capabilities() -> nix::Result<CapabilitySets> {
    let mut header = CAPABILITY_HEADER;
    let mut halves = [[0_u32; 3]; 2];
    // SAFETY: both have the layout of this version in linux/capability.h; the kernel writes the
    // sets and may write the header.
    let done = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), halves.as_mut_ptr()) };
    Errno::result(done)?;
    let whole = |set: usize| u64::from(halves[1][set]) << 32 | u64::from(halves[0][set]);
    Ok(CapabilitySets {
        effective: whole(0),
        permitted: whole(1),
        inheritable: whole(2),
    })
}

/// Changes the sets of this thread, `capset(2)`.
///
/// # Errors
/// EPERM when the thread lacks a capability of `sets`.
pub(crate) fn set_capabilities(sets: CapabilitySets) -> nix::Result<()> {
    let mut header = CAPABILITY_HEADER;
    // The low halves first.
    let halves = [0, 32].map(|shift| {
        [sets.effective, sets.permitted, sets.inheritable].map(|set| {
            #[allow(clippy::cast_possible_truncation, reason = "a half of it")]
            let half = (set >> shift) as u32;
            half
        })
    });
    // SAFETY: as in `capabilities`; the kernel only reads the sets.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), halves.as_ptr()) };
    Errno::result(done).map(drop)
}

/// Removes capability `number` from the bounding set of this thread. It cannot be regained.
///
/// # Errors
/// EPERM without `CAP_SETPCAP`.
pub(crate) fn drop_bounding(number: u32) -> nix::Result<()> {
    let number = libc::c_ulong::from(number);
    // SAFETY: plain numbers.
    Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) }).map(drop)
}

/// Adds capability `number` to the ambient set of this thread, which programs keep that it executes.
/// It must be permitted and inheritable. May be called in signal context.
///
/// # Errors
/// EPERM otherwise, or where securebits forbid it.
pub(super) fn raise_ambient(number: u32) -> nix::Result<()> {
    let number = libc::c_ulong::from(number);
    let raise = libc::c_ulong::from(libc::PR_CAP_AMBIENT_RAISE.cast_unsigned());
    // SAFETY: plain numbers.
    Errno::result(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, raise, number, 0, 0) }).map(drop)
}
