//! The events that end a wait: a stop, a signal, a timer, the end of a child.
//!
//! They are kept in a thread-local of the loop's thread, so that [`crate::sleep`] needs no context.

use std::cell::Cell;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use crate::context::{children, first_run, life, work};
use crate::instance::state::Page;
use crate::instance::watch;
use crate::logger::Logger;
use crate::manager;
use crate::os::{own, wake};
use crate::pending;

/// A descriptor, and what [`Context::wait`](crate::Context::wait) waits for on it.
#[derive(Debug, Clone, Copy)]
pub struct Interest<'fd> {
    descriptor: BorrowedFd<'fd>,
    events: PollFlags,
}

impl<'fd> Interest<'fd> {
    /// Waits until there is something to read or to accept, or the other side has closed.
    pub fn readable(descriptor: &'fd impl AsFd) -> Self {
        Self {
            descriptor: descriptor.as_fd(),
            events: PollFlags::POLLIN,
        }
    }

    /// Waits until there is room to write, or no reader is left.
    pub fn writable(descriptor: &'fd impl AsFd) -> Self {
        Self {
            descriptor: descriptor.as_fd(),
            events: PollFlags::POLLOUT,
        }
    }
}

/// Why [`Context::wait`](crate::Context::wait) returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wake {
    /// The interest at this index is ready, or its descriptor is closed or in error.
    Ready(usize),
    /// Something waits for the loop: a signal, the end of a child, or a file to restore. Return
    /// from the hook to let it run.
    Dispatch,
    /// A timer is due: return from the hook to let it run.
    Timer,
    /// The daemon is to stop: return from the hook.
    Stop,
    /// The limit has passed.
    Timeout,
}

/// How hooks run on the loop's thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum HookKind {
    /// They are called.
    #[default]
    Called,
    /// They are futures. This thread runs other code of the program's, and nothing may wait on it.
    Future,
    /// They are futures, and one of them is being polled or dropped.
    Polled,
}

/// The state of the loop that decides when a wait ends.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and most combinations occur"
)]
pub(crate) struct LoopState {
    /// The process of the loop. A copy of the daemon replaces the state by one of its own.
    process: u32,
    /// The daemon is to stop.
    pub stopping: bool,
    /// Another program is to take over the process: a stop, as far as hooks can tell.
    pub upgrading: bool,
    /// `on_stop` runs: the stop has been taken, and no other event is dispatched any more.
    pub in_on_stop: bool,
    /// The loop waits for the work in flight. Only the end of that, or a stop, ends the wait.
    pub drains: bool,
    /// When the next timer is due.
    pub next_timer: Option<Instant>,
    /// The state page, which records that a hook waits and may hold the request for a level.
    pub page: Option<Page>,
    /// Whether the end of a child is to be dispatched.
    pub has_children: bool,
    pub hooks: HookKind,
}

