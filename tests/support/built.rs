//! Programs of other packages, built by cargo while a test runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Builds the part of the workspace that `selection` names, as options of `cargo build`. Returns
/// the programs by name.
///
/// # Panics
/// If it does not build.
#[must_use]
pub fn programs_of(selection: &[&str]) -> BTreeMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut build = Command::new(cargo);
    build.args(["build", "--message-format=json-render-diagnostics"]);
    build.arg("--manifest-path").arg(manifest).args(selection);
    let output = build.stderr(Stdio::inherit()).output().expect("cargo");
    assert!(output.status.success(), "{selection:?} does not build");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    messages.lines().filter_map(program).collect()
}

/// The name and the path of a program, if `message` reports one.
fn program(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).expect("cargo writes JSON");
    let name = message.get("target")?["name"].as_str()?;
    let path = message.get("executable")?.as_str()?;
    Some((name.to_owned(), path.into()))
}
