//! Declarative daemons for Linux: one attribute on an impl block makes a struct a real daemon.
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
//! `./server start` detaches it and returns when it is ready, or says why it is not; `./server run`
//! keeps it in the foreground; `./server --help` lists the other verbs. [`macro@daemon`] has every
//! key and every method, [`Context`] what a method may ask for, [`Step`] the steps of a start.
//!
//! # Which process runs what
//!
//! | process | runs |
//! |---|---|
//! | the caller | `main` up to [`main`], the verb, and of a start [`Step::Check`] and [`Step::Fork`] |
//! | the first child | [`Step::Setsid`] and [`Step::ForkAgain`] |
//! | the daemon | the steps that follow, then `new`, `on_start`, `run` and all other methods |
//!
//! The verb `run` is all of them in one process; as PID 1 of a PID namespace, of a container, it is two.
//! The process forks before it does anything else, and so refuses threads; its child becomes the daemon,
//! and PID 1 stays as an init, which reaps orphans, passes signals on with their sender and value, and
//! exits when the daemon has ended, with its exit code or 128 + the number of the signal that ended it.
//! Variables that say `WATCHDOG_PID=1` or `LISTEN_PID=1` then mean the daemon. Its log goes to stdout,
//! and it writes a pid file only where one is named. Where its lock cannot be written, and no pid file
//! is named, it goes without: then no verb reaches it, and `status` says 4.
//!
//! # Files
//!
//! Unless `pid_file` and `log_file` say otherwise:
//!
//! | who starts it | pid file and lock | log |
//! |---|---|---|
//! | root | `/run/NAME.pid` | `/var/log/NAME.log` |
//! | root, with `user` or `group` | `/run/NAME/NAME.pid` | `/var/log/NAME/NAME.log` |
//! | anybody else | `~/.local/state/NAME/NAME.pid` (`$XDG_STATE_HOME`) | `NAME.log` beside it |
//!
//! With `chroot` the log is below that folder, `CHROOT/var/log/…`.
//!
//! The lock has the name of the pid file with `.lock` behind it, and is never removed.
//!
//! # Descriptors
//!
//! Besides stdin, stdout and stderr a daemon has open, each of them close-on-exec: its lock file, its
//! pid file and the folder of that, its log and the folder of that if it is another, the eventfd that a
//! signal writes to, and the folder of its lock once more, by which it hears that one of its files was
//! removed. With `log_buffer` it has the staging file of its log, `LOG.stage.PID`. One with a `chroot` has no folder from outside, but `/dev/null`, and the terminal in which
//! it was started in the foreground.
//!
//! # Exit codes
//!
//! Those of the LSB, 20.2: 0 done, 1 failed, 2 usage, 4 not allowed or not trusted, 6 not configured,
//! 7 not running; [`Error::exit_code`] has them. `status`: 0 runs, 1 dead with a pid file, 3 stopped,
//! 4 unknown. The daemon's own: 0 after a stop, 1 after an error, 101 after a panic, 128 + n after a
//! second SIGTERM or SIGINT at least a second after the first, 143 when a stop that no verb waits for
//! takes a second longer than `stop_timeout`.
//!
//! # Features
//!
//! | feature | default | brings |
//! |---|---|---|
//! | `cli` | yes | the verbs as a clap command, [`cli`]: help, options, `logs`, `log-level`, `signal` |
//! | `units` | yes | `unit`, `install`, `uninstall`; brings `cli` |
//! | `log-extras` | yes | key-values in records, the formats `full` and `json`, `log_buffer`, `log_rotate`, `log_keep`, `log_limit`, `log_repeats`, `syslog:` |
//! | `completions` | no | `unit` prints shell completions and a manual page, too; brings `units` |
//!
//! Without `cli` the program takes one verb, and its settings from the environment. What asks for a
//! feature that is not there fails and names it. Only key-values cannot: without `log-extras` they
//! do not compile, unless the program itself asks for `log`'s feature `kv`, and then they are not
//! written.
#![warn(unreachable_pub)]
#![cfg_attr(
    not(all(feature = "log-extras", feature = "units")),
    allow(dead_code, reason = "what a feature brings is ruled out by a constant")
)]

#[cfg(not(target_os = "linux"))]
compile_error!("daemon-rt supports Linux 5.10 and newer only");

#[cfg(not(feature = "cli"))]
mod cli;
#[cfg(feature = "cli")]
pub mod cli;
mod confine;
mod context;
mod daemon;
mod detach;
mod error;
mod instance;
mod launch;
pub mod logger;
mod manager;
mod notify;
mod os;
mod outcome;
mod pending;
mod run;
mod settings;
mod signal;
pub mod spec;
mod trust;
#[cfg(feature = "units")]
#[doc(hidden)]
pub mod unit;
mod verbs;

pub use crate::context::{ChildExit, Context, Interest, Wake, sleep};
pub use crate::daemon::{Daemon, Event};
pub use crate::detach::Step;
pub use crate::error::{Error, ErrorKind};
pub use crate::launch::main;
pub use crate::outcome::{Failure, Outcome};
pub use crate::signal::{Sender, Signal, SignalInfo};
pub use crate::spec::declaration::Spec;
pub use daemon_macros::{daemon, every, signal};

/// What the generated code calls. Nothing here is for users, and it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::logger::fatal::Fatal;
    pub use crate::outcome::{ByDefault, Created, FromInfo, Returned, by_default, created};
    pub use log;
}
