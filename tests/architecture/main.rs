//! The layers of both crates: the table in ARCHITECTURE.md, held against the imports of each file.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod messages;
mod rules;
mod source;

use std::fs;
use std::path::Path;

use rules::{Floor, Reserved, faults};
use source::Files;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const RUNTIME: &[Reserved] = &[Reserved {
    word: "unsafe",
    places: &["os/sys/"],
}];

const MACROS: &[Reserved] = &[
    reserved_for_output("quote"),
    reserved_for_output("quote_spanned"),
    reserved_for_output("parse_quote"),
    Reserved {
        word: "unsafe",
        places: &[],
    },
];

const fn reserved_for_output(word: &'static str) -> Reserved {
    Reserved {
        word,
        places: &["expand/", "fallback.rs"],
    }
}

#[test]
fn runtime_imports_go_down() {
    let found = faults(&files("daemon-rt"), &floors("daemon-rt"), RUNTIME);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn macro_imports_go_down() {
    let found = faults(&files("daemon-macros"), &floors("daemon-macros"), MACROS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `cargo test --test architecture error_texts -- --nocapture` prints the list.
#[test]
fn error_texts_say_what_to_do_next() {
    let texts = messages::texts(&files("daemon-rt"));
    for (text, path) in &texts {
        println!("{path}: {text}");
    }
    let silent = messages::silent(&texts);
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn error_text_without_a_next_step_is_found() {
    let texts = |code: &str| {
        let file = ("a.rs".to_owned(), code.to_owned());
        messages::texts(&[file].into_iter().collect())
    };
    let of = |text: &str| texts(&format!("fn a() {{ Error::other(format!(\"{text}\")) }}"));
    assert_eq!(of("it is broken").len(), 1);
    assert!(!messages::instructs("it is broken"));
    assert!(messages::instructs("it is broken; run this again"));
    assert!(
        !messages::silent(&of("it is broken"))
            .iter()
            .all(|text| text.starts_with("no text"))
    );
    let by_name = "fn a() { let text = \"it is broken\"; complain(name, text); }";
    assert_eq!(texts(by_name).len(), 1);
    assert_eq!(
        texts("#[cfg(test)]\nmod tests { fn a() { Error::other(\"a b\"); } }").len(),
        0
    );
}

#[test]
fn climbing_import_is_found() {
    let faults = of(&[("low.rs", "use crate::high::Name;"), ("high.rs", "")]);
    assert_eq!(
        faults,
        ["low.rs is on floor 1 and imports `high::Name` from floor 2"]
    );
}

#[test]
fn climbing_import_behind_an_export_is_found() {
    let faults = of(&[
        ("low/mod.rs", "mod a;"),
        ("low/a.rs", "fn f() { g(crate::high::Name) }"),
        ("high/mod.rs", "mod b; pub(crate) use self::b::Name;"),
        ("high/b.rs", "pub struct Name;"),
    ]);
    assert_eq!(
        faults,
        ["low/a.rs is on floor 1 and imports `high::Name` from floor 2"]
    );
}

#[test]
fn import_that_the_table_does_not_allow_is_found() {
    let floor = |number, entry: &str, only: Option<&str>| Floor {
        number,
        entry: entry.to_owned(),
        only: only.map(|only| vec![only.to_owned()]),
    };
    let floors = [
        floor(1, "a", None),
        floor(1, "b", None),
        floor(2, "c", Some("a")),
    ];
    let files = named(&[("a.rs", ""), ("b.rs", ""), ("c.rs", "use crate::{a, b};")]);
    let found = faults(&files, &floors, RUNTIME);
    assert_eq!(found, ["c.rs imports `b`, which the table does not allow"]);
}

#[test]
fn circle_of_files_is_printed_with_its_path() {
    let faults = of(&[
        ("low/mod.rs", "mod a; mod b; mod c;"),
        ("low/a.rs", "use super::b::B;"),
        ("low/b.rs", "use super::c;"),
        ("low/c.rs", "fn f(a: &super::a::A) {}"),
        ("high.rs", ""),
    ]);
    assert_eq!(
        faults,
        [
            "a circle of files: low/a.rs → (low::b::B) → low/b.rs → (low::c) → low/c.rs → \
          (low::a::A) → low/a.rs"
        ]
    );
}

#[test]
fn import_through_the_root_is_found() {
    let faults = of(&[
        ("low.rs", "use crate::Name;"),
        ("high.rs", ""),
        ("lib.rs", ""),
    ]);
    assert_eq!(faults, ["low.rs imports `Name` through the root"]);
}

#[test]
fn unsafe_code_outside_of_its_place_is_found() {
    let faults = of(&[("low.rs", "fn f() { unsafe { g() } }"), ("high.rs", "")]);
    assert_eq!(
        faults,
        ["low.rs has `unsafe`, which belongs to [\"os/sys/\"]"]
    );
}

#[test]
fn quote_outside_of_its_stage_is_found() {
    let files = named(&[("low.rs", "fn f() { quote!(x) }"), ("high.rs", "")]);
    let found = faults(&files, &two_floors(), MACROS);
    let wanted = "low.rs has `quote`, which belongs to [\"expand/\", \"fallback.rs\"]";
    assert_eq!(found, [wanted]);
}

#[test]
fn entry_without_a_floor_is_found() {
    let faults = of(&[("low.rs", ""), ("other.rs", "")]);
    let wanted = [
        "`other` has no floor in ARCHITECTURE.md",
        "ARCHITECTURE.md has a floor for `high`, which does not exist",
    ];
    assert_eq!(faults, wanted);
}

#[test]
fn imports_of_tests_do_not_count() {
    let faults = of(&[
        (
            "low.rs",
            "#[cfg(all(test, not(miri)))] mod tests { use crate::high; }",
        ),
        ("high.rs", ""),
    ]);
    assert!(faults.is_empty(), "{faults:?}");
}

fn two_floors() -> Vec<Floor> {
    let floor = |number, entry: &str| Floor {
        number,
        entry: entry.to_owned(),
        only: None,
    };
    vec![floor(1, "low"), floor(2, "high")]
}

fn of(files: &[(&str, &str)]) -> Vec<String> {
    faults(&named(files), &two_floors(), RUNTIME)
}

fn named(files: &[(&str, &str)]) -> Files {
    let files = files.iter();
    files
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

/// Reads the table of floors that stands in ARCHITECTURE.md under the heading of `package`.
fn floors(package: &str) -> Vec<Floor> {
    let page = fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).expect("the page");
    let heading = format!("## `{package}`");
    let section = page
        .split("\n## ")
        .find(|section| format!("## {section}").starts_with(&heading))
        .expect("the section");
    let rows = section.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number = cells.first()?.parse().ok()?;
        let names = |cell: &str| -> Vec<String> {
            let words = cell.split('`').skip(1).step_by(2);
            words
                .map(|word| word.trim_end_matches('/').to_owned())
                .collect()
        };
        let only = cells
            .get(2)
            .map(|cell| names(cell))
            .filter(|names| !names.is_empty());
        Some(names(cells.get(1)?).into_iter().map(move |entry| Floor {
            number,
            entry,
            only: only.clone(),
        }))
    });
    let floors: Vec<_> = rows.flatten().collect();
    assert!(!floors.is_empty(), "no floors of {package}");
    floors
}

fn files(package: &str) -> Files {
    let root = Path::new(ROOT).join(package).join("src");
    let mut found = Files::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(&root).expect("below it");
                let name = name.to_str().expect("UTF-8").to_owned();
                found.insert(name, fs::read_to_string(&path).expect("a file"));
            }
        }
    }
    // Tests in files of their own are no part of the crate.
    found.retain(|name, _| !name.contains("tests"));
    found
}
