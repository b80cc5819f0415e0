//! The way back to the program before, while the new one is not ready.
//!
//! A crash signal leads back from any thread, and so do a timer and `exit(3)`. The handler only makes
//! system calls: everything that it needs was prepared. It stays installed, because a signal of the timer
//! may still be on its way, and then passes signals on.

use std::ffi::{c_int, c_void};
use std::process;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};

use super::memory::{Pages, Settable};
use super::process::at_exit;
use super::signal::{InfoHandler, Mark, Timer, call_handler, disposition, sender};
use crate::os::departure::Departure;
use crate::os::kept;

/// The signals that report a crash, and what the program before is told.
const CRASHES: [(c_int, &str); 7] = [
    (libc::SIGSEGV, "the new program crashed by SIGSEGV"),
    (libc::SIGABRT, "the new program crashed by SIGABRT"),
    (libc::SIGBUS, "the new program crashed by SIGBUS"),
    (libc::SIGILL, "the new program crashed by SIGILL"),
    (libc::SIGFPE, "the new program crashed by SIGFPE"),
    (libc::SIGTRAP, "the new program crashed by SIGTRAP"),
    (libc::SIGSYS, "the new program crashed by SIGSYS"),
];

const ENDED: &str = "the new program ended";
const TOO_SLOW: &str = "the new program was not ready in time";

/// The size of the stack for the handler, where the standard library has made none.
const STACK: usize = 64 << 10;

static BACK: Settable<Departure> = Settable::empty();

/// The reason for the program before, in place of the signal's name.
static EXPLANATION: Settable<String> = Settable::empty();

/// The process that may go back, or 0. A copy of it has another number. [`GOING`] is added while a
/// thread is on its way.
static OWNER: AtomicU64 = AtomicU64::new(0);

const GOING: u64 = 1 << 32;

static TIMER: OnceLock<Timer> = OnceLock::new();
static MARK: Mark = Mark::new();

/// The actions of before.
static BEFORE: [OnceLock<libc::sigaction>; CRASHES.len()] =
    [const { OnceLock::new() }; CRASHES.len()];

/// Goes back by `departure` from now on when the program crashes or exits, or is not ready after
/// `limit`.
///
/// Runs in a new program at its beginning, once in the process. It also unblocks the signals of
/// crashes: one that is blocked would end the process.
///
/// # Errors
/// `sigaltstack(2)`, `sigaction(2)`, `timer_create(2)`, `timer_settime(2)` or `mmap(2)` fails.
pub(crate) fn arm(departure: Departure, limit: Duration) -> nix::Result<()> {
    provide_stack()?;
    at_exit(on_exit);
    kept::set(Some(departure.keep.clone()));
    BACK.set(Some(departure));
    OWNER.store(own(), Ordering::Release);
    let mut crashes = SigSet::empty();
    for ((number, _), before) in CRASHES.iter().zip(&BEFORE) {
        install(*number, before)?;
        crashes.add(Signal::try_from(*number)?);
    }
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&crashes), None)?;
    let timer = Timer::marked(libc::SIGABRT, &MARK)?;
    timer.set(limit)?;
    let _ = TIMER.set(timer);
    Ok(())
}

/// Stays in this program from now on.
pub(crate) fn disarm() {
    if claim(0) {
        stay();
    }
}

/// Returns whether this process can still go back.
pub(crate) fn is_armed() -> bool {
    OWNER.load(Ordering::Acquire) & !GOING == own()
}

/// Tells the program before `why` the process is about to abort.
#[allow(dead_code, reason = "a panic that aborts follows")]
pub(crate) fn explain(why: String) {
    if is_armed() {
        EXPLANATION.set(Some(why));
    }
}

/// Goes back for the reason `why`, in the process that armed. Returns the error if that fails, and
/// `None` if there is no way back. This program can then only end: all signals are blocked.
pub(crate) fn go_back(why: &str) -> Option<Errno> {
    // First, since a handler on this thread would wait for this thread.
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None);
    claim(own() | GOING).then(|| flee(why))?
}

fn own() -> u64 {
    process::id().into()
}

/// Lets one thread decide whether the process goes back, by the next value of [`OWNER`]. Returns
/// false if it cannot go back. While a thread is on its way, others sleep here until the kernel ends
/// them.
fn claim(next: u64) -> bool {
    let (own, order) = (own(), Ordering::AcqRel);
    loop {
        match OWNER.compare_exchange(own, next, order, Ordering::Acquire) {
            Ok(_) => return true,
            Err(now) if now == own | GOING => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => return false,
        }
    }
}

