//! Memory that a start needed and the daemon does not.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr::{self, NonNull};

use nix::sys::mman::{MmapAdvise, madvise};
#[cfg(target_env = "gnu")]
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::{SysconfVar, sysconf};

/// Gives back to the kernel what the command line and the start took of the memory, and the daemon
/// would keep for its life: the stack below the caller, and free pages of the heap,
/// `malloc_trim(3)`, which other C libraries give back by themselves.
///
/// A process of more than some 32 MB keeps its heap: to search one of gigabytes takes half a
/// second, in which the daemon would be ready and do nothing.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    if getrusage(UsageWho::RUSAGE_SELF).is_ok_and(|usage| usage.max_rss() < 32 * 1024) {
        // SAFETY: the call takes a number, and the allocator's own locks.
        unsafe { nix::libc::malloc_trim(0) };
    }
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    let Some(page) = page.and_then(|page| NonZeroUsize::new(usize::try_from(page).ok()?)) else {
        return;
    };
    let below = stack_below(page.get());
    if let Some(start) = NonNull::new(ptr::with_exposed_provenance_mut(below.start)) {
        // SAFETY: these pages were a local of a call that has returned, so nothing lives in them,
        // and what uses them next expects no value there. Above them is left what `madvise` itself
        // needs.
        let _ = unsafe { madvise(start, below.len(), MmapAdvise::MADV_DONTNEED) };
    }
}

/// Whole pages of this thread's stack that nothing lives in: the room of a local of this function,
/// but for what is next to the caller. `page` is the size of one: the kernel rounds lengths up to
/// it. No calls in here: they would touch what is deeper.
#[inline(never)]
fn stack_below(page: usize) -> Range<usize> {
    /// About as deep as a start goes.
    const SIZE: usize = 32 * 1024;
    /// For the calls that the caller makes to give it back.
    const LEFT: usize = 1024;
    let room = std::hint::black_box(MaybeUninit::<[u8; SIZE]>::uninit());
    let start = room.as_ptr().expose_provenance();
    start.next_multiple_of(page)..(start + SIZE - LEFT) / page * page
}
