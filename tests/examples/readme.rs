//! The examples do what their README says: its sessions are typed, line by line, by an ordinary
//! user, and what they print is held against what it says.

use std::collections::BTreeSet;
use std::fs;

use tests::require_programs;
use tests::support::examples;

use crate::session::Session;

#[test]
fn heartbeat() {
    run("heartbeat");
}

#[test]
fn echo() {
    require_programs!("curl");
    run("echo");
}

#[test]
fn jobs() {
    run("jobs");
}

#[test]
fn nested() {
    run("nested");
}

#[test]
fn port80() {
    require_programs!("curl");
    run_as_root("port80");
}

#[test]
fn by_hand() {
    run("by_hand");
}

#[test]
fn web() {
    require_programs!("curl");
    run("web");
}

#[test]
fn server() {
    run("server");
}

/// Each example has its section, its source, its expansion if there is one to have, and its test.
#[test]
fn readme_shows_every_example() {
    let shown: BTreeSet<String> = sections().into_iter().map(|(name, _)| name).collect();
    let built: BTreeSet<String> = examples::programs().keys().cloned().collect();
    assert_eq!(shown, built);
    let this_file = include_str!("readme.rs");
    for (name, text) in sections() {
        assert!(
            this_file.contains(&format!("(\"{name}\");")),
            "`{name}` is not run"
        );
        // A file, or the program of a package of its own.
        let stem = [name.clone(), format!("{name}/main")]
            .into_iter()
            .find(|stem| examples::directory().join(format!("{stem}.rs")).exists())
            .expect("a source");
        let source = format!("{stem}.rs");
        assert!(
            text.contains(&format!("]({source})")),
            "no link to {source}"
        );
        let expansion = format!("{stem}.expanded.rs");
        let is_there = examples::directory().join(&expansion).exists();
        assert_eq!(
            text.contains(&format!("]({expansion})")),
            is_there,
            "{expansion}"
        );
        let lines = fs::read_to_string(examples::directory().join(source))
            .unwrap()
            .lines()
            .count();
        assert!(lines <= 80, "{name} has {lines} lines");
    }
}

fn run(example: &str) {
    session(example).play(examples::program(example));
}

fn run_as_root(example: &str) {
    session(example).play_as_root(examples::program(example));
}

fn session(example: &str) -> Session {
    let (_, text) = sections()
        .into_iter()
        .find(|(name, _)| name == example)
        .unwrap();
    let session = Session::parse(&text);
    assert!(
        !session.is_empty(),
        "the README shows no session of `{example}`"
    );
    session
}

/// The sections about one example each, `## name`, with their text.
fn sections() -> Vec<(String, String)> {
    let readme = fs::read_to_string(examples::directory().join("README.md")).unwrap();
    let sections = readme
        .split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'));
    sections
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}
