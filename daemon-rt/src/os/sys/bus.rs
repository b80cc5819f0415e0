//! SIGBUS: what the kernel says when nothing is behind a mapped page of a file any more.

use std::ffi::{c_int, c_void};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nix::errno::Errno;
use nix::libc;

use super::memory::Pages;
use super::signal::disposition;

/// A mapping of a file, of which the kernel may say at any access that there is nothing behind it:
/// somebody has cut the file short, or a file system that writes each change to a new place (btrfs)
/// is full. It says so by SIGBUS, which would end the process.
pub(super) struct Mapping {
    range: Range<usize>,
    /// Whether pages of it are the process's own by now, and no longer the file's.
    is_broken: AtomicBool,
    next: Option<&'static Self>,
}

/// All mappings: some few, the latest first.
static MAPPINGS: AtomicPtr<Mapping> = AtomicPtr::new(ptr::null_mut());

/// Whether there is one that is broken: mostly not, and whoever asks is in a hurry.
static ANY_IS_BROKEN: AtomicBool = AtomicBool::new(false);

/// What happened at SIGBUS before: the standard library tells a stack that overflows.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

impl Mapping {
    pub(super) fn note(range: Range<usize>) {
        if BEFORE.get().is_none()
            && let Ok(before) = disposition(libc::SIGBUS)
            && BEFORE.set(before).is_ok()
        {
            let mut action = before;
            action.sa_sigaction = on_bus_error as BusHandler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // SAFETY: the handler is of the type that the flags say, keeps to atomics and to system
            // calls, and hands on what is not its own. Without it the process dies as it would have.
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
        // SAFETY: the pointer is null or that of a leaked mapping, which nobody mutates; acquire
        // pairs with the release in `note`.
        unsafe { MAPPINGS.load(Ordering::Acquire).as_ref() }
    }

    fn of(address: usize) -> Option<&'static Self> {
        let all = std::iter::successors(Self::latest(), |mapping| mapping.next);
        all.into_iter()
            .find(|mapping| mapping.range.contains(&address))
    }
}

/// Whether the mapping of a file that begins at `start` is no longer the file's: what is stored there
/// stays in this process.
#[inline]
pub(super) fn is_broken<T>(start: *const T) -> bool {
    ANY_IS_BROKEN.load(Ordering::Relaxed)
        && Mapping::of(start.addr()).is_some_and(|it| it.is_broken.load(Ordering::Relaxed))
}

type BusHandler = extern "C" fn(c_int, *const libc::siginfo_t, *mut c_void);

extern "C" fn on_bus_error(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a siginfo_t, which for this signal has an address
    // if `si_code` says that the kernel sent it.
    let address = unsafe { ((*info).si_code > 0).then(|| (*info).si_addr().addr()) };
    let errno = Errno::last_raw();
    let mapping = address.and_then(|address| Some((Mapping::of(address)?, address)));
    if let Some((mapping, address)) = mapping
        && own_instead(address).is_ok()
    {
        mapping.is_broken.store(true, Ordering::Relaxed);
        ANY_IS_BROKEN.store(true, Ordering::Relaxed);
    } else {
        hand_on(number, info, context);
    }
    Errno::set_raw(errno);
}

/// Puts a page of this process's own where a page of a file was, with what can still be read of it.
/// In signal context.
fn own_instead(address: usize) -> nix::Result<()> {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    let page = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    let page = usize::try_from(page).ok().and_then(NonZeroUsize::new);
    let page = page.ok_or(Errno::EINVAL)?;
    let old = ptr::with_exposed_provenance_mut::<c_void>(address / page.get() * page.get());
    let new = std::mem::ManuallyDrop::new(Pages::new(page)?);
    rescue(old, new.start.as_ptr().cast(), page.get());
    let (size, flags) = (page.get(), libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED);
    // SAFETY: both are pages of this process. The old one is in a mapping that is never unmapped, of words
    // that are atomic or of bytes that one thread at a time writes; the call replaces it in one step by the
    // new one, which has no owner. What another thread has written since the copy is lost.
    let moved = unsafe { libc::mremap(new.start.as_ptr().cast(), size, size, flags, old) };
    if moved == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    Ok(())
}

/// Copies a page that the process may not touch: through a pipe, since where nothing can be read the
/// kernel fails a write(2) and sends no signal. What cannot be copied stays zeros.
fn rescue(old: *const c_void, new: *mut c_void, size: usize) {
    let mut pipe = [-1; 2];
    // SAFETY: the kernel writes two descriptors to an array of two.
    if unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return;
    }
    // SAFETY: the kernel checks what it reads of `old`, and `new` is a page of our own.
    unsafe {
        if libc::write(pipe[1], old, size) > 0 {
            libc::read(pipe[0], new, size);
        }
        libc::close(pipe[0]);
        libc::close(pipe[1]);
    }
}

/// Has happen at a SIGBUS what would have happened without the runtime.
fn hand_on(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    let before = BEFORE.get();
    let before = before.filter(|it| ![libc::SIG_DFL, libc::SIG_IGN].contains(&it.sa_sigaction));
    let handler = before.map(|it| ptr::with_exposed_provenance::<()>(it.sa_sigaction));
    let takes_info = before.is_some_and(|it| it.sa_flags & libc::SA_SIGINFO != 0);
    // SAFETY: the word is a handler of the type that its flags say. Where there was none, the process
    // ends as it would have, now or when the access is tried again.
    unsafe {
        match handler {
            Some(handler) if takes_info => {
                std::mem::transmute::<*const (), BusHandler>(handler)(number, info, context);
            }
            Some(handler) => {
                std::mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(number);
            }
            None => {
                libc::signal(number, libc::SIG_DFL);
                libc::raise(number);
            }
        }
    }
}
