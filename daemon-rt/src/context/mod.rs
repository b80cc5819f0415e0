//! The runtime as a hook sees it: waits, children, timers.

mod bell;
pub(crate) mod children;
pub(crate) mod first_run;
mod handle;
pub(crate) mod life;
mod ringer;
pub(crate) mod timers;
pub(crate) mod wait;
pub(crate) mod work;

use std::io;
use std::marker::PhantomData;
use std::process::Command;
use std::time::Duration;

use self::children::Children;
use self::wait::HookKind;

pub use self::children::ChildExit;
pub use self::handle::{Guard, Handle, Reloaded, Stopping};
pub use self::wait::{Interest, Wake};

use crate::instance::state::Page;
use crate::manager;
use crate::os::fork;

/// The runtime, as a hook sees it: every hook may take `&mut Context` as its last parameter.
///
/// All of it works in the daemon process, on the thread of the loop. A context cannot be moved to
/// another thread. Threads and tasks get what they may use from [`Context::handle`].
///
/// A hook may fork without `exec`, `fork(2)`. In that child the waits end only for SIGTERM, SIGINT
/// or a ready descriptor, and `status` does nothing. The child ends by `_exit` when its hook
/// returns, and its error or panic is logged.
#[derive(Debug)]
pub struct Context {
    pub(crate) page: Page,
    pub(crate) children: Children,
    /// Neither `Send` nor `Sync`, because the state of the loop is in a thread-local.
    only_on_the_loop: PhantomData<dyn UseContextHandleInThreads>,
}

/// A type that is not `Send`. The compiler's error shows its name.
trait UseContextHandleInThreads {}

impl Context {
    pub(crate) fn new(page: Page, children: Children) -> Self {
        Self {
            page,
            children,
            only_on_the_loop: PhantomData,
        }
    }

    /// Sleeps for `time`, but returns at once when a stop, a signal of the declaration, a reload,
    /// a timer or the end of a child waits. In `on_stop` only the time counts, and a second
    /// request to stop.
    pub fn sleep(&mut self, time: Duration) {
        sleep(time);
    }

    /// Waits until one of `interests` is ready, for at most `limit`.
    ///
    /// `None` waits until something happens. Every event that ends [`Context::sleep`] also ends the
    /// wait. One `ppoll(2)` waits for all of them.
    ///
    /// Pending events go before ready descriptors, so that busy descriptors delay no stop. The
    /// search for a ready descriptor begins after the last one found, so that a busy one delays no
    /// other.
    ///
    /// Each wait examines every interest. Put thousands of descriptors into an `epoll(7)`, whose
    /// own descriptor is readable when one of them is ready.
    pub fn wait(&mut self, interests: &[Interest<'_>], limit: Option<Duration>) -> Wake {
        wait::wait(interests, limit)
    }

    /// Whether the daemon is to go on. A loop within `run` checks it at each turn.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let stopping = wait::get().is_some_and(|now| now.stopping || now.upgrading);
        !stopping && !crate::pending::stop_waits()
    }

    /// Stops the daemon when this hook returns, as SIGTERM does.
    pub fn stop(&mut self) {
        wait::change(|now| now.stopping = true);
    }

    /// Stops the daemon when this hook returns; it exits with `code` unless it fails before.
    pub fn stop_with(&mut self, code: u8) {
        life::set_code(code);
        self.stop();
    }

    /// Returns the runtime as other threads and tasks may use it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::of_value()
    }

    /// Counts a piece of work as in flight until the guard is dropped, as [`Handle::guard`] does. The
    /// guard may move to the thread that does the work.
    ///
    /// A guard that the value itself holds is dropped after the wait, which then takes its whole
    /// time.
    #[must_use = "the work counts as long as the guard lives"]
    pub fn guard(&self) -> Guard {
        self.handle().guard()
    }

    /// Starts a child that the runtime reaps, and returns its process id. Its end is reported to
    /// `on_child`. At a stop it gets SIGTERM, then SIGKILL.
    ///
    /// For a child that the program itself waits for, call [`Command::spawn`]. The runtime does not
    /// touch it.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn spawn(&mut self, command: &mut Command) -> io::Result<u32> {
        let pid = self.children.spawn(command)?;
        wait::change(|now| now.has_children = true);
        Ok(pid)
    }

    /// Sets the line that the verb `status` shows, and `systemctl status`; at most 511 bytes are
    /// kept. During a start, a reload or a stop it also restarts systemd's time-out, so a long hook
    /// should report its progress.
    pub fn status(&mut self, text: &str) {
        if fork::is_copy() {
            return;
        }
        self.page.set_status(text);
        manager::status(text);
    }
}

/// [`Context::sleep`] for hooks that take no context. In async hooks, and on a thread that is not the
/// loop's, it is [`std::thread::sleep`].
pub fn sleep(time: Duration) {
    if wait::get().is_some_and(|now| now.hooks == HookKind::Called) {
        wait::wait(&[], Some(time));
    } else {
        std::thread::sleep(time);
    }
}
