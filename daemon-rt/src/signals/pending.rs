//! Catches signals: what runs in signal context, and what the loop finds afterwards.
//!
//! In signal context nothing happens but counting: a bit for the signal, its sender, a place in
//! the queue for a realtime signal, and one wake of an eventfd. The user's methods run in the
//! loop. signal-hook calls us beside whoever else has registered, so the runtime lives with
//! `tokio::signal`, and no signal is blocked: every child would inherit that.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nix::libc;
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};

use super::{deadline, queue};
use crate::error::Error;
use crate::instance::watch;
use crate::os::clock;
use crate::os::sys;
use crate::signal::{Sender, Signal, SignalInfo};

/// A second SIGTERM or SIGINT counts as impatience only this long after the first: `timeout(1)`,
/// terminals and supervisors send two at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bit n - 1: the standard signal n has arrived and was not collected yet.
static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// Pid and uid of the latest sender of each signal, in one word; 0 for the kernel.
static SENDERS: [AtomicU64; 65] = [const { AtomicU64::new(0) }; 65];

/// Whether the eventfd was written since the loop last looked: one write wakes as well as many.
static WOKEN: AtomicBool = AtomicBool::new(false);

/// When the first SIGTERM or SIGINT came, on the monotonic clock; 0 for never. A stop of the
/// daemon's own is none: the signal of a supervisor that comes after it is the first.
static FIRST_STOP: AtomicU64 = AtomicU64::new(0);

static WAKE: OnceLock<EventFd> = OnceLock::new();

/// Signals that end the daemon.
const STOP: u64 = bit(libc::SIGTERM) | bit(libc::SIGINT);

const fn bit(number: i32) -> u64 {
    1 << (number - 1)
}

/// Catches the runtime's own signals and those of the declaration, then empties the mask: what
/// arrived since the fork is delivered now. In the daemon, before any thread of the user's.
pub(crate) fn catch(listed: &[Signal]) -> Result<(), Error> {
    let failed = |errno| Error::step("make the eventfd", errno);
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let wake = EventFd::from_value_and_flags(0, flags).map_err(failed)?;
    WAKE.set(wake)
        .map_err(|_| Error::Other("this process is a daemon already".to_owned()))?;
    let own = [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGCHLD,
    ];
    if listed
        .iter()
        .any(|signal| matches!(signal, Signal::Realtime(_)))
    {
        queue::prepare()?;
    }
    for signal in own.iter().chain(listed) {
        let number = signal.number();
        sys::on_signal(number, move |info| note(number, info))
            .map_err(|source| Error::step("catch the signals", source))?;
    }
    // A limit on the size of files (`setrlimit(2)`, RLIMIT_FSIZE) then fails a write with EFBIG and
    // kills nobody. Caught, not ignored: programs that the daemon runs would inherit that.
    sys::catch_idly(libc::SIGXFSZ).map_err(|source| Error::step("catch the signals", source))?;
    // Not by `pthread_sigmask`, which returns its error where nix does not look for it.
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
        .map_err(|errno| Error::step("unblock the signals", errno))
}

/// Runs in signal context, on any thread.
fn note(number: i32, info: &libc::siginfo_t) {
    if sys::is_timer(info) {
        if deadline::is_over() {
            signal_hook::low_level::exit(128 + number);
        }
        return;
    }
    if number == libc::SIGCHLD {
        // Of two that come at once only the first is delivered: each may be for the other, too.
        watch::hear();
    }
    if bit(number) & STOP != 0 {
        deadline::begin();
        end_if_impatient(number);
    }
    let sender = sys::sender(info).map_or(0, |(pid, uid)| pack(pid, uid));
    if number >= libc::SIGRTMIN() {
        queue::push(number, sender, sys::queued_value(info));
    } else if let Some(word) = usize::try_from(number)
        .ok()
        .and_then(|number| SENDERS.get(number))
    {
        word.store(sender, Ordering::Relaxed);
        ARRIVED.fetch_or(bit(number), Ordering::Release);
    }
    if !WOKEN.swap(true, Ordering::AcqRel)
        && let Some(wake) = WAKE.get()
    {
        // It cannot block, and a full counter wakes just the same.
        let _ = wake.write(1);
    }
}

/// Ends the process at once when it was asked to stop before: the loop may be stuck for ever.
fn end_if_impatient(number: i32) {
    let now = clock::monotonic();
    let nanos = clock::nanos(now);
    let first = FIRST_STOP.compare_exchange(0, nanos, Ordering::Relaxed, Ordering::Relaxed);
    if first.is_err_and(|first| now.saturating_sub(Duration::from_nanos(first)) >= PATIENCE) {
        signal_hook::low_level::exit(128 + number);
    }
}

