//! Declarative daemons for Linux: one attribute on an impl block turns a struct into a real daemon.
//!
//! ```no_run
//! mod server {
//!     use std::time::Duration;
//!
//!     use daemon_rt::{Context, daemon};
//!
//!     #[derive(Default)]
//!     pub struct Server;
//!
//!     /// Logs one line every five seconds.
//!     #[daemon(name = "server")]
//!     impl Server {
//!         fn run(&mut self, context: &mut Context) {
//!             log::info!("one turn");
//!             context.sleep(Duration::from_secs(5));
//!         }
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     daemon_rt::main::<server::Server>()
//! }
//! ```
//!
//! `./server start` detaches the daemon. It returns when the daemon is ready, or prints why the
//! start failed. `./server run` stays in the foreground, and `./server --help` lists the other
//! verbs.
//!
//! [`macro@daemon`] documents every key and every method, [`Context`] what a method can ask of the
//! runtime, and [`Step`] the steps of a start.
//!
//! # Processes
//!
//! | process | runs |
//! |---|---|
//! | the caller | `main` up to [`main`], the verb, and of a start [`Step::Check`] and [`Step::Fork`] |
//! | the first child | [`Step::Setsid`] and [`Step::ForkAgain`] |
//! | the daemon | the remaining steps, then `new`, `on_start`, `run` and all other methods |
//!
//! The verb `run` does all of this in one process.
//!
//! The verb `upgrade` makes the daemon execute the program at its path again. That program begins as the
//! daemon: [`main`] does not return, and no step before [`Step::OpenLog`] but the mask and the directory is
//! repeated. A program that nests the verbs begins the same way in `cli::dispatch`. `main` must start no
//! process before, which would inherit the descriptors of the daemon.
//!
//! ## PID 1
//!
//! As PID 1 of a PID namespace, such as a container, `run` uses two processes. It forks before it
//! does anything else, and therefore refuses other threads. The child becomes the daemon. PID 1
//! stays as an init:
//!
//! * It reaps orphans, and passes signals on with their sender and value.
//! * It exits when the daemon has ended. Its exit code is the daemon's, or 128 + the number of the
//!   signal that ended the daemon.
//!
//! `WATCHDOG_PID=1` and `LISTEN_PID=1` refer to the daemon. Its log goes to stdout. It writes a pid
//! file only if one is named.
//!
//! If the lock file cannot be written and no pid file is named, the daemon runs without a lock. No
//! verb can then reach it, and `status` exits with 4.
//!
//! # Files
//!
//! These are the defaults of `pid_file` and `log_file`:
//!
//! | started by | pid file | log |
//! |---|---|---|
//! | root | `/run/NAME.pid` | `/var/log/NAME.log` |
//! | root, with `user` or `group` | `/run/NAME/NAME.pid` | `/var/log/NAME/NAME.log` |
//! | another user | `~/.local/state/NAME/NAME.pid` (`$XDG_STATE_HOME`) | `NAME.log` beside it |
//!
//! With `chroot` the log is below that directory: `CHROOT/var/log/…`.
//!
//! The lock file is the path of the pid file with `.lock` appended. It is never removed.
//!
//! A daemon with [`Spec::config`] reads its settings from `/etc/NAME.toml` if root starts it or if
//! it has a `user` or a `group`. For another user that is `~/.config/NAME.toml`
//! (`$XDG_CONFIG_HOME`). With `chroot` the file is below that directory. The daemon opens it as its
//! final user, reads it and closes it. It publishes the settings in force in the lock file, with
//! secrets hidden.
//!
//! # Descriptors
//!
//! A daemon holds these descriptors besides stdin, stdout and stderr. Each is close-on-exec:
//!
//! * the lock file, the pid file and their directory
//! * the log, and its directory if that is a different one
//! * the eventfd that wakes the loop after a signal
//! * the socket of each listener of [`Spec::listen`]
//! * the directory of the lock once more, to notice that one of these files was removed
//! * with `log_buffer` the staging file of the log, `LOG.stage.PID`
//! * with `--ready-fd N` the descriptor N, which belongs to the supervisor
//!
//! A daemon of [`AsyncHooks`] holds no more than these. Its async runtime has descriptors of its own, and
//! tokio aborts the process if other code closes them.
//!
//! A daemon with a `chroot` holds no directory from outside. It holds `/dev/null` from outside, and
//! the terminal in which it was started in the foreground.
//!
//! # Threads
//!
//! A daemon of [`Hooks`] has one thread, and hooks run on it. Once something awaits [`Handle::stopping`]
//! there is one more of ours, called `stop`. A daemon of [`AsyncHooks`] has one more of
//! ours, called `wake`. It sleeps until a signal arrives or a time has come, and runs no code of the
//! program. The hooks are polled on the main thread. The threads of the async runtime are the program's.
//!
//! # Exit codes
//!
//! Verbs exit with the codes of LSB 20.2, see [`Error::exit_code`]:
//!
//! | code | meaning |
//! |--:|---|
//! | 0 | done |
//! | 1 | failed |
//! | 2 | usage |
//! | 4 | not allowed or not trusted |
//! | 6 | not configured, or wrong settings |
//! | 7 | not running |
//!
//! The exit code of `status` is the daemon's state: 0 running, 1 dead with a pid file, 3 stopped, 4
//! unknown.
//!
//! The daemon process exits with one of these codes:
//!
//! | code | cause |
//! |--:|---|
//! | 0 | a stop |
//! | 1 | an error |
//! | 4, 6 | settings that cannot be read or are wrong, at a start |
//! | 101 | a panic |
//! | 128 + n | a second SIGTERM or SIGINT, at least a second after the first; while a stop waits for the work in flight, a third one |
//! | 143 | a stop by signal that takes a second longer than `stop_timeout` |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `cli` | yes | the verbs as a clap command, [`cli`]: help, options, `logs`, `log-level`, `signal` |
//! | `units` | yes | `unit`, `install`, `uninstall`; enables `cli` |
//! | `log-extras` | yes | key-values in records, the formats `full` and `json`, `log_buffer`, `log_rotate`, `log_keep`, `log_limit`, `log_repeats`, `syslog:` |
//! | `config` | no | settings from a file, the environment and the command line: [`Spec::config`], `--config`, `--set`, the verb `config` |
//! | `completions` | no | shell completions and a manual page for `unit`; enables `units` |
//!
//! Without `cli` the program takes one verb, and its settings come from the environment.
//!
//! A program that uses a missing feature fails with a message that names it. Key-values are the
//! exception. Without `log-extras` they do not compile, unless the program itself enables the
//! feature `kv` of `log`; they are then not written.
#![warn(unreachable_pub)]

