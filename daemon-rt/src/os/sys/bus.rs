//! SIGBUS, which reports that a mapped page of a file has no storage any more.

use std::ffi::{c_int, c_void};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nix::errno::Errno;
use nix::libc;

use super::memory::Pages;
use super::signal::{InfoHandler, call_handler, disposition};

/// A mapping of a file that can lose its storage at any access.
///
/// Another process may truncate the file, or a copy-on-write file system (btrfs) may be full. The
/// kernel reports that by SIGBUS, which would end the process.
pub(super) struct Mapping {
    range: Range<usize>,
    /// Whether private pages have replaced pages of the file.
    is_broken: AtomicBool,
    next: Option<&'static Self>,
}

/// The few mappings, the last one first.
static MAPPINGS: AtomicPtr<Mapping> = AtomicPtr::new(ptr::null_mut());

/// Whether any mapping is broken. This keeps the usual check quick.
static ANY_IS_BROKEN: AtomicBool = AtomicBool::new(false);

/// The previous action for SIGBUS. The standard library's detects a stack overflow.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

impl Mapping {
    /// Records a mapping for the handler, and installs the handler at the first one.
    pub(super) fn note(range: Range<usize>) {
        if BEFORE.get().is_none()
            && let Ok(before) = disposition(libc::SIGBUS)
            && BEFORE.set(before).is_ok()
        {
            let mut action = before;
            action.sa_sigaction = on_bus_error as InfoHandler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // SAFETY: the handler has the type that the flags declare, and keeps to atomics and
            // system calls. It passes other faults on. Without it the process dies as before.
            let _ = unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
        }
        let mut next = Self::latest();
        loop {
            let mapping = ptr::from_mut(Box::leak(Box::new(Self {
                range: range.clone(),
                is_broken: AtomicBool::new(false),
                next,
            })));
            let known = next.map_or(ptr::null_mut(), |next| ptr::from_ref(next).cast_mut());
            let (order, failed) = (Ordering::AcqRel, Ordering::Acquire);
            match MAPPINGS.compare_exchange(known, mapping, order, failed) {
                Ok(_) => return,
                Err(_) => next = Self::latest(),
            }
        }
    }

    fn latest() -> Option<&'static Self> {
        // SAFETY: the pointer is null or that of a leaked mapping, which is never mutated; acquire
        // pairs with the release in `note`.
        unsafe { MAPPINGS.load(Ordering::Acquire).as_ref() }
    }

    fn of(address: usize) -> Option<&'static Self> {
        let all = std::iter::successors(Self::latest(), |mapping| mapping.next);
        all.into_iter()
            .find(|mapping| mapping.range.contains(&address))
    }
}

/// Returns whether the mapping at `start` has lost its file. Stores to it then stay in this
/// process.
#[inline]
pub(super) fn is_broken<T>(start: *const T) -> bool {
    ANY_IS_BROKEN.load(Ordering::Relaxed)
        && Mapping::of(start.addr()).is_some_and(|it| it.is_broken.load(Ordering::Relaxed))
}

extern "C" fn on_bus_error(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a siginfo_t. For this signal it has an address if
    // `si_code` marks the kernel as sender.
    let address = unsafe { ((*info).si_code > 0).then(|| (*info).si_addr().addr()) };
    let errno = Errno::last_raw();
    let mapping = address.and_then(|address| Some((Mapping::of(address)?, address)));
    if let Some((mapping, address)) = mapping
        && replace_page(address).is_ok()
    {
        mapping.is_broken.store(true, Ordering::Relaxed);
        ANY_IS_BROKEN.store(true, Ordering::Relaxed);
    } else {
        call_previous_handler(number, info, context);
    }
    Errno::set_raw(errno);
}

/// Replaces a page of a file by a private one with its readable content, in signal context.
///
/// # Errors
/// `mmap(2)` or `mremap(2)` fails.
fn replace_page(address: usize) -> nix::Result<()> {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    let page = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    let page = usize::try_from(page).ok().and_then(NonZeroUsize::new);
    let page = page.ok_or(Errno::EINVAL)?;
    let old = ptr::with_exposed_provenance_mut::<c_void>(address / page.get() * page.get());
    let new = std::mem::ManuallyDrop::new(Pages::new(page)?);
    copy_readable(old, new.start.as_ptr().cast(), page.get());
    let (size, flags) = (page.get(), libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED);
    // SAFETY: both are pages of this process. The old one is in a mapping that is never unmapped,
    // of atomic words or of bytes that one thread at a time writes. The call replaces it in one
    // step by the new one, which has no owner. A write of another thread since the copy is lost.
    let moved = unsafe { libc::mremap(new.start.as_ptr().cast(), size, size, flags, old) };
    if moved == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    Ok(())
}

/// Copies the readable part of a page that the process must not touch; the rest stays zeros.
///
/// The copy goes through a pipe, since `write(2)` of an unreadable page fails without a signal.
fn copy_readable(old: *const c_void, new: *mut c_void, size: usize) {
    let mut pipe = [-1; 2];
    // SAFETY: the kernel writes two descriptors to an array of two.
    if unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return;
    }
    // SAFETY: the kernel checks its reads of `old`, and `new` is a private page.
    unsafe {
        if libc::write(pipe[1], old, size) > 0 {
            libc::read(pipe[0], new, size);
        }
        libc::close(pipe[0]);
        libc::close(pipe[1]);
    }
}

/// Passes SIGBUS on to the previous handler, in signal context. Without one the process ends as
/// before, now or when the access is repeated.
fn call_previous_handler(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the action was in force before, and the others are from the kernel.
    let is_called = BEFORE
        .get()
        .is_some_and(|before| unsafe { call_handler(before, number, info, context) });
    if !is_called {
        // SAFETY: the default action runs no code of ours.
        unsafe {
            libc::signal(number, libc::SIG_DFL);
            libc::raise(number);
        }
    }
}
