//! Memory that the kernel zeroes in a forked child.

use std::num::NonZeroUsize;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MmapAdvise, madvise};

use super::memory::{Pages, Settable};

/// A value that begins as zeros and changes only through shared references.
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

/// A value of this process, on a page that the kernel zeroes in a child, `MADV_WIPEONFORK` in
/// `madvise(2)`. A child begins with zeros, whichever thread forks it. So nothing in it can look
/// taken by a thread that the child lacks.
///
/// The first use creates it, since many processes never need it. It takes no lock: a child forked
/// while another thread held that lock would wait without end.
pub(crate) struct ForkLocal<T: 'static> {
    value: AtomicPtr<T>,
    is_local: AtomicBool,
}

impl<T: Zeroable> ForkLocal<T> {
    /// Creates an empty holder, without a page.
    pub(crate) const fn new() -> Self {
        Self {
            value: AtomicPtr::new(ptr::null_mut()),
            is_local: AtomicBool::new(true),
        }
    }

    /// Returns the value, and creates it at the first use.
    #[inline]
    pub(crate) fn get(&self) -> &'static T {
        self.made().unwrap_or_else(|| self.make())
    }

    /// Returns the value if it was created.
    #[inline]
    pub(crate) fn made(&self) -> Option<&'static T> {
        // SAFETY: the pointer is null, or that of zeros, which `Zeroable` declares valid and which
        // are never unmapped; acquire pairs with the release in `make`.
        unsafe { self.value.load(Ordering::Acquire).as_ref() }
    }

    /// Returns false if the kernel does not empty the value in a child, which then begins with its
    /// parent's.
    pub(crate) fn is_local(&self) -> bool {
        self.is_local.load(Ordering::Relaxed)
    }

    #[cold]
    fn make(&self) -> &'static T {
        let new: &'static T = map().unwrap_or_else(|_| {
            self.is_local.store(false, Ordering::Relaxed);
            // SAFETY: zeros are a valid `T`.
            Box::leak(Box::new(unsafe { std::mem::zeroed() }))
        });
        let first = self.value.compare_exchange(
            ptr::null_mut(),
            ptr::from_ref(new).cast_mut(),
            Ordering::AcqRel,
            Ordering::Acquire,
        );
        match first {
            Ok(_) => new,
            // Another thread was first; this page stays unused.
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
    // SAFETY: the mapping is `page`'s, and nothing else refers to it yet.
    unsafe { madvise(page.start.cast(), size.get(), MmapAdvise::MADV_WIPEONFORK) }?;
    let page = std::mem::ManuallyDrop::new(page);
    // SAFETY: page-aligned, large enough and never unmapped; zeros are a valid `T`. The kernel
    // wipes it before the child runs at all, so no reference sees it change.
    Ok(unsafe { page.start.cast::<T>().as_ref() })
}
