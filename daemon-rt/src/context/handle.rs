//! The runtime as tasks and threads see it.
//!
//! A handle knows only which value it was made for: a later one may take that value's place.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Command;
use std::task::{Context, Poll};

use super::bell::Place;
use super::{children, life, wait, work};
use crate::manager;
use crate::os::fork;
use crate::os::sys::arrivals;
use crate::pending;

/// The runtime, as a task or a thread sees it. It comes from [`Context::handle`], and async hooks
/// take it in place of the context.
///
/// ```
/// use daemon_rt::{Context, daemon};
/// # fn serve() {}
///
/// #[derive(Default)]
/// struct Server;
///
/// #[daemon(name = "server")]
/// impl Server {
///     fn on_start(&mut self, context: &mut Context) {
///         let handle = context.handle();
///         std::thread::spawn(move || {
///             serve();
///             handle.stop();
///         });
///     }
///
///     fn run(&mut self, context: &mut Context) {
///         context.sleep(std::time::Duration::MAX);
///     }
/// }
/// ```
///
/// [`Context::handle`]: crate::Context::handle
#[derive(Debug, Clone)]
pub struct Handle {
    /// The first span of the life of that value.
    value: u32,
}

impl Handle {
    /// Returns the handle of the value that lives or is being built.
    pub(crate) fn of_value() -> Self {
        Self {
            value: life::value(),
        }
    }

    /// Returns a future that is ready when the daemon is to stop. Any runtime may poll it.
    ///
    /// Where hooks are called and not futures, a thread of ours makes it ready while a hook runs.
    /// It begins when the first such future is polled.
    ///
    /// It is also ready before `on_stop` when a reload or a panic is followed by another
    /// `on_start`: work that began before must then end.
    pub fn stopping(&self) -> Stopping {
        Stopping {
            value: self.value,
            span: life::span(self.value),
            place: None,
        }
    }

    /// Returns a future that is ready after the next reload that succeeds. Any runtime may poll it.
    pub fn reloaded(&self) -> Reloaded {
        Reloaded {
            seen: life::reloads(),
            place: None,
        }
    }

    /// Returns whether the daemon is to stop, or the value that this handle was made for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        life::is_over(self.value) || pending::stop_waits()
    }

    /// Stops the daemon as SIGTERM does: when the hook of a loop returns, or by draining where
    /// hooks are async. It returns at once, and only the first call of a process has an effect.
    pub fn stop(&self) {
        arrivals::request_stop();
    }

    /// Stops the daemon, which exits with `code` unless it fails before.
    pub fn stop_with(&self, code: u8) {
        life::set_code(code);
        self.stop();
    }

    /// Sets the line that the verb `status` shows, as [`Context::status`] does. A thread that is
    /// not the loop's passes it to the loop, which may be in a hook.
    ///
    /// [`Context::status`]: crate::Context::status
    pub fn status(&self, text: &str) {
        if fork::is_copy() {
            return;
        }
        if let Some(page) = wait::get().and_then(|now| now.page) {
            page.set_status(text);
            manager::status(text);
            return;
        }
        life::pass_status(text);
    }

    /// Starts a child that the runtime reaps, and returns its process id, as [`Context::spawn`]
    /// does.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    ///
    /// [`Context::spawn`]: crate::Context::spawn
    pub fn spawn(&self, command: &mut Command) -> io::Result<u32> {
        children::spawn_beside(command, self.value)
    }

    /// Counts a piece of work as in flight until the guard is dropped. Before `on_stop` the daemon
    /// waits until there is none, for at most the time of the key `drain`. A second signal to stop
    /// ends that wait.
    ///
    /// `on_stop` comes before the end of the daemon. It also comes before another `on_start`, after a
    /// reload or a panic. The verb `status` shows how much work is in flight.
    #[must_use = "the work counts as long as the guard lives"]
    pub fn guard(&self) -> Guard {
        work::begin();
        Guard(())
    }
}

/// The future of [`Handle::stopping`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Stopping {
    value: u32,
    span: u32,
    place: Option<Place>,
}

impl Future for Stopping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (value, span) = (self.value, self.span);
        life::poll_end(value, span, &mut self.place, context)
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        life::leave_end(&mut self.place);
    }
}

impl fmt::Debug for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopping").finish_non_exhaustive()
    }
}

/// The future of [`Handle::reloaded`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Reloaded {
    seen: u32,
    place: Option<Place>,
}

impl Future for Reloaded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let seen = self.seen;
        life::poll_reload(seen, &mut self.place, context)
    }
}

impl Drop for Reloaded {
    fn drop(&mut self) {
        life::leave_reload(&mut self.place);
    }
}

impl fmt::Debug for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloaded").finish_non_exhaustive()
    }
}

/// Work in flight; from [`Handle::guard`].
#[derive(Debug)]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        work::end();
    }
}
