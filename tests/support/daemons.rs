//! The programs of `tests/daemons/`.

use std::path::PathBuf;

/// The program of the daemon `name`, which cargo builds before the tests run.
///
/// # Panics
/// When cargo has built no such program.
#[track_caller]
pub fn daemon_path(name: &str) -> String {
    let path = build_directory().join(name);
    assert!(path.exists(), "no daemon {}", path.display());
    path.into_os_string()
        .into_string()
        .expect("a path in UTF-8")
}

/// `TARGET/PROFILE`, where cargo puts programs; tests run from `TARGET/PROFILE/deps`.
pub fn build_directory() -> PathBuf {
    let test = std::env::current_exe().expect("/proc is mounted");
    let directory = test.ancestors().nth(2);
    directory.expect("cargo's build directory").to_owned()
}