#[cfg(not(target_os = "linux"))]
compile_error!("daemon-rt supports Linux 5.10 and newer only");

// On another system that is the one error: everything else is left out.

#[cfg(all(target_os = "linux", not(feature = "cli")))]
mod cli;
#[cfg(all(target_os = "linux", feature = "cli"))]
pub mod cli;
#[cfg(all(target_os = "linux", feature = "config"))]
mod config;
#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod context;
#[cfg(target_os = "linux")]
mod daemon;
#[cfg(target_os = "linux")]
mod detach;
#[cfg(target_os = "linux")]
mod error;
#[cfg(target_os = "linux")]
mod instance;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod listen;
#[cfg(target_os = "linux")]
pub mod logger;
#[cfg(target_os = "linux")]
mod manager;
#[cfg(target_os = "linux")]
mod notify;
#[cfg(target_os = "linux")]
mod os;
#[cfg(target_os = "linux")]
mod outcome;
#[cfg(target_os = "linux")]
mod pending;
#[cfg(target_os = "linux")]
mod resources;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod settings;
#[cfg(target_os = "linux")]
mod signal;
#[cfg(target_os = "linux")]
pub mod spec;
#[cfg(target_os = "linux")]
mod trust;
#[cfg(all(target_os = "linux", feature = "units"))]
mod unit;
#[cfg(target_os = "linux")]
mod upgrade;
#[cfg(target_os = "linux")]
mod verbs;

#[cfg(target_os = "linux")]
pub use crate::context::{ChildExit, Context, Interest, Wake, sleep};
#[cfg(target_os = "linux")]
pub use crate::context::{Guard, Handle, Reloaded, Stopping};
#[cfg(target_os = "linux")]
pub use crate::daemon::{AsyncHooks, Daemon, Event, Hooks, Life, Tasks, Turns};
#[cfg(target_os = "linux")]
pub use crate::detach::Step;
#[cfg(target_os = "linux")]
pub use crate::error::{Error, ErrorKind};
#[cfg(target_os = "linux")]
pub use crate::launch::main;
#[cfg(target_os = "linux")]
pub use crate::listen::types::Socket;
#[cfg(target_os = "linux")]
pub use crate::outcome::{Failure, Outcome};
#[cfg(target_os = "linux")]
pub use crate::resources::Resources;
#[cfg(target_os = "linux")]
pub use crate::signal::{Sender, Signal, SignalInfo};
#[cfg(target_os = "linux")]
pub use crate::spec::declaration::Spec;
#[cfg(target_os = "linux")]
pub use daemon_macros::{daemon, every, signal};

/// Items that the generated code calls. They are not for users, and change without notice.
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod __private {
    pub use crate::daemon::outside;
    pub use crate::logger::fatal::Fatal;
    pub use crate::outcome::{
        ByDefault, Created, FromInfo, Returned, by_default, checked, created,
    };
    pub use crate::resources::{Configured, tcp, udp, unix, unixgram};
    pub use log;
}

/// The examples of the attributes' pages. Where the pages belong they could not run without a
/// circle of dependencies.
#[cfg(doctest)]
mod attributes {
    #[doc = include_str!("../../daemon-macros/docs/daemon.md")]
    mod daemon {}
    #[doc = include_str!("../../daemon-macros/docs/every.md")]
    mod every {}
    #[doc = include_str!("../../daemon-macros/docs/signal.md")]
    mod signal {}
}
