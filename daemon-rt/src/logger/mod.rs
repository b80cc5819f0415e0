//! The logger: any thread, any number of processes on one file.
//!
//! A record is one `write(2)` of one whole line to a descriptor opened with `O_APPEND`. It takes no
//! lock, no allocation and no thread. After [`Builder::install`] the macros of `log` lead here, and
//! so does [`fatal!`](crate::fatal).
//!
//! ```no_run
//! use daemon_rt::logger::{Level, Logger};
//!
//! Logger::builder().file("/var/log/server.log").level(Level::Info).install()?;
//! log::info!(port = 8080; "listening");
//! # Ok::<(), daemon_rt::Error>(())
//! ```
//!
//! With [`Builder::buffer`] a record is copied into a staging file that outlives the process.
//! Old files are left to logrotate, or with [`Builder::rotate`] the logger rotates them itself.
//!
//! A full disk loses records only while it is full. The log then reports the number of lost ones.
//! Characters that would break a line or a terminal are escaped. A forked child may log at once.
//!
//! The logger also serves a program that is not a daemon. Once a second, a record checks whether
//! the file was renamed. If so, the logger continues in the new file.

mod builder;
mod clock;
mod config;
mod extras;
pub(crate) mod fatal;
#[cfg(feature = "log-extras")]
mod fields;
mod format;
mod instance;
#[cfg(feature = "log-extras")]
mod json;
mod layout;
mod leftover;
mod level;
mod limiter;
mod line;
mod log_lock;
mod log_place;
mod output;
mod recover;
mod sink;
mod stage;
mod stamp;
mod syslog;
#[cfg(feature = "log-extras")]
mod thread;
mod threshold;
mod throttle;
mod turn;

pub use self::builder::Builder;
pub(crate) use self::clock::read_zone;
pub(crate) use self::config::Config;
pub use self::config::{Buffer, Filter, Format, Keep, Limit, Repeats, Rotate};
pub(crate) use self::extras::{LOG_EXTRAS, needs_extras};
pub(crate) use self::fatal::fatal;
pub use self::instance::Logger;
pub use self::level::Level;
pub(crate) use self::syslog::{SYSLOG_SOCKET, SyslogTarget};
