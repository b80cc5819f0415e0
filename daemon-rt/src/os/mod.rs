//! The operating system for the rest of the crate: calls, facts and text, without policy.

pub(crate) mod access;
pub(crate) mod alarm;
pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod counted;
pub(crate) mod deadline;
pub(crate) mod departure;
pub(crate) mod escape;
pub(crate) mod file_id;
pub(crate) mod file_lock;
pub(crate) mod fork;
pub(crate) mod helper;
pub(crate) mod kept;
pub(crate) mod known_file;
pub(crate) mod own;
pub(crate) mod proc;
pub(crate) mod signal_queue;
pub(crate) mod sleeper;
pub(crate) mod stdio;
pub(crate) mod sys;
pub(crate) mod threads;
pub(crate) mod title;
pub(crate) mod wake;
