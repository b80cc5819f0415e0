//! The programs of the examples, built as its readers build them.
//!
//! They are no targets of this package, whose lints are stricter than a reader's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::built::programs_of;

/// The directory of the examples' sources.
pub fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// The program of the example `name`.
#[track_caller]
pub fn program(name: &str) -> &'static str {
    let programs = programs();
    let program = programs.get(name).and_then(|path| path.to_str());
    program.unwrap_or_else(|| panic!("no example `{name}` among {programs:?}"))
}

/// The programs by name, built at the first call of a process. `web` is a package of its own.
pub fn programs() -> &'static BTreeMap<String, PathBuf> {
    static PROGRAMS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let mut programs = programs_of(&["--examples"]);
        programs.extend(programs_of(&["--package", "web"]));
        programs
    })
}
