//! Signals: dispositions, the data of a signal, and the timer that sends one.

use std::ffi::{c_int, c_void};
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet};
use nix::unistd::Pid;

/// Returns the action for signal `number`.
pub(super) fn disposition(number: c_int) -> io::Result<libc::sigaction> {
    // SAFETY: a zeroed sigaction is a valid value of this plain C struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with no new action the call only writes the old one into `action`.
    Errno::result(unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) })?;
    Ok(action)
}

/// Returns whether signal `number` is ignored.
pub(crate) fn is_ignored(number: c_int) -> bool {
    disposition(number).is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// A handler as `sigaction(2)` calls it with `SA_SIGINFO`.
pub(super) type InfoHandler = extern "C" fn(c_int, *const libc::siginfo_t, *mut c_void);

/// Calls the handler of `action`, in signal context. Returns false if it is no handler.
///
/// # Safety
/// `action` was in force in this process. The others are what the kernel passed for this signal.
pub(super) unsafe fn call_handler(
    action: &libc::sigaction,
    number: c_int,
    info: *const libc::siginfo_t,
    context: *mut c_void,
) -> bool {
    if [libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction) {
        return false;
    }
    let handler = ptr::with_exposed_provenance::<()>(action.sa_sigaction);
    // SAFETY: the word is a handler of the type that its flags declare.
    unsafe {
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            std::mem::transmute::<*const (), InfoHandler>(handler)(number, info, context);
        } else {
            std::mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(number);
        }
    }
    true
}

/// Restores the default disposition of signal `number` if it is ignored. A handler stays.
///
/// # Errors
/// `sigaction(2)` fails.
pub(crate) fn unignore(number: c_int) -> io::Result<()> {
    let mut action = disposition(number)?;
    if action.sa_sigaction == libc::SIG_IGN {
        action.sa_sigaction = libc::SIG_DFL;
        // SAFETY: SIG_DFL runs no code of ours.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) })?;
    }
    Ok(())
}

/// Discards signal `number` if it is pending and has its default disposition, `signal(7)`.
pub(crate) fn discard(number: c_int) {
    if disposition(number).is_ok_and(|action| action.sa_sigaction == libc::SIG_DFL) {
        // The kernel forgets a pending signal when it becomes ignored.
        for action in [libc::SIG_IGN, libc::SIG_DFL] {
            // SAFETY: neither action runs code of ours.
            unsafe { libc::signal(number, action) };
        }
    }
}

/// Blocks the signals of these bits in the calling thread, and no others, `sigprocmask(2)`.
///
/// # Errors
/// The call never fails where no sandbox forbids it.
pub(crate) fn block_only(bits: u64) -> nix::Result<()> {
    // SAFETY: a zeroed sigset_t is a valid value of this plain C struct.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    for number in (1..=64).filter(|number| bits >> (number - 1) & 1 != 0) {
        // SAFETY: the set is on this stack. The C library refuses a number of its own.
        unsafe { libc::sigaddset(&raw mut set, number) };
    }
    // Not by `pthread_sigmask`, which returns the error instead.
    // SAFETY: the kernel reads the set.
    let done =
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut()) };
    Errno::result(done).map(drop)
}

/// Sets the default disposition of `signal` and returns the previous action.
///
/// # Errors
/// `sigaction(2)` fails.
pub(crate) fn default_disposition(signal: nix::sys::signal::Signal) -> nix::Result<SigAction> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    restore_disposition(signal, &default)
}

/// Restores the action of `signal` that [`default_disposition`] returned.
///
/// # Errors
/// `sigaction(2)` fails.
pub(crate) fn restore_disposition(
    signal: nix::sys::signal::Signal,
    action: &SigAction,
) -> nix::Result<SigAction> {
    // SAFETY: the action is the default one, or one that was in force in this process before.
    unsafe { nix::sys::signal::sigaction(signal, action) }
}

/// Installs a handler for signal `number` that does nothing, unless the program has a handler.
///
/// # Errors
/// `sigaction(2)` fails.
pub(crate) fn catch_idly(number: c_int) -> io::Result<()> {
    extern "C" fn nothing(_: c_int) {}

    let mut action = disposition(number)?;
    if [libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction) {
        action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        // SAFETY: the action was in force in this process. Its new handler has the type that its
        // flags declare, and does nothing.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) })?;
    }
    Ok(())
}

/// The `si_code` of a signal without a value that PID 1 passed on. It is negative, as the kernel
/// requires of processes, and the system does not use it.
const PASSED_ON: c_int = -100;

