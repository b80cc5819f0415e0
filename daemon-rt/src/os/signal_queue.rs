//! The queue of realtime signals. It keeps each delivered signal with its value, in order.
//!
//! Any thread writes in signal context, and the loop reads. A writer takes a number, fills the slot
//! of that number and marks it. The reader takes marked slots in order. A signal that finds no free
//! slot is counted, so that the loss is reported.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::os::sys;

/// More than `RLIMIT_SIGPENDING` usually lets a user queue. Pages cost nothing until used. Tests
/// have few slots, so that the queue wraps often.
const SLOTS: usize = if cfg!(test) { 8 } else { 1 << 17 };

/// Bit in the first word of a filled slot.
const FILLED: u64 = 1 << 63;

/// Bit in the first word of a signal with a value.
const VALUED: u64 = 1 << 62;

/// First word: marks, the signal's number and its value. Second word: the sender.
type Slot = [AtomicU64; 2];

/// Mapped, since a static array would spread the program's other variables over two more pages.
static QUEUE: OnceLock<&'static [Slot]> = OnceLock::new();
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static READ: AtomicU64 = AtomicU64::new(0);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Maps the slots, in the daemon before it handles the first realtime signal.
///
/// # Errors
/// `mmap(2)` fails.
pub(crate) fn prepare() -> Result<(), Error> {
    let slots =
        sys::map_zeros(SLOTS).map_err(|errno| Error::step("allocate the signal queue", errno))?;
    // Set once per process, since `pending::catch` runs once.
    let _ = QUEUE.set(slots);
    Ok(())
}

fn slot(number: u64) -> Option<&'static Slot> {
    QUEUE
        .get()?
        .get(usize::try_from(number % SLOTS as u64).ok()?)
}

/// Appends a realtime signal. May be called in signal context, on any thread.
pub(crate) fn push(number: i32, sender: u64, value: Option<i32>) {
    let place = WRITTEN.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |written| {
        (written.saturating_sub(READ.load(Ordering::Acquire)) < SLOTS as u64).then_some(written + 1)
    });
    let Some([head, from]) = place.ok().and_then(slot) else {
        LOST.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let valued = if value.is_some() { VALUED } else { 0 };
    let value = u64::from(value.unwrap_or_default().cast_unsigned());
    from.store(sender, Ordering::Relaxed);
    head.store(
        FILLED | valued | (u64::from(number.unsigned_abs()) << 32) | value,
        Ordering::Release,
    );
}

/// Removes the oldest signal and returns its number, packed sender and value. Only the loop of the
/// daemon calls it.
pub(crate) fn pop() -> Option<(i32, u64, Option<i32>)> {
    let place = READ.load(Ordering::Relaxed);
    let [head, from] = slot(place)?;
    // A load first, since the swap would allocate the page.
    if head.load(Ordering::Relaxed) & FILLED == 0 {
        return None;
    }
    let head = head.swap(0, Ordering::Acquire);
    let sender = from.load(Ordering::Relaxed);
    READ.store(place + 1, Ordering::Release);
    let (number, value) = unpack(head)?;
    Some((number, sender, value))
}

/// Calls `see` with each signal as [`pop`] returns it, and removes none. May be called in signal
/// context.
pub(crate) fn each(mut see: impl FnMut(i32, u64, Option<i32>)) {
    let read = READ.load(Ordering::Acquire);
    for [head, from] in (read..WRITTEN.load(Ordering::Acquire)).filter_map(slot) {
        // One that is not filled was taken meanwhile, or its writer crashed.
        if let Some((number, value)) = unpack(head.load(Ordering::Acquire)) {
            see(number, from.load(Ordering::Relaxed), value);
        }
    }
}

/// Returns the number and the value of a filled slot.
fn unpack(head: u64) -> Option<(i32, Option<i32>)> {
    let number = i32::try_from((head >> 32) & 0xff).ok()?;
    let value = u32::try_from(head & u64::from(u32::MAX)).ok()?;
    let value = (head & VALUED != 0).then_some(value.cast_signed());
    (head & FILLED != 0).then_some((number, value))
}

/// Returns the number of signals, with those whose write is in progress.
pub(crate) fn length() -> u64 {
    let read = READ.load(Ordering::Acquire);
    WRITTEN.load(Ordering::Acquire).saturating_sub(read)
}

/// Returns the number of signals that found no slot since the last call.
pub(crate) fn take_lost() -> u64 {
    if LOST.load(Ordering::Relaxed) == 0 {
        0
    } else {
        LOST.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use std::thread;

    use super::*;

    /// Fewer under Miri, which interprets each step.
    const EACH: i32 = if cfg!(miri) { 60 } else { 100_000 };

    /// Two writers and a reader go round many times. Each writer's signals arrive whole and in
    /// order, and each lost one is counted.
    #[test]
    fn queued_signals_arrive_whole_or_are_counted() {
        prepare().unwrap();
        let mut writers = Vec::from([40, 41].map(|number| {
            thread::spawn(move || {
                for value in 0..EACH {
                    push(number, sender(number, value), Some(value));
                    if value % 5 == 0 {
                        thread::yield_now();
                    }
                }
            })
        }));
        let (mut read, mut lost, mut last) = (0, 0, [-1; 2]);
        loop {
            let done = writers.iter().all(thread::JoinHandle::is_finished);
            if done {
                // Their last writes may be seen late, but not after the join.
                for writer in writers.drain(..) {
                    writer.join().unwrap();
                }
            }
            while let Some((number, from, value)) = pop() {
                let value = value.unwrap();
                assert_eq!(from, sender(number, value), "another signal's sender");
                let last = &mut last[usize::try_from(number - 40).unwrap()];
                assert!(value > *last, "{value} after {last}");
                *last = value;
                read += 1;
            }
            lost += take_lost();
            if done {
                break;
            }
            thread::yield_now();
        }
        assert_eq!(length(), 0);
        assert_eq!(read + lost, 2 * u64::from(EACH.unsigned_abs()));
    }

    fn sender(number: i32, value: i32) -> u64 {
        u64::from(number.unsigned_abs()) << 32 | u64::from(value.unsigned_abs())
    }
}