/// Goes back, in the thread that claimed it. Returns the error if that fails.
fn flee(why: &str) -> Option<Errno> {
    let errno = BACK.get().map(|back| back.flee(why));
    OWNER.store(0, Ordering::Release);
    stay();
    errno
}

/// Frees what the way back needed.
fn stay() {
    if let Some(timer) = TIMER.get() {
        // A time of zero disarms it. The call cannot fail, since the timer is valid.
        let _ = timer.set(Duration::ZERO);
    }
    if let Some(back) = BACK.get() {
        back.cancel();
    }
    kept::set(None);
}

/// Gives this thread a stack for handlers, unless it has one. A stack that overflowed has no room
/// for them.
fn provide_stack() -> nix::Result<()> {
    // SAFETY: a zeroed stack_t is a valid value of this plain C struct.
    let mut stack: libc::stack_t = unsafe { std::mem::zeroed() };
    // SAFETY: with no new stack the call only writes the current one.
    Errno::result(unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) })?;
    if stack.ss_flags & libc::SS_DISABLE == 0 {
        return Ok(());
    }
    let size = std::num::NonZeroUsize::new(STACK).ok_or(Errno::EINVAL)?;
    let pages = std::mem::ManuallyDrop::new(Pages::new(size)?);
    stack.ss_sp = pages.start.as_ptr().cast();
    stack.ss_size = STACK;
    stack.ss_flags = 0;
    // SAFETY: the memory is of this size, is never unmapped, and has no other user.
    Errno::result(unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) }).map(drop)
}

fn install(number: c_int, before: &OnceLock<libc::sigaction>) -> nix::Result<()> {
    let mut action = disposition(number).map_err(|_| Errno::EINVAL)?;
    let _ = before.set(action);
    action.sa_sigaction = on_crash as InfoHandler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    action.sa_mask = *SigSet::all().as_ref();
    // SAFETY: the handler has the type that the flags declare. It keeps to atomics and system
    // calls, and passes on what is not for it.
    Errno::result(unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) }).map(drop)
}

extern "C" fn on_exit() {
    if is_armed() {
        go_back(EXPLANATION.get().map_or(ENDED, String::as_str));
    }
}

extern "C" fn on_crash(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    let errno = Errno::last_raw();
    // SAFETY: with SA_SIGINFO the kernel passes a siginfo_t.
    let info = unsafe { &*info };
    let is_late = MARK.is_on(info);
    if !is_for_a_handler(number, info) && claim(own() | GOING) {
        let named = || CRASHES.iter().find(|(crash, _)| *crash == number);
        flee(match EXPLANATION.get() {
            _ if is_late => TOO_SLOW,
            Some(explanation) => explanation,
            None => named().map_or("", |(_, why)| why),
        });
    } else if is_late {
        return;
    }
    pass_on(number, info, context);
    Errno::set_raw(errno);
}

/// Passes a signal on to the action of before, in signal context.
fn pass_on(number: c_int, info: &libc::siginfo_t, context: *mut c_void) {
    let before = CRASHES.iter().zip(&BEFORE);
    let before = before
        .filter(|((crash, _), _)| *crash == number)
        .find_map(|(_, before)| before.get());
    // SAFETY: the action was in force before, and the others are from the kernel.
    let is_called =
        before.is_some_and(|before| unsafe { call_handler(before, number, info, context) });
    if !is_called && is_last(number) {
        // SAFETY: the default action runs no code of ours.
        unsafe {
            libc::signal(number, libc::SIG_DFL);
            libc::raise(number);
        }
    }
}

/// Returns whether another process sent a signal that the program handles itself.
fn is_for_a_handler(number: c_int, info: &libc::siginfo_t) -> bool {
    let sender = sender(info).map(|(pid, _)| pid.unsigned_abs());
    sender.is_some_and(|pid| pid != process::id()) && !is_last(number)
}

/// Returns whether no handler was installed after this one. Such a handler calls this one first, and
/// then does its own work.
fn is_last(number: c_int) -> bool {
    disposition(number).is_ok_and(|now| now.sa_sigaction == on_crash as InfoHandler as usize)
}
