//! A newcomer's first hour: a crate out of nothing but the blocks of the README is built, started,
//! reloaded, read and stopped.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tests::support::{Sandbox, examples, skip_unsupported};

use crate::pattern;
use crate::session::Session;

/// The text before the session of a crate of one's own.
const OWN_CRATE: &str = "Your own daemon";

/// Errors of cargo where the registry is out of reach.
const UNREACHABLE: [&str; 3] = ["registry", "Could not resolve host", "network"];

#[test]
fn readme_alone_makes_a_daemon() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once(OWN_CRATE).expect("the section");
    let (section, _) = rest.split_once("\n## ").expect("its end");
    let (script, shown) = Session::parse(section).whole();
    assert!(script.contains("cargo new"), "{script}");

    let sandbox = Sandbox::new(examples::program("server"));
    symlink(root(), sandbox.path("daemon-rt")).unwrap();
    fs::write(sandbox.path("main.rs"), program(&readme)).unwrap();
    let offline = type_in(&sandbox, &script, true);
    let output = if offline.status.success() {
        offline
    } else {
        let _ = fs::remove_dir_all(sandbox.path("server"));
        type_in(&sandbox, &script, false)
    };
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && UNREACHABLE.iter().any(|text| complaints.contains(text)) {
        return skip_unsupported("cargo cannot reach its registry");
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let is_same = pattern::matches(&shown, &said, &mut HashMap::new());
    assert!(
        is_same,
        "{said}\nbut the README says\n{shown}\n{complaints}"
    );
    assert!(sandbox.processes().is_empty(), "a daemon is left");
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The first Rust block.
fn program(readme: &str) -> &str {
    let (_, rest) = readme.split_once("```rust\n").expect("a program");
    rest.split_once("```").expect("its end").0
}

/// Types the lines into one shell. Its cargo is that of this test, and keeps what it has built.
fn type_in(sandbox: &Sandbox, script: &str, offline: bool) -> Output {
    let mut shell = sandbox.program("sh");
    shell.args(["-ec", script]);
    for name in [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ] {
        take(&mut shell, name);
    }
    shell.env("CARGO_NET_OFFLINE", offline.to_string());
    shell.env(
        "CARGO_TARGET_DIR",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/hour"),
    );
    shell.output().expect("a shell")
}

fn take(command: &mut Command, name: &str) {
    match std::env::var_os(name) {
        Some(value) => command.env(name, value),
        None => command.env_remove(name),
    };
}
