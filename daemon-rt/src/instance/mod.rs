//! The running instance: the lock file, the pid file and the state page.

mod handed;
pub(crate) mod lock;
pub(crate) mod part;
pub(crate) mod pid_file;
#[cfg(feature = "config")]
pub(crate) mod published;
pub(crate) mod queue;
pub(crate) mod state;
pub(crate) mod supervisor;
pub(crate) mod watch;
