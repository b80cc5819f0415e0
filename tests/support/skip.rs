//! What not everybody can test.

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
