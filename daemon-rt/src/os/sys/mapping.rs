//! Files mapped into memory: the state page and the log's staging file.

use std::ffi::c_void;
use std::fs::File;
use std::num::NonZeroUsize;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, munmap};

use super::bus::{Mapping, is_broken};

/// Maps the first `size` bytes of `file`, shared and writable, for the life of the process.
fn map_shared(file: &File, size: usize) -> nix::Result<NonNull<c_void>> {
    let size = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel picks the address, so no existing mapping is replaced.
    let start = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, file, 0) }?;
    let first = start.as_ptr().expose_provenance();
    Mapping::note(first..first + size.get());
    Ok(start)
}

/// A mapping that keeps the open file description of a file, and with it the description's locks.
///
/// No `close` ends it, whichever descriptors the process closes. A forked child does not get it,
/// `madvise(2)`, and `exec` ends it. It is never accessed.
#[derive(Debug)]
pub(crate) struct Anchor(usize);

impl Anchor {
    /// Keeps the open file description of `file`, which may then be closed.
    ///
    /// # Errors
    /// `mmap(2)` or `madvise(2)` fails.
    pub(crate) fn new(file: &File) -> nix::Result<Self> {
        let size = NonZeroUsize::MIN;
        // SAFETY: the kernel picks the address, so no existing mapping is replaced.
        let start = unsafe {
            mmap(
                None,
                size,
                ProtFlags::PROT_NONE,
                MapFlags::MAP_PRIVATE,
                file,
                0,
            )
        }?;
        let anchor = Self(start.as_ptr().expose_provenance());
        // SAFETY: the mapping is ours, and nothing refers to it.
        unsafe { madvise(start, size.get(), MmapAdvise::MADV_DONTFORK) }?;
        Ok(anchor)
    }
}

impl Drop for Anchor {
    fn drop(&mut self) {
        if let Some(start) = NonNull::new(ptr::with_exposed_provenance_mut(self.0)) {
            // SAFETY: the mapping is ours, and nothing refers to it.
            let _ = unsafe { munmap(start, 1) };
        }
    }
}

/// The number of words of the state page, 4096 bytes.
pub(crate) const PAGE_WORDS: usize = 512;

/// Maps the first page of `file`, shared and writable, for the life of the process.
///
/// The file should be at least a page long. If it is truncated, or its file system is full, a
/// private page replaces it at the next access, see [`is_page_broken`].
///
/// # Errors
/// `mmap(2)` fails.
pub(crate) fn map_page(file: &File) -> nix::Result<&'static [AtomicU64; PAGE_WORDS]> {
    let page = map_shared(file, PAGE_WORDS * size_of::<u64>())?;
    // SAFETY: the mapping is page-aligned, one page long, never unmapped, and every access to it,
    // here and by other processes, is to whole words through atomics or through `pread`.
    Ok(unsafe { page.cast::<[AtomicU64; PAGE_WORDS]>().as_ref() })
}

/// Returns whether stores to a page of [`map_page`] no longer reach the file.
pub(crate) fn is_page_broken(page: &'static [AtomicU64; PAGE_WORDS]) -> bool {
    is_broken(page.as_ptr())
}

/// A file mapped shared and writable for the life of the process: words at its beginning, then
/// bytes.
#[derive(Debug)]
pub(crate) struct SharedMap {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: the mapping is never unmapped; bytes are written through `&mut self` only, and words
// through atomics.
unsafe impl Send for SharedMap {}

impl SharedMap {
    /// Maps the first `size` bytes of `file`. A forked child does not get the mapping, so that it
    /// does not keep the locks of the open file description.
    ///
    /// # Errors
    /// `mmap(2)` or `madvise(2)` fails.
    pub(crate) fn new(file: &File, size: usize) -> nix::Result<Self> {
        let start = map_shared(file, size)?;
        // SAFETY: the mapping is ours, and nothing refers to it yet. A child has no reference to
        // it, since its owner keeps it in memory that the child finds empty.
        unsafe { madvise(start, size, MmapAdvise::MADV_DONTFORK) }?;
        let start = start.cast();
        Ok(Self { start, size })
    }

    /// Returns whether stores no longer reach the file. Its old content may then read as zeros.
    #[inline]
    pub(crate) fn is_broken(&self) -> bool {
        is_broken(self.start.as_ptr())
    }

    /// Sets word `index`, after all earlier writes.
    #[inline]
    pub(crate) fn store(&self, index: usize, value: u64) {
        assert!((index + 1) * 8 <= self.size);
        // SAFETY: within the mapping and aligned, as the mapping is; only ever accessed here.
        let word = unsafe { self.start.cast::<AtomicU64>().add(index).as_ref() };
        word.store(value, Ordering::Release);
    }

    /// Copies `bytes` to offset `at` and returns their end, or `None` when they do not fit.
    #[inline]
    pub(crate) fn copy_in(&mut self, at: usize, bytes: &[u8]) -> Option<usize> {
        let end = at
            .checked_add(bytes.len())
            .filter(|end| *end <= self.size)?;
        // SAFETY: `at..end` is within the mapping, and `&mut self` excludes other users of it.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(at), bytes.len());
        };
        Some(end)
    }

    /// Returns the bytes of `range`.
    pub(crate) fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        assert!(range.start <= range.end && range.end <= self.size);
        // SAFETY: within the mapping, and initialized, as every byte of a file is. Only this
        // process writes them, through `&mut self`. A truncated file turns them into zeros or a
        // copy.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(range.start), range.len()) }
    }
}
