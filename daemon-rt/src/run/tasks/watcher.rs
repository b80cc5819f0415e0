//! The thread that wakes the loop: for what arrives in signal context, and when a time has come.
//!
//! No runtime is known that could watch the loop's eventfd.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::waker::Loop;
use crate::os::clock;
use crate::os::{sleeper, threads, wake};

/// No time, as [`Watcher::next`] has it.
const NEVER: u64 = u64::MAX;

/// The stack of the thread. A handler of the program's own may run on it.
const STACK: usize = 128 * 1024;

/// The loop's side.
#[derive(Debug)]
pub(super) struct Watcher {
    shared: Arc<Shared>,
    begun: Instant,
}

#[derive(Debug)]
struct Shared {
    of: Arc<Loop>,
    /// When the loop is to be woken, in nanoseconds since the watcher began.
    next: AtomicU64,
    /// The time until which the thread sleeps.
    sleeps: AtomicU64,
}

impl Watcher {
    /// Starts the thread, in the daemon before the user's code.
    ///
    /// # Errors
    /// The limit on threads is reached.
    pub(super) fn begin() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            of: Arc::default(),
            next: AtomicU64::new(NEVER),
            sleeps: AtomicU64::new(NEVER),
        });
        let begun = Instant::now();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("wake".to_owned());
        thread
            .stack_size(STACK)
            .spawn(move || watch(&theirs, begun))?;
        wake::use_instead(sleeper::wake);
        Ok(Self { shared, begun })
    }

    /// Returns the loop, whatever runtime polls it.
    pub(super) fn of(&self) -> &Arc<Loop> {
        &self.shared.of
    }

    /// Wakes the loop at `next`, in place of an earlier call.
    pub(super) fn wake_at(&self, next: Option<Instant>) {
        let next = next.map_or(NEVER, |next| {
            clock::nanos(next.saturating_duration_since(self.begun))
        });
        self.shared.next.store(next, Ordering::SeqCst);
        // It reads the other one after it has written this one.
        if next < self.shared.sleeps.load(Ordering::SeqCst) {
            sleeper::nudge();
        }
    }
}

fn watch(shared: &Shared, begun: Instant) {
    // With one thread of the program, realtime signals then arrive in order: two handlers at once may
    // swap theirs.
    threads::block_signals();
    loop {
        let next = shared.next.load(Ordering::SeqCst);
        shared.sleeps.store(next, Ordering::SeqCst);
        if shared.next.load(Ordering::SeqCst) < next {
            continue;
        }
        let limit =
            (next != NEVER).then(|| Duration::from_nanos(next).saturating_sub(begun.elapsed()));
        let is_woken = sleeper::sleep(limit);
        let is_due = next != NEVER && Duration::from_nanos(next) <= begun.elapsed();
        if is_due {
            // Once: the loop sets the next time when it turns.
            let _ = shared
                .next
                .compare_exchange(next, NEVER, Ordering::SeqCst, Ordering::SeqCst);
        }
        if is_woken || is_due {
            // It calls the runtime's waker. The panic is in the log, and others must still wake the
            // loop.
            let _ = catch_unwind(AssertUnwindSafe(|| shared.of.wake()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::task::{Wake, Waker};
    use std::time::{Duration, Instant};

    use super::Watcher;
    use crate::os::wake::wake;

    const LONG: Duration = Duration::from_secs(60);

    /// Reports each wake-up of the loop.
    struct Report(Mutex<Sender<Instant>>);

    impl Wake for Report {
        fn wake(self: Arc<Self>) {
            let _ = self.0.lock().unwrap().send(Instant::now());
        }
    }

    fn next(woken: &Receiver<Instant>) -> Instant {
        woken.recv_timeout(LONG).unwrap()
    }

    /// One test, since the thread sleeps on a word of the process.
    #[test]
    fn loop_wakes_for_signals_and_at_the_earliest_time() {
        let watcher = Watcher::begin().unwrap();
        let (sender, woken) = channel();
        let waker = Waker::from(Arc::new(Report(Mutex::new(sender))));
        watcher.of().set(&waker);
        // An event before the thread may have been missed.
        next(&woken);
        wake();
        next(&woken);
        // Each earlier time shortens the sleep.
        for seconds in [3600, 60] {
            watcher.wake_at(Some(Instant::now() + Duration::from_secs(seconds)));
        }
        let due = Instant::now() + Duration::from_millis(3);
        watcher.wake_at(Some(due));
        assert!(next(&woken) >= due);
        // It sleeps without a time until the next signal.
        watcher.wake_at(None);
        assert!(woken.recv_timeout(Duration::from_millis(20)).is_err());
        for _ in 0..if cfg!(miri) { 5 } else { 500 } {
            wake();
            next(&woken);
        }
    }
}
