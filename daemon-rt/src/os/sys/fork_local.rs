//! Memory that a forked child finds empty.

use std::num::NonZeroUsize;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MmapAdvise, madvise};

use super::memory::{Pages, Settable};

/// A value that begins as zeros and changes through shared references alone.
///
/// # Safety
/// Zeros are a valid value of the type, and it needs no drop.
pub(crate) unsafe trait Zeroable: Sync + 'static {}

// SAFETY: zero is `false`.
unsafe impl Zeroable for AtomicBool {}
// SAFETY: zero is a number.
unsafe impl Zeroable for AtomicU32 {}
// SAFETY: a null pointer is the empty one, and its value is never dropped.
unsafe impl<T: Send + Sync> Zeroable for Settable<T> {}
// SAFETY: each part is valid as zeros, and the padding between them has no value.
unsafe impl<A: Zeroable, B: Zeroable> Zeroable for (A, B) {}

/// A value of this process, on a page of its own that the kernel empties in a child,
/// `MADV_WIPEONFORK` in madvise(2). A child forked by any means, from any thread, begins with zeros,
/// so nothing in it can look taken by a thread that the child lacks.
///
/// It is made at the first use, since many processes never need it, and without a lock: a child
/// forked while another thread held that lock would wait without end.
pub(crate) struct ForkLocal<T: 'static>(AtomicPtr<T>);

impl<T: Zeroable> ForkLocal<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Returns the value, and makes it if nobody has.
    #[inline]
    pub(crate) fn get(&self) -> &'static T {
        self.made().unwrap_or_else(|| self.make())
    }

    /// Returns the value if somebody has made it.
    #[inline]
    pub(crate) fn made(&self) -> Option<&'static T> {
        // SAFETY: the pointer is null, or that of zeros which `Zeroable` calls valid and nobody ever
        // unmaps; acquire pairs with the release in `make`.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    #[cold]
    fn make(&self) -> &'static T {
        // SAFETY: zeros are a valid `T`.
        let new: &'static T =
            map().unwrap_or_else(|_| Box::leak(Box::new(unsafe { std::mem::zeroed() })));
        let first = self.0.compare_exchange(
            ptr::null_mut(),
            ptr::from_ref(new).cast_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match first {
            Ok(_) => new,
            // Another thread was faster; this page stays unused.
            Err(_) => self.made().unwrap_or(new),
        }
    }
}

fn map<T: Zeroable>() -> nix::Result<&'static T> {
    // Miri supports neither this advice nor a fork.
    if cfg!(miri) {
        return Err(Errno::ENOSYS);
    }
    let size = NonZeroUsize::new(size_of::<T>()).ok_or(Errno::EINVAL)?;
    let page = Pages::new(size)?;
    // SAFETY: the mapping is `page`'s. Until the call succeeds nobody else knows of it.
    unsafe { madvise(page.start.cast(), size.get(), MmapAdvise::MADV_WIPEONFORK) }?;
    let page = std::mem::ManuallyDrop::new(page);
    // SAFETY: page-aligned, large enough and never unmapped; zeros are a valid `T`. The kernel wipes
    // it before the child runs at all, so no reference sees it change.
    Ok(unsafe { page.start.cast::<T>().as_ref() })
}
