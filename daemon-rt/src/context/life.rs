//! The state of the daemon's life that its handles share with the loop.
//!
//! There is one daemon in a process, so all of it is in statics.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use super::bell::{Bell, Place};
use super::ringer;
use crate::os::wake::wake;
use crate::pending;

/// The number of the present span of life, from one `on_start` to its `on_stop`. It is odd from the
/// moment at which that ends.
static LIFE: AtomicU32 = AtomicU32::new(0);

/// The first span of the value that lives now.
static VALUE: AtomicU32 = AtomicU32::new(0);

/// The first span of a value that is built while another one lives; 0 for none.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// The number of the last value, also of one that was not built. A thread of that may still have its
/// handle, so no other value gets the number.
static LAST: AtomicU32 = AtomicU32::new(0);

/// Whether the value [`NEXT`] is being built, so that a new handle is its own.
static IS_PREPARING: AtomicBool = AtomicBool::new(false);

/// How many reloads have succeeded.
static RELOADS: AtomicU32 = AtomicU32::new(0);

/// The exit code passed to `stop_with`, plus 1; 0 for none.
static CODE: AtomicU16 = AtomicU16::new(0);

/// The last text for `status` that the loop has not seen.
static STATUS: Mutex<Option<String>> = Mutex::new(None);

/// Whether there is one. A load costs less than the lock at each turn.
static HAS_STATUS: AtomicBool = AtomicBool::new(false);

static STOPPING: Bell = Bell::new();
static RELOADED: Bell = Bell::new();

/// Returns the first span of the value that lives or is being built.
pub(crate) fn value() -> u32 {
    if IS_PREPARING.load(Ordering::Acquire) {
        return NEXT.load(Ordering::Acquire);
    }
    VALUE.load(Ordering::Acquire)
}

/// Returns the present span of a value. That of a value that has not begun is its first one.
pub(super) fn span(value: u32) -> u32 {
    if is_next(value) {
        return value;
    }
    LIFE.load(Ordering::Acquire)
}

/// Returns whether the value is to take the place of the one that lives.
fn is_next(value: u32) -> bool {
    value != 0 && value == NEXT.load(Ordering::Acquire)
}

/// Polls for the end of `span`, or of the value that began with the span `value`.
pub(super) fn poll_end(
    value: u32,
    span: u32,
    place: &mut Option<Place>,
    context: &Context<'_>,
) -> Poll<()> {
    let is_over = || is_over(value) || self::span(value) != span || pending::stop_waits();
    ringer::begin(ring);
    STOPPING.poll(place, is_over, context)
}

/// Gives the place of [`poll_end`] back.
pub(super) fn leave_end(place: &mut Option<Place>) {
    STOPPING.leave(place);
}

/// Returns the number of reloads that have succeeded.
pub(super) fn reloads() -> u32 {
    RELOADS.load(Ordering::Acquire)
}

/// Polls for a reload after the first `seen` ones.
pub(super) fn poll_reload(seen: u32, place: &mut Option<Place>, context: &Context<'_>) -> Poll<()> {
    RELOADED.poll(place, || reloads() != seen, context)
}

/// Gives the place of [`poll_reload`] back.
pub(super) fn leave_reload(place: &mut Option<Place>) {
    RELOADED.leave(place);
}

/// Passes a text for `status` to the loop.
pub(super) fn pass_status(text: &str) {
    *STATUS.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
    HAS_STATUS.store(true, Ordering::Release);
    wake();
}

/// Returns whether the value of a handle has ended, or its present span of life ends.
pub(super) fn is_over(value: u32) -> bool {
    // One that has not begun is not over while the one before it stops.
    if is_next(value) {
        return false;
    }
    LIFE.load(Ordering::Acquire) & 1 != 0 || value != VALUE.load(Ordering::Acquire)
}

