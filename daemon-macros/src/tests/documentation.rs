//! The documentation has a row for each key and hook.

use crate::check::{HOOKS, NEW, VALIDATE};
use crate::values::KEYS;

const PAGE: &str = include_str!("../../docs/daemon.md");

#[test]
fn every_key_has_a_row() {
    for key in KEYS {
        let row = format!("| `{}` |", key.name);
        assert_eq!(PAGE.matches(&row).count(), 1, "{}", key.name);
    }
}

#[test]
fn every_hook_has_a_row() {
    for name in HOOKS.iter().map(|hook| hook.name).chain([NEW, VALIDATE]) {
        let row = format!("\n| `fn {name}(");
        assert_eq!(PAGE.matches(&row).count(), 1, "{name}");
    }
}

/// The lines that editors show.
#[test]
fn every_key_and_hook_is_in_the_index() {
    let source = include_str!("../lib.rs");
    let (_, index) = source.split_once("/// Keys: ").expect("the index");
    let (index, _) = index
        .split_once("#[proc_macro_attribute]")
        .expect("its end");
    let keys = KEYS.iter().map(|key| key.name);
    for name in keys
        .chain(HOOKS.iter().map(|hook| hook.name))
        .chain([NEW, VALIDATE])
    {
        assert_eq!(index.matches(&format!("`{name}`")).count(), 1, "{name}");
    }
}
