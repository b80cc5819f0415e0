//! The logger: any thread, any number of processes on one file.
//!
//! A record is one `write(2)` of one whole line to a descriptor opened `O_APPEND`: no lock, no
//! allocation, no thread. `log`'s macros lead here after [`Builder::install`], and
//! [`fatal!`](crate::fatal) stands beside them.
//!
//! ```no_run
//! use daemon_rt::logger::{self, Level};
//!
//! logger::builder().file("/var/log/server.log").level(Level::Info).install()?;
//! log::info!(port = 8080; "listening");
//! # Ok::<(), logger::Error>(())
//! ```
//!
//! With [`Builder::buffer`] a record is a copy into a staging file that outlives the process; see
//! there. Old files are logrotate's business, or with [`Builder::rotate`] the logger's own.
//!
//! A full disk costs records only while it is full: the first one after it says how many. What
//! would break a line or a terminal is escaped. A forked child may log at once.
//!
//! It serves a program that is no daemon as well: whenever a record is written and the second has
//! changed, it looks whether the file has been renamed, and goes on in the new one.

mod builder;
mod clock;
mod config;
mod error;
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
mod own;
mod recover;
mod sink;
mod stage;
mod stamp;
mod syslog;
mod thread;
mod threshold;
mod throttle;
mod turn;

pub(crate) use self::builder::SYSLOG;
pub use self::builder::{Builder, builder};
pub(crate) use self::clock::read_zone;
pub(crate) use self::config::Config;
pub use self::config::{Buffer, Filter, Format, Keep, Limit, Repeats, Rotate};
pub use self::error::Error;
pub(crate) use self::extras::LOG_EXTRAS;
pub(crate) use self::fatal::fatal;
pub use self::instance::{Logger, installed};
pub use self::level::Level;
pub use self::recover::recover;
