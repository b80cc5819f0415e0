//! Signals: dispositions, what comes with a signal, and the timer that sends one.

use std::ffi::{c_int, c_void};
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet};
use nix::unistd::Pid;

/// What happens at signal `number`.
pub(super) fn disposition(number: c_int) -> io::Result<libc::sigaction> {
    // SAFETY: a zeroed sigaction is a valid value of this plain C struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with no new action the call only writes the old one into `action`.
    Errno::result(unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) })?;
    Ok(action)
}

/// Whether signal `number` is ignored.
pub(crate) fn is_ignored(number: c_int) -> bool {
    disposition(number).is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Gives signal `number` its default disposition if it is ignored; a handler stays.
pub(crate) fn unignore(number: c_int) -> io::Result<()> {
    let mut action = disposition(number)?;
    if action.sa_sigaction == libc::SIG_IGN {
        action.sa_sigaction = libc::SIG_DFL;
        // SAFETY: SIG_DFL runs no code of ours.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) })?;
    }
    Ok(())
}

/// Gives `signal` its default disposition and returns what it had.
pub(crate) fn default_disposition(signal: nix::sys::signal::Signal) -> nix::Result<SigAction> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    restore_disposition(signal, &default)
}

/// Gives `signal` the disposition that [`default_disposition`] returned.
pub(crate) fn restore_disposition(
    signal: nix::sys::signal::Signal,
    action: &SigAction,
) -> nix::Result<SigAction> {
    // SAFETY: the action is the default one, or one that was in force in this process before.
    unsafe { nix::sys::signal::sigaction(signal, action) }
}

/// Catches signal `number` to do nothing, unless somebody has a handler for it.
pub(crate) fn catch_idly(number: c_int) -> io::Result<()> {
    extern "C" fn nothing(_: c_int) {}

    let mut action = disposition(number)?;
    if [libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction) {
        action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        // SAFETY: the action is one of this process, but for a handler of the type that its flags
        // say, which does nothing.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) })?;
    }
    Ok(())
}

/// The `si_code` of a signal that PID 1 passed on and that came without a value: below zero, as
/// the kernel wants it of processes, and none of the system's own.
const PASSED_ON: c_int = -100;

/// The sender of a signal as `(pid, uid)`, where `si_code` says that a process sent it.
pub(crate) fn sender(info: &libc::siginfo_t) -> Option<(i32, u32)> {
    matches!(
        info.si_code,
        libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL | PASSED_ON
    )
    .then(|| {
        // SAFETY: with these codes the kernel, or PID 1 in its stead, filled in the fields `si_pid`
        // and `si_uid`.
        unsafe { (info.si_pid(), info.si_uid()) }
    })
}

/// The value that came with a queued signal.
pub(crate) fn queued_value(info: &libc::siginfo_t) -> Option<i32> {
    (info.si_code == libc::SI_QUEUE).then(|| {
        // SAFETY: with SI_QUEUE the kernel filled in `si_value`.
        let value = unsafe { info.si_value() };
        // The union's int is what `sigqueue(3)` and kill(1) set: the low half on every target.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "the int of the union"
        )]
        let value = value.sival_ptr.addr() as i32;
        value
    })
}

/// Whose address the signals of a [`Timer`] carry.
static MARK: AtomicBool = AtomicBool::new(false);

/// Whether a [`Timer`] sent the signal, and not one of the program's own.
pub(crate) fn is_timer(info: &libc::siginfo_t) -> bool {
    // SAFETY: with SI_TIMER the kernel filled in `si_value`.
    info.si_code == libc::SI_TIMER && unsafe { info.si_value() }.sival_ptr == mark().sival_ptr
}

fn mark() -> libc::sigval {
    libc::sigval {
        sival_ptr: (&raw const MARK).cast_mut().cast(),
    }
}

/// Takes the next of the signals in `set`, which are blocked: `sigwaitinfo(2)`.
pub(crate) fn wait_for_signal(set: &SigSet) -> libc::siginfo_t {
    // SAFETY: a zeroed siginfo_t is a valid value of this plain C struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel reads the set and writes a siginfo_t to a pointer to one. Only an
    // interruption makes it fail.
    while unsafe { libc::sigwaitinfo(set.as_ref(), &raw mut info) } < 0 {}
    info
}

/// Sends `process` the signal that was taken as `info`, with its sender and its value,
/// `rt_sigqueueinfo(2)`.
///
/// # Errors
/// EAGAIN for a realtime signal when as many are queued as `RLIMIT_SIGPENDING` allows.
pub(crate) fn pass_on(process: Pid, info: &libc::siginfo_t) -> nix::Result<()> {
    let mut info = *info;
    if info.si_code != libc::SI_QUEUE {
        info.si_code = PASSED_ON;
    }
    // SAFETY: the kernel reads the siginfo_t, which it wrote itself but for the code.
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

/// A timer on the monotonic clock that sends a signal to this process, `timer_create(2)`. It is
/// never deleted: the process has one for its life.
#[derive(Debug)]
pub(crate) struct Timer(AtomicPtr<c_void>);

impl Timer {
    pub(crate) fn new(signal: c_int) -> nix::Result<Self> {
        // SAFETY: a zeroed sigevent is a valid value of this plain C struct.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        event.sigev_value = mark();
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: the kernel reads the event and writes the timer's id, both on this stack.
        let made =
            unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
        Errno::result(made)?;
        Ok(Self(AtomicPtr::new(timer)))
    }

    /// Lets it fire once, `time` from now; a time that was set before is forgotten. May be called
    /// in signal context, `signal-safety(7)`.
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
