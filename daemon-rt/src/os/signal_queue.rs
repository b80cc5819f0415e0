//! The queue of realtime signals: each one that the kernel delivered, in order, with its value.
//!
//! Written in signal context by any thread, read by the loop. A writer takes a number, fills the
//! slot of that number and marks it; the reader takes marked slots in order. What finds no slot
//! free is counted, so that nothing is lost unsaid.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::os::sys;

/// More than `RLIMIT_SIGPENDING` usually lets a user queue. The pages cost nothing until used. Few
/// for the tests, which go round often.
const SLOTS: usize = if cfg!(test) { 8 } else { 1 << 17 };

/// Set in the first word of a slot that is filled.
const FILLED: u64 = 1 << 63;

/// Set in the first word when a value came with the signal.
const VALUED: u64 = 1 << 62;

/// Marks, the signal's number and the value; the sender.
type Slot = [AtomicU64; 2];

/// Apart from the program's other variables, which it would spread over two more pages.
static QUEUE: OnceLock<&'static [Slot]> = OnceLock::new();
static WRITTEN: AtomicU64 = AtomicU64::new(0);
static READ: AtomicU64 = AtomicU64::new(0);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Makes room for them. Before the first one is caught.
pub(crate) fn prepare() -> Result<(), Error> {
    let slots =
        sys::map_zeros(SLOTS).map_err(|errno| Error::step("allocate the signal queue", errno))?;
    // Once a process: its signals are caught once.
    let _ = QUEUE.set(slots);
    Ok(())
}

fn slot(number: u64) -> Option<&'static Slot> {
    QUEUE
        .get()?
        .get(usize::try_from(number % SLOTS as u64).ok()?)
}

/// Notes a realtime signal. In signal context.
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

/// Takes the oldest one: number, packed sender, value. Only the loop calls it.
pub(crate) fn pop() -> Option<(i32, u64, Option<i32>)> {
    let place = READ.load(Ordering::Relaxed);
    let [head, from] = slot(place)?;
    // A load first: the swap would make the page the process's own.
    if head.load(Ordering::Relaxed) & FILLED == 0 {
        return None;
    }
    let head = head.swap(0, Ordering::Acquire);
    let sender = from.load(Ordering::Relaxed);
    READ.store(place + 1, Ordering::Release);
    let number = i32::try_from((head >> 32) & 0xff).ok()?;
    let value = u32::try_from(head & u64::from(u32::MAX))
        .ok()?
        .cast_signed();
    Some((number, sender, (head & VALUED != 0).then_some(value)))
}

/// How many there are, counting those that are just being written.
pub(crate) fn length() -> u64 {
    let read = READ.load(Ordering::Acquire);
    WRITTEN.load(Ordering::Acquire).saturating_sub(read)
}

/// How many found no slot since the last call.
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

    /// Fewer where each step is interpreted.
    const EACH: i32 = if cfg!(miri) { 60 } else { 100_000 };

    /// Two writers and a reader, many times round: each writer's signals come in its order, whole,
    /// and what does not come was counted.
    #[test]
    fn what_is_not_read_was_counted_and_nothing_is_torn() {
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
                // What they wrote last may be seen late, but not after they have been joined.
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
