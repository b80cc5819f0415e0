//! The signal handler, which may run on any thread.
//!
//! It only counts: a bit for the signal, its sender, a place in the queue for a realtime signal,
//! and one write to an eventfd. A second request to stop ends the process, and so does a stop that
//! takes too long. signal-hook calls it beside other registered handlers. No signal is blocked,
//! since every child would inherit that.

use std::ffi::c_int;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nix::libc;
use nix::unistd::Pid;

use super::signal::{is_timer, pass_on, queued_value, sender};
use crate::os::alarm;
use crate::os::clock;
use crate::os::deadline;
use crate::os::signal_queue;
use crate::os::wake::wake;

/// A second SIGTERM or SIGINT counts as impatience only this long after the first: `timeout(1)`,
/// terminals and supervisors send two at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bit n - 1 is set while standard signal n has arrived and was not taken.
static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// Pid and uid of the last sender of each signal, in one word; 0 for the kernel.
static SENDERS: [AtomicU64; 65] = [const { AtomicU64::new(0) }; 65];

/// Whether a thread asked for a stop.
static STOP_REQUESTED: AtomicBool = AtomicBool::new(false);

/// Whether SIGCHLD arrived since the last check. It may report a change that
/// [`watch_directory`](super::watch_directory) watches for.
static CHILD_SIGNAL: AtomicBool = AtomicBool::new(false);

/// Time of the first SIGTERM or SIGINT, on the monotonic clock; 0 before it. A stop by the daemon
/// itself does not count, so a supervisor's signal after it is the first.
static FIRST_STOP: AtomicU64 = AtomicU64::new(0);

/// Whether the loop waits for the work in flight. A second request to stop then only ends that wait.
static DRAINING: AtomicBool = AtomicBool::new(false);

/// Bits of the signals that are counted.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// Whether the process is about to execute another program. A signal that is counted from then on is lost.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// The number of threads that count a signal just now.
static COUNTING: AtomicU32 = AtomicU32::new(0);

/// How often [`stop_counting`] looks for such threads, and how long it sleeps in between.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(1);

/// Bits of the signals that stop the daemon.
pub(crate) const STOP: u64 = bit(libc::SIGTERM) | bit(libc::SIGINT);

/// Returns the bit of a signal.
pub(crate) const fn bit(number: c_int) -> u64 {
    1 << (number - 1)
}

/// Counts signal `number` from now on, in the daemon.
///
/// # Errors
/// `sigaction(2)` fails.
pub(crate) fn count(number: c_int) -> io::Result<()> {
    let action = move |info: &libc::siginfo_t| handle(number, info);
    // SAFETY: `handle` keeps to atomics, the mapped state page among them, `write(2)` on an eventfd,
    // `clock_gettime(2)`, `clock_nanosleep(2)`, `timer_settime(2)`, `rt_sigqueueinfo(2)` and
    // `_exit(2)`.
    unsafe { signal_hook_registry::register_sigaction(number, action) }?;
    CAUGHT.fetch_or(bit(number), Ordering::Relaxed);
    Ok(())
}

/// Returns the bits of the signals that are counted.
pub(crate) fn caught() -> u64 {
    CAUGHT.load(Ordering::Relaxed)
}