/// Begins the life of a value, before it is built. The handles of an earlier one are over.
pub(crate) fn begin_value() {
    end_life();
    // First the value: an old handle must not take the new span for its own.
    let next = new_number();
    VALUE.store(next, Ordering::SeqCst);
    LIFE.store(next, Ordering::SeqCst);
}

/// Returns the number of another value, which is that of its first span.
fn new_number() -> u32 {
    let last = LAST
        .load(Ordering::Acquire)
        .max(LIFE.load(Ordering::Acquire));
    let next = (last | 1).wrapping_add(1);
    LAST.store(next, Ordering::Release);
    next
}

/// Begins to build a value while another one lives. Returns its number.
pub(crate) fn prepare_value() -> u32 {
    let next = new_number();
    NEXT.store(next, Ordering::Release);
    IS_PREPARING.store(true, Ordering::Release);
    next
}

/// Ends what [`prepare_value`] began. The handles of a value that was not built are over.
pub(crate) fn end_preparing(is_built: bool) {
    IS_PREPARING.store(false, Ordering::Release);
    if !is_built {
        NEXT.store(0, Ordering::Release);
        STOPPING.ring();
    }
}

/// Begins the life of the value that was prepared, after the end of the one before. Returns the
/// number of that one for [`give_back`].
pub(crate) fn take_over() -> u32 {
    let next = NEXT.load(Ordering::Acquire);
    // In this order the handles of neither value are over or alive for a moment.
    let old = VALUE.swap(next, Ordering::AcqRel);
    LIFE.store(next, Ordering::Release);
    NEXT.store(0, Ordering::Release);
    old
}

/// Ends the life of a value that did not start, and begins another span of the one before. Returns
/// the number of the value that did not start.
pub(crate) fn give_back(old: u32) -> u32 {
    end_life();
    let failed = VALUE.swap(old, Ordering::AcqRel);
    begin_life();
    failed
}

/// Begins another span of life of the same value, before its `on_start`.
pub(crate) fn begin_life() {
    if LIFE.load(Ordering::Acquire) & 1 != 0 {
        LIFE.fetch_add(1, Ordering::AcqRel);
    }
}

/// Wakes the tasks that await a stop.
fn ring() {
    STOPPING.ring();
}

/// Ends the span of life before `on_stop`: each future of [`Handle::stopping`] is ready.
pub(crate) fn end_life() {
    LIFE.fetch_or(1, Ordering::SeqCst);
    STOPPING.ring();
}

/// Returns whether the present span of life has ended.
pub(super) fn has_ended() -> bool {
    LIFE.load(Ordering::SeqCst) & 1 != 0
}

/// Makes each future of [`Handle::reloaded`] ready.
pub(crate) fn note_reload() {
    RELOADS.fetch_add(1, Ordering::AcqRel);
    RELOADED.ring();
}

/// Sets the exit code of a daemon that does not fail.
pub(crate) fn set_code(code: u8) {
    CODE.store(u16::from(code) + 1, Ordering::Release);
}

/// Returns the exit code that was set, or 0.
pub(crate) fn code() -> u8 {
    let code = CODE.load(Ordering::Acquire).saturating_sub(1);
    u8::try_from(code).unwrap_or(1)
}

/// Takes the text for `status` that a thread has passed, in the loop.
pub(crate) fn take_status() -> Option<String> {
    // A load first, since the swap would cost more than the rest of a turn.
    if !HAS_STATUS.load(Ordering::Acquire) || !HAS_STATUS.swap(false, Ordering::AcqRel) {
        return None;
    }
    STATUS.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// Lets one test at a time change the life, of which a process has one.
    pub(in crate::context) fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn handle_of_a_value_that_was_not_built_stays_over() {
        let _alone = alone();
        let failed = prepare_value();
        assert!(!is_over(failed));
        end_preparing(false);
        assert!(is_over(failed));
        let next = prepare_value();
        assert!(is_over(failed) && !is_over(next));
        end_preparing(false);
        begin_value();
        assert!(is_over(failed) && is_over(next));
    }
}
