//! Every `unsafe` block of the project, by subject: system calls that nix does not wrap, and memory
//! that the kernel shares with us.
//!
//! Nothing outside of this directory is `unsafe`. Every exported function is safe in any order and
//! with any argument. A function with a contract for its caller is an `unsafe fn` and stays in
//! here.
#![allow(
    unsafe_code,
    reason = "the one place for it; each block states why it holds"
)]

mod arguments;
pub(crate) mod arrivals;
mod at_fork;
mod bus;
mod caps;
mod env;
mod exec;
mod fd;
mod fork_local;
mod futex;
mod heap;
mod mapping;
mod memory;
mod process;
pub(crate) mod rollback;
mod signal;

pub(crate) use self::arguments::Areas;
pub(crate) use self::at_fork::keep_from_copies;
pub(crate) use self::caps::{CapabilitySets, capabilities, drop_bounding, set_capabilities};
pub(crate) use self::env::{each_variable, remove_variable, replace_environment, set_variable};
pub(crate) use self::exec::Program;
pub(crate) use self::fd::{
    adopt_descriptor, duplicate_inherited, faccessat, flock, has_acl, is_open, keep_open, replace,
    take_passed, watch_directory,
};
pub(crate) use self::fork_local::ForkLocal;
pub(crate) use self::futex::{sleep_while, wake_sleeper};
pub(crate) use self::heap::trim_heap;
pub(crate) use self::mapping::{Anchor, PAGE_WORDS, SharedMap, is_page_broken, map_page};
pub(crate) use self::memory::{Bytes, Settable, map_zeros};
pub(crate) use self::process::{
    Copies, Fork, at_exit, fork, is_secure_execution, kill, peek, pidfd_open, pidfd_send_signal,
    waitpid,
};
pub(crate) use self::signal::{
    Timer, block_only, catch_idly, default_disposition, discard, is_ignored, pass_on,
    restore_disposition, unignore, wait_for_signal,
};
