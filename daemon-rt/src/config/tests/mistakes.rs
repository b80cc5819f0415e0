//! Twenty common mistakes, each in a file that is otherwise right. Its first line has the place and
//! the key that the error names.

#[allow(dead_code, reason = "it is only read")]
mod settings;

use std::fs;
use std::path::Path;

use crate::config::document::Document;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/mistakes");

#[test]
fn each_mistake_is_told_with_place_key_and_cure() {
    let mut files: Vec<_> = fs::read_dir(FILES)
        .expect("the files")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 20);
    let wrong: Vec<_> = files.iter().filter_map(|path| complaint(path)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns what the error of the file lacks.
fn complaint(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).expect("the file");
    let (place, key) = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# ")?.split_once(' '))
        .expect("the first line");
    let read = Document::parse(path.to_owned(), Some(text.clone().into()), vec![])
        .and_then(|document| document.read::<settings::Settings>());
    let error = read.expect_err("a mistake").to_string();
    let beginning = format!("{}:{place}: {key}", path.display());
    let is_good =
        error.starts_with(&beginning) && error.contains("; ") && error.lines().count() == 1;
    (!is_good).then(|| format!("wanted {place} {key}: {error}"))
}
