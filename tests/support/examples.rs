//! The programs of the examples package, built as its readers build them.
//!
//! They are no targets of this package, whose lints are stricter than a reader's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The folder of the examples' sources.
pub fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"))
}

/// The program of the example `name`.
#[track_caller]
pub fn program(name: &str) -> &'static str {
    let programs = programs();
    let program = programs.get(name).and_then(|path| path.to_str());
    program.unwrap_or_else(|| panic!("no example `{name}` among {programs:?}"))
}

/// The programs by name, built at the first call of a process.
pub fn programs() -> &'static BTreeMap<String, PathBuf> {
    static PROGRAMS: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    PROGRAMS.get_or_init(build)
}

fn build() -> BTreeMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--examples",
        "--message-format=json-render-diagnostics",
    ]);
    build
        .arg("--manifest-path")
        .arg(folder().join("Cargo.toml"));
    let output = build.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "the examples do not build");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    messages.lines().filter_map(artifact).collect()
}

/// The name and the executable of an example, where `message` tells of one.
fn artifact(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).expect("cargo writes JSON");
    let target = message.get("target")?;
    let is_example = target["kind"]
        .as_array()?
        .iter()
        .any(|kind| kind == "example");
    let executable = message.get("executable")?.as_str()?;
    is_example.then(|| Some((target["name"].as_str()?.to_owned(), executable.into())))?
}
