//! An editor while an attribute is written: rust-analyzer knows the block although it has a
//! mistake.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

mod client;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tests::require_programs;
use tests::support::skip_unsupported;

use self::client::{Client, is_usable};

/// The cursor of a completion is at the `|`, which is not in the file.
const HALF_WRITTEN: &str = r#"use daemon_rt::{Context, daemon};

#[derive(Default)]
pub struct Server {
    turns: u64,
}

#[daemon(name = "server", sig)]
impl Server {
    fn run(&mut self, context: &mut Context) {
        self.turns += 1;
        context.|
    }
}
"#;

#[test]
fn half_written_attribute_leaves_completion_and_hover() {
    require_programs!("rust-analyzer");
    if !is_usable() {
        return skip_unsupported("rust-analyzer does not run");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let source = new_crate(directory.path(), HALF_WRITTEN);
    let mut client = Client::open(directory.path(), &source, &HALF_WRITTEN.replace('|', ""));

    let labels = client.until_answer("textDocument/completion", &place("|"), |answer| {
        let items = answer.get("items").unwrap_or(answer).as_array()?;
        let labels = items.iter().filter_map(|item| item["label"].as_str());
        let labels: Vec<_> = labels.map(str::to_owned).collect();
        has(&labels, "sleep").then_some(labels)
    });
    for method in ["wait", "is_running", "stop", "handle", "spawn", "status"] {
        assert!(has(&labels, method), "`{method}` is not among {labels:?}");
    }

    let page = client.until_answer("textDocument/hover", &place("aemon(name"), |answer| {
        answer["contents"]["value"].as_str().map(str::to_owned)
    });
    for key in ["log_level", "stop_timeout", "signals"] {
        assert!(page.contains(&format!("`{key}`")), "no `{key}` in {page}");
    }
    assert!(!client.log().contains("cyclic"), "{}", client.log());
}

fn has(labels: &[String], method: &str) -> bool {
    labels.iter().any(|label| label.starts_with(method))
}

/// The line and the column of `text` in the file, from zero.
fn place(text: &str) -> Value {
    let (before, _) = HALF_WRITTEN.split_once(text).expect("the text");
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    json!({"line": before.matches('\n').count(), "character": column})
}

/// Makes a crate that depends on this runtime, and returns the path of its source.
fn new_crate(directory: &Path, source: &str) -> std::path::PathBuf {
    let runtime = concat!(env!("CARGO_MANIFEST_DIR"), "/../daemon-rt");
    let manifest = format!(
        "[package]\nname = \"server\"\nedition = \"2024\"\n[dependencies]\ndaemon-rt = {{ path = {runtime:?} }}\n"
    );
    fs::create_dir(directory.join("src")).expect("a directory");
    fs::write(directory.join("Cargo.toml"), manifest).expect("a manifest");
    // The versions of this workspace are downloaded already.
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    fs::copy(lock, directory.join("Cargo.lock")).expect("a lock file");
    let path = directory.join("src/lib.rs");
    fs::write(&path, source.replace('|', "")).expect("a source");
    path
}
