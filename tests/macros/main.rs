//! `#[daemon]` under the compiler: every mistake with its error, every valid shape.
//!
//! `TRYBUILD=overwrite cargo test -p tests --test macros` writes the expected errors anew.
//! The sentences that the compiler itself adds are those of the stable release of the day.

#![expect(clippy::expect_used, reason = "a test fails by a panic")]

mod missing;
mod twins;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tests::support::skip_unsupported;

/// The directories of the mistakes.
const DIRECTORIES: [&str; 2] = ["macros/ui", "macros/ui_std"];

#[test]
fn mistakes_are_reported() {
    trybuild::TestCases::new().compile_fail("macros/ui/*.rs");
}

#[test]
fn right_shapes_compile() {
    trybuild::TestCases::new().pass("macros/pass/*.rs");
}

/// These errors also point into the standard library, whose lines the compiler quotes where it
/// finds them. The order of the steps is checked when the program is built: beside a program that
/// must run, all are built.
#[test]
fn mistakes_beside_the_standard_library_are_reported() {
    if quotes_the_standard_library() {
        return skip_unsupported("rust-src is installed, which changes the errors of the compiler");
    }
    let cases = trybuild::TestCases::new();
    cases.pass("macros/pass/smallest.rs");
    cases.compile_fail("macros/ui_std/*.rs");
}

/// Whether the component rust-src is installed, as rust-analyzer wants it.
fn quotes_the_standard_library() -> bool {
    let rustc = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = rustc.expect("the compiler runs").stdout;
    let sysroot = String::from_utf8(sysroot).expect("a path");
    Path::new(sysroot.trim_end())
        .join("lib/rustlib/src/rust/library")
        .exists()
}

/// The expansion is a program of its own: a copy of it is the same daemon.
#[test]
fn expansions_compile() {
    trybuild::TestCases::new().pass("macros/expanded/*.rs");
}

#[test]
fn every_row_of_the_table_has_its_error() {
    let mut shown = BTreeSet::new();
    for row in rows() {
        for file in row.files.split_whitespace() {
            let [own, std] = DIRECTORIES
                .map(|directory| Path::new(directory).join(file).with_extension("stderr"));
            let path = if own.exists() { own } else { std };
            let errors = fs::read_to_string(&path).expect("each file of the table has an error");
            assert!(
                holds(&errors, &row.message),
                "row {}: {} does not say: {}",
                row.number,
                path.display(),
                row.message
            );
            let expected = match file {
                "two_mistakes" | "capabilities_names" => 2,
                // The import of the runtime's names, and the paths at two places.
                "crate_not_found" => 3,
                _ => 1,
            };
            assert!(
                !errors.contains("originates in the attribute macro"),
                "{} points at the attribute, not at the user's code",
                path.display()
            );
            let found = errors
                .lines()
                .filter(|line| line.starts_with("error"))
                .count();
            assert_eq!(found, expected, "{}", path.display());
            shown.insert(file.to_owned());
        }
    }
    let files = DIRECTORIES.map(|directory| fs::read_dir(directory).expect("the directory exists"));
    for file in files.into_iter().flatten() {
        let path = file.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        assert!(shown.contains(&*stem), "{stem} has no row");
    }
}

/// A line of `diagnostics.md`.
struct Row {
    number: usize,
    message: String,
    files: String,
}

/// The rows; their numbers count up from 1 without a gap.
fn rows() -> Vec<Row> {
    let table = fs::read_to_string("macros/diagnostics.md").expect("the table can be read");
    let mut rows: Vec<Row> = vec![];
    for line in table.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, number, _, message, files, _] = cells[..] else {
            continue;
        };
        let Ok(number) = number.parse() else {
            continue;
        };
        let last = rows.last().map_or(0, |row| row.number);
        assert!(
            number == last || number == last + 1,
            "row {number} is out of order"
        );
        assert!(!files.is_empty(), "row {number} names no file");
        rows.push(Row {
            number,
            message: message.into(),
            files: files.into(),
        });
    }
    assert!(rows.len() > 40, "only {} rows", rows.len());
    rows
}

/// Whether the parts of `message` between its `…` follow each other in `errors`.
fn holds(errors: &str, message: &str) -> bool {
    let mut rest = errors;
    message
        .split('…')
        .all(|part| match rest.split_once(part.trim()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}
