//! What not everybody can test.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

/// The user without rights that every system has.
pub const NOBODY: u32 = 65534;

/// Whether the tests run as root; says so when they do not and `what` is therefore skipped.
#[must_use]
pub fn is_root(what: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped, since only root can {what}");
    }
    root
}

/// Whether `program` is installed; says so when it is not.
#[must_use]
pub fn has(program: &str) -> bool {
    let mut look = Command::new("sh");
    look.args(["-c", "command -v \"$0\"", program]);
    let found = look.stdout(Stdio::null()).status().expect("a shell");
    if !found.success() {
        skip(&format!("{program} is not installed"));
    }
    found.success()
}

/// Says on the real stderr, which the test harness does not keep to itself, what was not tested.
///
/// # Panics
/// Under `BOXES_REQUIRED=1`, where everything is to be tested.
pub fn skip(what: &str) {
    assert!(
        std::env::var_os("BOXES_REQUIRED").is_none(),
        "not tested: {what}"
    );
    let _ = writeln!(io::stderr(), "skipped: {what}");
}