/// Handles a signal in signal context, on any thread.
///
/// Once the process is about to execute another program, the signal goes back to the kernel, which
/// keeps it for that program. This thread sleeps, since it would take the signal again.
fn handle(number: c_int, info: &libc::siginfo_t) {
    COUNTING.fetch_add(1, Ordering::SeqCst);
    let leaves = LEAVING.load(Ordering::SeqCst);
    if !leaves {
        note(number, info);
    }
    COUNTING.fetch_sub(1, Ordering::SeqCst);
    // A timer ends with the program that set it.
    if leaves && !is_timer(info) {
        let _ = pass_on(Pid::this(), info);
        while LEAVING.load(Ordering::SeqCst) {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Leaves signals to the kernel from now on, in a thread that has blocked them. May be called in
/// signal context, and the thread of a crash may itself be counting.
pub(crate) fn stop_counting() {
    LEAVING.store(true, Ordering::SeqCst);
    for _ in 0..LOOKS {
        if COUNTING.load(Ordering::SeqCst) == 0 {
            break;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Counts signals again, after another program could not be executed.
pub(crate) fn count_again() {
    LEAVING.store(false, Ordering::SeqCst);
}

/// Calls `see` with the number and the sender of each standard signal that arrived and was not
/// taken, and takes none. May be called in signal context.
pub(crate) fn each_arrived(mut see: impl FnMut(c_int, u64)) {
    let arrived = arrived();
    for number in (1..64).filter(|number| arrived & bit(*number) != 0) {
        let from = sender_word(number).map_or(0, |word| word.load(Ordering::Relaxed));
        see(number, from);
    }
}

fn note(number: c_int, info: &libc::siginfo_t) {
    // A child's SIGCHLD may have been merged into that of the timer, so it counts as well.
    if is_timer(info) && number == libc::SIGCHLD {
        alarm::ring();
    } else if is_timer(info) {
        if deadline::is_over() {
            signal_hook::low_level::exit(128 + number);
        }
        return;
    }
    if number == libc::SIGCHLD {
        // Of two at once only the first is delivered, so each may stand for the other.
        suspect_directory();
    }
    if bit(number) & STOP != 0 {
        deadline::begin();
        end_if_impatient(number);
    }
    let from = sender(info).map_or(0, |(pid, uid)| pack(pid.unsigned_abs(), uid));
    record(number, from, queued_value(info));
    wake();
}

/// Records that signal `number` arrived, from the packed sender `from`.
pub(crate) fn record(number: c_int, from: u64, value: Option<i32>) {
    if number >= libc::SIGRTMIN() {
        signal_queue::push(number, from, value);
    } else if let Some(word) = sender_word(number) {
        word.store(from, Ordering::Relaxed);
        ARRIVED.fetch_or(bit(number), Ordering::Release);
    }
}

/// Records that a thread asks for a stop, and wakes the loop.
pub(crate) fn request_stop() {
    STOP_REQUESTED.store(true, Ordering::Release);
    wake();
}

/// Makes the loop look at its children, from any thread.
pub(crate) fn suspect_child() {
    ARRIVED.fetch_or(bit(libc::SIGCHLD), Ordering::Release);
    wake();
}

/// Returns whether a thread asked for a stop.
#[inline]
pub(crate) fn is_stop_requested() -> bool {
    STOP_REQUESTED.load(Ordering::Acquire)
}

/// Records that the loop begins to wait for the work in flight, or no longer does.
pub(crate) fn set_draining(draining: bool) {
    DRAINING.store(draining, Ordering::Release);
}

/// Returns false once a second request to stop has ended the wait for the work in flight.
pub(crate) fn is_draining() -> bool {
    DRAINING.load(Ordering::Acquire)
}

/// Ends the process at the second request to stop, since the loop may be stuck. While the loop waits
/// for the work in flight, the second request ends that wait, and the third one the process.
fn end_if_impatient(number: c_int) {
    let now = clock::monotonic();
    let nanos = clock::nanos(now);
    let first = FIRST_STOP.compare_exchange(0, nanos, Ordering::Relaxed, Ordering::Relaxed);
    if first.is_err_and(|first| now.saturating_sub(Duration::from_nanos(first)) >= PATIENCE) {
        if !DRAINING.swap(false, Ordering::AcqRel) {
            signal_hook::low_level::exit(128 + number);
        }
        FIRST_STOP.store(nanos, Ordering::Relaxed);
    }
}

/// Returns the bits of the standard signals that arrived and were not taken.
#[inline]
pub(crate) fn arrived() -> u64 {
    ARRIVED.load(Ordering::Acquire)
}

/// Takes standard signal `number` and returns its sender's pid and uid, or zeros for the kernel.
pub(crate) fn take(number: c_int) -> Option<(u32, u32)> {
    // A load first, since a read-modify-write at every turn would cost more than the rest of it.
    if arrived() & bit(number) == 0 {
        return None;
    }
    ARRIVED.fetch_and(!bit(number), Ordering::AcqRel);
    sender_word(number).map(|word| unpack(word.load(Ordering::Relaxed)))
}

/// Unpacks pid and uid from a word that [`signal_queue::pop`] returned.
pub(crate) fn unpack(word: u64) -> (u32, u32) {
    let low = u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default();
    (u32::try_from(word >> 32).unwrap_or_default(), low)
}

/// Packs pid and uid as [`unpack`] reads them.
pub(crate) fn pack(pid: u32, uid: u32) -> u64 {
    (u64::from(pid) << 32) | u64::from(uid)
}

fn sender_word(number: c_int) -> Option<&'static AtomicU64> {
    SENDERS.get(usize::try_from(number).ok()?)
}

/// Records that the watched directory may have changed.
pub(crate) fn suspect_directory() {
    CHILD_SIGNAL.store(true, Ordering::Relaxed);
}

/// Returns whether the watched directory may have changed since [`take_suspicion`].
#[inline]
pub(crate) fn is_directory_suspect() -> bool {
    CHILD_SIGNAL.load(Ordering::Relaxed)
}

/// Clears the record of a change. Later changes are recorded again.
pub(crate) fn take_suspicion() {
    CHILD_SIGNAL.swap(false, Ordering::Acquire);
}
