//! Signals that arrived and that the loop has not handled yet.
//!
//! The user's methods run in the loop, between two turns. [`arrivals`] counts in signal context.

use std::sync::atomic::{AtomicU64, Ordering};

use nix::libc;

use crate::error::Error;
use crate::os::counted::Counted;
use crate::os::deadline;
use crate::os::signal_queue;
use crate::os::sys;
use crate::os::sys::arrivals::{self, STOP, arrived, bit};
use crate::os::wake;
use crate::signal::{Sender, Signal, SignalInfo};

/// The signals of the runtime.
const OWN: [Signal; 4] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGCHLD,
];

/// Bits of the signals that only the program before caught, while it may run again.
static LEFT: AtomicU64 = AtomicU64::new(0);

/// Returns whether a program that lists these signals catches signal `number`.
pub(crate) fn catches(listed: &[Signal], number: i32) -> bool {
    let mut caught = OWN.iter().chain(listed);
    caught.any(|signal| signal.number() == number)
}

/// Catches the runtime's signals and those of the declaration, then unblocks all signals. Signals
/// since the fork are delivered now. Runs in the daemon, before any thread of the user's.
///
/// `before` is about the program before an upgrade. Signals that it did not handle precede those that
/// arrived since.
///
/// # Errors
/// The process is already a daemon; a system call fails.
pub(crate) fn catch(listed: &[Signal], before: Option<&Before>) -> Result<(), Error> {
    let failed = |source| Error::step("catch the signals", source);
    if !wake::prepare().map_err(|errno| Error::step("create the eventfd", errno))? {
        return Err(Error::other(
            "this process is already a daemon; call `daemon_rt::main` once",
        ));
    }
    if listed
        .iter()
        .any(|signal| matches!(signal, Signal::Realtime(_)))
    {
        signal_queue::prepare()?;
    }
    for signal in OWN.iter().chain(listed) {
        arrivals::count(signal.number()).map_err(failed)?;
    }
    // At a limit on the size of files (`setrlimit(2)`, RLIMIT_FSIZE) a write then fails with EFBIG
    // and the daemon lives. Caught, not ignored, since programs of the daemon would inherit that.
    sys::catch_idly(libc::SIGXFSZ).map_err(failed)?;
    let left = before.map_or(0, take_over);
    sys::block_only(left).map_err(|errno| Error::step("unblock the signals", errno))
}

/// The signals of the program before an upgrade.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Those that it caught, as [`arrivals::caught`].
    pub caught: u64,
    /// Those that it did not handle, in order.
    pub counted: Vec<Counted>,
}

/// Counts what the program before did not handle. Returns the bits of the signals that only that
/// program caught. They stay blocked while it may run again, since it would handle them.
fn take_over(before: &Before) -> u64 {
    let caught = arrivals::caught();
    for counted in before
        .counted
        .iter()
        .filter(|it| caught & bit(it.number) != 0)
    {
        counted.count();
    }
    if stop_signal_waits() {
        deadline::begin();
    }
    let left = before.caught & !caught;
    LEFT.store(left, Ordering::Relaxed);
    left
}

/// Unblocks the signals that only the program before caught, once it will not run again. Those that
/// arrived are discarded, since their default action could end this program.
pub(crate) fn forget_before() {
    let left = LEFT.swap(0, Ordering::Relaxed);
    if left == 0 {
        return;
    }
    for number in (1..=64).filter(|number| left & bit(*number) != 0) {
        sys::discard(number);
    }
    // The call cannot fail, since the mask is valid.
    let _ = sys::block_only(0);
}

/// Returns whether a signal to stop arrived and was not taken, or a thread asked for a stop.
pub(crate) fn stop_waits() -> bool {
    stop_signal_waits() || arrivals::is_stop_requested()
}

/// Returns whether a signal to stop arrived and was not taken.
pub(crate) fn stop_signal_waits() -> bool {
    arrived() & STOP != 0
}

/// Returns whether a signal arrived and was not taken, apart from SIGCHLD and signals to stop.
pub(crate) fn signal_waits() -> bool {
    arrived() & !(STOP | bit(libc::SIGCHLD)) != 0 || signal_queue::length() != 0
}

/// Returns whether SIGCHLD arrived and was not taken.
pub(crate) fn child_waits() -> bool {
    arrived() & bit(libc::SIGCHLD) != 0
}

/// Takes SIGCHLD and returns whether it arrived since the last call.
pub(crate) fn take_child() -> bool {
    arrivals::take(libc::SIGCHLD).is_some()
}

/// Takes the signal that stops the daemon.
pub(crate) fn take_stop() -> Option<SignalInfo> {
    take(Signal::SIGTERM).or_else(|| take(Signal::SIGINT))
}

/// Takes the signal that reloads the daemon.
pub(crate) fn take_reload() -> Option<SignalInfo> {
    take(Signal::SIGHUP)
}

/// Puts realtime signals back that were taken and not handled, before those that still wait.
pub(crate) fn put_back(taken: impl IntoIterator<Item = SignalInfo>) {
    let taken = taken.into_iter().map(|info| Counted {
        number: info.signal.number(),
        sender: info
            .sender
            .map_or((0, 0), |sender| (sender.pid, sender.uid)),
        value: info.value,
    });
    let waiting = std::iter::from_fn(signal_queue::pop).map(|(number, sender, value)| Counted {
        number,
        sender: arrivals::unpack(sender),
        value,
    });
    let all: Vec<_> = taken.chain(waiting).collect();
    all.into_iter().for_each(Counted::count);
}

/// The signals that had arrived when a turn began. Later ones wait for the next turn, so a storm of
/// signals does not keep `run` from its work.
#[derive(Debug)]
pub(crate) struct Batch {
    standard: u64,
    queued: u64,
}

impl Batch {
    /// Takes stock of the signals that have arrived, at the begin of a turn.
    pub(crate) fn begin() -> Self {
        Self {
            standard: arrived(),
            queued: signal_queue::length(),
        }
    }

    /// As [`Batch::begin`], with at most `limit` of the realtime ones.
    pub(crate) fn begin_within(limit: usize) -> Self {
        let mut batch = Self::begin();
        batch.queued = batch.queued.min(limit as u64);
        batch
    }

    /// Takes the next signal: first the standard ones in `listed` by number, then the realtime ones
    /// in order. Standard signals may coalesce, as POSIX permits.
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
        let (number, sender, value) = signal_queue::pop()?;
        Some(SignalInfo {
            signal: Signal::from_number(number)?,
            sender: known(arrivals::unpack(sender)),
            value,
        })
    }
}

fn take(signal: Signal) -> Option<SignalInfo> {
    let sender = arrivals::take(signal.number())?;
    Some(SignalInfo {
        signal,
        sender: known(sender),
        value: None,
    })
}

/// Returns the sender, unless it is the kernel.
fn known((pid, uid): (u32, u32)) -> Option<Sender> {
    (pid != 0).then_some(Sender { pid, uid })
}