/// The descriptor to wait on.
pub(crate) fn wake_descriptor() -> Option<BorrowedFd<'static>> {
    WAKE.get().map(AsFd::as_fd)
}

/// Makes the descriptor quiet again. Call it before looking what has arrived, never after.
pub(crate) fn quieten() {
    if WOKEN.load(Ordering::Acquire) {
        drain();
    }
}

/// The same for a descriptor that is known to be readable: a handler on another thread may write
/// to it after [`quieten`] has taken the note of that, and would keep every wait from waiting.
pub(crate) fn drain() {
    if let Some(wake) = WAKE.get() {
        let _ = wake.read();
        // A swap, not a store: the looks that follow must not be done before it, or a handler on
        // another thread could find the loop awake that has just looked past its signal.
        WOKEN.swap(false, Ordering::AcqRel);
    }
}

/// Whether a stop was asked for and not collected yet.
pub(crate) fn stop_waits() -> bool {
    ARRIVED.load(Ordering::Acquire) & STOP != 0
}

/// Whether a signal other than those that stop was not collected yet.
pub(crate) fn signal_waits() -> bool {
    ARRIVED.load(Ordering::Acquire) & !(STOP | bit(libc::SIGCHLD)) != 0 || queue::length() != 0
}

/// Whether SIGCHLD arrived and was not taken yet.
pub(crate) fn child_waits() -> bool {
    ARRIVED.load(Ordering::Acquire) & bit(libc::SIGCHLD) != 0
}

/// Whether SIGCHLD arrived since the last call.
pub(crate) fn take_child() -> bool {
    let child = bit(libc::SIGCHLD);
    // A load first: the read-modify-write at every turn would cost more than the rest of it.
    child_waits() && ARRIVED.fetch_and(!child, Ordering::AcqRel) & child != 0
}

/// Takes the signal that stops the daemon.
pub(crate) fn take_stop() -> Option<SignalInfo> {
    take(Signal::SIGTERM).or_else(|| take(Signal::SIGINT))
}

/// Takes the signal that reloads it.
pub(crate) fn take_reload() -> Option<SignalInfo> {
    take(Signal::SIGHUP)
}

/// The listed signals that had arrived when a turn began. What arrives while they are handled
/// waits for the next turn, so that a storm of signals does not keep `run` from its work.
#[derive(Debug)]
pub(crate) struct Batch {
    standard: u64,
    queued: u64,
}

impl Batch {
    pub(crate) fn begin() -> Self {
        Self {
            standard: ARRIVED.load(Ordering::Acquire),
            queued: queue::length(),
        }
    }

    /// Takes the next one: by number, standard ones once however often they came (POSIX lets them
    /// coalesce), realtime ones each as it was queued.
    pub(crate) fn next(&mut self, listed: &[Signal]) -> Option<SignalInfo> {
        let waiting = listed
            .iter()
            .filter(|signal| self.standard & bit(signal.number()) != 0);
        if self.standard != 0
            && let Some(signal) = waiting.min_by_key(|signal| signal.number())
        {
            self.standard &= !bit(signal.number());
            return take(*signal);
        }
        self.standard = 0;
        self.queued = self.queued.checked_sub(1)?;
        let (number, sender, value) = queue::pop()?;
        Some(SignalInfo {
            signal: Signal::from_number(number)?,
            sender: unpack(sender),
            value,
        })
    }
}

fn take(signal: Signal) -> Option<SignalInfo> {
    let number = signal.number();
    if ARRIVED.load(Ordering::Acquire) & bit(number) == 0 {
        return None;
    }
    ARRIVED.fetch_and(!bit(number), Ordering::AcqRel);
    let word = usize::try_from(number)
        .ok()
        .and_then(|number| SENDERS.get(number))?;
    Some(SignalInfo {
        signal,
        sender: unpack(word.load(Ordering::Relaxed)),
        value: None,
    })
}

fn pack(pid: i32, uid: u32) -> u64 {
    (u64::from(pid.unsigned_abs()) << 32) | u64::from(uid)
}

fn unpack(word: u64) -> Option<Sender> {
    let low = u32::try_from(word & u64::from(u32::MAX)).ok()?;
    let pid = u32::try_from(word >> 32).ok().filter(|pid| *pid != 0)?;
    Some(Sender { pid, uid: low })
}
