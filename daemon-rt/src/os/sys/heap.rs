//! Heap memory that a start needed and the daemon does not.

#[cfg(target_env = "gnu")]
use nix::sys::resource::{UsageWho, getrusage};

/// Returns free pages of the heap to the kernel, `malloc_trim(3)`, in the daemon after its start.
/// Other C libraries return them by themselves.
///
/// A process of more than 32 MB keeps its heap. To search one of gigabytes takes half a second, in
/// which the daemon would be ready and do nothing.
pub(crate) fn trim_heap() {
    #[cfg(target_env = "gnu")]
    if getrusage(UsageWho::RUSAGE_SELF).is_ok_and(|usage| usage.max_rss() < 32 * 1024) {
        // SAFETY: the call takes a number, and the allocator's own locks.
        unsafe { nix::libc::malloc_trim(0) };
    }
}
