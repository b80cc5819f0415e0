//! Memory of this process, straight from the kernel.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Private memory that the kernel mapped.
pub(super) struct Pages {
    pub(super) start: NonNull<u8>,
    size: NonZeroUsize,
}

impl Pages {
    pub(super) fn new(size: NonZeroUsize) -> nix::Result<Self> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the kernel picks the address, so no existing mapping is replaced.
        let start = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_PRIVATE) }?;
        Ok(Self {
            start: start.cast(),
            size,
        })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of this size, and nothing refers to it any more. The call
        // cannot fail for the arguments of a mapping.
        let _ = unsafe { munmap(self.start.cast(), self.size.get()) };
    }
}

/// Maps `count` pairs of zeros, private, for the life of the process. They use no memory until they
/// are written to.
///
/// # Errors
/// `mmap(2)` fails.
pub(crate) fn map_zeros(count: usize) -> nix::Result<&'static [[AtomicU64; 2]]> {
    let size = count
        .checked_mul(size_of::<[AtomicU64; 2]>())
        .and_then(NonZeroUsize::new);
    let pages = std::mem::ManuallyDrop::new(Pages::new(size.ok_or(Errno::EINVAL)?)?);
    // SAFETY: the mapping is page-aligned, of this size and never unmapped; zeros are valid words,
    // and all access to them is through atomics.
    Ok(unsafe { std::slice::from_raw_parts(pages.start.as_ptr().cast(), count) })
}

/// Bytes that grow without the heap: `N` on the stack, then mapped pages.
pub(crate) struct Bytes<const N: usize> {
    near: [MaybeUninit<u8>; N],
    far: Option<Pages>,
    room: usize,
    len: usize,
}

impl<const N: usize> Bytes<N> {
    /// Creates an empty buffer.
    pub(crate) const fn new() -> Self {
        Self {
            near: [const { MaybeUninit::uninit() }; N],
            far: None,
            room: N,
            len: 0,
        }
    }

    /// Returns the number of bytes.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Appends `bytes`. Returns false, and appends nothing, when memory is exhausted.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room - self.len && !self.grow(bytes.len()) {
            return false;
        }
        let end = self.start().wrapping_add(self.len);
        // SAFETY: `len + bytes.len() <= room`, the size of the memory at `start`, which is ours
        // alone and so does not overlap `bytes`.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len()) };
        self.len += bytes.len();
        true
    }

    /// Removes the bytes after `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Returns the bytes.
    pub(crate) fn as_slice(&self) -> &[u8] {
        let start = match &self.far {
            None => self.near.as_ptr().cast::<u8>(),
            Some(pages) => pages.start.as_ptr().cast_const(),
        };
        // SAFETY: the first `len` bytes at `start` were written by `push`, and `&self` keeps them.
        unsafe { std::slice::from_raw_parts(start, self.len) }
    }

    fn start(&mut self) -> *mut u8 {
        match &self.far {
            None => self.near.as_mut_ptr().cast(),
            Some(pages) => pages.start.as_ptr(),
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) -> bool {
        let wanted = self.len.checked_add(more);
        let wanted = wanted.and_then(usize::checked_next_power_of_two);
        let wanted = wanted.and_then(|wanted| NonZeroUsize::new(wanted.max(16 * N)));
        let Some(Ok(pages)) = wanted.map(Pages::new) else {
            return false;
        };
        // SAFETY: `len` bytes at `start` are written, and the new pages have more room.
        unsafe { ptr::copy_nonoverlapping(self.start(), pages.start.as_ptr(), self.len) };
        self.room = pages.size.get();
        self.far = Some(pages);
        true
    }
}

/// A value that is replaced as a whole and read without a lock, at any time and from any thread.
///
/// An old value is never freed, since a reader may still use it. So it suits settings that a person
/// changes.
pub(crate) struct Settable<T: 'static>(AtomicPtr<T>);

impl<T: Send + Sync> Settable<T> {
    /// Creates a holder without a value.
    pub(crate) const fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Creates a holder of `value`.
    pub(crate) fn holding(value: Option<T>) -> Self {
        let holder = Self::empty();
        holder.set(value);
        holder
    }

    /// Returns the current value. May be called in signal context.
    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: the pointer is null or came from `Box::leak` of a `T`, which is never mutated or
        // freed; acquire pairs with the release in `set`, so its fields are visible.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    /// Replaces the value.
    pub(crate) fn set(&self, value: Option<T>) {
        let new = value.map_or(ptr::null_mut(), |value| {
            ptr::from_mut(Box::leak(Box::new(value)))
        });
        self.0.store(new, Ordering::Release);
    }
}
