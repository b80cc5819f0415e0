//! Reports a first `run` that neither returns nor waits, which is most often an endless loop.
//!
//! The loop's own thread is inside of that `run`, so another thread looks. It ends at the first wait
//! or return, so a daemon as it should be has it for a moment only.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::os::console::TARGET;

/// The thread that looks, while it does.
struct Watch {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
}

thread_local! {
    static WATCH: Cell<Option<Watch>> = const { Cell::new(None) };
}

/// Logs a warning if [`end`] is not called within `limit`; zero is no limit. On the loop's thread.
pub(crate) fn begin(limit: Duration) {
    let Some(due) = Instant::now()
        .checked_add(limit)
        .filter(|_| !limit.is_zero())
    else {
        return;
    };
    let is_over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_over);
    let watch = thread::Builder::new()
        .name("first run".to_owned())
        .stack_size(STACK);
    // Without the thread only the warning is missing.
    if let Ok(thread) = watch.spawn(move || look(&seen, due, limit)) {
        WATCH.set(Some(Watch { thread, is_over }));
    }
}

/// Enough for a record of the log.
const STACK: usize = 128 << 10;

/// Ends the watch and its thread: afterwards the daemon has the threads of its own code only. On the
/// loop's thread.
pub(crate) fn end() {
    if let Some(watch) = WATCH.take() {
        watch.is_over.store(true, Ordering::Release);
        watch.thread.thread().unpark();
        let _ = watch.thread.join();
    }
}

fn look(is_over: &AtomicBool, due: Instant, limit: Duration) {
    while !is_over.load(Ordering::Acquire) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            log::warn!(
                target: TARGET,
                "blocked by `run`, which has neither returned nor waited for {limit:?}: do one turn \
                 of the work in `run`, and wait by `Context::sleep`; until then no signal is handled"
            );
            return;
        }
        thread::park_timeout(left);
    }
}
