//! Throw-away machines: a real init system as PID 1 of its own namespaces.
//!
//! A machine sees a root of its own (this machine's, or one made by `root.sh`, under an overlay in
//! memory), its own processes, mounts, network, host name and cgroup tree. All of it ends with its
//! PID 1, and PID 1 ends with the test: when the [`Machine`] is dropped, when the test panics, and
//! when the test is killed. The files that a machine writes are lost.
//!
//! Only root may do this. Without that, or without a tool, [`Plan::boot`] returns `None` and prints
//! why; under `BOXES_REQUIRED=1` it panics.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod booted;
mod cgroup;
pub mod init;
mod plan;
mod traces;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

pub use self::booted::{Machine, Output};
pub use self::plan::Plan;
pub use self::traces::Traces;

/// How long a machine may take to boot or to end, and a command in it to return.
const PATIENCE: Duration = Duration::from_secs(60);

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the file is ours");
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
