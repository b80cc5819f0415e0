//! The queue of realtime signals: each one that the kernel delivered, in order, with its value.
//!
//! Written in signal context by any thread, read by the loop. A writer takes a number, fills the
//! slot of that number and marks it; the reader takes marked slots in order. What finds no slot
//! free is counted, so that nothing is lost unsaid.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::sys;

/// More than `RLIMIT_SIGPENDING` usually lets a user queue. The pages cost nothing until used.
const SLOTS: usize = 1 << 17;

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
pub(super) fn prepare() -> Result<(), Error> {
    let slots = sys::map_zeros(SLOTS).map_err(|errno| Error::step("queue the signals", errno))?;
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
pub(super) fn push(number: i32, sender: u64, value: Option<i32>) {
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
pub(super) fn pop() -> Option<(i32, u64, Option<i32>)> {
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
pub(super) fn length() -> u64 {
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