thread_local! {
    static NOW: Cell<Option<LoopState>> = const { Cell::new(None) };
    static LAST_READY: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Returns the state; `None` on a thread that is not the loop's.
pub(crate) fn get() -> Option<LoopState> {
    NOW.get()
}

/// Changes the state, and makes this thread the loop's.
pub(crate) fn change(change: impl FnOnce(&mut LoopState)) {
    let mut now = now();
    if now.process == 0 {
        now.process = own::pid();
    }
    change(&mut now);
    NOW.set(Some(now));
}

/// A function of its own, so that the program has it once and not for each change.
#[inline(never)]
fn now() -> LoopState {
    NOW.get().unwrap_or_default()
}

impl LoopState {
    /// Returns the event that is already pending.
    fn due(self) -> Option<Wake> {
        if self.drains && work::in_flight() == 0 {
            return Some(Wake::Dispatch);
        }
        if self.in_on_stop {
            return pending::stop_signal_waits().then_some(Wake::Stop);
        }
        if self.stopping || self.upgrading || pending::stop_waits() {
            return Some(Wake::Stop);
        }
        if self.drains {
            return None;
        }
        if watch::has_changes()
            || self.page.is_some_and(Page::wants_upgrade)
            || pending::signal_waits()
            || ((self.has_children || children::has_new()) && pending::child_waits())
        {
            return Some(Wake::Dispatch);
        }
        self.next_timer
            .is_some_and(|due| due <= Instant::now())
            .then_some(Wake::Timer)
    }
}

/// Separates a copy of the daemon from its loop. In the copy only a stop ends a wait.
fn leave_loop(copy: LoopState) {
    manager::leave();
    let renewed = wake::renew();
    NOW.set(Some(LoopState {
        process: own::pid(),
        // Without its own eventfd it does not wait at all.
        stopping: copy.stopping || renewed.is_err(),
        in_on_stop: renewed.is_ok(),
        ..LoopState::default()
    }));
}

/// Waits for one of `interests` or for an event, on the loop's thread. `None` is no limit.
pub(crate) fn wait(interests: &[Interest<'_>], limit: Option<Duration>) -> Wake {
    if let Some(now) = get()
        && now.process != own::pid()
    {
        leave_loop(now);
    }
    first_run::end();
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    let Some(own) = wake::descriptor() else {
        return Wake::Timeout;
    };
    let page = get().and_then(|now| now.page);
    let own = PollFd::new(own, PollFlags::POLLIN);
    let theirs = interests
        .iter()
        .map(|i| PollFd::new(i.descriptor, i.events));
    let (mut alone, mut all) = ([own], Vec::new());
    // Fast path: usually there are no descriptors besides the wake-up.
    let wanted = if interests.is_empty() {
        alone.as_mut_slice()
    } else {
        all.extend(alone.into_iter().chain(theirs));
        all.as_mut_slice()
    };
    let note = |waits| {
        if let Some(page) = page {
            page.set_waiting(waits);
        }
    };
    note(true);
    let wake = wait_for(wanted, end);
    note(false);
    wake
}

/// The first of `wanted` is the runtime's own.
fn wait_for(wanted: &mut [PollFd<'_>], end: Option<Instant>) -> Wake {
    // A limit of zero looks at the descriptors once.
    let mut has_looked = false;
    loop {
        let now = get();
        // Pending events go first. The descriptor stays readable until they are dispatched.
        if let Some(due) = now.and_then(LoopState::due) {
            return due;
        }
        // Reset before the check, so that an event after the check wakes the next wait.
        wake::quieten();
        apply_requests(now.and_then(|now| now.page));
        manager::turn();
        if let Some(due) = now.and_then(LoopState::due) {
            return due;
        }
        if let Some(index) = next_ready(&wanted[1..]) {
            return Wake::Ready(index);
        }
        if has_looked && end.is_some_and(|end| end <= Instant::now()) {
            return Wake::Timeout;
        }
        let dispatching = now.filter(|now| !now.in_on_stop && !now.drains);
        if !has_looked && dispatching.is_some() && watch::has_lost_lock() {
            return Wake::Dispatch;
        }
        let timer = dispatching.and_then(|now| now.next_timer);
        let look = dispatching.and_then(|_| watch::next_check());
        let next = [end, timer, look, manager::next_turn()]
            .into_iter()
            .flatten()
            .min();
        let left = next.map(|next| next.saturating_duration_since(Instant::now()));
        match ppoll(wanted, left.map(TimeSpec::from), None) {
            Ok(_) | Err(Errno::EINTR) => {}
            // The caller passed more descriptors than the limit allows. The loop must not spin.
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
        has_looked = true;
        let own = wanted[0].revents().unwrap_or(PollFlags::empty());
        if own.contains(PollFlags::POLLIN) {
            wake::drain();
        }
        if own.contains(PollFlags::POLLNVAL) && !wake::restore() {
            // Another file has the number, so that only the next wait finds what has happened.
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Returns one of the descriptors that are ready: the first after the one found last, so that each
/// gets its turn.
fn next_ready(wanted: &[PollFd<'_>]) -> Option<usize> {
    let after = LAST_READY.get().map_or(0, |last| last + 1);
    let indices = (0..wanted.len()).map(|step| (after + step) % wanted.len());
    let mut ready = indices.filter(|&index| wanted[index].any().unwrap_or_default());
    let found = ready.next()?;
    LAST_READY.set(Some(found));
    Some(found)
}

/// Applies the level that the verb `log-level` requested, and the text for `status` of another
/// thread. The verb wakes the loop by a SIGCHLD, which has no other effect.
pub(crate) fn apply_requests(page: Option<Page>) {
    let Some(page) = page else {
        return;
    };
    if let Some(level) = page.take_wanted_level() {
        if let Some(logger) = Logger::installed() {
            logger.set_level(level);
        }
        page.set_level(level);
    }
    if let Some(text) = life::take_status() {
        page.set_status(&text);
        manager::status(&text);
    }
}

// Miri has no ppoll(2).
#[cfg(all(test, not(miri)))]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, ppoll};

    use super::next_ready;

    #[test]
    fn ready_descriptors_take_turns() -> std::io::Result<()> {
        // Null devices can always be read, this pipe never.
        let [first, second] = [File::open("/dev/null")?, File::open("/dev/null")?];
        let (never, _writer) = std::io::pipe()?;
        let descriptors = [first.as_fd(), never.as_fd(), second.as_fd()];
        let mut wanted = descriptors.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        ppoll(&mut wanted, None, None)?;
        let found = [(); 4].map(|()| next_ready(&wanted));
        assert_eq!(found, [Some(0), Some(2), Some(0), Some(2)]);
        Ok(())
    }
}
