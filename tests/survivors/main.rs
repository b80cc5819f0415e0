//! The last tests: no process of any other test lives, and the skips are listed.
//!
//! Cargo runs packages and their targets in the order of their names, and this target is the last
//! of the last package. `cargo test -p tests --test survivors` runs it again.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tests::support::{Sandbox, survivors, take_skipped};

#[test]
fn tests_leave_no_process() {
    assert_eq!(survivors(), Vec::<String>::new());
    // The search finds a process that is there.
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    assert_eq!(survivors(), ["scripted"]);
    daemon.kill();
    assert_eq!(survivors(), Vec::<String>::new());
    // Number 11 begins like number 1.
    let others = [(); 10].map(|()| Sandbox::scripted());
    let last = Sandbox::scripted();
    let daemon = last.start();
    drop(others);
    assert!(!daemon.has_ended(), "another sandbox ended the daemon");
}

#[test]
fn skipped_tests_are_listed() {
    let mut list = String::new();
    for (reason, tests) in take_skipped() {
        let _ = writeln!(list, "  {reason}:");
        for test in tests {
            let _ = writeln!(list, "    {test}");
        }
    }
    if !list.is_empty() {
        // Not by `print!`, which the harness captures.
        let _ = write!(io::stderr(), "\nskipped, since\n{list}");
    }
}

/// The other tests would run unobserved otherwise.
#[test]
fn survivors_is_the_last_target() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let workspace = read(&root.join("Cargo.toml"));
    let members = workspace.split("default-members = [").nth(1);
    let members = members.and_then(|rest| rest.split(']').next());
    let paths = members.expect("default members").split('"').skip(1);
    let packages = paths.step_by(2).map(|path| {
        let manifest = read(&root.join(path).join("Cargo.toml"));
        names_below(&manifest, "[package]").remove(0)
    });
    assert_eq!(packages.max().as_deref(), Some(env!("CARGO_PKG_NAME")));
    let targets = names_below(&read(&root.join("tests/Cargo.toml")), "[[test]]");
    assert_eq!(targets.iter().max().map(String::as_str), Some("survivors"));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of a manifest's tables with this header.
fn names_below(manifest: &str, header: &str) -> Vec<String> {
    let tables = manifest.split(header).skip(1);
    let names = tables.map(|table| {
        let (_, name) = table.split_once("name = \"").expect("a table with a name");
        name.split('"').next().unwrap_or_default().to_owned()
    });
    names.collect()
}
