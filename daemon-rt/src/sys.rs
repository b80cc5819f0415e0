//! Every `unsafe` block of the project: system calls that nix does not wrap, and memory that the
//! kernel shares with us. Each function is safe to call as its documentation says.
#![allow(
    unsafe_code,
    reason = "the one place for it; each block states why it holds"
)]

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{
    MRemapFlags, MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, mremap, munmap,
};

// For the logger, to the end of the file.

/// Makes the number of `target` mean what `source` means, atomically and close-on-exec: `dup3(2)`.
/// A `write` in progress on `target` ends on what it meant before.
pub(crate) fn replace(target: BorrowedFd<'_>, source: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: both descriptors are open for the whole call. The number stays its owner's: what it
    // means changes, as an owner that shares it with nobody else wants here.
    Errno::result(unsafe { libc::dup3(source.as_raw_fd(), target.as_raw_fd(), libc::O_CLOEXEC) })
        .map(drop)
}

/// A value that is replaced as a whole and read without a lock, at any time and from any thread.
///
/// What it held before is never freed, since a reader may still look at it: for settings that a
/// person changes.
pub(crate) struct Settable<T: 'static>(AtomicPtr<T>);

impl<T: Send + Sync> Settable<T> {
    pub(crate) const fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: the pointer is null or came from `Box::leak` of a `T`, which nobody mutates or
        // frees; acquire pairs with the release in `set`, so its fields are visible.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    pub(crate) fn set(&self, value: Option<T>) {
        let new = value.map_or(ptr::null_mut(), |value| {
            ptr::from_mut(Box::leak(Box::new(value)))
        });
        self.0.store(new, Ordering::Release);
    }
}

/// Bytes that grow without the heap: `N` on the stack, then pages of their own.
pub(crate) struct Bytes<const N: usize> {
    near: [MaybeUninit<u8>; N],
    far: Option<Pages>,
    room: usize,
    len: usize,
}

impl<const N: usize> Bytes<N> {
    pub(crate) const fn new() -> Self {
        Self {
            near: [const { MaybeUninit::uninit() }; N],
            far: None,
            room: N,
            len: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Appends `bytes`; false, and nothing appended, when there is no memory.
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

    /// Forgets what is beyond `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

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
        let wanted = self
            .len
            .checked_add(more)
            .and_then(usize::checked_next_power_of_two);
        let Some(wanted) = wanted
            .map(|wanted| wanted.max(16 * N))
            .and_then(NonZeroUsize::new)
        else {
            return false;
        };
        let grown = match &mut self.far {
            Some(pages) => pages.grow(wanted),
            None => Pages::new(wanted).map(|pages| {
                // SAFETY: `len` bytes of `near` are written, and the new pages have more room.
                unsafe {
                    ptr::copy_nonoverlapping(
                        self.near.as_ptr().cast(),
                        pages.start.as_ptr(),
                        self.len,
                    );
                }
                self.far = Some(pages);
            }),
        };
        if grown.is_ok() {
            self.room = wanted.get();
        }
        grown.is_ok()
    }
}

/// Private memory straight from the kernel.
struct Pages {
    start: NonNull<u8>,
    size: NonZeroUsize,
}

impl Pages {
    fn new(size: NonZeroUsize) -> nix::Result<Self> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the kernel picks the address, so no existing mapping is replaced.
        let start = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_PRIVATE) }?;
        Ok(Self {
            start: start.cast(),
            size,
        })
    }

    fn grow(&mut self, size: NonZeroUsize) -> nix::Result<()> {
        let (old, new) = (self.size.get(), size.get());
        // SAFETY: the mapping is ours and nobody holds a reference into it: `&mut self`.
        let start = unsafe {
            mremap(
                self.start.cast(),
                old,
                new,
                MRemapFlags::MREMAP_MAYMOVE,
                None,
            )
        }?;
        (self.start, self.size) = (start.cast(), size);
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of this size, and nothing refers to it any more. It can
        // only fail for arguments that are not a mapping's.
        let _ = unsafe { munmap(self.start.cast(), self.size.get()) };
    }
}

/// What a forked child must not take over from its parent: the kernel hands it a zeroed copy.
#[derive(Debug, Default)]
pub(crate) struct OwnPage {
    /// This process's id, or zero until somebody asks.
    pid: AtomicU32,
    /// Taken while the log is being reopened.
    pub(crate) reopening: AtomicBool,
}

/// The page of this process, `MADV_WIPEONFORK` in madvise(2): a child forked by any means, from
/// any thread, begins with zeros, so nothing in it can look taken by a thread that it lacks.
pub(crate) fn own_page() -> &'static OwnPage {
    static PAGE: OnceLock<&'static OwnPage> = OnceLock::new();
    PAGE.get_or_init(|| map_own_page().unwrap_or_else(|_| Box::leak(Box::default())))
}

fn map_own_page() -> nix::Result<&'static OwnPage> {
    let size = NonZeroUsize::new(size_of::<OwnPage>()).ok_or(Errno::EINVAL)?;
    let page = Pages::new(size)?;
    // SAFETY: the mapping is `page`'s. Until the call succeeds nobody else knows of it.
    unsafe { madvise(page.start.cast(), size.get(), MmapAdvise::MADV_WIPEONFORK) }?;
    let page = std::mem::ManuallyDrop::new(page);
    // SAFETY: page-aligned, large enough and never unmapped; zeros are a valid `OwnPage`, which
    // consists of atomics, so that the kernel's wiping is no mutation behind a reference's back:
    // it happens before the child runs at all.
    Ok(unsafe { page.start.cast::<OwnPage>().as_ref() })
}

/// This process's id without a system call.
#[inline]
pub(crate) fn pid() -> u32 {
    let page = own_page();
    match page.pid.load(Ordering::Relaxed) {
        0 => {
            let pid = std::process::id();
            page.pid.store(pid, Ordering::Relaxed);
            pid
        }
        pid => pid,
    }
}

/// Whether the kernel started this program with more rights than its caller has, `getauxval(3)`.
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}
