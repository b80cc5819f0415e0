//! The level FATAL, which `log` does not have.

use log::{Log, Metadata, Record};

use super::instance::Logger;
use super::level::Level;

/// Logs a FATAL record, for a failure that ends the daemon. Takes the arguments of `log::error!`.
///
/// The record passes through `log` with the level ERROR and a logger of its own, which raises it.
/// Without the logger of this crate it reaches the logger of `log` as an ERROR.
///
/// ```
/// # let port = 80;
/// daemon_rt::fatal!("cannot bind");
/// daemon_rt::fatal!(target: "server::net", port; "cannot bind {}", "::1");
/// ```
#[macro_export]
macro_rules! fatal {
    ($($arg:tt)+) => {
        $crate::__private::log::error!(logger: $crate::__private::Fatal, $($arg)+)
    };
}

/// Raises each record to FATAL, for [`fatal!`](crate::fatal).
#[derive(Debug, Clone, Copy)]
pub struct Fatal;

impl Log for Fatal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        Logger::installed().map_or_else(
            || log::logger().enabled(metadata),
            |logger| logger.admits(Level::Fatal, metadata.target()),
        )
    }

    fn log(&self, record: &Record<'_>) {
        match Logger::installed() {
            Some(logger) => drop(logger.submit(Level::Fatal, record)),
            None => log::logger().log(record),
        }
    }

    fn flush(&self) {
        log::logger().flush();
    }
}

pub(crate) use fatal;