/// Returns the sender of a signal as `(pid, uid)`, if `si_code` marks a process as sender.
pub(crate) fn sender(info: &libc::siginfo_t) -> Option<(i32, u32)> {
    matches!(
        info.si_code,
        libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL | PASSED_ON
    )
    .then(|| {
        // SAFETY: with these codes the kernel or PID 1 has set the fields `si_pid` and `si_uid`.
        unsafe { (info.si_pid(), info.si_uid()) }
    })
}

/// Returns the value of a queued signal.
pub(crate) fn queued_value(info: &libc::siginfo_t) -> Option<i32> {
    (info.si_code == libc::SI_QUEUE).then(|| {
        // SAFETY: with SI_QUEUE the kernel has set `si_value`.
        let value = unsafe { info.si_value() };
        // `sigqueue(3)` and kill(1) set the union's int, the low half on every target.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "the int of the union"
        )]
        let value = value.sival_ptr.addr() as i32;
        value
    })
}

/// Its address marks the signals of a [`Timer`].
pub(super) struct Mark(AtomicBool);

impl Mark {
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Returns whether a timer with this mark sent the signal, rather than one of the program.
    pub(super) fn is_on(&'static self, info: &libc::siginfo_t) -> bool {
        // SAFETY: with SI_TIMER the kernel has set `si_value`.
        info.si_code == libc::SI_TIMER && unsafe { info.si_value() }.sival_ptr == self.value()
    }

    fn value(&'static self) -> *mut c_void {
        (&raw const self.0).cast_mut().cast()
    }
}

/// The mark of the timers whose signals are counted.
static COUNTED: Mark = Mark::new();

/// Returns whether a timer of [`Timer::new`] sent the signal.
pub(crate) fn is_timer(info: &libc::siginfo_t) -> bool {
    COUNTED.is_on(info)
}

/// Waits for the next of the blocked signals in `set`, `sigwaitinfo(2)`, in PID 1.
pub(crate) fn wait_for_signal(set: &SigSet) -> libc::siginfo_t {
    // SAFETY: a zeroed siginfo_t is a valid value of this plain C struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel reads the set and writes a siginfo_t to a pointer to one. The call fails
    // only when interrupted.
    while unsafe { libc::sigwaitinfo(set.as_ref(), &raw mut info) } < 0 {}
    info
}

/// Passes the signal of `info` on to `process` with its sender and value, `rt_sigqueueinfo(2)`, in
/// PID 1.
///
/// # Errors
/// EAGAIN for a realtime signal when as many are queued as `RLIMIT_SIGPENDING` allows.
pub(crate) fn pass_on(process: Pid, info: &libc::siginfo_t) -> nix::Result<()> {
    let mut info = *info;
    if info.si_code != libc::SI_QUEUE {
        info.si_code = PASSED_ON;
    }
    // SAFETY: the kernel reads the siginfo_t, which it wrote itself except for the code.
    let done = unsafe {
        libc::syscall(
            libc::SYS_rt_sigqueueinfo,
            process.as_raw(),
            info.si_signo,
            &raw const info,
        )
    };
    Errno::result(done).map(drop)
}

/// A timer on the monotonic clock that sends a signal to this process, `timer_create(2)`. It lives
/// as long as the process.
#[derive(Debug)]
pub(crate) struct Timer(AtomicPtr<c_void>);

impl Timer {
    /// Creates a timer that sends `signal`.
    ///
    /// # Errors
    /// `timer_create(2)` fails.
    pub(crate) fn new(signal: c_int) -> nix::Result<Self> {
        Self::marked(signal, &COUNTED)
    }

    /// As [`Timer::new`], with another mark.
    pub(super) fn marked(signal: c_int, mark: &'static Mark) -> nix::Result<Self> {
        // SAFETY: a zeroed sigevent is a valid value of this plain C struct.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        event.sigev_value = libc::sigval {
            sival_ptr: mark.value(),
        };
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: the kernel reads the event and writes the timer's id, both on this stack.
        let made =
            unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
        Errno::result(made)?;
        Ok(Self(AtomicPtr::new(timer)))
    }

    /// Arms the timer to fire once, `time` from now, and replaces an earlier time. May be called in
    /// signal context, `signal-safety(7)`.
    ///
    /// # Errors
    /// `timer_settime(2)` fails.
    pub(crate) fn set(&self, time: std::time::Duration) -> nix::Result<()> {
        let time = libc::itimerspec {
            it_interval: *nix::sys::time::TimeSpec::new(0, 0).as_ref(),
            it_value: *nix::sys::time::TimeSpec::from(time).as_ref(),
        };
        let timer = self.0.load(Ordering::Relaxed);
        // SAFETY: the id is of a timer that is never deleted, and the kernel reads the time here.
        Errno::result(unsafe { libc::timer_settime(timer, 0, &raw const time, ptr::null_mut()) })
            .map(drop)
    }
}
