//! The daemon's children: which ones the runtime reaps, and how it ends them.
//!
//! By default it reaps only those of [`Context::spawn`](crate::Context::spawn), each by its pid.
//! `waitpid(-1)` would steal the status of a `std::process::Child`.

mod handed;

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::life;
use crate::manager;
use crate::os::fork;
use crate::os::helper;
use crate::os::proc;
use crate::os::sys;
use crate::os::sys::arrivals;
use crate::spec;

/// How often the time limit is checked again while children end.
const LOOK: Duration = Duration::from_millis(100);

/// The children of other threads that the loop does not know yet.
static NEW: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// Whether there are any. It changes under the lock.
static HAS_NEW: AtomicBool = AtomicBool::new(false);

/// How a child of [`Context::spawn`](crate::Context::spawn) ended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChildExit {
    /// The child's process id; the kernel may give it to another process from now on.
    pub pid: u32,
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
}

/// A child that the runtime waits for.
#[derive(Debug, Clone, Copy)]
struct Child {
    pid: i32,
    /// The value that has spawned it, by the first span of that value.
    value: u32,
}

/// The children that the runtime waits for.
#[derive(Debug)]
pub(crate) struct Children {
    policy: spec::Children,
    /// Sorted by pid, for a quick search. A tree would add 5 kB to the program.
    own: Vec<Child>,
    /// Children of a program that was in this process before, which are reaped in silence.
    others: Vec<i32>,
}

impl Children {
    pub(crate) const fn new(policy: spec::Children) -> Self {
        Self {
            policy,
            own: Vec::new(),
            others: Vec::new(),
        }
    }

    /// Starts a child and records it. Only [`Children::reap`] reaps it, and until then no other
    /// process can get its pid.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<u32> {
        let pid = command.spawn()?.id();
        self.insert(Child::new(pid, life::value()));
        Ok(pid)
    }

    /// Records the children of other threads.
    fn adopt(&mut self) {
        if has_new() {
            let mut new = new_ones();
            for child in new.drain(..) {
                self.insert(child);
            }
            HAS_NEW.store(false, Ordering::Release);
        }
    }

    fn insert(&mut self, child: Child) {
        if let Err(place) = self.find(child.pid) {
            self.own.insert(place, child);
        }
    }

    /// Returns the place of a child in the list, or where it would be.
    fn find(&self, pid: i32) -> Result<usize, usize> {
        self.own.binary_search_by_key(&pid, |child| child.pid)
    }

    pub(crate) fn matter(&self) -> bool {
        self.policy == spec::Children::Reap || !self.own.is_empty() || !self.others.is_empty()
    }

    /// Reaps one child that has ended. One SIGCHLD may stand for thousands, so call it until
    /// `None`.
    pub(crate) fn reap(&mut self) -> Option<ChildExit> {
        self.adopt();
        if self.policy == spec::Children::Reap {
            let exit = wait_for_any()?;
            self.forget(i32::try_from(exit.pid).unwrap_or_default());
            return Some(exit);
        }
        self.reap_others();
        // Fast path: usually the child that ended is one of ours.
        let (ended, _) = sys::peek(None).ok().flatten()?;
        if self.find(ended).is_ok() {
            return self.take(ended);
        }
        // It is a `Child` of the program, and may hide ours until the program waits for it.
        let own = self.own.clone();
        own.into_iter().find_map(|child| self.take(child.pid))
    }

    fn take(&mut self, pid: i32) -> Option<ChildExit> {
        let ended = wait_for(pid);
        // After ECHILD a `waitpid(-1)` in the program has reaped it, and another process may get
        // its number.
        if matches!(ended, Ok(Some(_)) | Err(Errno::ECHILD)) {
            self.forget(pid);
        }
        ended.ok().flatten()
    }

    fn forget(&mut self, pid: i32) {
        if let Ok(place) = self.find(pid) {
            self.own.remove(place);
        }
    }

    /// Ends the children: SIGTERM to each, and SIGKILL to those that are left at `end`, which may
    /// change meanwhile. It feeds the watchdog, since the daemon may go on afterwards.
    pub(crate) fn end(&mut self, end: impl Fn() -> Instant) {
        self.end_those(|_| true, end);
    }

    /// Ends the children of one value, as [`Children::end`].
    pub(crate) fn end_of(&mut self, value: u32, end: impl Fn() -> Instant) {
        self.end_those(|child| child.value == value, end);
    }

    fn end_those(&mut self, is_one: impl Fn(&Child) -> bool, end: impl Fn() -> Instant) {
        self.adopt();
        self.signal_those(&is_one, Signal::SIGTERM);
        while let Some(Child { pid, .. }) = self.own.iter().copied().find(&is_one) {
            let left = end().saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            manager::turn();
            proc::wait_for_end(pid, left.min(LOOK));
            self.take(pid);
        }
        self.signal_those(&is_one, Signal::SIGKILL);
        for Child { pid, .. } in self.own.extract_if(.., |child| is_one(child)) {
            let _ = sys::waitpid(pid, 0);
        }
    }

    /// Signals the children that are not reaped, so that each number is still theirs.
    fn signal_those(&mut self, is_one: impl Fn(&Child) -> bool, signal: Signal) {
        for child in self.own.clone().iter().filter(|child| is_one(child)) {
            self.take(child.pid);
        }
        for child in self.own.iter().filter(|child| is_one(child)) {
            let _ = kill(Pid::from_raw(child.pid), signal);
        }
    }
}

impl Child {
    fn new(pid: u32, value: u32) -> Self {
        let pid = i32::try_from(pid).unwrap_or_default();
        Self { pid, value }
    }
}

/// Starts a child of the value on any thread, and passes it to the loop.
pub(super) fn spawn_beside(command: &mut Command, value: u32) -> io::Result<u32> {
    let pid = command.spawn()?.id();
    // A copy of the daemon reaps none, and another thread may have held the lock at the fork.
    if !fork::is_copy() {
        let mut new = new_ones();
        new.push(Child::new(pid, value));
        HAS_NEW.store(true, Ordering::Release);
        drop(new);
        // Its SIGCHLD may have come before the loop knew it.
        arrivals::suspect_child();
    }
    Ok(pid)
}

/// Returns whether another thread has passed a child.
pub(crate) fn has_new() -> bool {
    HAS_NEW.load(Ordering::Acquire)
}

fn new_ones() -> MutexGuard<'static, Vec<Child>> {
    NEW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reaps any child that has ended. A helper of the runtime is skipped, and its status is lost.
fn wait_for_any() -> Option<ChildExit> {
    loop {
        let mut helper = helper::running();
        let exit = wait_for(-1).ok().flatten()?;
        if !helper.take(exit.pid) {
            return Some(exit);
        }
    }
}

/// Reaps the child `pid`, or any with -1, if it has ended.
fn wait_for(pid: i32) -> nix::Result<Option<ChildExit>> {
    let ended = sys::waitpid(pid, libc::WNOHANG)?;
    Ok(ended.map(|(pid, status)| ChildExit {
        pid: pid.unsigned_abs(),
        status,
    }))
}
