//! A newcomer's first hour: a crate out of nothing but the blocks of the README is built, started,
//! reloaded, read and stopped. A second crate is the daemon of async hooks.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use tests::support::{DEADLINE, Sandbox, examples, skip_unsupported};

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
    fs::write(sandbox.path("main.rs"), program(&readme, 0)).unwrap();
    let output = type_in_anywhere(&sandbox, &script, "server");
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

#[test]
fn readme_program_of_async_hooks_answers_and_reloads() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let sandbox = Sandbox::new(examples::program("server"));
    symlink(root(), sandbox.path("daemon-rt")).unwrap();
    let port = free_port();
    let text = program(&readme, 1).replace("7007", &port.to_string());
    fs::write(sandbox.path("main.rs"), text).unwrap();
    let typed = dependencies(&readme);
    let script = format!("cargo new hello\ncp main.rs hello/src/\ncd hello\n{typed}cargo build");
    let output = type_in_anywhere(&sandbox, &script, "hello");
    let complaints = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && UNREACHABLE.iter().any(|text| complaints.contains(text)) {
        return skip_unsupported("cargo cannot reach its registry");
    }
    assert!(output.status.success(), "{complaints}");

    let hello = Sandbox::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/hour/debug/hello"));
    let file = hello.path("hello.toml");
    let configured = format!("--config={}", file.display());
    fs::write(&file, "greeting = \"hello\"").unwrap();
    let _ = hello.verb(&["start", &configured]).exits(0);
    assert_eq!(answer(port), "hello");
    fs::write(&file, "greeting = \"bonjour\"").unwrap();
    let _ = hello.verb(&["reload"]).exits(0);
    assert_eq!(answer(port), "bonjour");
    hello.stop();
    hello.assert_nothing_left();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Connects and reads to the end.
fn answer(port: u16) -> String {
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The Rust block with this number.
fn program(readme: &str, number: usize) -> &str {
    let rest = readme
        .split("```rust\n")
        .nth(number + 1)
        .expect("a program");
    rest.split_once("```").expect("its end").0
}

/// The session after the second program, without its start: a test sees to its own places.
fn dependencies(readme: &str) -> String {
    let (_, rest) = readme.split_once(program(readme, 1)).expect("a program");
    let (section, _) = rest.split_once("\n## ").expect("its end");
    let lines = Session::parse(section).whole().0;
    let (adds, start) = lines.rsplit_once('\n').expect("its lines");
    assert_eq!(start, "cargo run -- start --set greeting=hello");
    format!("{adds}\n")
}

/// Types the lines without the registry, or with it where something is missing.
fn type_in_anywhere(sandbox: &Sandbox, script: &str, package: &str) -> Output {
    let offline = type_in(sandbox, script, true);
    if offline.status.success() {
        return offline;
    }
    let _ = fs::remove_dir_all(sandbox.path(package));
    type_in(sandbox, script, false)
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
