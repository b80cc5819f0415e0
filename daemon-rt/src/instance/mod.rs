//! The running instance: who runs, what it is doing, and the files that say so.

pub(crate) mod lock;
pub(crate) mod pid_file;
pub(crate) mod state;
pub(crate) mod watch;
